package identity_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// scimClient is a client as the API shows it.
type scimClient struct {
	ID, Name      string
	ClientID      string     `json:"client_id"`
	TokenEndpoint string     `json:"token_endpoint"`
	Suffix        string     `json:"secret_suffix"`
	Secret        string     `json:"client_secret"`
	LastUsed      *time.Time `json:"last_used_at"`
	Secrets       []struct {
		Suffix  string
		Expires *time.Time `json:"expires_at"`
	}
}

// TestClients: a secret is shown once if the server made it, never if the caller did, and at most two of a client live.
func TestClients(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := c.directory(okta("one"))
	at := directories + "/" + one.ID + "/clients"
	send := func(path string, body obj) (out scimClient) {
		t.Helper()
		c.Call("POST", path, mocktest.Owner, body).Want(201).Into(&out)
		return out
	}
	const own = "abcdefghijklmnopqrstuvwxyz._~+/-0123456789=="
	first := send(at, obj{"name": "first", "client_secret": own})
	if first.Secret != "" || first.Suffix != "89==" || first.ClientID != first.ID || first.TokenEndpoint != one.Endpoint+"/oauth/token" || first.LastUsed != nil {
		t.Errorf("%+v", first)
	}
	second := send(at, obj{"name": "second"})
	if len(second.Secret) < 26 || !strings.HasSuffix(second.Secret, second.Suffix) {
		t.Errorf("%+v", second)
	}
	if listed := c.Call("GET", at, mocktest.Owner, nil).Want(200, first.ID, second.ID); strings.Contains(listed.Body, second.Secret) || strings.Contains(listed.Body, own) {
		t.Errorf("a secret is read back: %s", listed.Body)
	}
	rotated := send(at+"/"+first.ID+"/rotate", obj{"name": "renamed", "old_secret_expires_in_seconds": 60})
	if rotated.ID != first.ID || rotated.Name != "renamed" || rotated.Secret == "" || len(rotated.Secrets) != 2 ||
		rotated.Secrets[0].Expires != nil || rotated.Secrets[1].Suffix != "89==" || rotated.Secrets[1].Expires.Sub(c.clock.Now()).Round(time.Second) != time.Minute {
		t.Errorf("%+v", rotated)
	}
	c.Call("POST", at+"/"+first.ID+"/rotate", mocktest.Owner, obj{}).Want(409, "2 live secrets")
	c.Call("POST", at, mocktest.Owner, obj{"name": "second"}).Want(409, `"existing_id":"`+second.ID+`"`)
	c.Call("POST", at, mocktest.Owner, obj{"name": "x", "client_secret": own}).Want(409, `"existing_id":"`+first.ID+`"`)
	c.Call("POST", directories+"/"+one.ID+"/tokens", mocktest.Owner, obj{"name": "x", "token": own}).Want(409, `"existing_id":"`+first.ID+`"`)
	c.clock.Advance(61 * time.Second)
	var read scimClient
	if c.Call("GET", at+"/"+first.ID, mocktest.Owner, nil).Want(200).Into(&read); len(read.Secrets) != 1 || read.Suffix != rotated.Suffix {
		t.Errorf("%+v", read)
	}
	c.Call("DELETE", at+"/"+first.ID, mocktest.Owner, nil).Want(204)
	c.Call("DELETE", at+"/"+first.ID, mocktest.Owner, nil).Want(404, "SCIM client not found")
	c.Call("GET", at+"/"+first.ID, mocktest.Owner, nil).Want(404, "SCIM client not found")
	c.Call("POST", at+"/"+first.ID+"/rotate", mocktest.Owner, obj{}).Want(404, "SCIM client not found")
	c.Call("GET", at+"/nothing", mocktest.Owner, nil).Want(422)
	c.Call("GET", directories+"/directory_1/clients", mocktest.Owner, nil).Want(404, "Directory not found")

	for name, tt := range map[string]struct {
		path string
		body obj
		says []string
	}{
		"nothing":          {at, obj{}, []string{`"loc":["body","name"]`}},
		"too short":        {at, obj{"name": "x", "client_secret": "short"}, []string{`"loc":["body","client_secret"]`, "32 to 512"}},
		"other characters": {at, obj{"name": "x", "client_secret": strings.Repeat("ö", 40)}, []string{`"loc":["body","client_secret"]`}},
		"a suffix":         {at, obj{"name": "x", "secret_suffix": "x"}, []string{"extra_forbidden"}},
		"a long overlap":   {at + "/" + second.ID + "/rotate", obj{"old_secret_expires_in_seconds": 172801}, []string{`"loc":["body","old_secret_expires_in_seconds"]`, "172800"}},
		"before now":       {at + "/" + second.ID + "/rotate", obj{"old_secret_expires_in_seconds": -1}, []string{`"loc":["body","old_secret_expires_in_seconds"]`}},
		"an empty name":    {at + "/" + second.ID + "/rotate", obj{"name": ""}, []string{`"loc":["body","name"]`}},
	} {
		answer := c.Call("POST", tt.path, mocktest.Owner, tt.body).Want(422, tt.says...)
		if given, _ := tt.body["client_secret"].(string); given != "" && strings.Contains(answer.Body, given) {
			t.Errorf("%s: the answer has the secret: %s", name, answer.Body)
		}
	}
}

// TestClientsOnce: a create or a rotation that is sent again with its key is made once, and answers the same, secret and
// all.
func TestClientsOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	at := directories + "/" + c.directory(okta("one")).ID + "/clients"
	twice := func(path string, body obj) (out scimClient) {
		t.Helper()
		first := c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", "key").Want(201)
		if again := c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", "key").Want(201); again.Body != first.Body {
			t.Errorf("%s\nand then\n%s", first.Body, again.Body)
		}
		first.Into(&out)
		return out
	}
	made := twice(at, obj{"name": "okta"})
	rotated := twice(at+"/"+made.ID+"/rotate", obj{})
	if made.Secret == "" || rotated.Secret == "" || made.Secret == rotated.Secret || len(rotated.Secrets) != 2 {
		t.Errorf("%+v, then %+v", made, rotated)
	}
	var found []scimClient
	if c.Call("GET", at+"?idempotency_key=key", mocktest.Owner, nil).Want(200).Into(&found); len(found) != 1 || found[0].ID != made.ID {
		t.Errorf("made with the key: %+v", found)
	}
	c.Call("POST", at, mocktest.Owner, obj{"name": "other"}, "Idempotency-Key", "key").Want(422)
	if c.Call("GET", at+"?idempotency_key=key", mocktest.Admin, nil).Want(200).Into(&found); len(found) != 0 {
		t.Errorf("somebody else's key: %+v", found)
	}
}

// TestPublishedClients: today's Prefect Cloud has no clients and no token endpoint, whatever the scenario seeds.
func TestPublishedClients(t *testing.T) {
	t.Parallel()
	const scenario = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    features: [sso, scim]
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
    directories:
      - name: Okta
        type: okta scim v2.0
        endpoint: okta
        token: directory-token-0123456789-0123456789
        clients: [{name: okta, client_id: 0c1f1d2e-0000-4000-8000-00000000c11e, secret: client-secret-0123456789-0123456789}]
`
	const form = "grant_type=client_credentials&client_id=0c1f1d2e-0000-4000-8000-00000000c11e&client_secret=client-secret-0123456789-0123456789"
	state, access := filepath.Join(t.TempDir(), "state"), ""
	for _, published := range []bool{false, true} { // the second goes on with what the first has
		mock, err := mockcloud.New(mockcloud.Config{PublishedOnly: published, Scenario: mocktest.Scenario(t, scenario), StateFile: state})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := mock.Close(); err != nil { // the first one again
				t.Error(err)
			}
		})
		s := mocktest.Serve(t, mock)
		ask := func(key string) mocktest.Answer {
			return s.Call("POST", "/scim/v2.0/okta/oauth/token", key, form, "Content-Type", "application/x-www-form-urlencoded")
		}
		config := s.Call("GET", "/scim/v2.0/okta/ServiceProviderConfig", "directory-token-0123456789-0123456789", nil).Want(200)
		if listed := strings.Contains(config.Body, "oauth2"); listed == published {
			t.Errorf("published only %t: the scheme is listed: %t", published, listed)
		}
		if !published {
			var got struct {
				AccessToken string `json:"access_token"`
			}
			ask("").Want(200).Into(&got)
			access = got.AccessToken
			s.Call("GET", "/scim/v2.0/okta/Users", access, nil).Want(200)
			if err := mock.Close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		ask("").Want(401)
		ask(access).Want(401)
		ask("directory-token-0123456789-0123456789").Want(404)
		s.Call("GET", "/scim/v2.0/okta/Users", access, nil).Want(401)
		s.Call("GET", "/scim/v2.0/okta/Users", "directory-token-0123456789-0123456789", nil).Want(200)
		s.Call("GET", directories+"/directory_1/clients", mocktest.Owner, nil).Want(404, "Not Found")
	}
}
