package setup

import (
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// provider is a product that people log in at.
type provider struct {
	Type store.ConnectionType
	Name string
}

// Protocol returns the name of the protocol that its connections use.
func (p provider) Protocol() string {
	if p.Type.IsSAML() {
		return "SAML 2.0"
	}
	return "OpenID Connect"
}

// InSentence returns the product's name as it stands within a sentence.
func (p provider) InSentence() string {
	if p.Name == "Another one" {
		return "your identity provider"
	}
	return p.Name
}

// providers are those that have a name on the page, and one of each protocol for
// all others.
func providers() []provider {
	return []provider{
		{"ADFSSAML", "AD FS"},
		{"Auth0SAML", "Auth0"},
		{"CloudflareSAML", "Cloudflare"},
		{"CyberArkSAML", "CyberArk"},
		{"DuoSAML", "Duo"},
		{"GoogleSAML", "Google Workspace"},
		{"GoogleOIDC", "Google Workspace"},
		{"JumpCloudSAML", "JumpCloud"},
		{"KeycloakSAML", "Keycloak"},
		{"AzureSAML", "Microsoft Entra ID"},
		{"EntraIdOIDC", "Microsoft Entra ID"},
		{"OktaSAML", "Okta"},
		{"OktaOIDC", "Okta"},
		{"OneLoginSAML", "OneLogin"},
		{"PingFederateSAML", "PingFederate"},
		{"PingOneSAML", "PingOne"},
		{"RipplingSAML", "Rippling"},
		{"SalesforceSAML", "Salesforce"},
		{"ShibbolethSAML", "Shibboleth"},
		{"GenericSAML", "Another one"},
		{"GenericOIDC", "Another one"},
	}
}

// providerOf finds a provider by its type.
func providerOf(kind store.ConnectionType) (provider, bool) {
	all := providers()
	i := slices.IndexFunc(all, func(p provider) bool { return p.Type == kind })
	if i < 0 {
		return provider{}, false
	}
	return all[i], true
}

// providerChoice is the provider's page.
type providerChoice struct {
	Providers []provider
	Chosen    store.ConnectionType
}

func viewProvider(v *visit) any { return providerChoice{providers(), v.link.Type} }

// takeProvider is POST /setup/provider.
func takeProvider(v *visit) {
	chosen, known := providerOf(store.ConnectionType(v.r.PostFormValue("type")))
	if !known {
		v.ask(viewProvider(v), problem{"provider-0", "Choose an identity provider. If yours is not in the list, choose “Another one” with the protocol that it speaks."})
		return
	}
	v.choose(copyValues, func(tx *store.Tx, link *store.SetupLink) { tx.ChooseInSetup(link, link.Domains, chosen.Type) })
}

// values is the page with what to do at the identity provider.
type values struct {
	Provider provider
	Guide    guided
	Next     string
}

func viewValues(v *visit) any {
	chosen, _ := providerOf(v.link.Type) // the step before took no other
	return values{chosen, v.ssoGuide(), v.way.steps[enterDetails].path()}
}
