package idpguide

import (
	"slices"
	"strings"
)

// Protocol is what an identity provider speaks.
type Protocol string

// The protocols of guides.
const (
	SAML Protocol = "saml"
	OIDC Protocol = "oidc"
	SCIM Protocol = "scim"
)

// Name returns the protocol's name as people write it.
func (p Protocol) Name() string {
	switch p {
	case SAML:
		return "SAML 2.0"
	case OIDC:
		return "OpenID Connect"
	}
	return "SCIM 2.0"
}

// Value is something of this side that an identity provider has to know.
type Value string

// The values. In a text they are placeholders, as in {{acs_url}}; the token is in none.
const (
	ACSURL       Value = "acs_url"
	EntityID     Value = "entity_id"
	MetadataURL  Value = "sp_metadata_url"
	RedirectURI  Value = "redirect_uri"
	SCIMEndpoint Value = "scim_endpoint"
	SCIMToken    Value = "scim_token"
)

// values are a protocol's.
func (p Protocol) values() []Value {
	switch p {
	case SAML:
		return []Value{ACSURL, EntityID, MetadataURL}
	case OIDC:
		return []Value{RedirectURI}
	}
	return []Value{SCIMEndpoint, SCIMToken}
}

// Name returns what a value is called in a sentence.
func (v Value) Name() string {
	switch v {
	case ACSURL:
		return "ACS URL"
	case EntityID:
		return "entity id"
	case MetadataURL:
		return "metadata URL"
	case RedirectURI:
		return "redirect URI"
	case SCIMEndpoint:
		return "SCIM endpoint"
	}
	return "SCIM token"
}

// Input is something of the identity provider's that has to be entered here.
type Input string

// The inputs: the first five are SAML's, the others OpenID Connect's.
const (
	InputMetadataURL  Input = "metadata_url"
	InputMetadataFile Input = "metadata_file"
	InputEntityID     Input = "entity_id"
	InputSSOURL       Input = "sso_url"
	InputCertificate  Input = "certificate"
	InputIssuer       Input = "issuer"
	InputClientID     Input = "client_id"
	InputClientSecret Input = "client_secret"
)

func (p Protocol) inputs() []Input {
	switch p {
	case SAML:
		return []Input{InputMetadataURL, InputMetadataFile, InputEntityID, InputSSOURL, InputCertificate}
	case OIDC:
		return []Input{InputIssuer, InputClientID, InputClientSecret}
	}
	return nil
}

// Name returns what an input is called in a sentence.
func (i Input) Name() string {
	switch i {
	case InputMetadataURL:
		return "address of the metadata"
	case InputMetadataFile:
		return "metadata file"
	case InputEntityID:
		return "entity id of the identity provider"
	case InputSSOURL:
		return "single sign-on URL"
	case InputCertificate:
		return "signing certificate"
	case InputIssuer:
		return "issuer"
	case InputClientID:
		return "client id"
	}
	return "client secret"
}

// Meaning is what an attribute says of a person.
type Meaning string

// What is read of a login.
const (
	Email     Meaning = "email"
	FirstName Meaning = "first_name"
	LastName  Meaning = "last_name"
	Subject   Meaning = "subject"
)

// Name returns what a meaning is called in a sentence.
func (m Meaning) Name() string {
	switch m {
	case Email:
		return "email address"
	case FirstName:
		return "first name"
	case LastName:
		return "last name"
	}
	return "subject"
}

// Guide is how one product is set up for one protocol.
type Guide struct {
	// ID is the name of its file.
	ID       string   `yaml:"-"`
	Product  string   `yaml:"product"`
	Protocol Protocol `yaml:"protocol"`
	// Place is where the steps are taken, as in "In the Okta Admin Console".
	Place string `yaml:"place"`
	// Types are the connection types, or those of directories, that it is for.
	Types []string `yaml:"types"`
	// Before is what has to be there first.
	Before []Text `yaml:"before"`
	Steps  []Step `yaml:"steps"`
	// Bring is what to enter here afterwards; the first is the best of several ways.
	Bring []Bring `yaml:"bring"`
	// Attributes are what the product should send of a person.
	Attributes []Attribute `yaml:"attributes"`
	// Elsewhere says where products without a guide of their own have things.
	Elsewhere []Elsewhere `yaml:"elsewhere"`
	// Pitfalls are what commonly goes wrong: the product's own, then those of the protocol.
	Pitfalls []Pitfall `yaml:"pitfalls"`
	// Sources are the public pages that the steps were checked against.
	Sources []string `yaml:"sources"`
}

// Title returns the guide's name.
func (g *Guide) Title() string { return g.Product + " (" + g.Protocol.Name() + ")" }

// IsGeneric reports whether it is for products that have no guide of their own.
func (g *Guide) IsGeneric() bool { return strings.HasPrefix(g.ID, "generic-") }

// From returns where an input is found, empty for one that the product does not need.
func (g *Guide) From(input Input) Text {
	i := slices.IndexFunc(g.Bring, func(b Bring) bool { return b.Input == input })
	if i < 0 {
		return ""
	}
	return g.Bring[i].From
}

// PitfallsFor returns those that a refusal of that reason points to.
func (g *Guide) PitfallsFor(reason string) []Pitfall {
	var out []Pitfall
	for _, p := range g.Pitfalls {
		if slices.Contains(p.Reasons, reason) {
			out = append(out, p)
		}
	}
	return out
}

// Step is one thing to do there.
type Step struct {
	Title string `yaml:"title"`
	Do    []Text `yaml:"do"`
	// Copy is what to copy from here then, and Then what is left to do.
	Copy []Copy `yaml:"copy"`
	Then []Text `yaml:"then"`
}

// Copy is a value and what the product calls it.
type Copy struct {
	Value Value  `yaml:"value"`
	As    string `yaml:"as"`
	Note  Text   `yaml:"note"`
}

// Bring is an input and where the product shows it.
type Bring struct {
	Input Input `yaml:"input"`
	From  Text  `yaml:"from"`
}

// Attribute is what a product should send: There is what it calls the source, Send the
// name under which it is found here without a mapping.
type Attribute struct {
	For   Meaning `yaml:"for"`
	There string  `yaml:"there"`
	Send  string  `yaml:"send"`
}

// Elsewhere is where a product without a guide has something.
type Elsewhere struct {
	Product string `yaml:"product"`
	Text    Text   `yaml:"text"`
}

// Pitfall is what commonly goes wrong. Reasons are the stable words of the refusals that
// it explains.
type Pitfall struct {
	Seen    Text     `yaml:"seen"`
	Do      Text     `yaml:"do"`
	Reasons []string `yaml:"reasons"`
}
