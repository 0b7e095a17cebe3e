package address

import (
	"errors"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// forms are two addresses each: whether they are one person, whether they could be
// taken for each other, and the first character for which the second is refused.
var forms = []struct {
	name, one, other string
	same, alike      bool
	rejected         rune
}{
	{"upper case", "mike@acme.com", "MIKE@ACME.COM", true, true, 0},
	{"blanks around", "mike@acme.com", " mike@acme.com\t", true, true, ' '},
	{"trailing dot", "mike@acme.com", "mike@acme.com.", true, true, 0},
	{"two trailing dots", "mike@acme.com", "mike@acme.com..", false, false, 0},
	{"domain in Punycode", "ada@münchen.de", "ada@XN--MNCHEN-3YA.de", true, true, 0},
	{"domain in capitals", "ada@münchen.de", "ada@MÜNCHEN.de", true, true, 0},
	{"hyphens in third and fourth place", "ada@r3---x.com", "ada@R3---X.com", true, true, 0},
	{"decomposed", "josé@acme.com", "jose\u0301@acme.com", true, true, 0},
	{"decomposed in its domain", "ada@münchen.de", "ada@mu\u0308nchen.de", true, true, 0},
	{"composed after folding", "\u1e96@acme.com", "H\u0331@acme.com", true, true, 0},

	{"capital e acute", "jos\u00e9@acme.com", "jos\u00c9@acme.com", false, true, 0},
	{"sharp s", "strauss@acme.com", "strauß@acme.com", false, true, 0},
	{"sharp s in the domain", "ada@strasse.de", "ada@straße.de", false, true, 0},
	{"capital sharp s", "strauß@acme.com", "strauẞ@acme.com", false, true, 0},
	{"final sigma", "νίκοσ@acme.com", "νίκος@acme.com", false, true, 0},
	{"capital i with dot", "mike@acme.com", "m\u0130ke@acme.com", false, true, 0},
	{"i and a dot above", "mike@acme.com", "mi\u0307ke@acme.com", false, true, 0},

	{"Kelvin sign", "kim@acme.com", "\u212aim@acme.com", false, true, '\u212a'},
	{"zero-width space", "ada@acme.com", "ada\u200b@acme.com", false, true, '\u200b'},
	{"soft hyphen", "ada@acme.com", "a\u00adda@acme.com", false, true, '\u00ad'},
	{"soft hyphen in the domain", "ada@acme.com", "ada@ac\u00adme.com", false, true, '\u00ad'},
	{"variation selector", "ada@acme.com", "ada\ufe0f@acme.com", false, true, '\ufe0f'},
	{"combining grapheme joiner", "ada@acme.com", "ada\u034f@acme.com", false, true, '\u034f'},
	{"Hangul filler", "ada@acme.com", "ada\u3164@acme.com", false, true, '\u3164'},
	{"full-width domain", "ada@acme.com", "ada@\uff41cme.com", false, true, '\uff41'},
	{"full-width local part", "ada@acme.com", "\uff41da@acme.com", false, true, '\uff41'},
	{"full-width at sign", "ada@acme.com", "ada\uff20acme.com", false, true, '\uff20'},
	{"long s", "sue@acme.com", "\u017fue@acme.com", false, true, '\u017f'},
	{"long s in the domain", "ada@s.com", "ada@\u017f.com", false, true, '\u017f'},
	{"ligature", "steffi@acme.com", "ste\ufb03@acme.com", false, true, '\ufb03'},
	{"ideographic full stop", "ada@acme.com", "ada@acme\u3002com", false, true, '\u3002'},
	{"full-width full stop", "ada@acme.com", "ada@acme\uff0ecom", false, true, '\uff0e'},
	{"half-width full stop", "ada@acme.com", "ada@acme\uff61com", false, true, '\uff61'},
	{"Kelvin sign in the domain", "ada@kim.com", "ada@\u212aim.com", false, true, '\u212a'},
	{"composed and decomposed", "éjosé@acme.com", "éjose\u0301@acme.com", false, true, '\u0301'},
	{"Ångström sign", "å@acme.com", "\u212b@acme.com", false, true, '\u212b'},

	{"dotless i", "mike@acme.com", "m\u0131ke@acme.com", false, false, 0},
	{"Cyrillic a", "ada@acme.com", "\u0430da@acme.com", false, false, 0},
	{"Cyrillic a in the domain", "ada@acme.com", "ada@\u0430cme.com", false, false, 0},
	{"another person", "ada@acme.com", "grace@acme.com", false, false, 0},
	{"no-break space", "ada lovelace@acme.com", "ada\u00a0lovelace@acme.com", false, true, '\u00a0'},
	{"line separator", "ada@acme.com", "ada\u2028@acme.com", false, false, '\u2028'},
	{"private use", "ada@acme.com", "ada\ue000@acme.com", false, false, '\ue000'},
	{"unassigned", "ada@acme.com", "ada\u0378@acme.com", false, false, '\u0378'},
	{"control character", "ada@acme.com", "ada\x00@acme.com", false, false, 0x00},
	{"userName", "ada", "ADA", true, true, 0},
	{"userName, Kelvin sign", "kim", "\u212aim", false, true, '\u212a'},
}

func TestForms(t *testing.T) {
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			if got := Same(tt.one, tt.other); got != tt.same {
				t.Errorf("Same(%+q, %+q) = %v: %+q and %+q", tt.one, tt.other, got, IdentityKey(tt.one), IdentityKey(tt.other))
			}
			if got := CollisionKey(tt.one) == CollisionKey(tt.other); got != tt.alike {
				t.Errorf("the collision keys of %+q and %+q are %+q and %+q", tt.one, tt.other, CollisionKey(tt.one), CollisionKey(tt.other))
			}
			if got := Collide(tt.one, tt.other); got != (tt.alike && !tt.same) {
				t.Errorf("Collide(%+q, %+q) = %v", tt.one, tt.other, got)
			}
			var refused *CharacterError
			switch err := Check(tt.other); {
			case tt.name == "control character":
				if !errors.As(err, &refused) {
					t.Errorf("Check(%+q) = %v", tt.other, err)
				}
			case tt.rejected == 0 && err != nil:
				t.Errorf("Check(%+q) = %v", tt.other, err)
			case tt.rejected != 0 && (!errors.As(err, &refused) || refused.Rune != tt.rejected):
				t.Errorf("Check(%+q) = %v, want %U named", tt.other, err, tt.rejected)
			}
		})
	}
}

func TestCheckNamesThePart(t *testing.T) {
	for text, want := range map[string]Part{"a\u200bda@acme.com": PartLocal, "ada@ac\u200bme.com": PartDomain, "a\u200bda": PartUserName} {
		var refused *CharacterError
		if !errors.As(Check(text), &refused) || refused.Part != want {
			t.Errorf("Check(%+q) is about %v, want %v", text, refused, want)
		}
	}
}

func TestUserNamesMayHaveBlanks(t *testing.T) {
	for _, name := range []string{"Ada Lovelace", " ada ", `CORP\ada`, "ada", "Ada Lovelace@corp", "José María"} {
		if err := CheckUserName(name); err != nil {
			t.Errorf("CheckUserName(%q) = %v", name, err)
		}
	}
	for _, name := range []string{"Ada\u00a0Lovelace", "Ada\tLovelace", "ada@co rp.com", "\u200b"} {
		if err := CheckUserName(name); err == nil {
			t.Errorf("CheckUserName(%+q) passes", name)
		}
	}
}

func TestNormalComposes(t *testing.T) {
	for text, want := range map[string]string{
		"Jose\u0301@mu\u0308nchen.de": "José@münchen.de",
		"José@münchen.de":             "José@münchen.de",
		"jose\u0301":                  "josé",
		"\u212aim@acme.com":           "\u212aim@acme.com", // a Kelvin sign does not become a K
		"MIKE@ACME.COM":               "MIKE@ACME.COM",
	} {
		if got := Normal(text); got != want {
			t.Errorf("Normal(%+q) = %+q, want %+q", text, got, want)
		}
	}
}

func TestDomain(t *testing.T) {
	for name, want := range map[string]string{
		"Acme.COM": "acme.com", "acme.com.": "acme.com", "münchen.de": "xn--mnchen-3ya.de", "mu\u0308nchen.de": "xn--mnchen-3ya.de",
		"\uff41cme.com": "acme.com", "acme\u3002com": "acme.com", "r3---x.com": "r3---x.com", "xn--mnchen-3ya.de": "xn--mnchen-3ya.de",
	} {
		if got, err := Domain(name); err != nil || got != want {
			t.Errorf("Domain(%q) = %q, %v", name, got, err)
		}
	}
	for _, name := range []string{
		"", ".", "acme", "a_b.com", "-a.com", "a-.com", "a..com", "127.0.0.1", "::1", "xn--example-.com", "xn--a.com", "acme.com..", "a b.com",
	} {
		if got, err := Domain(name); err == nil {
			t.Errorf("Domain(%+q) = %q, want it refused", name, got)
		}
	}
}

// TestDefaultIgnorable derives the property as DerivedCoreProperties.txt says.
func TestDefaultIgnorable(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Cf, unicode.Variation_Selector) &&
			!unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark) &&
			(r < 0xFFF9 || r > 0xFFFB) && (r < 0x13430 || r > 0x13440)
		if got := unicode.Is(defaultIgnorable, r); got != want {
			t.Errorf("%U: %v, want %v", r, got, want)
		}
	}
}

// TestFoldGoesByUnicode holds the folding against package unicode's, character by
// character.
func TestFoldGoesByUnicode(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		once := caseFold(string(r))
		if twice := caseFold(once); twice != once {
			t.Errorf("%U folds to %+q, and that to %+q", r, once, twice)
		}
		if other := unicode.SimpleFold(r); caseFold(string(other)) != once {
			t.Errorf("%U folds to %+q, its other case %U to %+q", r, once, other, caseFold(string(other)))
		}
	}
}

// anyAddress draws what people, programs and attackers write.
func anyAddress() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9.]{1,6}`),
		rapid.StringOfN(rapid.Rune(), 0, 4, -1),
		rapid.SampledFrom([]string{
			"é", "e\u0301", "É", "\u212a", "\u0130", "i\u0307", "ı", "ß", "ẞ", "ſ", "\u200b", "\u00ad", "ａ", "．", "。", "｡",
			"H\u0331", "\u1e96", "ﬃ", "а", "@", "＠", "xn--mnchen-3ya", "XN--", "münchen", ".", "-", " ", "Σ", "ς", "\u0345", "ᾳ", "Ꭰ", "ꭰ", "가", "\u1100\u1161",
		}),
	)
	text := rapid.Custom(func(t *rapid.T) string {
		out := ""
		for _, s := range rapid.SliceOfN(piece, 0, 5).Draw(t, "pieces") {
			out += s
		}
		return out
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "address") {
			return text.Draw(t, "local") + "@" + text.Draw(t, "domain") + rapid.SampledFrom([]string{"", ".com", ".com.", ".de"}).Draw(t, "end")
		}
		return text.Draw(t, "name")
	})
}

func TestKeysAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyAddress().Draw(t, "address")
		id, collision := IdentityKey(s), CollisionKey(s)
		if twice := IdentityKey(id); twice != id {
			t.Fatalf("IdentityKey(%+q) = %+q, and of that %+q", s, id, twice)
		}
		if twice := CollisionKey(collision); twice != collision {
			t.Fatalf("CollisionKey(%+q) = %+q, and of that %+q", s, collision, twice)
		}
		if of := CollisionKey(id); of != collision {
			t.Fatalf("%+q and its identity key %+q have the collision keys %+q and %+q", s, id, collision, of)
		}
		if Check(s) == nil && Check(Normal(s)) != nil {
			t.Fatalf("%+q passes, its normal form does not: %v", s, Check(Normal(s)))
		}
		if Check(s) == nil && IdentityKey(Normal(s)) != id {
			t.Fatalf("%+q is somebody else in its normal form", s)
		}
	})
}

// TestRejectedMatchesNoPerson holds what is refused against everybody who is not.
func TestRejectedMatchesNoPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyAddress().Draw(t, "address")
		if id := IdentityKey(s); CheckUserName(s) != nil && CheckUserName(id) == nil {
			t.Fatalf("%+q is refused (%v), but is %+q, which is not", s, CheckUserName(s), id)
		}
	})
}
