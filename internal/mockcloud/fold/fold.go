// Package fold compares texts that are no addresses, whatever their case. A
// linter forbids strings.ToLower and its like where there are addresses, so that
// each comparison says which kind it is: who somebody is goes by package address,
// and what is here never decides that.
package fold

import (
	"bytes"
	"strings"
)

// Text returns a text in lower case, for searching and sorting names and titles.
func Text(s string) string { return strings.ToLower(s) }

// Bytes is Text.
func Bytes(b []byte) []byte { return bytes.ToLower(b) }

// Token returns a protocol's own word, such as a method, a scheme or the name of an
// attribute, in lower case: those are ASCII, and nothing else is folded.
func Token(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// UpperToken returns a protocol's own word in capitals.
func UpperToken(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r + 'A' - 'a'
		}
		return r
	}, s)
}

// SameToken reports whether two of a protocol's own words are the same.
func SameToken(a, b string) bool { return Token(a) == Token(b) }
