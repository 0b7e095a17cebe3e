// Package filter reads SCIM filters and PATCH paths (RFC 7644, 3.4.2.2 and
// 3.5.2) and says which resources they match. Parse and ParsePath give a small
// tree that prints itself, Match holds a resource against it, and Equality finds
// the part of it for which a store may have an index.
//
// A resource is what encoding/json makes of its JSON, with json.Number for
// numbers. Names of attributes and operators are compared without case; whether
// values are is asked of the caller, who knows the schema.
package filter

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Expr is a filter: Compare, ValuePath, And, Or or Not.
type Expr interface {
	// String is the filter in its plainest form. It parses back equal, where
	// what makes it plain, a space or parentheses, does not make it too long or
	// too deep.
	String() string
	// rank orders by how tightly an expression binds.
	rank() int
}

// Op is an operator of RFC 7644, table 3.
type Op string

// The operators of RFC 7644, table 3.
const (
	Eq Op = "eq"
	Ne Op = "ne"
	Co Op = "co"
	Sw Op = "sw"
	Ew Op = "ew"
	Pr Op = "pr"
	Gt Op = "gt"
	Ge Op = "ge"
	Lt Op = "lt"
	Le Op = "le"
)

// Path names an attribute, as written.
type Path struct {
	// URI is the schema in front, without the colon; empty for the core schema.
	URI string
	// Name is empty where the path is a schema's URI and nothing else, which is
	// how PATCH names a whole extension.
	Name string
	// Sub is a sub-attribute, or empty.
	Sub string
}

// String is the path as it is written in a filter.
func (p Path) String() string {
	s := p.URI
	if p.URI != "" && p.Name != "" {
		s += ":"
	}
	s += p.Name
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// Target is what a PATCH operation works on: an attribute, a sub-attribute, or
// with a Filter some values of an attribute or one sub-attribute of each.
type Target struct {
	Path
	// Filter chooses values of the attribute; nil for all.
	Filter Expr
}

// String is the path as it is written in an operation.
func (t Target) String() string {
	if t.Filter == nil {
		return t.Path.String()
	}
	sub := t.Sub
	t.Sub = ""
	s := t.Path.String() + "[" + t.Filter.String() + "]"
	if sub != "" {
		s += "." + sub
	}
	return s
}

// Compare holds an attribute against a value.
type Compare struct {
	Path Path
	Op   Op
	// Value is a string, a json.Number, a bool or nil; nil with Pr.
	Value any
}

// ValuePath matches where one value of an attribute matches all of a filter.
type ValuePath struct {
	Path   Path
	Filter Expr
}

// And matches where both sides do.
type And struct{ Left, Right Expr }

// Or matches where one side does.
type Or struct{ Left, Right Expr }

// Not matches where its filter does not.
type Not struct{ Filter Expr }

const (
	rankOr = iota
	rankAnd
	rankTerm
)

func (Compare) rank() int   { return rankTerm }
func (ValuePath) rank() int { return rankTerm }
func (And) rank() int       { return rankAnd }
func (Or) rank() int        { return rankOr }
func (Not) rank() int       { return rankTerm }

func (e Compare) String() string {
	s := e.Path.String() + " " + string(e.Op)
	if e.Op == Pr {
		return s
	}
	return s + " " + literal(e.Value)
}

func (e ValuePath) String() string { return e.Path.String() + "[" + e.Filter.String() + "]" }
func (e And) String() string       { return infix(e.Left, "and", e.Right, rankAnd) }
func (e Or) String() string        { return infix(e.Left, "or", e.Right, rankOr) }
func (e Not) String() string       { return "not (" + e.Filter.String() + ")" }

// infix puts parentheses only where the tree would be another one without:
// chains without them read from the left.
func infix(left Expr, word string, right Expr, rank int) string {
	return group(left, left.rank() < rank) + " " + word + " " + group(right, right.rank() <= rank)
}

func group(e Expr, grouped bool) string {
	if grouped {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return quote(v)
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

var escapes = map[rune]string{
	'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`,
}

// quote writes a JSON string and escapes only what it must, so that a printed
// filter is never longer than its source because of its strings.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch short, ok := escapes[r]; {
		case ok:
			b.WriteString(short)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
