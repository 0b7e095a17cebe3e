package client

import (
	"errors"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// TestPlainAddresses: what is left out for plain addresses would have made no difference.
func TestPlainAddresses(t *testing.T) {
	t.Parallel()
	piece := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9.-]{1,6}`), rapid.StringMatching(`[!-~]{0,3}`), rapid.StringN(0, 2, -1),
		rapid.SampledFrom([]string{"@", ".", "-", "--", "..", " ", "xn--bcher-kva", "XN--", "é", "i\u0307", "\u3002", "\u00ad", ".com", ".1"}),
	)
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		s := ""
		for _, next := range rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces") {
			s += next
		}
		if isPlain(s) {
			plain++
		}
		if got, want := EmailKey(s), unicodeEmailKey(s); got != want && isPlain(s) {
			t.Errorf("EmailKey(%q) = %q, want %q", s, got, want)
		}
		if got, want := LookAlikeKey(s), unicodeLookAlikeKey(s); got != want {
			t.Errorf("LookAlikeKey(%q) = %q, want %q", s, got, want)
		}
		if isPlainDomain(s) && s != "" {
			if got, err := domainProfile.ToASCII(s); err != nil || got != lowerASCII(s) {
				t.Errorf("the domain %q is %q, %v", s, got, err)
			}
		}
		if isPrintableASCII(s) && (norm.NFKC.String(s) != s || norm.NFD.String(s) != s) {
			t.Errorf("%q has another form", s)
		}
		var invalid *EmailError
		if key, err := NormalizeEmail(s); err == nil && key != EmailKey(s) || err != nil && !errors.As(err, &invalid) {
			t.Errorf("NormalizeEmail(%q) = %q, %v, and the key is %q", s, key, err, EmailKey(s))
		}
	})
	if plain == 0 {
		t.Error("no plain address was drawn")
	}
}
