package mockcloud_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestPush plays directory sync with the test identity provider and the server,
// and nothing else: people arrive, one leaves and is out with the endpoint's
// answer, a token rotates meanwhile, and a reset forgets it all.
func TestPush(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{IdP: true})
	call := func(method, path string, body any, into any) {
		t.Helper()
		answer, err := s.Try(method, mocktest.Root+path, mocktest.Terraform, body)
		if err != nil || answer.Status >= 300 {
			t.Fatalf("%s %s: %v, %d %s", method, path, err, answer.Status, answer.Body)
		}
		if into != nil {
			answer.Into(into)
		}
	}
	call("PATCH", "/domains", obj{"domain_names": []string{"acme.com"}}, nil)
	var directory struct {
		ID       string `json:"id"`
		Endpoint string `json:"scim_endpoint"`
		State    string
	}
	call("POST", "/sso/directories", obj{"name": "people", "type": "azure scim v2.0"}, &directory)
	token := func(name string) string {
		var made struct{ Token string }
		call("POST", "/sso/directories/"+directory.ID+"/tokens", obj{"name": name}, &made)
		return made.Token
	}
	provider := s.Mock.IdP()
	target := idp.Target{Endpoint: directory.Endpoint, Token: token("first"), Style: push.Entra}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	idle := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		must(provider.Idle(ctx))
	}
	must(provider.Connect(target))
	for i := range 100 {
		_, err := provider.Join(idp.Person{Email: fmt.Sprintf("new%d@acme.com", i), Groups: []string{"Everyone"}})
		must(err)
		if i == 50 {
			target.Token = token("second")
			must(provider.Connect(target))
		}
	}
	idle()
	if problem := provider.PushStatus().LastError; problem != nil {
		t.Errorf("%+v", problem)
	}
	var rows []mocktest.Row
	s.Call("POST", mocktest.Root+"/account_memberships/filter", mocktest.Owner, obj{}).Want(http.StatusOK).Into(&rows)
	if len(rows) != 6+1+100 { // the service account is one, too
		t.Errorf("%d members", len(rows))
	}

	s.Call("GET", mocktest.Root, mocktest.Member, nil).Want(http.StatusOK)
	must(provider.Leave("ada@acme.com"))
	took, err := provider.Delivered(t.Context(), "ada@acme.com")
	s.Call("GET", mocktest.Root, mocktest.Member, nil).Want(http.StatusForbidden, "deactivated")
	if err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	must(provider.Return("ada@acme.com"))
	idle()
	s.Call("GET", mocktest.Root, mocktest.Member, nil).Want(http.StatusOK)

	answer, err := s.Try("POST", "/_mockcloud/reset", "", nil)
	if err != nil || answer.Status != http.StatusNoContent {
		t.Fatalf("%v %+v", err, answer)
	}
	if people := provider.People(); len(people) != 6 || provider.PushStatus().State != push.NotConnected {
		t.Errorf("%d people, %+v", len(people), provider.PushStatus())
	}
}

// TestPushSurvivesFaults: whatever goes wrong at the server while people arrive and
// leave, in the end the account is what the directory is, and no one is lost or made
// twice.
func TestPushSurvivesFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]string{
		// A change is given up after 8 tries, which none comes to here.
		"429 with Retry-After":   `{"route":"/scim/*","status":429,"retry_after_s":1,"times":2}`,
		"500":                    `{"route":"/scim/*","status":500,"times":7}`,
		"500 after the write":    `{"route":"/scim/*","status":500,"after_write":true,"times":7}`,
		"dropped":                `{"route":"/scim/*","drop":true,"times":7}`,
		"dropped after creation": `{"method":"POST","route":"/scim/*","drop":true,"after_write":true,"times":7}`,
		"dropped group changes":  `{"method":"PATCH","route":"/scim/v2.0/{endpoint}/Groups/{id}","drop":true,"after_write":true,"times":1}`,
		"half an answer":         `{"route":"/scim/*","truncate":true,"times":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mocktest.Start(t, mockcloud.Config{IdP: true, Scenario: directoryScenario(t)})
			provider := s.Mock.IdP()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			idle := func() {
				t.Helper()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				must(provider.Idle(ctx))
			}
			want := map[string]bool{"owner@acme.com": true, "second@acme.com": true} // who is active
			arrive := func(from, to int) {
				t.Helper()
				for i := from; i < to; i++ {
					email := fmt.Sprintf("new%02d@acme.com", i)
					want[email] = true
					_, err := provider.Join(idp.Person{Email: email, Groups: []string{"Everyone"}})
					must(err)
				}
			}
			arrive(0, 10)
			must(provider.Connect(idp.Target{Endpoint: s.URL + scimPath, Token: scimToken, Style: push.Okta}))
			idle()
			s.Call("POST", "/_mockcloud/faults", "", fault).Want(http.StatusCreated)
			arrive(10, 30)
			must(provider.RemoveFromGroup("Everyone", "new03@acme.com"))
			must(provider.Leave("new07@acme.com"))
			want["new07@acme.com"] = false
			idle()
			s.Call("GET", "/_mockcloud/faults", "", nil).Want(http.StatusOK, "[]") // it has struck as often as told

			var rows []mocktest.Row
			s.Call("POST", mocktest.Root+"/account_memberships/filter", mocktest.Owner, obj{}).Want(http.StatusOK).Into(&rows)
			got := map[string]bool{}
			for _, row := range rows {
				got[row.Email] = row.Active
			}
			if len(rows) != len(want) || !maps.Equal(got, want) {
				t.Errorf("%d members %v, want %v", len(rows), got, want)
			}
			// All but new03, as who has left stays in it at the identity provider.
			var groups struct {
				Resources []struct{ Members []struct{ Value string } }
			}
			s.Call("GET", scimPath+"/Groups", scimToken, nil).Want(http.StatusOK).Into(&groups)
			if len(groups.Resources) != 1 || len(groups.Resources[0].Members) != 29 {
				t.Errorf("groups %+v", groups)
			}
		})
	}
}

// TestPushTargets: other places than this machine have to be allowed by who
// starts the server.
func TestPushTargets(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{IdP: true, PublicURL: "https://mock.example.com", IdPPushTo: []string{"https://scim.example.com"}})
	for endpoint, want := range map[string]string{
		"https://mock.example.com/scim/v2.0/x":      "",
		"https://scim.example.com/scim/v2.0/x":      "",
		"http://mock.example.com/scim/v2.0/x":       "neither this machine",
		"https://scim.example.com:8443/scim/v2.0/x": "neither this machine",
		"https://evil.example.com/scim/v2.0/x":      "neither this machine",
	} {
		err := s.Mock.IdP().Connect(idp.Target{Endpoint: endpoint, Token: "token", Style: push.Okta})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", endpoint, err)
		}
		s.Mock.IdP().Disconnect()
	}
}
