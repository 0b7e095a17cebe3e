package mockcloud_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
)

// TestLookAlikesDoNotLogIn: the identity provider vouches for people whose addresses look
// like those of members; none of them gets in, by either protocol.
func TestLookAlikesDoNotLogIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, protocol := range []string{"oidc", "saml"} {
		o.configure(protocol, protocol+".example")
	}
	o.browser().login("ada@oidc.example").want(t, http.StatusOK, "You are logged in as <strong>ada@oidc.example")
	o.browser().login("admin@saml.example").want(t, http.StatusOK, "You are logged in as <strong>admin@saml.example")
	o.browser().login("new@oidc.example").want(t, http.StatusOK, "You are logged in as <strong>new@oidc.example")
	o.person("of Mike", "mike@oidc.example")
	o.browser().login("mike@oidc.example").want(t, http.StatusOK, "You are logged in as <strong>mike@oidc.example")
	// The page asks for an address of a domain that it serves; whom the provider then
	// vouches for is the provider's word.
	for email, asked := range map[string]string{
		"ada\u200b@oidc.example": "ada@oidc.example", "\uff41da@oidc.example": "ada@oidc.example", "ada@\uff4fidc.example": "ada@oidc.example",
		"a\u00adda@oidc.example": "ada@oidc.example", "m\u0130ke@oidc.example": "ada@oidc.example",
		"adm\u0130n@saml.example": "admin@saml.example", "\uff41dmin@saml.example": "admin@saml.example",
	} {
		o.person("of "+email, email)
		b := o.browser()
		p := b.choose(b.get("/login?email="+asked), email)
		if p.status == http.StatusOK || b.token() != "" {
			t.Errorf("%+q is let in: %d %s", email, p.status, p.body)
		}
	}
	// Whom an older version linked comes with the subject of a member.
	for _, known := range o.idp.People() {
		if known.Email == "mike@oidc.example" {
			known.Email = "mi\u0307ke@oidc.example"
			if err := o.idp.SetPerson(known); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := o.browser()
	if p := b.choose(b.get("/login?email=ada@oidc.example"), "mi\u0307ke@oidc.example"); p.status == http.StatusOK || b.token() != "" {
		t.Errorf("another spelling of the same subject is let in: %d", p.status)
	}
	if reasons := strings.Join(o.rejections(), " "); !strings.Contains(reasons, "look_alike") || !strings.Contains(reasons, "email_invalid") {
		t.Errorf("refused for %s", reasons)
	}
	// The door of the page itself, and of codes by mail.
	if p := o.browser().get("/login?email=ada%E2%80%8B@oidc.example"); p.status != http.StatusUnprocessableEntity {
		t.Errorf("the login page answers %d to a refused address", p.status)
	}
}

// TestLookAlikesAreNotInvited: over the API, with the other spelling where the account
// knows them.
func TestLookAlikesAreNotInvited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var roles []obj
	o.api("POST", "/account_roles/filter", mocktest.Terraform, obj{}).Want(http.StatusOK).Into(&roles)
	role := id(roles[0])
	invite := func(email string) mocktest.Answer {
		return o.api("POST", "/invitations/", mocktest.Owner, []obj{{"email": email, "account_role_id": role}})
	}
	invite("ad\u0130na@oidc.example").Want(http.StatusCreated)
	invite("adina@oidc.example").Want(http.StatusConflict, "ad\u0130na@oidc.example")
	invite("adm\u0130n@saml.example").Want(http.StatusConflict, "admin@saml.example")
	invite("ada\u200b@oidc.example").Want(http.StatusUnprocessableEntity, "U+200B")
	if a := invite("\u017fstranger@elsewhere.example"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := invite("stranger@el\u0131sewhere.example"); a.Status != http.StatusCreated {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	o.api("POST", "/account_memberships/filter", mocktest.Terraform, obj{"account_memberships": obj{"email": obj{"any_": []string{"adm\u0130n@saml.example", "ada\u200b@oidc.example", "\uff41da@oidc.example"}}}}).Want(http.StatusOK, "[]")
}

func TestScenariosHaveNoLookAlikes(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"accounts: [{handle: a, users: [{email: jos\u00e9@a.example}, {email: JOS\u00c9@a.example}]}]":                  `jos\u00e9`,
		"accounts: [{handle: a, users: [{email: mike@a.example}]}, {handle: b, users: [{email: m\u0130ke@a.example}]}]": "mike@a.example",
		"accounts: [{handle: a, users: [{email: \u212aim@a.example}]}]":                                                 "U+212A",
		"accounts: [{handle: a, users: [{email: mike@a.example}]}]\nidp: {people: [{email: m\u0130ke@a.example}]}":      "mike@a.example",
		"accounts: [{handle: a, users: [{email: mike@a.example}]}]\nusers: [{email: \"mike\u200b@a.example\"}]":         "U+200B",
	} {
		if _, err := scenario.Parse("s.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s named", text, err, says)
		}
	}
	if _, err := scenario.Parse("s.yaml", []byte("accounts: [{handle: a, users: [{email: ada@a.example}, {email: \u0430da@a.example}]}]")); err != nil {
		t.Error(err)
	}
}

// TestReport: a state that this version made has nothing to report, and the report is
// behind the same walls as the rest of the control API.
func TestReport(t *testing.T) {
	t.Parallel()
	log := &mocktest.Log{}
	server := mocktest.Start(t, mockcloud.Config{
		ControlToken: "a-control-token", StateFile: filepath.Join(t.TempDir(), "state.db"), Logger: slog.New(slog.NewJSONHandler(log, nil)),
	})
	server.Call("GET", "/_mockcloud/report", "", nil).Want(http.StatusUnauthorized)
	server.Call("GET", "/_mockcloud/report", "a-control-token", nil).Want(http.StatusOK, `{"findings":[]}`)
	a, err := server.Try("GET", "/_mockcloud/report", "a-control-token", nil, "Origin", "https://elsewhere.example")
	if err != nil {
		t.Fatal(err)
	}
	a.Want(http.StatusForbidden)
}
