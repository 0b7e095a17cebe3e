package idpguide

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed guides
var files embed.FS

// Library is all guides.
type Library struct{ guides []*Guide }

// Load reads the guides, once. An error is a mistake in a file of this package.
var Load = sync.OnceValues(func() (*Library, error) { return read(files) })

// common is what a protocol's guides share.
type common struct {
	Pitfalls []Pitfall `yaml:"pitfalls"`
}

func read(from fs.FS) (*Library, error) {
	names, err := fs.Glob(from, "guides/*.yaml")
	if err != nil {
		return nil, err
	}
	l := &Library{}
	shared := make(map[Protocol]common)
	var wrong []error
	for _, name := range names {
		id := strings.TrimSuffix(path.Base(name), ".yaml")
		if protocol, ok := strings.CutPrefix(id, "common-"); ok {
			var c common
			wrong = append(wrong, decode(from, name, &c))
			shared[Protocol(protocol)] = c
			continue
		}
		g := &Guide{ID: id}
		if err := decode(from, name, g); err != nil {
			wrong = append(wrong, err)
			continue
		}
		l.guides = append(l.guides, g)
	}
	for _, g := range l.guides {
		g.add(shared[g.Protocol].Pitfalls)
		if err := g.check(); err != nil {
			wrong = append(wrong, fmt.Errorf("guides/%s.yaml: %w", g.ID, err))
		}
	}
	return l, errors.Join(append(wrong, l.checkTypes())...)
}

// add adds what goes wrong at every product, but for that of which the guide says more itself.
func (g *Guide) add(pitfalls []Pitfall) {
	own := make(map[string]bool)
	for _, p := range g.Pitfalls {
		for _, reason := range p.Reasons {
			own[reason] = true
		}
	}
	for _, p := range pitfalls {
		if len(p.Reasons) == 0 || slices.ContainsFunc(p.Reasons, func(reason string) bool { return !own[reason] }) {
			g.Pitfalls = append(g.Pitfalls, p)
		}
	}
}

// decode reads a file, in which nothing may be unknown.
func decode(from fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// checkTypes: a type is known to one guide only.
func (l *Library) checkTypes() error {
	var wrong []error
	seen := make(map[string]string)
	for _, g := range l.guides {
		for _, kind := range g.Types {
			if other, twice := seen[kind]; twice {
				wrong = append(wrong, fmt.Errorf("the type %s has two guides, %s and %s", kind, other, g.ID))
			}
			seen[kind] = g.ID
		}
	}
	return errors.Join(wrong...)
}

// All returns the guides by their id.
func (l *Library) All() []*Guide { return slices.Clone(l.guides) }

// For returns the guide of a connection type or a directory type.
func (l *Library) For(kind string) (*Guide, bool) {
	i := slices.IndexFunc(l.guides, func(g *Guide) bool { return slices.Contains(g.Types, kind) })
	if i < 0 {
		return nil, false
	}
	return l.guides[i], true
}

// check says what is wrong with a guide.
func (g *Guide) check() error {
	var wrong []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	text := func(t Text) { wrong = append(wrong, t.check(g.Protocol)) }
	need(slices.Contains([]Protocol{SAML, OIDC, SCIM}, g.Protocol), "the protocol %q is not known", g.Protocol)
	need(strings.HasSuffix(g.ID, "-"+string(g.Protocol)), "the file's name does not end with the protocol")
	need(g.Product != "" && g.Place != "" && len(g.Types) > 0 && len(g.Steps) > 0, "it has no product, place, type or step")
	need(g.IsGeneric() || len(g.Sources) > 0, "it has no source")
	for _, t := range g.Before {
		text(t)
	}
	copied := make(map[Value]bool)
	for _, s := range g.Steps {
		need(s.Title != "" && len(s.Do)+len(s.Copy) > 0, "the step %q has no title or nothing to do", s.Title)
		for _, t := range slices.Concat(s.Do, s.Then) {
			text(t)
		}
		for _, c := range s.Copy {
			need(slices.Contains(g.Protocol.values(), c.Value), "%q is no value of %s", c.Value, g.Protocol.Name())
			need(c.As != "", "the value %s has no name there", c.Value)
			copied[c.Value] = true
			if c.Note != "" {
				text(c.Note)
			}
		}
	}
	for _, v := range g.Protocol.values() {
		// The metadata has the other two; with those, it is not needed.
		need(copied[v] || v == MetadataURL || copied[MetadataURL], "the value %s is copied nowhere", v)
	}
	wrong = append(wrong, g.checkBring(), g.checkRest())
	return errors.Join(wrong...)
}

func (g *Guide) checkBring() error {
	var wrong []error
	given := make(map[Input]bool)
	for _, b := range g.Bring {
		if !slices.Contains(g.Protocol.inputs(), b.Input) || given[b.Input] {
			wrong = append(wrong, fmt.Errorf("%q is no input of %s, or is there twice", b.Input, g.Protocol.Name()))
		}
		given[b.Input] = true
		wrong = append(wrong, b.From.check(g.Protocol))
	}
	metadata := given[InputMetadataURL] || given[InputMetadataFile]
	apart := given[InputEntityID] && given[InputSSOURL] && given[InputCertificate]
	if g.Protocol == SAML && !metadata && !apart {
		wrong = append(wrong, errors.New("nothing says where the metadata is found, or what stands in its place"))
	}
	if g.Protocol == OIDC && (!given[InputIssuer] || !given[InputClientID] || !given[InputClientSecret]) {
		wrong = append(wrong, errors.New("nothing says where issuer, client id and secret are found"))
	}
	return errors.Join(wrong...)
}

func (g *Guide) checkRest() error {
	var wrong []error
	for _, a := range g.Attributes {
		if !slices.Contains([]Meaning{Email, FirstName, LastName, Subject}, a.For) || a.There == "" || a.Send == "" {
			wrong = append(wrong, fmt.Errorf("the attribute %+v has no known meaning, source or name", a))
		}
	}
	if g.Protocol == SAML && !slices.ContainsFunc(g.Attributes, func(a Attribute) bool { return a.For == Email }) {
		wrong = append(wrong, errors.New("no attribute has the email address"))
	}
	for _, e := range g.Elsewhere {
		if e.Product == "" {
			wrong = append(wrong, errors.New("a hint on another product does not name it"))
		}
		wrong = append(wrong, e.Text.check(g.Protocol))
	}
	for _, p := range g.Pitfalls {
		wrong = append(wrong, p.Seen.check(g.Protocol), p.Do.check(g.Protocol))
	}
	for _, s := range g.Sources {
		if !strings.HasPrefix(s, "https://") {
			wrong = append(wrong, fmt.Errorf("the source %q is no https address", s))
		}
	}
	return errors.Join(wrong...)
}
