package samlmetadata_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// keyInfo is a KeyDescriptor that declares the signature's namespace as its default, as
// Microsoft's products do.
func keyInfo(use, certificate string) string {
	return `<KeyDescriptor use="` + use + `"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + certificate + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
}

func service(prefix, binding, location string) string {
	return "<" + prefix + `SingleSignOnService Binding="` + binding + `" Location="` + location + `"/>`
}

// TestShapes reads metadata of the shapes that products write, each made here after
// what their documentation says of it.
func TestShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, next := bare(w.good), bare(w.next)
	const soap, artifact = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
	const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	const federation = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"`
	signature := `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/><ds:SignatureValue>AAAA</ds:SignatureValue><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + next + `</X509Certificate></X509Data></KeyInfo></ds:Signature>`
	claims := `<fed:ClaimTypesOffered>` + strings.Repeat(`<auth:ClaimType Uri="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name" Optional="true" xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706"><auth:DisplayName>Name</auth:DisplayName></auth:ClaimType>`, 60) + `</fed:ClaimTypesOffered>`
	for name, test := range map[string]struct {
		text, url string
		wants     bool
		keys      []string
		left      []samlmetadata.ID
	}{
		"AD FS: roles of WS-Federation before, a signature, xmlns taken away": {
			text: `<EntityDescriptor ID="_1" entityID="` + idpID + `" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` + signature +
				`<RoleDescriptor xsi:type="fed:ApplicationServiceType"` + federation + ` ServiceDisplayName="Corp">` + keyInfo("encryption", next) + claims + `</RoleDescriptor>` +
				`<RoleDescriptor xsi:type="fed:SecurityTokenServiceType"` + federation + `>` + keyInfo("signing", next) +
				`<fed:SecurityTokenServiceEndpoint><EndpointReference xmlns="http://www.w3.org/2005/08/addressing"><Address>https://idp.example/trust</Address><Metadata><Metadata xmlns="http://schemas.xmlsoap.org/ws/2004/09/mex" xmlns:wsx="http://schemas.xmlsoap.org/ws/2004/09/mex"><wsx:MetadataSection Dialect="x" xmlns=""><wsx:MetadataReference/></wsx:MetadataSection></Metadata></Metadata></EndpointReference></fed:SecurityTokenServiceEndpoint></RoleDescriptor>` +
				`<SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keyInfo("signing", next) + `</SPSSODescriptor>` +
				`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keyInfo("encryption", next) + keyInfo("signing", good) +
				service("", samlmetadata.HTTPRedirect, "https://idp.example/adfs/ls/") + service("", samlmetadata.HTTPPOST, "https://idp.example/adfs/ls/") +
				`<Attribute Name="http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" FriendlyName="E-Mail Address" xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/></IDPSSODescriptor>` +
				`<ContactPerson contactType="support"/></EntityDescriptor>`,
			url: "https://idp.example/adfs/ls/", keys: fingerprints(w.good),
		},
		"Entra ID: a byte order mark, two keys during a rollover": {
			text: "\xef\xbb\xbf" + `<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_2" entityID="` + idpID + `" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` + signature +
				`<RoleDescriptor xsi:type="fed:SecurityTokenServiceType"` + federation + `>` + keyInfo("signing", good) + claims + `</RoleDescriptor>` +
				`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keyInfo("signing", good) + keyInfo("signing", next) +
				`<SingleLogoutService Binding="` + samlmetadata.HTTPRedirect + `" Location="https://idp.example/saml2"/>` +
				service("", samlmetadata.HTTPRedirect, "https://idp.example/saml2") + service("", samlmetadata.HTTPPOST, "https://idp.example/saml2") + `</IDPSSODescriptor></EntityDescriptor>`,
			url: "https://idp.example/saml2", keys: fingerprints(w.good, w.next),
		},
		"Keycloak: signed requests, a key name, POST first": {
			text: `<md:EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="` + idpID + `">` +
				`<md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyName>a-key</ds:KeyName><ds:X509Data><ds:X509Certificate>` + good + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
				`<md:ArtifactResolutionService Binding="` + soap + `" Location="https://idp.example/resolve" index="0"/>` +
				service("md:", samlmetadata.HTTPPOST, "https://idp.example/saml") + service("md:", samlmetadata.HTTPRedirect, "https://idp.example/saml") + service("md:", soap, "https://idp.example/saml") + service("md:", artifact, "https://idp.example/saml") + `</md:IDPSSODescriptor></md:EntityDescriptor>`,
			url: "https://idp.example/saml", wants: true, keys: fingerprints(w.good),
		},
		"Keycloak, older: a list around it": {
			text: `<EntitiesDescriptor Name="urn:keycloak" xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:dsig="http://www.w3.org/2000/09/xmldsig#"><EntityDescriptor entityID="` + idpID + `"><IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
				`<KeyDescriptor use="signing"><dsig:KeyInfo><dsig:KeyName>a-key</dsig:KeyName><dsig:X509Data><dsig:X509Certificate>` + good + `</dsig:X509Certificate></dsig:X509Data></dsig:KeyInfo></KeyDescriptor>` +
				service("", samlmetadata.HTTPPOST, "https://idp.example/saml") + `</IDPSSODescriptor></EntityDescriptor></EntitiesDescriptor>`,
			url: "https://idp.example/saml", wants: true, keys: fingerprints(w.good),
		},
		"Shibboleth: comments, xmlns:xml, three keys without line ends, old bindings, an attribute authority": {
			text: declaration + "<!-- This is example metadata only. -->\n" + `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:xml="http://www.w3.org/XML/1998/namespace" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" entityID="` + idpID + `" validUntil="2027-06-01T12:00:00.123Z">` +
				`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol urn:oasis:names:tc:SAML:1.1:protocol urn:mace:shibboleth:1.0"><Extensions><shibmd:Scope regexp="false">idp.example</shibmd:Scope></Extensions>` +
				descriptorAs("signing", good) + "<!-- the back channel's -->" + descriptorAs("signing", next) + descriptorAs("encryption", bare(w.later)) +
				service("", "urn:mace:shibboleth:1.0:profiles:AuthnRequest", "https://idp.example/shib") + service("", samlmetadata.HTTPPOST, "https://idp.example/post") + service("", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign", "https://idp.example/simple") + service("", samlmetadata.HTTPRedirect, "https://idp.example/redirect") + `</IDPSSODescriptor>` +
				`<AttributeAuthorityDescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol">` + descriptorAs("signing", bare(w.later)) + `</AttributeAuthorityDescriptor></EntityDescriptor>`,
			url: "https://idp.example/redirect", keys: fingerprints(w.good, w.next),
		},
		"Okta: unsigned requests said so, POST first": {
			text: declaration + strings.Replace(entity(descriptor("signing", "\n"+good[:76]+"\n"+good[76:])+`<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>`+
				service("md:", samlmetadata.HTTPPOST, "https://idp.example/app/sso/saml")+service("md:", samlmetadata.HTTPRedirect, "https://idp.example/app/sso/saml")), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" `, 1),
			url: "https://idp.example/app/sso/saml", keys: fingerprints(w.good),
		},
		"Google: a query in the endpoint, an end in milliseconds": {
			text: `<?xml version="1.0" encoding="UTF-8" standalone="no"?>` + entityOf(idpID, ` validUntil="2031-03-04T05:06:07.000Z"`, strings.Replace(role(descriptor("signing", good)+
				service("md:", samlmetadata.HTTPRedirect, "https://idp.example/o/saml2/idp?idpid=C01&amp;x=1")+service("md:", samlmetadata.HTTPPOST, "https://idp.example/o/saml2/idp?idpid=C01&amp;x=1")), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" `, 1)),
			url: "https://idp.example/o/saml2/idp?idpid=C01&x=1", keys: fingerprints(w.good),
		},
		"Ping: a cache duration, extensions of its own, an EC key beside": {
			text: entityOf(idpID, ` ID="x" cacheDuration="PT1440M"`, `<md:Extensions><p:x xmlns:p="urn:pingidentity.com:SAML:2.0"/></md:Extensions>`+
				role(descriptor("signing", bare(w.ecdsa))+descriptor("signing", good)+service("md:", samlmetadata.HTTPPOST, "https://idp.example/idp/SSO.saml2")+service("md:", samlmetadata.HTTPRedirect, "https://idp.example/idp/SSO.saml2"))),
			url: "https://idp.example/idp/SSO.saml2", keys: fingerprints(w.ecdsa, w.good),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := read(t, test.text)
			expect(t, m, test.url, test.keys, test.left...)
			if m.WantsSignedRequests != test.wants {
				t.Errorf("wants signed requests: %t", m.WantsSignedRequests)
			}
			if redirects := slices.ContainsFunc(m.Endpoints, func(e samlmetadata.Endpoint) bool { return e.Binding == samlmetadata.HTTPRedirect }); redirects != (m.SSO.Binding == samlmetadata.HTTPRedirect) {
				t.Errorf("people are sent by %s", m.SSO.Binding)
			}
		})
	}
}

// descriptorAs is descriptor in the default namespace.
func descriptorAs(use, text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(descriptor(use, text), "<md:", "<"), "</md:", "</")
}
