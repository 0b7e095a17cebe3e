package mockcloud_test

import (
	"html"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/refusals"
)

var referenceOnPage = regexp.MustCompile(`Reference: <strong><code>([0-9A-Z]{10})</code>`)

// reference is the one on the page of a refused login.
func (p page) reference(t testing.TB) string {
	t.Helper()
	found := referenceOnPage.FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("no reference on %s", p.body)
	}
	return found[1]
}

// loginRefusal is what the API says of a refused login.
type loginRefusal struct {
	Reference      string    `json:"reference"`
	Created        time.Time `json:"created"`
	Reason         string    `json:"reason"`
	Explanation    string    `json:"explanation"`
	ConnectionID   *string   `json:"connection_id"`
	ConnectionName *string   `json:"connection_name"`
	AttributeNames []string  `json:"attribute_names"`
	MoreCount      int       `json:"more_count"`
}

// TestLoginRefusalsByReference: the person's page leads to the reason, for those who may see it, and to no value.
func TestLoginRefusalsByReference(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connections := map[string]string{"oidc": o.configure("oidc", "oidc.example"), "saml": o.configure("saml", "saml.example")}
	for _, test := range []struct {
		protocol, email string
		mode            idp.Mode
		reason          string
		names           []string
	}{
		{"saml", "admin@saml.example", idp.SAMLWithoutEmail, "no_email", []string{}},
		{"saml", "admin@saml.example", idp.SAMLOtherAudience, "audience", []string{"email"}},
		{"saml", "admin@saml.example", idp.SAMLForeignKey, "foreign_key", nil},
		{"oidc", "ada@oidc.example", idp.ClaimsUnverified, "email_unverified", []string{"email", "sub"}},
		{"oidc", "ada@oidc.example", idp.ClaimsExpired, "expired", nil},
	} {
		o.idp.Misbehave(test.mode)
		page := o.browser().login(test.email)
		page.want(t, http.StatusForbidden, html.EscapeString(refusals.Person(test.reason)))
		var got loginRefusal
		answer := o.api("GET", "/sso/login_refusals/"+strings.ToLower(page.reference(t)), mocktest.Terraform, nil).Want(http.StatusOK)
		answer.Into(&got)
		if got.Reference != page.reference(t) || got.Reason != test.reason || got.Explanation != refusals.Administrator(test.reason) || got.ConnectionID == nil ||
			*got.ConnectionID != connections[test.protocol] || got.ConnectionName == nil || *got.ConnectionName != test.protocol || got.Created.IsZero() {
			t.Errorf("%s: %+v", test.mode, got)
		}
		for _, name := range test.names {
			if !slices.Contains(got.AttributeNames, name) {
				t.Errorf("%s: %s is not among %q", test.mode, name, got.AttributeNames)
			}
		}
		if test.names == nil && len(got.AttributeNames) != 0 {
			t.Errorf("%s: names of what nobody verified: %q", test.mode, got.AttributeNames)
		}
		for _, value := range []string{test.email, "Ada", "example"} {
			if strings.Contains(answer.Body, value) {
				t.Errorf("%s: there is a value: %s", test.mode, answer.Body)
			}
		}
		o.Call("GET", "/console/acme/sessions?reference="+page.reference(t), "", nil).Want(http.StatusOK, test.reason, html.EscapeString(got.Explanation))
		o.api("GET", "/sso/login_refusals/"+page.reference(t), mocktest.Member, nil).Want(http.StatusForbidden)
	}
	var all []loginRefusal
	o.api("GET", "/sso/login_refusals", mocktest.Terraform, nil).Want(http.StatusOK).Into(&all)
	if len(all) != 5 || all[0].Reason != "expired" || all[4].Reason != "no_email" {
		t.Errorf("%+v", all)
	}
	o.api("GET", "/sso/login_refusals?limit=1&offset=4", mocktest.Terraform, nil).Want(http.StatusOK).Into(&all)
	if len(all) != 1 || all[0].Reason != "no_email" {
		t.Errorf("%+v", all)
	}
	o.api("GET", "/sso/login_refusals?limit=201", mocktest.Terraform, nil).Want(http.StatusUnprocessableEntity)
	o.api("GET", "/sso/login_refusals/0000000000", mocktest.Terraform, nil).Want(http.StatusNotFound)
	o.api("GET", "/sso/login_refusals", mocktest.Member, nil).Want(http.StatusForbidden)
	o.Call("GET", "/console/acme/sessions", "", nil).Want(http.StatusOK, "email_unverified", "foreign_key")
	o.Call("GET", "/console/acme/sessions?reference=0000000000", "", nil).Want(http.StatusOK, "No login of the last seven days")
}

// TestLoginRefusalOutlivesARestart: the reference leads to the reason after a restart, too.
func TestLoginRefusalOutlivesARestart(t *testing.T) {
	t.Parallel()
	config := mockcloud.Config{StateFile: filepath.Join(t.TempDir(), "state")}
	reference := ""
	for range 2 {
		mock, err := mockcloud.New(config)
		if err != nil {
			t.Fatal(err)
		}
		s := mocktest.Serve(t, mock)
		if reference == "" {
			answer, err := s.Try("GET", "/sso/oidc/"+mocktest.Account+"/callback?state=unknown&code=x", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			reference = page{body: answer.Want(http.StatusForbidden).Body}.reference(t)
		}
		answer, err := s.Try("GET", mocktest.Root+"/sso/login_refusals/"+reference, mocktest.Owner, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Want(http.StatusOK, `"reason":"state_unknown"`, `"connection_id":null`)
		if err := mock.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTooMuchOfAPerson: of what is too large to be read, groups are named as the cause.
func TestTooMuchOfAPerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.configure("saml", "saml.example")
	acs := "/sso/saml/" + mocktest.Account + "/acs"
	for _, size := range []int{400 << 10, 2 << 20} {
		p := o.browser().send(http.MethodPost, acs, map[string][]string{"SAMLResponse": {strings.Repeat("A", size)}}, "cross-site").want(t, http.StatusForbidden, "groups")
		o.api("GET", "/sso/login_refusals/"+p.reference(t), mocktest.Terraform, nil).Want(http.StatusOK, `"reason":"too_large"`, "groups")
	}
	subject := ""
	for _, person := range o.idp.People() {
		if person.Email == "admin@saml.example" {
			subject = person.Subject
		}
	}
	for _, person := range o.idp.People() {
		if person.Subject == subject {
			for i := range 900 {
				person.Groups = append(person.Groups, "group "+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String())
			}
			if err := o.idp.SetPerson(person); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := o.browser().login("admin@saml.example").want(t, http.StatusForbidden, "groups")
	o.api("GET", "/sso/login_refusals/"+p.reference(t), mocktest.Terraform, nil).Want(http.StatusOK, "groups")
}

// TestSubjectMappingChanges: the API says how many people are linked by the old subject, and who sends both is linked anew.
func TestSubjectMappingChanges(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	subject := func(of any) mocktest.Answer {
		return o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"attribute_mapping": obj{"subject": of}}).Want(http.StatusOK)
	}
	warned := func(a mocktest.Answer, linked int) {
		t.Helper()
		var got struct {
			Linked   int `json:"linked_people_count"`
			Warnings []string
		}
		if a.Into(&got); got.Linked != linked || (len(got.Warnings) == 1) != (linked > 0) {
			t.Errorf("%+v", got)
		}
	}
	warned(subject("mail"), 0)
	warned(subject(nil), 0)
	o.browser().login("admin@saml.example").want(t, http.StatusOK, "You are logged in")
	warned(subject("email"), 1)
	o.browser().login("admin@saml.example").want(t, http.StatusOK, "You are logged in")
	o.idp.Misbehave(idp.SAMLTwoEmails)
	p := o.browser().login("admin@saml.example").want(t, http.StatusForbidden)
	o.api("GET", "/sso/login_refusals/"+p.reference(t), mocktest.Terraform, nil).Want(http.StatusOK, `"reason":"repeated_attribute"`)
	o.idp.Misbehave(idp.Honest)
	warned(subject("employee_number"), 1)
	p = o.browser().login("admin@saml.example").want(t, http.StatusForbidden)
	o.api("GET", "/sso/login_refusals/"+p.reference(t), mocktest.Terraform, nil).Want(http.StatusOK, `"reason":"no_subject"`, `"attribute_names":["email"]`)
}
