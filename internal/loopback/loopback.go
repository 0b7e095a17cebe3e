// Package loopback says which hosts are this machine. It is the one answer for both
// halves of the project: the client and the provider, which send credentials over plain
// http to this machine only, and mockcloud, which answers for its names and fetches
// from it. It looks nothing up.
package loopback

import (
	"net/netip"
	"strings"
)

// IsHost reports whether the host of a URL is this machine wherever it is looked up:
// localhost, or an address of 127.0.0.0/8 or ::1, mapped ones included. It is the one
// for credentials: a name below localhost may lead to another machine.
func IsHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// IsName reports whether a host is IsHost or a name that is for this machine alone, such
// as app.localhost (RFC 6761, section 6.3). Not every resolver keeps to that: who
// connects there checks the address at the dial.
func IsName(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	return IsHost(host) || strings.EqualFold(last, "localhost")
}
