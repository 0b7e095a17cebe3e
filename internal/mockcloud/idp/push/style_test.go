package push_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pointer(s string) *string { return &s }

// steps are a working life; TestStyles has what each product sends of it.
var steps = []struct {
	name string
	do   func(*scene) error
	then string
}{
	{"joins", func(s *scene) error {
		return s.Set(people.Person{Subject: "ada-1", Email: "ada@acme.com", FirstName: "Ada", LastName: "L", Department: "R&D"})
	}, "ada"},
	{"is promoted", func(s *scene) error {
		_, err := s.Change("ada@acme.com", people.Change{Title: pointer("Boss"), LastName: pointer("King"), Department: pointer("")})
		return err
	}, "ada"},
	{"gets a group", func(s *scene) error { _, err := s.AddMembers("Staff", "ada@acme.com"); return err }, "ada Staff:ada"},
	{"group is renamed", func(s *scene) error { _, err := s.RenameGroup("Staff", "Crew"); return err }, "ada Crew:ada"},
	{"leaves", func(s *scene) error { _, err := s.Leave("ada@acme.com"); return err }, "(ada) Crew:ada"},
	{"returns", func(s *scene) error { _, err := s.Return("ada@acme.com"); return err }, "ada Crew:ada"},
	{"loses the group", func(s *scene) error { _, err := s.RemoveMembers("Crew", "ada@acme.com"); return err }, "ada Crew:"},
	{"group is deleted", func(s *scene) error { _, err := s.DeleteGroup("Crew"); return err }, "ada"},
}

// secretive hides what is random.
var secretive = regexp.MustCompile(`"password":"[^"]{20,}"|"externalId":"[0-9a-f-]{36}"`)

const (
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	extURN   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchOp  = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
)

// TestStyles holds every request of a working life, product by product.
func TestStyles(t *testing.T) {
	t.Parallel()
	const (
		ada      = `"externalId":"ada-1","userName":"ada@acme.com","displayName":`
		emails   = `"emails":[{"value":"ada@acme.com","type":"work","primary":true}],"active":`
		joined   = ada + `"Ada L","name":{"givenName":"Ada","familyName":"L"},` + emails + `true,"` + extURN + `":{"department":"R\u0026D"}`
		promoted = `PUT /Users/u1 {"schemas":["` + userURN + `"],"id":"u1",` + ada + `"Ada King","name":{"givenName":"Ada","familyName":"King"},"title":"Boss",` + emails
		rest     = `,"locale":"en-US","groups":[]`
	)
	entraJoins := []string{
		`GET /Users?filter=userName eq "ada@acme.com"`,
		`POST /Users {"schemas":["` + userURN + `","` + extURN + `"],` + joined + `,"meta":{"resourceType":"User"},"roles":[]}`,
	}
	entraGroup := func(add string) []string {
		return []string{
			`GET /Groups?excludedAttributes=members&filter=displayName eq "Staff"`,
			`POST /Groups {"schemas":["` + groupURN + `","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"externalId":"…","displayName":"Staff","meta":{"resourceType":"Group"}}`,
			`PATCH /Groups/d2 ` + patchOp + `{"op":"` + add + `","path":"members","value":[{"$ref":null,"value":"u1"}]}]}`,
		}
	}
	oktaLife := func(leaves, returns string) [][]string {
		return [][]string{
			{
				`GET /Users?count=100&filter=userName eq "ada@acme.com"&startIndex=1`,
				`POST /Users {"schemas":["` + userURN + `","` + extURN + `"],` + joined + rest + `,"password":"…"}`,
			},
			{promoted + `true` + rest + `}`},
			{
				`GET /Groups?count=100&filter=displayName eq "Staff"&startIndex=1`,
				`POST /Groups {"schemas":["` + groupURN + `"],"displayName":"Staff","members":[]}`,
				`PATCH /Groups/d2 ` + patchOp + `{"op":"add","path":"members","value":[{"value":"u1","display":"ada@acme.com"}]}]}`,
			},
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"replace","value":{"displayName":"Crew","id":"d2"}}]}`},
			{leaves},
			{returns},
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"remove","path":"members[value eq \"u1\"]"}]}`},
			{`DELETE /Groups/d2`},
		}
	}
	tests := map[string]struct {
		style push.Style
		query string
		want  [][]string // by step
	}{
		"entra": {push.Entra, "", [][]string{
			entraJoins,
			{`PATCH /Users/u1 ` + patchOp + `{"op":"Replace","path":"displayName","value":"Ada King"},{"op":"Add","path":"title","value":"Boss"},` +
				`{"op":"Replace","path":"name.familyName","value":"King"},{"op":"Remove","path":"` + extURN + `:department"}]}`},
			entraGroup("Add"),
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"Replace","path":"displayName","value":"Crew"}]}`},
			{`PATCH /Users/u1 ` + patchOp + `{"op":"Replace","path":"active","value":"False"}]}`},
			{`PATCH /Users/u1 ` + patchOp + `{"op":"Replace","path":"active","value":"True"}]}`},
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}]}`},
			{`DELETE /Groups/d2`},
		}},
		"entra with its flag": {push.Entra, "?aadOptscim062020", [][]string{
			entraJoins,
			{`PATCH /Users/u1 ` + patchOp + `{"op":"add","path":"title","value":"Boss"},{"op":"remove","path":"` + extURN + `:department"},` +
				`{"op":"replace","value":{"displayName":"Ada King","name.familyName":"King"}}]}`},
			entraGroup("add"),
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"replace","path":"displayName","value":"Crew"}]}`},
			{`PATCH /Users/u1 ` + patchOp + `{"op":"replace","path":"active","value":false}]}`},
			{`PATCH /Users/u1 ` + patchOp + `{"op":"replace","path":"active","value":true}]}`},
			{`PATCH /Groups/d2 ` + patchOp + `{"op":"remove","path":"members[value eq \"u1\"]"}]}`},
			{`DELETE /Groups/d2`},
		}},
		"okta": {push.Okta, "", oktaLife(
			`PATCH /Users/u1 `+patchOp+`{"op":"replace","value":{"active":false}}]}`,
			`PATCH /Users/u1 `+patchOp+`{"op":"replace","value":{"active":true}}]}`,
		)},
		"okta with PUT": {push.OktaPUT, "", oktaLife(promoted+`false`+rest+`}`, promoted+`true`+rest+`}`)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.connectTo(push.Target{Endpoint: endpoint + tt.query, Token: token, Style: tt.style})
			for i, step := range steps {
				if err := step.do(s); err != nil {
					t.Fatal(err)
				}
				got := s.idle()
				for j := range got {
					got[j] = secretive.ReplaceAllStringFunc(got[j], func(found string) string {
						return found[:strings.Index(found, ":")] + `:"…"`
					})
				}
				if !slices.Equal(got, tt.want[i]) {
					t.Errorf("%s:\n%s\nwant\n%s", step.name, strings.Join(got, "\n"), strings.Join(tt.want[i], "\n"))
				}
				if state := s.state(); state != step.then {
					t.Errorf("%s: %s, want %s", step.name, state, step.then)
				}
			}
		})
	}
}

// TestRemoved: who is taken out of the directory is deleted by Entra and
// deactivated by Okta.
func TestRemoved(t *testing.T) {
	t.Parallel()
	for style, want := range map[push.Style]string{push.Entra: "grace Staff:grace", push.Okta: "(ada) grace Staff:grace", push.OktaPUT: "(ada) grace Staff:grace"} {
		s := newScene(t)
		s.join("ada", "Staff")
		s.join("grace", "Staff")
		s.connect(style)
		s.idle()
		s.Remove("ada-1")
		for _, request := range s.idle() {
			if strings.Contains(request, "PATCH /Groups") && style == push.Entra {
				t.Errorf("a member who is gone already: %s", request)
			}
		}
		if state := s.state(); state != want {
			t.Errorf("%s: %s, want %s", style, state, want)
		}
	}
}
