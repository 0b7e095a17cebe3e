package router

import (
	"net"
	"slices"
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
		out[i] = strings.ToLower(name)
	}
	return out
}

// AllowsHost says whether the server answers for a Host.
func (rt *Router) AllowsHost(hostport string) bool { return rt.hosts.allow(hostport) }

func (h hosts) allow(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	return loopback.IsName(host) || slices.Contains(h, host)
}
