package setup

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// details is the page that asks for the identity provider's side.
type details struct {
	Provider provider
	Guide    guided
	SAML     bool
	// Saved is what can be kept: there is a connection of the same protocol.
	Saved            bool
	SecretSaved      bool
	Name             string
	Issuer, ClientID string
	SAMLSide         samlSide
	Mapping          mapping
}

// mapping has the names of the attributes or claims from which a user's data is read; empty
// for the usual names.
type mapping struct{ Email, FirstName, LastName, Subject string }

// IsSet reports whether anything is mapped.
func (m mapping) IsSet() bool { return m != mapping{} }

func viewDetails(v *visit) any { return v.details() }

// details returns the page as it is before anything was typed.
func (v *visit) details() details {
	chosen, _ := providerOf(v.link.Type) // an earlier step took no other
	out := details{Provider: chosen, Guide: v.ssoGuide(), SAML: v.link.Type.IsSAML(), Name: v.freeName(chosen)}
	out.SAMLSide.Way = out.Guide.firstWay()
	c := v.connection
	if c == nil || (c.SAML != nil) != out.SAML {
		return out
	}
	out.Saved, out.Name = true, c.Name
	out.Mapping = mapping{c.Mapping.Email, c.Mapping.FirstName, c.Mapping.LastName, c.Mapping.Subject}
	if o := c.OIDC; o != nil {
		out.Issuer, out.ClientID, out.SecretSaved = o.Issuer, o.ClientID, o.ClientSecret != ""
	}
	if s := c.SAML; s != nil {
		out.SAMLSide = savedSide(s)
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
	Mapping map[string]*string   `json:"attribute_mapping,omitempty"`
}

type oidcBody struct {
	Issuer       string `json:"issuer"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
}

// takeDetails is POST /setup/details: it saves the connection.
func takeDetails(v *visit) {
	typed := v.details()
	typed.Name, typed.Issuer, typed.ClientID = v.text("name"), v.text("issuer"), v.text("client_id")
	problems := typed.missing()
	body := connectionBody{Name: typed.Name, Type: v.link.Type, Domains: v.link.Domains, Mapping: typed.readMapping(v)}
	if typed.SAML {
		var unclear []problem
		body.SAML, unclear = typed.SAMLSide.read(v, typed.Saved)
		problems = append(problems, unclear...)
	} else {
		body.OIDC = &oidcBody{typed.Issuer, typed.ClientID, v.text("client_secret")}
	}
	if problems != nil {
		v.ask(typed, problems...)
		return
	}
	checker := &listening{Checker: v.Checker}
	err := v.save(checker, body)
	if err == nil {
		v.goTo(tryLogin)
		return
	}
	typed.SAMLSide.offer(checker.refused)
	if problems, ok := typed.explain(err); ok {
		v.ask(typed, problems...)
		return
	}
	v.failed(v.w, v.r, err)
}

// readMapping takes the attribute mapping, where the form has one, and returns it as the
// API takes it: null stands for the usual names.
func (d *details) readMapping(v *visit) map[string]*string {
	if !v.r.PostForm.Has("map_email") {
		return nil
	}
	d.Mapping = mapping{v.text("map_email"), v.text("map_first_name"), v.text("map_last_name"), v.text("map_subject")}
	out := map[string]*string{"email": &d.Mapping.Email, "first_name": &d.Mapping.FirstName, "last_name": &d.Mapping.LastName}
	if d.SAML {
		out["subject"] = &d.Mapping.Subject
	}
	for name, value := range out {
		if *value == "" {
			out[name] = nil
		}
	}
	return out
}

// missing returns the problems of fields that are required in any case.
func (d details) missing() []problem {
	var out []problem
	need := func(given, field, text string) {
		if given == "" {
			out = append(out, problem{field, text})
		}
	}
	need(d.Name, "name", "Give the connection a name.")
	if !d.SAML {
		need(d.Issuer, "issuer", "Enter the issuer.")
		need(d.ClientID, "client_id", "Enter the client id.")
	}
	return out
}

// save does what POST …/sso/connections does.
func (v *visit) save(checker identity.Checker, body connectionBody) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	change, err := identity.ReadConnection(v.r.Context(), checker, v.connection, raw)
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

// fieldOf returns the form's field for a location in the API's body; empty for one that is
// on another page. All of the metadata is one field here.
func (d details) fieldOf(loc []any) string {
	for i, part := range loc {
		switch part {
		case "attribute_mapping":
			return "map_" + fmt.Sprint(loc[min(i+1, len(loc)-1)])
		case "name", "issuer", "client_id", "client_secret":
			return fmt.Sprint(part)
		case "idp_entity_id":
			return "entity_id"
		case "idp_sso_url":
			return "sso_url"
		case "idp_metadata_xml", "idp_metadata_url", "idp_metadata_entity_id", "idp_certificates":
			return d.SAMLSide.field()
		}
	}
	return ""
}

// pemOf makes PEM of a certificate's bytes.
func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
