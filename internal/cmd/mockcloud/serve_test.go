package main

import (
	"io"
	"testing"
)

// TestIdPListen: the identity provider takes a free port where the server does. Its address is the issuer, so it is the
// same at each start otherwise.
func TestIdPListen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--idp"}, "127.0.0.1:8788"},
		{[]string{"--idp", "--listen", "localhost:9000"}, "127.0.0.1:8788"},
		{[]string{"--idp", "--listen", "127.0.0.1:0"}, "127.0.0.1:0"},
		{[]string{"--idp", "--listen", "127.0.0.1:0", "--idp-listen", "127.0.0.1:9001"}, "127.0.0.1:9001"},
	} {
		flags, err := parseServe(c.args, func(string) string { return "" }, io.Discard)
		if err != nil || flags.idpListen != c.want {
			t.Errorf("%v: %q, %v; want %q", c.args, flags.idpListen, err, c.want)
		}
	}
}
