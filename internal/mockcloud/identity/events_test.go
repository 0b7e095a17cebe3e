package identity_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestEventsRecordWhatChanged: an update's event has each field that changed with what it was and what it is, no other
// field so, and of a secret only when.
func TestEventsRecordWhatChanged(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	oidc, saml, directory := c.create(oidcBody("one", "acme.com")), c.create(samlBody("two")), c.directory(okta("Okta"))
	at := directories + "/" + directory.ID
	var mapping struct{ ID string }
	c.Call("POST", at+"/group_role_mappings", mocktest.Owner, obj{"match": obj{"group_name": "G"}, "account_role_id": c.RoleNamed("Member").ID, "priority": 1}).Want(201).Into(&mapping)
	for _, tc := range []struct {
		path, kind string
		change     obj
		want       map[string]string // JSON by field
	}{
		{path + "/" + oidc.ID, "sso-connection", obj{"name": "three", "domains": []string{"acme.com", "b.example"}}, map[string]string{
			"name": `{"from":"one","to":"three"}`, "domains": `{"from":["acme.com"],"to":["acme.com","b.example"]}`, "state": `"validating"`,
		}},
		{path + "/" + oidc.ID, "sso-connection", obj{"oidc": obj{"client_id": "other"}, "state": "inactive"}, map[string]string{
			"oidc.client_id": `{"from":"client","to":"other"}`, "state": `{"from":"validating","to":"inactive"}`,
		}},
		{path + "/" + saml.ID, "sso-connection", obj{"saml": obj{"sign_authn_requests": true}, "attribute_mapping": obj{"subject": "g"}}, map[string]string{
			"saml.sign_authn_requests": `{"from":false,"to":true}`, "attribute_mapping.subject": `{"from":"","to":"g"}`,
		}},
		{at, "directory", obj{"default_account_role_id": c.RoleNamed("Admin").ID, "allowed_domains": []string{"acme.com"}}, map[string]string{
			"default_account_role": `{"from":"Member","to":"Admin"}`, "allowed_domains": `{"from":null,"to":["acme.com"]}`, "state": `"validating"`,
		}},
		{at + "/group_role_mappings/" + mapping.ID, "group-role-mapping", obj{"account_role_id": c.RoleNamed("Admin").ID, "priority": 2}, map[string]string{
			"account_role": `{"from":"Member","to":"Admin"}`, "priority": `{"from":1,"to":2}`,
		}},
		{mocktest.Root, "account", obj{"auth_expiration_seconds": 60}, map[string]string{"auth_expiration_seconds": `{"from":null,"to":60}`}},
		{mocktest.Root, "account", obj{"auth_expiration_seconds": nil, "name": "Other"}, map[string]string{
			"auth_expiration_seconds": `{"from":60,"to":null}`, "name": `{"from":"Acme","to":"Other"}`,
		}},
	} {
		if status := c.Call("PATCH", tc.path, mocktest.Owner, tc.change).Status; status != 200 && status != 204 {
			t.Fatalf("%s answered %d", tc.path, status)
		}
		var page struct {
			Events []struct {
				Payload map[string]json.RawMessage
			}
		}
		name := "prefect-cloud." + tc.kind + ".updated"
		c.Call("POST", mocktest.Root+"/events/filter", mocktest.Owner, obj{"filter": obj{"event": obj{"name": []string{name}}}, "limit": 1}).Want(200).Into(&page)
		steps := 0
		for field, value := range page.Events[0].Payload {
			if want, listed := tc.want[field]; listed && string(value) != want {
				t.Errorf("%s %s is %s, want %s", name, field, value, want)
			}
			if strings.HasPrefix(string(value), `{"from":`) {
				steps++
			}
		}
		for field, want := range tc.want {
			if page.Events[0].Payload[field] == nil {
				t.Errorf("%s has no %s", name, field)
			}
			if strings.HasPrefix(want, "{") {
				steps--
			}
		}
		if steps != 0 {
			t.Errorf("%s tells of other fields, too: %s", name, page.Events[0].Payload)
		}
	}
}
