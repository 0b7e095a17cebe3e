package fetch

import (
	"net/netip"
	"slices"
)

// kind is what sort of network an address belongs to.
type kind string

const (
	public  kind = "a public"
	local   kind = "a loopback"
	private kind = "a private"
	special kind = "a special-purpose" // link-local, shared, reserved, multicast, …
)

// notPublic are IPv4's special-purpose networks (RFC 6890 and its registry)
// beside loopback and private ones. 169.254/16 has the clouds' metadata services.
func notPublic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // shared by carriers (RFC 6598)
		netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.31.196.0/24"),
		netip.MustParsePrefix("192.52.193.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"),
		netip.MustParsePrefix("192.175.48.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("224.0.0.0/4"),
		netip.MustParsePrefix("240.0.0.0/4"),
	}
}

// publicSix is all that is routed of IPv6, and notPublicSix what of it is not for
// hosts, or leads to IPv4 by a detour (Teredo, 6to4).
func publicSix() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

func notPublicSix() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("2001::/23"), // Teredo, ORCHID and other protocols (RFC 2928)
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"), // 6to4
		netip.MustParsePrefix("2620:4f:8000::/48"),
		netip.MustParsePrefix("3fff::/20"),
	}
}

// nat64 is the well-known prefix behind which IPv4 lies (RFC 6052).
func nat64() netip.Prefix { return netip.MustParsePrefix("64:ff9b::/96") }

// classify returns what an address is. IPv6 spellings of an IPv4 address are what
// that address is; through NAT64 only public ones can be meant.
func classify(addr netip.Addr) kind {
	if addr.Zone() != "" {
		return special
	}
	addr = addr.Unmap()
	holds := func(p netip.Prefix) bool { return p.Contains(addr) }
	switch {
	case addr.IsLoopback():
		return local
	case addr.IsPrivate(): // RFC 1918 and fc00::/7
		return private
	case addr.Is4():
		if slices.ContainsFunc(notPublic(), holds) {
			return special
		}
		return public
	case nat64().Contains(addr):
		if classify(embedded(addr)) == public {
			return public
		}
		return special
	case publicSix().Contains(addr) && !slices.ContainsFunc(notPublicSix(), holds):
		return public
	}
	return special
}

// embedded is the IPv4 address in the last four bytes.
func embedded(addr netip.Addr) netip.Addr {
	raw := addr.As16()
	return netip.AddrFrom4([4]byte(raw[12:]))
}
