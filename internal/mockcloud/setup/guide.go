package setup

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
)

// guided is a guide with this server's values in it.
type guided struct {
	*idpguide.Guide
	// Name is the product's, or what stands in its place in a sentence.
	Name   string
	values map[idpguide.Value]string
}

// guideOf returns the guide of a type. A test makes sure that every type that can be chosen
// has one.
func (d *Dashboard) guideOf(kind, name string, values map[idpguide.Value]string) guided {
	g, ok := d.Guides.For(kind)
	if !ok {
		g = &idpguide.Guide{Product: name}
	}
	return guided{Guide: g, Name: name, values: values}
}

// ssoGuide is the guide of the identity provider that was chosen.
func (v *visit) ssoGuide() guided {
	us := identity.ServiceProviderOf(router.BaseURL(v.PublicURL, v.r), v.link.AccountID)
	chosen, _ := providerOf(v.link.Type) // an earlier step took no other
	return v.guideOf(string(v.link.Type), chosen.InSentence(), map[idpguide.Value]string{
		idpguide.ACSURL: us.ACSURL, idpguide.EntityID: us.EntityID, idpguide.MetadataURL: us.MetadataURL, idpguide.RedirectURI: us.RedirectURI,
	})
}

// guidedStep is a step with its values.
type guidedStep struct {
	Title string
	Do    []template.HTML
	Copy  []copyField
	Then  []template.HTML
}

// copyField is a value to be copied.
type copyField struct {
	ID, Label, Value string
	Hint             template.HTML
}

// Todo returns the guide's steps.
func (g guided) Todo() []guidedStep {
	used := make(map[string]int)
	out := make([]guidedStep, len(g.Steps))
	for i, s := range g.Steps {
		out[i].Title = s.Title
		for _, text := range s.Do {
			out[i].Do = append(out[i].Do, g.Show(text))
		}
		for _, text := range s.Then {
			out[i].Then = append(out[i].Then, g.Show(text))
		}
		for _, c := range s.Copy {
			if value := g.values[c.Value]; value != "" {
				out[i].Copy = append(out[i].Copy, copyField{ID: fieldID(c.Value, used), Label: c.As, Value: value, Hint: g.Show(c.Note)})
			}
		}
	}
	return out
}

// fieldID is the id of a value's field; the same value may stand in several.
func fieldID(value idpguide.Value, used map[string]int) string {
	id := map[idpguide.Value]string{
		idpguide.ACSURL: "acs-url", idpguide.EntityID: "entity-id", idpguide.MetadataURL: "metadata", idpguide.RedirectURI: "redirect-uri",
		idpguide.SCIMEndpoint: "endpoint", idpguide.SCIMToken: "scim-token",
	}[value]
	used[id]++
	if n := used[id]; n > 1 {
		return fmt.Sprint(id, "-", n)
	}
	return id
}

// Show returns a text as HTML: everything but the elements of its marks is escaped.
func (g guided) Show(text idpguide.Text) template.HTML {
	var b strings.Builder
	in := func(element, s string) {
		b.WriteString("<" + element + ">" + template.HTMLEscapeString(s) + "</" + element + ">")
	}
	for _, part := range text.Parts() {
		switch part.Kind {
		case idpguide.Named:
			in("strong", part.Text)
		case idpguide.Code:
			in("code", part.Text)
		case idpguide.Placeholder:
			in("code", g.values[part.Value])
		case idpguide.Link:
			b.WriteString(`<a href="` + template.HTMLEscapeString(part.Address) + `" rel="noreferrer">` + template.HTMLEscapeString(part.Text) + "</a>")
		default:
			b.WriteString(template.HTMLEscapeString(part.Text))
		}
	}
	return template.HTML(b.String())
}

// Where returns where the product shows an input.
func (g guided) Where(input string) template.HTML { return g.Show(g.From(idpguide.Input(input))) }

// Usual returns the name under which an attribute of the product is found without a mapping.
func (g guided) Usual(meaning string) string {
	for _, a := range g.Attributes {
		if string(a.For) == meaning {
			return a.Send
		}
	}
	return ""
}

func serveScript(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/copy.js")
}
