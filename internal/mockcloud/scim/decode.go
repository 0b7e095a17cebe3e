package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// maxNesting is how deep values may be in each other. The schemas need five.
const maxNesting = 64

// decode reads exactly one JSON object. An object that has a name twice is refused,
// in whatever case: names have none (RFC 7643, 2.1), and which of them was meant
// nobody can tell.
func decode(raw []byte) (map[string]any, error) {
	// Some editors and .NET's writers put a byte order mark in front (RFC 8259, 8.1).
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if at := invalidUTF8(raw); at >= 0 {
		return nil, syntax(raw, at, "the body is not UTF-8")
	}
	d := &decoder{raw: raw, json: json.NewDecoder(bytes.NewReader(raw))}
	d.json.UseNumber()
	value, err := d.value(0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, syntax(raw, 0, "the body has to be a JSON object")
	}
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return nil, d.fail("something follows the JSON object")
	}
	return object, nil
}

func invalidUTF8(raw []byte) int {
	if utf8.Valid(raw) {
		return -1
	}
	at := 0
	for at < len(raw) {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// syntax is an error about the byte at an offset.
func syntax(raw []byte, offset int, format string, args ...any) error {
	err := scimerr.New(scimerr.InvalidSyntax, format, args...)
	err.Position = utf8.RuneCount(raw[:min(offset, len(raw))]) + 1
	return err
}

type decoder struct {
	raw  []byte
	json *json.Decoder
}

func (d *decoder) fail(format string, args ...any) error {
	return syntax(d.raw, int(d.json.InputOffset()), format, args...)
}

func (d *decoder) token() (json.Token, error) {
	t, err := d.json.Token()
	if err == nil {
		return t, nil
	}
	cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	var wrong *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(d.raw)) == 0:
		return nil, syntax(d.raw, 0, "the body is empty")
	// Only a look at the whole tells reliably where it is wrong.
	case !cut && errors.As(json.Unmarshal(d.raw, new(json.RawMessage)), &wrong):
		return nil, syntax(d.raw, int(wrong.Offset)-1, "the body is not valid JSON: %s", wrong)
	default:
		return nil, syntax(d.raw, len(d.raw), "the body is not valid JSON: it is cut off")
	}
}

func (d *decoder) value(depth int) (any, error) {
	t, err := d.token()
	if err != nil {
		return nil, err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == maxNesting {
		return nil, d.fail("values are nested more than %d deep", maxNesting)
	}
	if delim == '[' {
		return d.list(depth)
	}
	return d.object(depth)
}

func (d *decoder) list(depth int) (any, error) {
	out := []any{}
	for d.json.More() {
		value, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	_, err := d.token()
	return out, err
}

func (d *decoder) object(depth int) (any, error) {
	out, seen := map[string]any{}, map[string]struct{}{}
	for d.json.More() {
		t, err := d.token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // the decoder takes nothing else for a name
		folded := strings.ToLower(name)
		if _, twice := seen[folded]; twice {
			return nil, d.fail("an object has the same name twice; case makes no difference")
		}
		seen[folded] = struct{}{}
		if out[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := d.token()
	return out, err
}
