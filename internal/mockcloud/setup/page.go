package setup

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// page is the data of a page's template.
type page struct {
	Title string
	// Account and what follows are there in a session only. Purpose is what is set up.
	Account  string
	Purpose  string
	Steps    []stepView
	Number   int
	Action   string
	Token    string
	Ends     time.Time
	Problems []problem
	// Content is the page's own.
	Content any
}

// stepView is an entry of the list of steps.
type stepView struct {
	Title, Path         string
	Current, Done, Open bool
}

// problem is what is wrong with a field. Field is the id of its control.
type problem struct{ Field, Text string }

// Problem returns what is wrong with a field, empty for nothing.
func (p page) Problem(field string) string {
	for _, known := range p.Problems {
		if known.Field == field {
			return known.Text
		}
	}
	return ""
}

// HasProblem reports whether something is wrong with a field whose id begins so.
func (p page) HasProblem(prefix string) bool {
	return slices.ContainsFunc(p.Problems, func(known problem) bool { return strings.HasPrefix(known.Field, prefix) })
}

// field is the data of a field's template.
type field struct {
	ID, Label, Hint, Value, Problem string
	// Kind is an input's type, or "area". The Value of a "file" are the kinds of files.
	Kind string
	// At is where the product shows it.
	At template.HTML
}

// Text returns a field of one line, with its problem.
func (p page) Text(id, label, hint, value string) field {
	return field{ID: id, Label: label, Hint: hint, Value: value, Problem: p.Problem(id), Kind: "text"}
}

// URL is Text for an address.
func (p page) URL(id, label, hint, value string) field {
	f := p.Text(id, label, hint, value)
	f.Kind = "url"
	return f
}

// Area is Text for many lines.
func (p page) Area(id, label, hint, value string) field {
	f := p.Text(id, label, hint, value)
	f.Kind = "area"
	return f
}

// File is Text for a file of some kinds, which browsers offer first.
func (p page) File(id, label, hint, kinds string) field {
	f := p.Text(id, label, hint, kinds)
	f.Kind = "file"
	return f
}

// Described returns the ids of the elements that describe the field (aria-describedby).
func (f field) Described() string {
	var ids []string
	add := func(there bool, what string) {
		if there {
			ids = append(ids, f.ID+"-"+what)
		}
	}
	add(f.Hint != "", "hint")
	add(f.At != "", "where")
	add(f.Problem != "", "problem")
	return strings.Join(ids, " ")
}

// Where adds to a field where the product shows its value.
func (f field) Where(where template.HTML) field {
	f.At = where
	return f
}

// Secret is Text for a value that is not shown.
func (p page) Secret(id, label, hint string) field {
	f := p.Text(id, label, hint, "")
	f.Kind = "password"
	return f
}

func (d *Dashboard) render(w http.ResponseWriter, status int, file string, p page) {
	var out bytes.Buffer
	for _, part := range []string{"top", file, "bottom"} {
		if err := pages.ExecuteTemplate(&out, part, p); err != nil {
			d.Logger.Error("could not render a page of the dashboard", slog.String("page", file), slog.Any("error", err))
			http.Error(w, "The page could not be rendered. See the server's log for the cause.", http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// It fails only when the reader is gone, so there is no one to report it to.
	_, _ = out.WriteTo(w)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}

// sentence returns an error's text with a capital letter and a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !unicode.IsPunct(last) {
		text += "."
	}
	return text
}
