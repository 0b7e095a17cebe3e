package mockcloud_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestLoginByEachClientAuthentication: the way in which a connection authenticates changes
// below the people who log in through it, and the connection stays what it is.
func TestLoginByEachClientAuthentication(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("oidc", "oidc.example")
	b := o.browser()
	for _, oidc := range []obj{
		{},
		{"token_endpoint_auth_method": "client_secret_post"},
		{"token_endpoint_auth_method": "client_secret_basic"},
		{"token_endpoint_auth_method": "private_key_jwt", "client_secret": nil},
		{"token_endpoint_auth_method": "none", "client_id": "public-app"},
		{"token_endpoint_auth_method": nil, "client_id": "oidc", "client_secret": mockcloud.IdPClientSecret},
	} {
		var after obj
		o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"oidc": oidc}).Want(http.StatusOK).Into(&after)
		b.login("ada@oidc.example").want(t, http.StatusOK, "You are logged in")
		b.submit(b.get("/me"), nil)
		if state := o.state(connection); state != "active" || id(after) != connection {
			t.Errorf("%v: %s is %s", oidc, id(after), state)
		}
	}
	if reasons := o.rejections(); reasons != nil {
		t.Errorf("refused: %v", reasons)
	}
	// A client without its secret does not fall back to being public.
	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"oidc": obj{"client_secret": nil}}).Want(http.StatusOK)
	b.refused(b.get("/login?connection="+connection), "client_secret_missing", "does not work at the moment")
}

// TestClientKeyRollsOver: logins go on while both keys are published and after.
func TestClientKeyRollsOver(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("oidc", "oidc.example")
	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"oidc": obj{
		"token_endpoint_auth_method": "private_key_jwt", "client_secret": nil,
	}}).Want(http.StatusOK)
	published := func() (ids []string) {
		var set struct{ Keys []struct{ Kid string } }
		o.Call("GET", "/sso/oidc/"+mocktest.Account+"/jwks", "", nil).Want(http.StatusOK).Into(&set)
		for _, key := range set.Keys {
			ids = append(ids, key.Kid)
		}
		return ids
	}
	first := published()
	b := o.browser()
	for _, row := range []struct {
		step string
		keys int
	}{{"", 1}, {"publish", 2}, {"withdraw", 1}} {
		if row.step != "" {
			o.Call("POST", "/_mockcloud/service_provider_keys", "", obj{"use": "client_authentication", "step": row.step}).Want(http.StatusNoContent)
		}
		if got := published(); len(got) != row.keys {
			t.Errorf("%s: %q are published", row.step, got)
		}
		b.login("ada@oidc.example").want(t, http.StatusOK, "You are logged in")
		b.submit(b.get("/me"), nil)
	}
	if now := published(); slices.Equal(now, first) {
		t.Error("the key is still the old one")
	}
}

// TestClientKeys: everybody may see them, of an account that there is, and they show
// nothing of the private half.
func TestClientKeys(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var us struct {
		JWKSURI string `json:"jwks_uri"`
	}
	o.api("GET", "/sso/service_provider", mocktest.Terraform, nil).Want(http.StatusOK).Into(&us)
	path, found := strings.CutPrefix(us.JWKSURI, o.URL)
	if !found || path != "/sso/oidc/"+mocktest.Account+"/jwks" {
		t.Fatalf("the keys are at %s", us.JWKSURI)
	}
	first := o.Call("GET", path, "", nil).Want(http.StatusOK)
	if kind := first.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("they are %s", kind)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(first.Body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%s: %v", first.Body, err)
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
		if set.Keys[0][private] != nil {
			t.Errorf("the private part %s is shown", private)
		}
	}
	if again := o.Call("GET", path, "", nil).Want(http.StatusOK); again.Body != first.Body {
		t.Error("the key does not stay")
	}
	other := strings.Replace(path, mocktest.Account, "00000000-0000-4000-8000-00000000dead", 1)
	o.Call("GET", other, "", nil).Want(http.StatusNotFound)
}
