package identity

import (
	"context"
	"errors"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// The bounds of what is kept of a connection.
const (
	maxName     = 255
	maxURL      = 2048
	maxEntityID = 1024 // SAML Core 8.3.6
	maxMetadata = 1 << 20
	maxCert     = 64 << 10
	maxCerts    = 16
	maxDomains  = 500
	maxScopes   = 32
)

// nameIDFormats are those by which a person keeps being the same person (SAML Core
// 8.3): a transient one is another at each login.
func nameIDFormats() []string {
	return []string{
		"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
		"urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
		"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
	}
}

// connectionBody is what a write says: what stands as it is, and what of SAML has
// to be looked at first.
type connectionBody struct {
	change store.ConnectionChange
	saml   samlGiven
}

// samlGiven is the identity provider's side, which may be given in three ways.
type samlGiven struct {
	metadata, metadataURL *string
	metadataEntityID      *string
	entityID, ssoURL      *string
	certificates          *[]string
}

func readConnectionBody(creating bool) func(*input.Fields) connectionBody {
	return func(f *input.Fields) (out connectionBody) {
		change := &out.change
		name, kind := input.NonEmpty(maxName), input.Enum(store.ConnectionTypes()...)
		if creating {
			given, of := input.Required(f, "name", name), input.Required(f, "connection_type", kind)
			change.Name, change.Type = &given, &of
		} else {
			change.Name = input.Optional(f, "name", name)
			change.Type = input.Optional(f, "connection_type", kind)
		}
		change.Domains = input.Optional(f, "domains", input.ListOf(input.StringUpTo(maxName), 0, maxDomains))
		change.Deactivate = input.Optional(f, "state", input.Enum(store.ConnectionInactive)) != nil
		change.OIDC = input.Optional(f, "oidc", input.Strict(readOIDC))
		change.SAML = input.Optional(f, "saml", input.Strict(out.saml.read))
		if mapping := input.Optional(f, "attribute_mapping", input.Strict(readMapping)); mapping != nil {
			change.Mapping = *mapping
		}
		return out
	}
}

func readOIDC(f *input.Fields) store.OIDCChange {
	return store.OIDCChange{
		Issuer:       input.Optional(f, "issuer", input.NonEmpty(maxURL)),
		ClientID:     input.Optional(f, "client_id", input.NonEmpty(maxName)),
		ClientSecret: input.Nullable(f, "client_secret", input.NonEmpty(maxURL)),
		Scopes:       input.Optional(f, "scopes", input.ListOf(input.NonEmpty(maxName), 1, maxScopes)),
		ClientAuth: input.Nullable(f, "token_endpoint_auth_method",
			input.Enum(store.ClientSecretBasic, store.ClientSecretPost, store.PrivateKeyJWT, store.PublicClient)),
	}
}

func (g *samlGiven) read(f *input.Fields) store.SAMLChange {
	*g = samlGiven{
		metadata:         input.Optional(f, "idp_metadata_xml", input.NonEmpty(maxMetadata)),
		metadataURL:      input.Optional(f, "idp_metadata_url", input.NonEmpty(maxURL)),
		metadataEntityID: input.Nullable(f, "idp_metadata_entity_id", input.NonEmpty(maxEntityID)).Value,
		entityID:         input.Optional(f, "idp_entity_id", input.NonEmpty(maxEntityID)),
		ssoURL:           input.Optional(f, "idp_sso_url", input.NonEmpty(maxURL)),
		certificates:     input.Optional(f, "idp_certificates", input.ListOf(input.NonEmpty(maxCert), 1, maxCerts)),
	}
	return store.SAMLChange{
		NameIDFormat:      input.Nullable(f, "name_id_format", input.Enum(nameIDFormats()...)),
		SignAuthnRequests: input.Nullable(f, "sign_authn_requests", input.Bool),
		AllowIDPInitiated: input.Optional(f, "allow_idp_initiated", input.Bool),
		WantEncrypted:     input.Optional(f, "want_assertions_encrypted", input.Bool),
	}
}

func readMapping(f *input.Fields) store.MappingChange {
	name := input.NonEmpty(maxName)
	return store.MappingChange{
		Subject:   input.Nullable(f, "subject", name),
		Email:     input.Nullable(f, "email", name),
		FirstName: input.Nullable(f, "first_name", name),
		LastName:  input.Nullable(f, "last_name", name),
		Groups:    input.Nullable(f, "groups", name),
	}
}

// checked asks the identity provider's side whether what was sent makes sense, and
// gives what is to be saved. The connection as it is is nil where one is made.
func (b connectionBody) checked(ctx context.Context, checker Checker, is *store.Connection) (store.ConnectionChange, error) {
	change := b.change
	if change.OIDC != nil {
		oidc := *change.OIDC
		change.OIDC = &oidc
		if err := checkOIDC(ctx, checker, is, &oidc); err != nil {
			return change, err
		}
	}
	if change.SAML == nil {
		return change, nil
	}
	saml := *change.SAML
	change.SAML = &saml
	return change, b.saml.check(ctx, checker, &saml)
}

// checkOIDC asks the issuer, where it or the way of authenticating there is written.
func checkOIDC(ctx context.Context, checker Checker, is *store.Connection, to *store.OIDCChange) error {
	var next store.OIDC
	if is != nil && is.OIDC != nil {
		next = *is.OIDC
	}
	field := "issuer"
	if to.Issuer != nil {
		next.Issuer = *to.Issuer
	} else if to.ClientAuth.Set {
		field = "token_endpoint_auth_method"
	} else {
		return nil
	}
	if to.ClientAuth.Set {
		next.ClientAuth = ""
		if to.ClientAuth.Value != nil {
			next.ClientAuth = *to.ClientAuth.Value
		}
	}
	if next.Issuer == "" {
		return nil
	}
	hosts, err := checker.CheckIssuer(ctx, next.Issuer, next.ClientAuth)
	var refused *ClientAuthRefused
	switch {
	case errors.As(err, &refused) && to.ClientAuth.Value != nil:
		return input.Mistake(err.Error(), "oidc", "token_endpoint_auth_method")
	case err != nil:
		return input.Mistake(err.Error(), "oidc", field)
	}
	to.Hosts = &hosts
	return nil
}

// check puts the identity provider's side into a change.
func (g samlGiven) check(ctx context.Context, checker Checker, to *store.SAMLChange) error {
	apart := g.entityID != nil || g.ssoURL != nil || g.certificates != nil
	switch {
	case g.metadata != nil && (g.metadataURL != nil || apart):
		return input.Mistake("give the metadata, its URL, or entity id, URL and certificates one by one; not several of them", "saml", "idp_metadata_xml")
	case g.metadataURL != nil && apart:
		return input.Mistake("give the metadata's URL, or entity id, URL and certificates one by one; not both", "saml", "idp_metadata_url")
	case g.metadata != nil:
		m, err := checker.ParseMetadata(*g.metadata, g.chosen())
		return g.metadataInto(to, m, err, "", "idp_metadata_xml")
	case g.metadataURL != nil:
		m, err := checker.FetchMetadata(ctx, *g.metadataURL, g.chosen())
		return g.metadataInto(to, m, err, *g.metadataURL, "idp_metadata_url")
	case g.metadataEntityID != nil:
		return input.Mistake("it chooses from metadata: give idp_metadata_url or idp_metadata_xml beside it", "saml", "idp_metadata_entity_id")
	case apart:
		return g.partsInto(to, checker)
	}
	return nil
}

// chosen is the entity that the write chooses, empty where it does not.
func (g samlGiven) chosen() string {
	if g.metadataEntityID == nil {
		return ""
	}
	return *g.metadataEntityID
}

// metadataInto takes over what metadata says, where it could be read.
func (g samlGiven) metadataInto(to *store.SAMLChange, m Metadata, err error, url, field string) error {
	if err != nil {
		return input.Mistake(err.Error(), "saml", field)
	}
	chosen, change := g.chosen(), m.change()
	to.MetadataURL, to.MetadataEntityID, to.EntityID, to.SSOURL, to.SSOBinding = &url, &chosen, change.EntityID, change.SSOURL, change.SSOBinding
	to.Certificates, to.WantsSignedRequests, to.MetadataWarnings, to.Fetch = change.Certificates, change.WantsSignedRequests, change.MetadataWarnings, change.Fetch
	return nil
}

// partsInto takes what was given one by one. It no longer is what metadata said.
func (g samlGiven) partsInto(to *store.SAMLChange, checker Checker) error {
	var wrong []error
	to.MetadataURL, to.MetadataEntityID, to.WantsSignedRequests, to.MetadataWarnings = new(string), new(string), new(bool), new([]string)
	to.Fetch = &store.MetadataFetch{}
	to.EntityID = g.entityID
	if g.entityID != nil {
		if err := samlmetadata.CheckEntityID(*g.entityID); err != nil {
			wrong = append(wrong, input.Mistake(err.Error(), "saml", "idp_entity_id"))
		}
	}
	if g.ssoURL != nil {
		if err := checker.CheckSSOURL(*g.ssoURL); err != nil {
			wrong = append(wrong, input.Mistake(err.Error(), "saml", "idp_sso_url"))
		}
		binding := store.RedirectBinding // what every identity provider has
		to.SSOURL, to.SSOBinding = g.ssoURL, &binding
	}
	if g.certificates != nil {
		certs := make([]store.Certificate, len(*g.certificates))
		for i, text := range *g.certificates {
			var err error
			if certs[i], err = checker.ParseCertificate(text); err != nil {
				wrong = append(wrong, input.Mistake(err.Error(), "saml", "idp_certificates", i))
			}
		}
		to.Certificates = &certs
	}
	return together(wrong)
}

// together makes one answer of several mistakes.
func together(mistakes []error) error {
	var all store.Invalid
	for _, mistake := range mistakes {
		var invalid *store.Invalid
		if !errors.As(mistake, &invalid) {
			return mistake
		}
		all.Problems = append(all.Problems, invalid.Problems...)
	}
	if all.Problems == nil {
		return nil
	}
	return &all
}
