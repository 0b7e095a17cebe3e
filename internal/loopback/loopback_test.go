package loopback

import "testing"

func TestHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]struct{ host, name bool }{
		"localhost": {true, true}, "LocalHost": {true, true}, "127.0.0.1": {true, true}, "127.9.8.7": {true, true},
		"::1": {true, true}, "::ffff:127.0.0.1": {true, true},
		"localhost.": {false, true}, "app.localhost": {false, true}, "a.b.LOCALHOST.": {false, true},
		"": {}, ".": {}, "localhost.example.com": {}, "notlocalhost": {}, "localhost.com": {}, "example.com": {}, "127.0.0.1.example.com": {},
		"10.0.0.1": {}, "0.0.0.0": {}, "::": {}, "::ffff:10.0.0.1": {}, "169.254.0.1": {}, "[::1]": {}, "127.1": {}, "2130706433": {},
	} {
		if got := IsHost(host); got != want.host {
			t.Errorf("IsHost(%q) is %t", host, got)
		}
		if got := IsName(host); got != want.name {
			t.Errorf("IsName(%q) is %t", host, got)
		}
	}
}
