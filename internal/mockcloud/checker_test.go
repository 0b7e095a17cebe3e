package mockcloud_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestConnectionsAreChecked: what connections are configured with is fetched from a
// real identity provider, if it may be, and read by what logins go by.
func TestConnectionsAreChecked(t *testing.T) {
	t.Parallel()
	var provider http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.ServeHTTP(w, r) }))
	t.Cleanup(listener.Close)
	var err error
	if provider, err = idp.New(idp.Config{BaseURL: listener.URL}); err != nil {
		t.Fatal(err)
	}
	const path = mocktest.Root + "/sso/connections"
	oidc := func(name, issuer string) obj {
		return obj{"name": name, "connection_type": "GenericOIDC", "oidc": obj{"issuer": issuer, "client_id": "client"}}
	}
	saml := func(name string, side obj) obj {
		return obj{"name": name, "connection_type": "GenericSAML", "saml": side}
	}
	metadata := listener.URL + "/saml/metadata"

	s := mocktest.Start(t, mockcloud.Config{AllowPrivateIssuers: true, PublicURL: "https://mock.example/"})
	s.Call("POST", path, mocktest.Owner, oidc("oidc", listener.URL)).Want(201, `"redirect_uri":"https://mock.example/sso/oidc/`)
	s.Call("POST", path, mocktest.Owner, oidc("html", listener.URL+"/nothing")).Want(422, `"loc":["body","oidc","issuer"]`)
	var fetched struct {
		SAML struct {
			EntityID     string                         `json:"idp_entity_id"`
			SSOURL       string                         `json:"idp_sso_url"`
			Certificates []struct{ PEM, SHA256 string } `json:"idp_certificates"`
		}
	}
	s.Call("POST", path, mocktest.Owner, saml("fetched", obj{"idp_metadata_url": metadata})).Want(201, `"idp_metadata_url":"`+metadata+`"`).Into(&fetched)
	if len(fetched.SAML.Certificates) == 0 || len(fetched.SAML.Certificates[0].SHA256) != 64 {
		t.Fatalf("%+v", fetched)
	}
	parts := obj{"idp_entity_id": fetched.SAML.EntityID, "idp_sso_url": fetched.SAML.SSOURL, "idp_certificates": []string{fetched.SAML.Certificates[0].PEM}}
	s.Call("POST", path, mocktest.Owner, saml("parts", parts)).Want(201, `"idp_metadata_url":null`, fetched.SAML.Certificates[0].SHA256)
	for name, side := range map[string]obj{
		"idp_metadata_xml": {"idp_metadata_xml": `<!DOCTYPE x [<!ENTITY e "e">]><EntityDescriptor/>`},
		"idp_metadata_url": {"idp_metadata_url": listener.URL},
		"idp_sso_url":      {"idp_sso_url": "http://idp.example/sso"},
		"idp_certificates": {"idp_certificates": []string{"not base64!"}},
	} {
		s.Call("POST", path, mocktest.Owner, saml("bad", side)).Want(422, `"loc":["body","saml","`+name+`"`)
	}

	closed := mocktest.Start(t, mockcloud.Config{})
	closed.Call("POST", path, mocktest.Owner, oidc("oidc", listener.URL)).Want(422, `"loc":["body","oidc","issuer"]`)
	closed.Call("POST", path, mocktest.Owner, saml("saml", obj{"idp_metadata_url": metadata})).Want(422, "only https is fetched")
}
