package router

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/loopback"
)

// hosts are the names that the server answers for. Loopback names and addresses
// are always among them; everything else has to be allowed by name, so that a
// web page cannot reach the server by letting its own name point here.
type hosts []string

func newHosts(names []string) hosts {
	out := make(hosts, len(names))
	for i, name := range names {
		out[i] = strings.TrimSuffix(strings.ToLower(name), ".")
		if addr, err := netip.ParseAddr(name); err == nil {
			out[i] = addr.String()
		}
	}
	return out
}

// AllowsHost says whether the server answers for a Host.
func (rt *Router) AllowsHost(hostport string) bool {
	_, ok := rt.hosts.allow(hostport)
	return ok
}

// allow reports whether the server answers for a Host, and returns it in its one spelling:
// the server's URLs may begin with it, and they are compared as texts.
func (h hosts) allow(hostport string) (canonical string, ok bool) {
	name, port, ok := splitHost(hostport)
	if !ok || !loopback.IsName(name) && !slices.Contains(h, name) {
		return "", false
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return name + port, true
}

// splitHost takes a Host (RFC 9110, section 7.2) apart: its name or address in lower case
// and without the dot of the root, and its port with the colon, empty for none.
func splitHost(hostport string) (name, port string, ok bool) {
	name = strings.ToLower(hostport)
	end := strings.LastIndexByte(name, ']')
	if colon := strings.LastIndexByte(name, ':'); colon > end {
		name, port = name[:colon], name[colon:]
		number, err := strconv.ParseUint(port[1:], 10, 16)
		if err != nil || number == 0 {
			return "", "", false
		}
		port = ":" + strconv.FormatUint(number, 10)
	}
	if end >= 0 {
		addr, err := netip.ParseAddr(strings.TrimPrefix(strings.TrimSuffix(name, "]"), "["))
		return addr.String(), port, err == nil && addr.Is6() && addr.Zone() == "" && name[0] == '[' && end == len(name)-1
	}
	return strings.TrimSuffix(name, "."), port, !strings.Contains(name, ":")
}
