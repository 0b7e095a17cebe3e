package mockcloud_test

import (
	"context"
	"fmt"
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
