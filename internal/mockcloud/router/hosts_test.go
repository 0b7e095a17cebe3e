package router

import "testing"

// TestHosts: names that are allowed are compared in the spelling of those that come.
func TestHosts(t *testing.T) {
	t.Parallel()
	h := newHosts([]string{"Mock.Example.", "2001:0DB8::0001", "192.0.2.1"})
	for host, want := range map[string]string{
		"mock.example": "mock.example", "MOCK.example.:80": "mock.example:80", "[2001:db8::1]:8787": "[2001:db8::1]:8787", "[2001:DB8:0::1]": "[2001:db8::1]",
		"192.0.2.1:1": "192.0.2.1:1", "127.0.0.1:08787": "127.0.0.1:8787", "app.localhost": "app.localhost",
		"": "", "mock.example:x": "", "mock.example:0": "", "mock.example:65536": "", "[192.0.2.1]": "", "2001:db8::1": "", "[2001:db8::2]": "", "other.example": "",
	} {
		if got, ok := h.allow(host); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", host, got, ok)
		}
	}
}
