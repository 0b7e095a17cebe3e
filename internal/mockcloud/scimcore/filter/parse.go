package filter

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/urns"
)

const (
	// MaxLength is how many bytes a filter or path may have.
	MaxLength = 4096
	// MaxDepth is how deep parentheses and brackets may be nested.
	MaxDepth = 32
)

var (
	// name is ATTRNAME of RFC 7643, 2.1, with the dollar sign of "$ref".
	name = regexp.MustCompile(`^[A-Za-z$][-_0-9A-Za-z]*$`)
	// schema ends before the resource type in the URN of a whole schema
	// (RFC 7643, 10.2.1): "…:2.0" of "…:2.0:User".
	schema = regexp.MustCompile(`:[0-9]+\.[0-9]+$`)
)

// Parse reads a filter. Its error is a *scimerr.Error of type invalidFilter.
func Parse(s string) (Expr, error) {
	p := &parser{source: s, kind: scimerr.InvalidFilter}
	if err := p.limits("filter"); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	return e, p.end(`"and", "or" or the end of the filter`)
}

// ParsePath reads the path of a PATCH operation. Its error is a *scimerr.Error:
// invalidFilter for what is between brackets, else invalidPath.
func ParsePath(s string) (Target, error) {
	p := &parser{source: s, kind: scimerr.InvalidPath}
	if err := p.limits("path"); err != nil {
		return Target{}, err
	}
	path, err := p.path()
	if err != nil {
		return Target{}, err
	}
	t := Target{Path: path}
	if p.peek() == '[' {
		p.kind = scimerr.InvalidFilter
		if t.Filter, err = p.brackets(path); err != nil {
			return Target{}, err
		}
		p.kind = scimerr.InvalidPath
		if t.Sub, err = p.sub(); err != nil {
			return Target{}, err
		}
	}
	if err := p.end("the end of the path"); err != nil {
		return Target{}, err
	}
	return t, nil
}

// parser goes through its source once, without going back.
type parser struct {
	source string
	at     int
	depth  int
	// inValue is whether it is between brackets, which do not nest.
	inValue bool
	kind    scimerr.Type
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &scimerr.Error{
		ScimType: p.kind,
		Detail:   fmt.Sprintf(format, args...),
		Position: utf8.RuneCountInString(p.source[:at]) + 1,
	}
}

func (p *parser) limits(what string) error {
	switch {
	case len(p.source) > MaxLength:
		return scimerr.New(p.kind, "the %s is too long: %d bytes, at most %d are read", what, len(p.source), MaxLength)
	case !utf8.ValidString(p.source):
		return scimerr.New(p.kind, "the %s is not valid UTF-8", what)
	}
	return nil
}

func (p *parser) end(expected string) error {
	if p.skip(); p.at < len(p.source) {
		return p.fail(p.at, "expected %s, found %s", expected, p.found())
	}
	return nil
}

// found is what a message says stands at this place.
func (p *parser) found() string {
	if p.at == len(p.source) {
		return "the end"
	}
	next := *p
	if w := next.word(); w != "" {
		return fmt.Sprintf("%q", w)
	}
	r, _ := utf8.DecodeRuneInString(p.source[p.at:])
	return fmt.Sprintf("%q", string(r))
}

// peek is the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.at == len(p.source) {
		return 0
	}
	return p.source[p.at]
}

func (p *parser) skip() {
	for p.peek() == ' ' || p.peek() == '\t' {
		p.at++
	}
}

// word reads up to the next space, quote, parenthesis or bracket.
func (p *parser) word() string {
	rest := p.source[p.at:]
	if i := strings.IndexAny(rest, " \t\"()[]"); i >= 0 {
		rest = rest[:i]
	}
	p.at += len(rest)
	return rest
}

// keyword reads a word only if it is the given one.
func (p *parser) keyword(word string) bool {
	p.skip()
	next := *p
	if !strings.EqualFold(next.word(), word) {
		return false
	}
	*p = next
	return true
}

func (p *parser) or() (Expr, error) {
	left, err := p.and()
	for err == nil && p.keyword("or") {
		var right Expr
		right, err = p.and()
		left = Or{left, right}
	}
	return left, err
}

func (p *parser) and() (Expr, error) {
	left, err := p.term()
	for err == nil && p.keyword("and") {
		var right Expr
		right, err = p.term()
		left = And{left, right}
	}
	return left, err
}

func (p *parser) term() (Expr, error) {
	if p.skip(); p.peek() == '(' {
		return p.enclosed('(', ')')
	}
	start := *p
	if p.keyword("not") {
		if p.skip(); p.peek() == '(' {
			e, err := p.enclosed('(', ')')
			return Not{e}, err
		}
		*p = start // an attribute may have that name
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if p.peek() == '[' {
		return p.valuePath(path)
	}
	return p.compare(path)
}

// valuePath reads the brackets after an attribute, and what Entra ID puts behind them
// against the grammar: emails[type eq "work"].value eq "x" means the same as
// emails[type eq "work" and value eq "x"].
func (p *parser) valuePath(path Path) (Expr, error) {
	e, err := p.brackets(path)
	if err != nil {
		return nil, err
	}
	sub, err := p.sub()
	if err != nil || sub == "" {
		return ValuePath{path, e}, err
	}
	held, err := p.compare(Path{Name: sub})
	return ValuePath{path, And{e, held}}, err
}

// enclosed reads a filter between two bytes, the first of which is next.
func (p *parser) enclosed(open, closing byte) (Expr, error) {
	start := p.at
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(start, "the filter is nested too deep: at most %d levels are read", MaxDepth)
	}
	p.at++
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.skip(); p.peek() != closing {
		return nil, p.fail(p.at, "expected %q for the %q at character %d, found %s", string(closing), string(open),
			utf8.RuneCountInString(p.source[:start])+1, p.found())
	}
	p.at++
	p.depth--
	return e, nil
}

func (p *parser) brackets(path Path) (Expr, error) {
	if p.inValue {
		return nil, p.fail(p.at, "a value path cannot be inside another")
	}
	if path.Sub != "" || path.Name == "" {
		return nil, p.fail(p.at, "brackets choose values of an attribute, and %q is none", path)
	}
	p.inValue = true
	e, err := p.enclosed('[', ']')
	p.inValue = false
	return e, err
}

// sub reads the sub-attribute behind brackets; empty for none.
func (p *parser) sub() (string, error) {
	if p.peek() != '.' {
		return "", nil
	}
	p.at++
	start := p.at
	sub := p.word()
	if !name.MatchString(sub) {
		return "", p.fail(start, "expected the name of a sub-attribute after %q", ".")
	}
	return sub, nil
}

// path reads an attribute's path. What is in front of its last colon is a URI,
// which may have dots.
func (p *parser) path() (Path, error) {
	p.skip()
	start, found := p.at, p.found()
	w := urns.Current(p.word())
	var out Path
	rest := w
	if i := strings.LastIndexByte(w, ':'); i >= 0 {
		out.URI, rest = w[:i], w[i+1:]
		if schema.MatchString(out.URI) && name.MatchString(rest) {
			return Path{URI: w}, nil
		}
		if out.URI == "" {
			return Path{}, p.fail(start, "expected an attribute, found %s", found)
		}
	}
	first, sub, dotted := strings.Cut(rest, ".")
	if dotted && schema.MatchString(out.URI) && name.MatchString(first) {
		// Some clients write a dot behind a schema instead of the colon.
		out.URI += ":" + first
		first, sub, dotted = strings.Cut(sub, ".")
	}
	if !name.MatchString(first) || dotted && !name.MatchString(sub) {
		return Path{}, p.fail(start, "expected an attribute, found %s", found)
	}
	out.Name, out.Sub = first, sub
	return out, nil
}

func (p *parser) compare(path Path) (Expr, error) {
	p.skip()
	start, found := p.at, p.found()
	op := Op(strings.ToLower(p.word()))
	switch op {
	case Pr:
		return Compare{Path: path, Op: op}, nil
	case Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le:
	default:
		return nil, p.fail(start, "expected an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le) after %q, found %s", path, found)
	}
	p.skip()
	start = p.at
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if !fits(op, v) {
		return nil, p.fail(start, "%s cannot be held against %s", op, literal(v))
	}
	return Compare{path, op, v}, nil
}

// fits is whether an operator has a meaning for a value: there is no order of
// booleans (RFC 7644, 3.4.2.2), and only text contains text.
func fits(op Op, v any) bool {
	switch v.(type) {
	case string:
		return true
	case json.Number:
		return op != Co && op != Sw && op != Ew
	default:
		return op == Eq || op == Ne
	}
}

// value reads a JSON string, number, boolean or null.
func (p *parser) value() (any, error) {
	start, found := p.at, p.found()
	if p.peek() == '"' {
		return p.text()
	}
	w := p.word()
	switch strings.ToLower(w) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	var n json.Number
	if err := json.Unmarshal([]byte(w), &n); err != nil {
		return nil, p.fail(start, "expected a value (a string in double quotes, a number, true, false or null), found %s", found)
	}
	return n, nil
}

// text reads a JSON string, the quote of which is next.
func (p *parser) text() (any, error) {
	start := p.at
	for p.at++; p.peek() != '"'; p.at++ {
		if p.peek() == '\\' {
			p.at++
		}
		if p.at >= len(p.source) {
			return nil, p.fail(start, "the string has no closing double quote")
		}
	}
	p.at++
	var s string
	if err := json.Unmarshal([]byte(p.source[start:p.at]), &s); err != nil {
		return nil, p.fail(start, "the string is not a valid JSON string: check its backslashes and control characters")
	}
	return s, nil
}
