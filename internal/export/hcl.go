package export

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// expr is an expression of HCL as it stands in a file.
type expr string

// text returns a string as a literal: quotes, newlines and the beginnings of templates are escaped.
func text(s string) expr { return expr(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) }

func number(n int64) expr { return expr(strconv.FormatInt(n, 10)) }

func boolean(b bool) expr { return expr(strconv.FormatBool(b)) }

// list returns a list on one line, or on a line an element where it would be long.
func list(elements []expr) expr {
	const wide = 100
	short := "[" + join(elements, ", ") + "]"
	if len(short) <= wide && !strings.Contains(short, "\n") {
		return expr(short)
	}
	return expr("[\n" + join(elements, ",\n") + ",\n]")
}

func join(elements []expr, separator string) string {
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = string(e)
	}
	return strings.Join(texts, separator)
}

// texts returns strings as literals.
func texts(all []string) []expr {
	out := make([]expr, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return out
}

// argument is one line of a block. One without a value is left out.
type argument struct {
	name  string
	value expr
}

// object returns an object on lines of its own.
func object(arguments ...argument) expr {
	var b strings.Builder
	b.WriteString("{\n")
	for _, a := range arguments {
		if a.value != "" {
			fmt.Fprintf(&b, "%s = %s\n", key(a.name), a.value)
		}
	}
	b.WriteString("}")
	return expr(b.String())
}

// nested is the name of an argument that is a block in a block.
const nested = "\x00nested"

// emptyLine sets arguments of a block apart.
var emptyLine = argument{}

// row returns an object on one line.
func row(arguments ...argument) expr {
	var parts []string
	for _, a := range arguments {
		if a.value != "" {
			parts = append(parts, key(a.name)+" = "+string(a.value))
		}
	}
	return expr("{ " + strings.Join(parts, ", ") + " }")
}

// mapOf returns a map with its keys sorted, on a line each.
func mapOf(values map[string]expr) expr {
	arguments := make([]argument, 0, len(values))
	for _, k := range slices.Sorted(maps.Keys(values)) {
		arguments = append(arguments, argument{quoted + k, values[k]})
	}
	return object(arguments...)
}

// quoted marks a key that is written as a string, whatever it is.
const quoted = "\x00"

func key(name string) string {
	if literal, is := strings.CutPrefix(name, quoted); is {
		return string(text(literal))
	}
	if hclsyntax.ValidIdentifier(name) {
		return name
	}
	return string(text(name))
}

// file is the text of one file, which is formatted at the end.
type file struct {
	b         strings.Builder
	commented bool // a comment is the last thing
}

// comment writes lines of comment.
func (f *file) comment(lines ...string) {
	f.gap()
	for _, line := range lines {
		f.b.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	f.commented = true
}

// block writes a block of arguments, right below the comment before it if there is one. An argument without a name stands
// for an empty line, if something stands above and below it.
func (f *file) block(head string, arguments ...argument) {
	if !f.commented {
		f.gap()
	}
	f.commented = false
	f.b.WriteString(head + " {\n")
	var above, gap bool
	for _, a := range arguments {
		switch {
		case a.name == "":
			gap = above
		case a.value != "":
			if gap {
				f.b.WriteString("\n")
			}
			if a.name == nested {
				f.b.WriteString(string(a.value) + "\n")
			} else {
				fmt.Fprintf(&f.b, "%s = %s\n", key(a.name), a.value)
			}
			above, gap = true, false
		}
	}
	f.b.WriteString("}\n")
}

func (f *file) gap() {
	if f.b.Len() > 0 && !strings.HasSuffix(f.b.String(), "\n\n") {
		f.b.WriteString("\n")
	}
}

func (f *file) empty() bool { return f.b.Len() == 0 }

// bytes returns the file as `terraform fmt` leaves it.
func (f *file) bytes() []byte { return hclwrite.Format([]byte(f.b.String())) }

// head returns what begins a resource.
func head(kind, label string) string { return fmt.Sprintf("resource %q %q", kind, label) }
