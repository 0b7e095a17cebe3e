package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// details is the page that asks for the identity provider's side.
type details struct {
	Provider provider
	SAML     bool
	// Saved is what can be kept: there is a connection of the same protocol.
	Saved                    bool
	SecretSaved              bool
	Name                     string
	Issuer, ClientID         string
	MetadataURL, MetadataXML string
	// MetadataEntityID chooses one of several identity providers.
	MetadataEntityID string
	SavedEntityID    string
}

func viewDetails(v *visit) any { return v.details() }

// details returns the page as it is before anything was typed.
func (v *visit) details() details {
	chosen, _ := providerOf(v.link.Type) // an earlier step took no other
	out := details{Provider: chosen, SAML: v.link.Type.IsSAML(), Name: v.freeName(chosen)}
	c := v.connection
	if c == nil || (c.SAML != nil) != out.SAML {
		return out
	}
	out.Saved, out.Name = true, c.Name
	if o := c.OIDC; o != nil {
		out.Issuer, out.ClientID, out.SecretSaved = o.Issuer, o.ClientID, o.ClientSecret != ""
	}
	if s := c.SAML; s != nil {
		out.MetadataURL, out.MetadataEntityID, out.SavedEntityID = s.MetadataURL, s.MetadataEntityID, s.EntityID
	}
	return out
}

// freeName proposes a name for the connection.
func (v *visit) freeName(p provider) string {
	name := p.Name
	if p.Type == "GenericSAML" || p.Type == "GenericOIDC" {
		name = "Single sign-on"
	}
	free := name
	for n := 2; v.taken[free]; n++ {
		free = fmt.Sprint(name, " ", n)
	}
	return free
}

// connectionBody is the part of the API's body that the page fills in.
type connectionBody struct {
	Name    string               `json:"name"`
	Type    store.ConnectionType `json:"connection_type"`
	Domains []string             `json:"domains"`
	OIDC    *oidcBody            `json:"oidc,omitempty"`
	SAML    *samlBody            `json:"saml,omitempty"`
}

type oidcBody struct {
	Issuer       string `json:"issuer"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
}

type samlBody struct {
	MetadataXML string `json:"idp_metadata_xml,omitempty"`
	MetadataURL string `json:"idp_metadata_url,omitempty"`
	EntityID    string `json:"idp_metadata_entity_id,omitempty"`
}

// takeDetails is POST /setup/details: it saves the connection.
func takeDetails(v *visit) {
	before := v.details()
	typed := before
	text := func(name string) string { return strings.TrimSpace(v.r.PostFormValue(name)) }
	typed.Name, typed.Issuer, typed.ClientID = text("name"), text("issuer"), text("client_id")
	typed.MetadataURL, typed.MetadataXML, typed.MetadataEntityID = text("metadata_url"), text("metadata_xml"), text("metadata_entity_id")
	if typed.MetadataXML != "" && typed.MetadataURL == before.MetadataURL {
		typed.MetadataURL = "" // it stood there already; what was pasted is newer
	}
	if problems := typed.unclear(); problems != nil {
		v.ask(typed, problems...)
		return
	}
	body := connectionBody{Name: typed.Name, Type: v.link.Type, Domains: v.link.Domains}
	if typed.SAML {
		body.SAML = &samlBody{MetadataXML: typed.MetadataXML, MetadataURL: typed.MetadataURL}
		if typed.MetadataXML+typed.MetadataURL != "" {
			body.SAML.EntityID = typed.MetadataEntityID
		}
	} else {
		body.OIDC = &oidcBody{typed.Issuer, typed.ClientID, text("client_secret")}
	}
	err := v.save(body)
	if err == nil {
		v.goTo(tryLogin)
		return
	}
	if problems, ok := typed.explain(err); ok {
		v.ask(typed, problems...)
		return
	}
	v.failed(v.w, v.r, err)
}

// unclear returns what is missing or given twice.
func (d details) unclear() []problem {
	var out []problem
	need := func(given, field, text string) {
		if given == "" {
			out = append(out, problem{field, text})
		}
	}
	need(d.Name, "name", "Give the connection a name.")
	switch {
	case d.MetadataURL != "" && d.MetadataXML != "":
		out = append(out, problem{"metadata_xml", "Give the address of the metadata or the metadata itself, not both."})
	case !d.SAML:
		need(d.Issuer, "issuer", "Enter the issuer.")
		need(d.ClientID, "client_id", "Enter the client id.")
	case !d.Saved:
		need(d.MetadataURL+d.MetadataXML, "metadata_url", "Give the metadata's address, or paste the metadata below.")
	}
	return out
}

// save goes the way of POST …/sso/connections.
func (v *visit) save(body connectionBody) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	change, err := identity.ReadConnection(v.r.Context(), v.Checker, v.connection, raw)
	if err != nil {
		return err
	}
	return v.update(func(tx *store.Tx, link *store.SetupLink) error {
		_, err := tx.SaveSetup(link, change)
		return err
	})
}

// explain turns a refusal into problems of the page's fields.
func (d details) explain(err error) ([]problem, bool) {
	var conflict *store.Conflict
	if errors.As(err, &conflict) {
		return []problem{{"name", sentence(conflict.Reason)}}, true
	}
	var invalid *store.Invalid
	if !errors.As(err, &invalid) {
		return nil, false
	}
	out := make([]problem, len(invalid.Problems))
	for i, p := range invalid.Problems {
		out[i] = problem{d.fieldOf(p.Loc), sentence(strings.TrimPrefix(p.Msg, "Value error, "))}
	}
	return out, true
}

// fieldOf finds the field for a place in the API's body; empty for one that another
// page asks for. Metadata is one thing here, whatever of it is wrong.
func (d details) fieldOf(loc []any) string {
	for _, part := range loc {
		switch part {
		case "name", "issuer", "client_id", "client_secret":
			return fmt.Sprint(part)
		case "idp_metadata_xml":
			return "metadata_xml"
		case "idp_metadata_url":
			return "metadata_url"
		case "idp_metadata_entity_id":
			return "metadata_entity_id"
		case "saml":
			if len(loc) > 1 && loc[1] == "idp_certificates" && d.MetadataXML != "" {
				return "metadata_xml"
			}
		case "idp_certificates":
			return "metadata_url"
		}
	}
	return ""
}
