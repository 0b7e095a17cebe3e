package english_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

func TestLists(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		words     []string
		and, code string
	}{
		{nil, "", ""},
		{[]string{"a"}, "a", "`a`"},
		{[]string{"b", "a"}, "b and a", "`b` and `a`"},
		{[]string{"a", "b", "c"}, "a, b and c", "`a`, `b` and `c`"},
	} {
		if got := english.And(test.words); got != test.and {
			t.Errorf("And(%q) = %q, want %q", test.words, got, test.and)
		}
		if got := english.AndCode(test.words); got != test.code {
			t.Errorf("AndCode(%q) = %q, want %q", test.words, got, test.code)
		}
	}
}

func TestSome(t *testing.T) {
	t.Parallel()
	names := []string{"c", "a", "b"}
	if got := english.Some(names); got != "a, b, c" || names[0] != "c" {
		t.Errorf("Some gives %q and leaves %q", got, names)
	}
	many := make([]string, english.MaxNamed+3)
	for i := range many {
		many[i] = fmt.Sprintf("n%02d", i)
	}
	want := strings.Join(many[:english.MaxNamed], ", ")
	if got := english.Some(many[:english.MaxNamed]); got != want {
		t.Errorf("Some of %d is %q", english.MaxNamed, got)
	}
	if got := english.Some(many); got != want+", and 3 more" {
		t.Errorf("Some of %d is %q", len(many), got)
	}
	if got := english.Some(nil); got != "" {
		t.Errorf("Some of none is %q", got)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n    int
		word string
		want string
	}{{1, "person", "1 person"}, {2, "person", "2 people"}, {0, "person", "0 people"}, {1, "domain", "1 domain"}, {3, "domain", "3 domains"}} {
		if got := english.Count(test.n, test.word); got != test.want {
			t.Errorf("Count(%d, %q) = %q, want %q", test.n, test.word, got, test.want)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "  \n": "", "no": "No.", "No.": "No.", " it is\n": "It is.", "écoute": "Écoute.", "1 of 2": "1 of 2.", "\xff": "\ufffd.",
	} {
		if got := english.Sentence(text); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", text, got, want)
		}
	}
	if got := english.Capitalize("über") + english.Capitalize(""); got != "Über" {
		t.Errorf("Capitalize gives %q", got)
	}
	if got := english.ErrorSentence(errors.New("it failed")); got != "It failed." {
		t.Errorf("ErrorSentence gives %q", got)
	}
}
