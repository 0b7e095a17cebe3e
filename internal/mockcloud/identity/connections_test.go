package identity_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestMistakes: each mistake is named where it is, and leaves everything as it was.
func TestMistakes(t *testing.T) {
	t.Parallel()
	oidc := func(fields obj) obj {
		return obj{"name": "x", "connection_type": "OktaOIDC", "oidc": fields}
	}
	saml := func(fields obj) obj {
		return obj{"name": "x", "connection_type": "OktaSAML", "saml": fields}
	}
	for name, tt := range map[string]struct {
		body obj
		says []string
	}{
		"neither":                     {obj{"name": "x", "connection_type": "OktaOIDC"}, []string{`"loc":["body","oidc"]`, "one of oidc and saml"}},
		"both":                        {obj{"name": "x", "connection_type": "OktaOIDC", "oidc": obj{}, "saml": obj{}}, []string{`"loc":["body","saml"]`, "not both"}},
		"a type of the other":         {obj{"name": "x", "connection_type": "GoogleOIDC", "saml": obj{}}, []string{`"loc":["body","connection_type"]`, "GoogleOIDC takes oidc, not saml"}},
		"an unknown type":             {obj{"name": "x", "connection_type": "GoogleOAuth", "oidc": obj{}}, []string{`"loc":["body","connection_type"]`, "'OktaSAML'", "'EntraIdOIDC'"}},
		"no name":                     {obj{"name": " ", "connection_type": "OktaOIDC", "oidc": obj{}}, []string{`"loc":["body","name"]`}},
		"an unknown field":            {obj{"name": "x", "connection_type": "OktaOIDC", "oidc": obj{}, "id": "1"}, []string{`"loc":["body","id"]`, "extra_forbidden"}},
		"an unknown field within":     {oidc(obj{"redirect_uri": "x"}), []string{`"loc":["body","oidc","redirect_uri"]`, "extra_forbidden"}},
		"a state that is not set":     {obj{"name": "x", "connection_type": "OktaOIDC", "oidc": obj{}, "state": "active"}, []string{`"loc":["body","state"]`, "'inactive'"}},
		"the issuer":                  {oidc(obj{"issuer": "https://else.example"}), []string{`"loc":["body","oidc","issuer"]`, "nobody answers there"}},
		"no way of authenticating":    {oidc(obj{"token_endpoint_auth_method": "tls_client_auth"}), []string{`"loc":["body","oidc","token_endpoint_auth_method"]`, "'private_key_jwt'"}},
		"a way without its secret":    {oidc(obj{"token_endpoint_auth_method": "client_secret_basic"}), []string{`"loc":["body","oidc","token_endpoint_auth_method"]`, "needs a client_secret"}},
		"a way that is not offered":   {oidc(obj{"issuer": goodIssuer, "client_secret": "x", "token_endpoint_auth_method": "client_secret_post"}), []string{`"loc":["body","oidc","token_endpoint_auth_method"]`, "not in that way"}},
		"no issuer":                   {oidc(obj{"issuer": ""}), []string{`"loc":["body","oidc","issuer"]`}},
		"a domain":                    {obj{"name": "x", "connection_type": "OktaOIDC", "oidc": obj{}, "domains": []string{"acme.com", "x.example"}}, []string{`"loc":["body","domains",1]`, "x.example is not enabled"}},
		"the metadata":                {saml(obj{"idp_metadata_xml": "<bad/>"}), []string{`"loc":["body","saml","idp_metadata_xml"]`, "that is no metadata"}},
		"the metadata's URL":          {saml(obj{"idp_metadata_url": "https://x.example"}), []string{`"loc":["body","saml","idp_metadata_url"]`, "no metadata there"}},
		"metadata twice":              {saml(obj{"idp_metadata_xml": "<good/>", "idp_metadata_url": metadataURL}), []string{`"loc":["body","saml","idp_metadata_xml"]`, "not several"}},
		"metadata and parts":          {saml(obj{"idp_metadata_url": metadataURL, "idp_entity_id": "x"}), []string{`"loc":["body","saml","idp_metadata_url"]`, "not both"}},
		"the URL and the certificate": {saml(obj{"idp_sso_url": "x", "idp_certificates": []string{"cert a", "x"}}), []string{`"loc":["body","saml","idp_sso_url"]`, `"loc":["body","saml","idp_certificates",1]`}},
		"no certificate":              {saml(obj{"idp_certificates": []string{}}), []string{`"loc":["body","saml","idp_certificates"]`}},
		"a transient name":            {saml(obj{"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}), []string{`"loc":["body","saml","name_id_format"]`, "persistent"}},
		"the same name":               {oidcBody("taken"), []string{"taken exists already"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.create(oidcBody("taken", "acme.com"))
			before := c.Call("GET", path, mocktest.Owner, nil).Body
			status := 422
			if name == "the same name" {
				status = 409
			}
			c.In(t).Call("POST", path, mocktest.Owner, tt.body).Want(status, tt.says...)
			if got := c.Call("GET", path, mocktest.Owner, nil).Body; got != before {
				t.Errorf("%s\nwas\n%s", got, before)
			}
		})
	}
}

// TestConnectionWrites walks the life of a connection of each protocol.
func TestConnectionWrites(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	base := c.URL
	one := c.create(oidcBody("one", "ACME.com"))
	at := path + "/" + one.ID
	if !strings.HasPrefix(one.ID, "conn_") || len(one.ID) != 31 || one.State != "validating" || one.Status != "unlinked" ||
		len(one.Domains) != 1 || one.Domains[0].Domain != "acme.com" || !strings.HasPrefix(one.Domains[0].ID, "org_domain_") {
		t.Errorf("%+v", one)
	}
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"object":"connection"`, `"saml":null`, `"client_secret_set":true`,
		`"scopes":["openid","email","profile"]`, `"redirect_uri":"`+base+"/sso/oidc/"+mocktest.Account+`/callback"`,
		`"attribute_mapping":{"subject":null,"email":null,"first_name":null,"last_name":null,"groups":null}`)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"sso_state":"NEEDS_CONFIGURATION"`, `"workos_connection_ids":[]`, `"workos_organization_id":"org_`)
	c.activate(one.ID)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"sso_state":"ENABLED"`, `"workos_connection_ids":["`+one.ID+`"]`)
	c.Call("GET", mocktest.Root+"/sso/setup_url", mocktest.Owner, nil).Want(409, "set up already")
	c.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(200)

	c.clock.Advance(time.Minute)
	var patched connection
	patch := func(body obj) connection {
		t.Helper()
		patched = connection{}
		c.Call("PATCH", at, mocktest.Owner, body).Want(200).Into(&patched)
		return patched
	}
	if got := patch(obj{"oidc": obj{"client_id": "other"}, "attribute_mapping": obj{"last_name": "sn"}}); got.State != "active" || !got.OIDC.ClientSecretSet || !got.OIDC.ClientSecretUpdated.Equal(*one.OIDC.ClientSecretUpdated) {
		t.Errorf("%+v", got.OIDC)
	}
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"client_id":"other"`, `"issuer":"`+goodIssuer+`"`, `"last_name":"sn"`)
	c.Call("PATCH", at, mocktest.Owner, obj{"attribute_mapping": obj{"groups": "roles"}}).Want(422, `"loc":["body","attribute_mapping","groups"]`, "directory", "group_role_mappings")
	c.Call("PATCH", at, mocktest.Owner, obj{"attribute_mapping": obj{"subject": "oid"}}).Want(422, `"loc":["body","attribute_mapping","subject"]`)
	patch(obj{"attribute_mapping": obj{"groups": nil, "subject": nil}})
	if got := patch(obj{"oidc": obj{"client_secret": "next"}}); got.State != "active" || !got.OIDC.ClientSecretUpdated.After(*one.OIDC.ClientSecretUpdated) {
		t.Errorf("the rotated secret is not told of: %+v", got.OIDC)
	}
	if got := patch(obj{"oidc": obj{"client_secret": nil}}); got.OIDC.ClientSecretSet {
		t.Error("the secret is still there")
	}
	for _, method := range []string{"none", "private_key_jwt"} {
		if got := patch(obj{"oidc": obj{"token_endpoint_auth_method": method}}); got.State != "active" || got.ID != one.ID {
			t.Errorf("%s: %s is %s", method, got.ID, got.State)
		}
		c.Call("GET", at, mocktest.Owner, nil).Want(200, `"token_endpoint_auth_method":"`+method+`"`, `"client_secret_set":false`)
	}
	for _, method := range []string{"client_secret_basic", "client_secret_post"} {
		c.Call("PATCH", at, mocktest.Owner, obj{"oidc": obj{"token_endpoint_auth_method": method}}).Want(422, `"loc":["body","oidc","token_endpoint_auth_method"]`)
	}
	patch(obj{"oidc": obj{"token_endpoint_auth_method": "client_secret_basic", "client_secret": "again"}})
	c.Call("PATCH", at, mocktest.Owner, obj{"oidc": obj{"client_secret": nil}}).Want(422, "needs a client_secret")
	patch(obj{"oidc": obj{"token_endpoint_auth_method": nil}})
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"token_endpoint_auth_method":null`, `"jwks_uri":"`+base+"/sso/oidc/"+mocktest.Account+`/jwks"`)
	patch(obj{"oidc": obj{"client_secret": nil}})
	c.Call("PATCH", at, mocktest.Owner, obj{"saml": obj{}}).Want(422, "another protocol needs another connection")
	if got := patch(obj{"state": "inactive"}); got.State != "inactive" {
		t.Errorf("%s", got.State)
	}

	two := c.create(samlBody("two", "acme.com", "b.example"))
	c.activate(two.ID)
	c.Call("POST", at+"/activate", mocktest.Owner, nil).Want(409, "acme.com is served by the active connection two")
	c.Call("POST", at+"/activate", mocktest.Owner, obj{"take_over": true}).Want(200, `"state":"active"`, `"status":"linked"`)
	tag := func() string {
		t.Helper()
		return c.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200).Header.Get("ETag")
	}
	before := tag()
	c.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, obj{"domain_names": []string{}}).Want(204)
	c.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200, `"name":"acme.com","releasing":true`)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"sso_state":"ENABLED"`)
	c.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, obj{"domain_names": []string{"acme.com"}}, "If-Match", before).Want(412)
	c.Call("PATCH", mocktest.Root+"/domains", mocktest.Owner, obj{"domain_names": []string{"b.example", "c.example"}}, "If-Match", tag()).Want(204)
	c.Call("POST", path, mocktest.Owner, samlBody("three", "acme.com")).Want(422, `"loc":["body","domains",0]`)
	patch(obj{"domains": []string{"acme.com", "c.example"}})
	patch(obj{"domains": []string{"c.example"}})
	if got := c.Call("GET", mocktest.Root+"/domains", mocktest.Owner, nil).Want(200, `"name":"b.example"`).Body; strings.Contains(got, "acme.com") || strings.Contains(got, "releasing") {
		t.Errorf("%s", got)
	}
	c.Call("PATCH", mocktest.Root+"/domains?allow_disable_sso=perhaps", mocktest.Owner, obj{"domain_names": []string{}}).Want(422, `"loc":["query","allow_disable_sso"]`)
	c.Call("PATCH", mocktest.Root+"/domains?allow_disable_sso=true", mocktest.Owner, obj{"domain_names": []string{}}).Want(204)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"sso_state":"DISABLED"`)
	c.Call("DELETE", at, mocktest.Owner, nil).Want(204)
	c.Call("GET", at, mocktest.Owner, nil).Want(404, "Connection not found")
	c.Call("DELETE", mocktest.Root+"/sso/integrations/"+one.ID, mocktest.Owner, nil).Want(404, "Integration not found")
	c.Call("DELETE", mocktest.Root+"/sso/integrations/"+two.ID, mocktest.Owner, nil).Want(204)
	c.Call("GET", path, mocktest.Owner, nil).Want(200, "[]")
}

// TestSAMLSides: the identity provider's side may be given in three ways, and what
// is changed by one of them is what it says.
func TestSAMLSides(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for name, side := range map[string]obj{
		"metadata": {"idp_metadata_xml": "<good/>"},
		"URL":      {"idp_metadata_url": metadataURL},
		"parts":    {"idp_entity_id": "https://idp.example/saml", "idp_sso_url": goodSSOURL, "idp_certificates": []string{"cert metadata", "cert metadata"}},
	} {
		made := c.create(obj{"name": name, "connection_type": "GenericSAML", "domains": []string{"acme.com"}, "saml": side})
		if made.State != "validating" || len(made.SAML.Certificates) != 1 || made.SAML.Certificates[0].PEM != pemOf("metadata") || (made.SAML.MetadataURL != nil) != (name == "URL") {
			t.Errorf("%s: %+v", name, made.SAML)
		}
		at := path + "/" + made.ID
		c.Call("PATCH", at, mocktest.Owner, obj{"saml": obj{"sign_authn_requests": true}}).Want(200,
			`"idp_entity_id":"https://idp.example/saml"`, `"sha256":"metadata"`, `"sign_authn_requests":true`, `"allow_idp_initiated":false`, `"acs_url":"`+c.URL+"/sso/saml/"+mocktest.Account+`/acs"`)
		var rolled connection
		c.Call("PATCH", at, mocktest.Owner, obj{"saml": obj{"idp_certificates": []string{"cert old", "cert new"}}}).Want(200, `"idp_sso_url":"`+goodSSOURL+`"`).Into(&rolled)
		if len(rolled.SAML.Certificates) != 2 || rolled.SAML.MetadataURL != nil || rolled.State != "validating" {
			t.Errorf("%s: %+v", name, rolled.SAML)
		}
	}
	err := c.state.View(func(r *store.Reader) error {
		for _, row := range r.Connections(c.account) {
			if want := map[string]store.SSOBinding{"parts": store.RedirectBinding}[row.Name]; want != "" && row.SAML.SSOBinding != want || want == "" && row.SAML.SSOBinding != store.POSTBinding {
				t.Errorf("%s: %s", row.Name, row.SAML.SSOBinding)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCreateOnce: with an Idempotency-Key the same create is done once and answered
// alike, without asking the identity provider again.
func TestCreateOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	create := func(body any, key string) mocktest.Answer {
		return c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", key)
	}
	first := create(oidcBody("one", "acme.com"), "key").Want(201)
	c.clock.Advance(23 * time.Hour)
	if replayed := create(oidcBody("one", "acme.com"), "key").Want(201); replayed.Body != first.Body || c.provider.asked.Load() != 1 {
		t.Errorf("asked %d times: %s\n%s", c.provider.asked.Load(), first.Body, replayed.Body)
	}
	create(oidcBody("two"), "key").Want(422, `"loc":["header","Idempotency-Key"]`, "another body")
	create(oidcBody("one"), "other").Want(409, "exists already")
	create(oidcBody("two"), strings.Repeat("k", 256)).Want(422, "1 to 255")
	c.clock.Advance(2 * time.Hour)
	var made connection
	first.Into(&made)
	create(oidcBody("one", "acme.com"), "key").Want(409, "a new request needs a new key", `"existing_id":"`+made.ID+`"`)

	var group sync.WaitGroup
	answers := make([]string, 8)
	for i := range answers {
		group.Go(func() { answers[i] = create(samlBody("many"), "at once").Want(201).Body })
	}
	group.Wait()
	for _, answer := range answers {
		if answer != answers[0] {
			t.Errorf("%s\n%s", answer, answers[0])
		}
	}
}

// TestNoSecretLeaves: a client's secret is in no answer, no event, no snapshot.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := c.create(oidcBody("one", "acme.com"))
	shown := []string{
		c.Call("PATCH", path+"/"+one.ID, mocktest.Owner, obj{"oidc": obj{"client_secret": theSecret + "2"}}).Want(200).Body,
		c.Call("POST", path, mocktest.Owner, oidcBody("two"), "Idempotency-Key", "k").Want(201).Body,
		c.Call("GET", path, mocktest.Owner, nil).Want(200).Body,
		c.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200).Body,
		c.Call("POST", mocktest.Root+"/events/filter", mocktest.Owner, obj{}).Want(200, "prefect-cloud.sso-connection.created").Body,
		c.Call("POST", path, mocktest.Owner, obj{"oidc": obj{"client_secret": obj{"x": theSecret}}}).Want(422).Body,
	}
	err := c.state.View(func(r *store.Reader) error {
		snapshot, err := r.Snapshot()
		if err != nil {
			return err
		}
		raw, err := json.Marshal(snapshot)
		shown = append(shown, string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range shown {
		if strings.Contains(text, theSecret) {
			t.Errorf("the secret is in %s", text)
		}
	}
}

// TestWhoConfigures: the extension is for administrators of single sign-on, of this
// account, on a plan that has it.
func TestWhoConfigures(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.create(oidcBody("one", "acme.com")).ID
	for _, call := range [][2]string{
		{"GET", path},
		{"POST", path},
		{"GET", path + "/" + id},
		{"PATCH", path + "/" + id},
		{"DELETE", path + "/" + id},
		{"POST", path + "/" + id + "/activate"},
		{"GET", mocktest.Root + "/sso/service_provider"},
	} {
		c.Call(call[0], call[1], mocktest.Member, obj{}).Want(403, "administrate:sso")
		c.Call(call[0], call[1], "", obj{}).Want(401)
		elsewhere := strings.Replace(call[1], mocktest.Account, "0c1f1d2e-0000-4000-8000-00000000ffff", 1)
		c.Call(call[0], elsewhere, mocktest.Owner, obj{}).Want(404)
	}
	for _, call := range [][2]string{{"GET", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "/activate"}} {
		for _, unknown := range []string{"conn_00000000000000000000000000", "nonsense"} {
			c.Call(call[0], path+"/"+unknown+call[1], mocktest.Owner, obj{}).Want(404, "Connection not found")
		}
	}
	c.Call("GET", mocktest.Root+"/sso/service_provider", mocktest.Admin, nil).Want(200, c.URL+"/sso/saml/"+mocktest.Account+"/metadata")
}

// TestPublishedOnly: today's Prefect Cloud has none of it.
func TestPublishedOnly(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{PublishedOnly: true})
	s.Call("GET", path, mocktest.Owner, nil).Want(404)
	s.Call("POST", path, mocktest.Owner, oidcBody("one")).Want(404)
	s.Call("GET", mocktest.Root+"/sso/service_provider", mocktest.Owner, nil).Want(404)
	s.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200)
}
