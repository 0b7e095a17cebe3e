package client

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalizeDomain(t *testing.T) {
	t.Parallel()
	label63 := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		"acme.com":                      "acme.com",
		"ACME.Com":                      "acme.com",
		"acme.com.":                     "acme.com",
		"sub.acme.co.uk":                "sub.acme.co.uk",
		"bücher.example":                "xn--bcher-kva.example",
		"BÜCHER.example":                "xn--bcher-kva.example",
		"XN--Bcher-KVA.example":         "xn--bcher-kva.example",
		"straße.example":                "xn--strae-oqa.example",
		"例え。テスト":                        "xn--r8jz45g.xn--zckzah",
		"ａｃｍｅ.com":                      "acme.com",
		"ab--cd.com":                    "ab--cd.com",
		"3com.com":                      "3com.com",
		label63 + ".com":                label63 + ".com",
		strings.Repeat("a.", 126) + "a": strings.Repeat("a.", 126) + "a", // 253
	} {
		if got, err := NormalizeDomain(in); err != nil || got != want {
			t.Errorf("NormalizeDomain(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for in, why := range map[string]string{
		"":                               "empty",
		" acme.com":                      "a space",
		"acme .com":                      "a space",
		"acme.com\n":                     "a space",
		"https://acme.com":               "a URL",
		"ada@acme.com":                   `"@"`,
		"acme.com:443":                   "a port",
		"acme.com/x":                     "a path",
		"*.acme.com":                     "wildcard",
		"acme":                           "a single part",
		"com.":                           "a single part",
		"10.0.0.1":                       "an IP address",
		"::1":                            "an IP address",
		"[2001:db8::1]":                  "an IP address",
		"1.2.3.4.5":                      "a number",
		"acme_corp.com":                  "an underscore",
		"-acme.com":                      "hyphen",
		"acme-.com":                      "hyphen",
		"acme..com":                      "an empty part",
		".acme.com":                      "an empty part",
		"acme.com..":                     "an empty part",
		".":                              "an empty part",
		"acme,com.example":               "a character",
		"ac\x00me.com":                   "a character",
		"xn--zzzzzzzzzz99999.com":        "xn-- label",
		strings.Repeat("a", 64) + ".com": "longer than 63",
		strings.Repeat("a.", 127) + "a":  "longer than 253",
	} {
		got, err := NormalizeDomain(in)
		var wrong *DomainError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Why, why) || wrong.Domain != in {
			t.Errorf("NormalizeDomain(%q) = %q, %v, want %q", in, got, err, why)
		}
	}
}

// TestNormalizeDomainIsStable: what it gives is what it would give again.
func TestNormalizeDomainIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9ß-öÀ-Ý。.-]{1,20}\.[a-zA-Zé]{2,5}\.?`),
			rapid.String(),
		).Draw(t, "domain")
		once, err := NormalizeDomain(in)
		if err != nil {
			return
		}
		if twice, err := NormalizeDomain(once); err != nil || twice != once {
			t.Fatalf("%q gives %q, which gives %q, %v", in, once, twice, err)
		}
		if strings.ContainsFunc(once, func(r rune) bool { return r > '~' || r <= ' ' || r >= 'A' && r <= 'Z' }) || len(once) > 253 {
			t.Fatalf("%q gives %q", in, once)
		}
	})
}

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ada@acme.com":          "ada@acme.com",
		"Ada.Lovelace@ACME.com": "ada.lovelace@acme.com",
		"ada+x@bücher.example":  "ada+x@xn--bcher-kva.example",
	} {
		if got, err := NormalizeEmail(in); err != nil || got != want {
			t.Errorf("NormalizeEmail(%q) = %q, %v", in, got, err)
		}
	}
	for in, why := range map[string]string{
		"":                                    "empty",
		"ada":                                 `no "@"`,
		"@acme.com":                           "nothing stands before",
		"ada@b@acme.com":                      "more than one",
		"ada lovelace@acme.com":               "a space",
		"ada@acme.com ":                       "a space",
		"ada@acme":                            "a single part",
		"ada@":                                "it is empty",
		strings.Repeat("a", 65) + "@acme.com": "more than 64",
		"ada@" + strings.Repeat("a.", 125) + "com": "longer than 254",
	} {
		_, err := NormalizeEmail(in)
		var wrong *EmailError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), why) {
			t.Errorf("NormalizeEmail(%q): %v, want %q", in, err, why)
		}
	}
	var domain *DomainError
	if _, err := NormalizeEmail("ada@acme_corp.com"); !errors.As(err, &domain) {
		t.Errorf("got %v, want the domain's error in it", err)
	}
}

// TestEmailSpellings: every spelling has the same key, and the key gives the
// forms to ask the server for.
func TestEmailSpellings(t *testing.T) {
	t.Parallel()
	for spellings, want := range map[[3]string][]string{
		{" Ada@ACME.com\n", "ada@acme.com.", "ADA@acme.com"}:                                {"ada@acme.com"},
		{"ÖmeR@Bücher.example", "Ömer@xn--bcher-kva.example", "O\u0308mer@BÜCHER.example."}: {"Ömer@xn--bcher-kva.example", "Ömer@bücher.example"},
		{"a@straße.shop.example", "A@xn--strae-oqa.shop.example", "a@STRAßE.shop.example"}:  {"a@xn--strae-oqa.shop.example", "a@straße.shop.example"},
		{"a@ab--cd.example", "A@ab--cd.example", "a@AB--CD.example"}:                        {"a@ab--cd.example"},
		{"Ada@acme_corp.com", "ada@acme_corp.com", "ADA@acme_corp.com"}:                     {"ada@acme_corp.com"}, // no domain, compared as it is
		{"Ada", "ada", "ADA"}: {"ada"},
	} {
		for _, spelling := range spellings {
			key := EmailKey(spelling)
			if got := EmailSpellings(key); key != want[0] || !slices.Equal(got, want) {
				t.Errorf("%q has the key %q and the spellings %q, want %q", spelling, key, got, want)
			}
		}
	}
}

// TestNormalizeEmailRejectsLookAlikes: characters by which one person could pass for
// another, each named.
func TestNormalizeEmailRejectsLookAlikes(t *testing.T) {
	t.Parallel()
	for email, r := range map[string]string{
		"\u212aim@acme.com": "U+212A", "ada\u200b@acme.com": "U+200B", "ada@\uff41cme.com": "U+FF41", "ada@acme\u3002com": "U+3002",
		"ada\u00ad@acme.com": "U+00AD", "ste\ufb03@acme.com": "U+FB03", "ada\ue000@acme.com": "U+E000", "éjose\u0301@acme.com": "U+0301",
	} {
		var wrong *EmailError
		if got, err := NormalizeEmail(email); !errors.As(err, &wrong) || !strings.Contains(wrong.Why, r) {
			t.Errorf("NormalizeEmail(%+q) = %+q, %v, want it refused for %s", email, got, err, r)
		}
	}
	for one, other := range map[string]string{
		"josé@acme.com": "josÉ@acme.com", "mike@acme.com": "m\u0130ke@acme.com", "kim@acme.com": "\u212aim@acme.com", "strauss@acme.com": "strauß@acme.com",
	} {
		if SameEmail(one, other) || !LookAlike(one, other) {
			t.Errorf("%+q and %+q have the keys %+q and %+q", one, other, EmailKey(one), EmailKey(other))
		}
	}
}
