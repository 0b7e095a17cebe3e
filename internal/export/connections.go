package export

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

func (b *builder) writeConnections() {
	const kind = "prefectsso_identity_provider"
	taken, n := labels{}, 0
	slices.SortStableFunc(b.connections, func(x, y client.Connection) int { return cmp.Compare(x.Name, y.Name) })
	for _, c := range b.connections {
		if c.OIDC == nil && c.SAML == nil {
			why := "this server does not show its `oidc` or `saml`, and the resource needs one of them. Write it by hand, and the first apply adopts it by its name"
			b.leave(omission{what: "identity provider " + quote(c.Name), why: why})
			continue
		}
		if len(c.Domains) == 0 {
			b.leave(omission{what: "identity provider " + quote(c.Name), why: "it has no domain yet, and the resource needs one"})
			continue
		}
		n++
		l := taken.take(c.Name, "identity_provider")
		var domains []string
		for _, d := range c.Domains {
			domains = append(domains, d.Domain)
		}
		b.providers.block(head(kind, l),
			argument{"name", text(c.Name)},
			argument{"connection_type", text(c.ConnectionType)},
			argument{"domains", b.domainsOf(domains)},
			emptyLine, argument{"oidc", oidc(c.OIDC)}, argument{"saml", saml(c.SAML)}, emptyLine, argument{"attribute_mapping", attributes(c.AttributeMapping)})
		b.take(kind+"."+l, c.ID)
	}
	b.count(n, "identity provider", "identity providers")
}

func oidc(o *client.ConnectionOIDC) expr {
	if o == nil {
		return ""
	}
	arguments := []argument{{"issuer", text(o.Issuer)}, {"client_id", text(o.ClientID)}}
	scopes := slices.Sorted(slices.Values(o.Scopes))
	if len(scopes) > 0 && !slices.Equal(scopes, []string{"email", "openid", "profile"}) {
		arguments = append(arguments, argument{"scopes", list(texts(scopes))})
	}
	return object(append(arguments, argument{"token_endpoint_auth_method", pointed(o.TokenEndpointAuthMethod)})...)
}

func pointed(s *string) expr {
	if s == nil {
		return ""
	}
	return text(*s)
}

func saml(s *client.ConnectionSAML) expr {
	if s == nil {
		return ""
	}
	var arguments []argument
	if s.IDPMetadataURL != nil && *s.IDPMetadataURL != "" {
		arguments = append(arguments, argument{"metadata_url", text(*s.IDPMetadataURL)}, argument{"metadata_entity_id", pointed(s.IDPMetadataEntityID)})
	} else {
		var pems []expr
		for _, c := range s.IDPCertificates {
			pems = append(pems, heredoc(c.PEM))
		}
		arguments = append(arguments, argument{"entity_id", text(s.IDPEntityID)}, argument{"sso_url", text(s.IDPSSOURL)})
		arguments = append(arguments, argument{"certificates", expr("[\n" + join(pems, "") + "]")})
	}
	arguments = append(arguments, argument{"name_id_format", pointed(s.NameIDFormat)})
	if s.SignAuthnRequests != s.WantAuthnRequestsSigned {
		arguments = append(arguments, argument{"sign_requests", boolean(s.SignAuthnRequests)})
	}
	if s.AllowIDPInitiated {
		arguments = append(arguments, argument{"allow_idp_initiated", boolean(true)})
	}
	if s.WantAssertionsEncrypted {
		arguments = append(arguments, argument{"want_assertions_encrypted", boolean(true)})
	}
	return object(arguments...)
}

// heredoc returns a text of several lines as it is, where it has nothing to escape, as an element of a list. Its end wants a
// line of its own, so that the comma is on the next one.
func heredoc(s string) expr {
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	if strings.ContainsAny(s, "$%\r") || strings.Contains(s, "EOT") {
		return text(s) + ",\n"
	}
	return expr("<<EOT\n" + s + "EOT\n,\n")
}

func attributes(m client.AttributeMapping) expr {
	if m == (client.AttributeMapping{}) {
		return ""
	}
	return object(
		argument{"subject", pointed(m.Subject)}, argument{"email", pointed(m.Email)}, argument{"first_name", pointed(m.FirstName)},
		argument{"last_name", pointed(m.LastName)}, argument{"groups", pointed(m.Groups)})
}
