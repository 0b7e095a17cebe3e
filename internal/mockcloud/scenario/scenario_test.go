package scenario

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func seeded(t testing.TB, s *Scenario) *store.Store {
	t.Helper()
	state := store.New(store.Options{})
	if err := state.Reset(s.Seed); err != nil {
		t.Fatal(err)
	}
	return state
}

// TestDefault holds what the guide on mockcloud promises of the ready-made scenario.
func TestDefault(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"pnu_owner": "owner@acme.com Owner", "pnu_second_owner": "second.owner@acme.com Owner",
		"pnu_admin": "admin@acme.com Admin", "pnu_ada": "ada@acme.com Member", "pnu_grace": "grace@acme.com Member",
		"pnu_linus": "linus@acme.com Member", "pnb_terraform": "terraform Owner",
	}
	account := uuid.MustParse("0c1f1d2e-0000-4000-8000-000000000001")
	err := seeded(t, Default()).View(func(r *store.Reader) error {
		a, err := r.Account(account)
		if err != nil {
			return err
		}
		if a.Handle != "acme" || a.Name != "Acme" || len(a.Features) != 5 || a.RateLimit.Requests != 5000 || len(r.Domains(account)) != 0 {
			t.Errorf("%+v", a)
		}
		if n := r.CountMembers(account, store.MemberQuery{}); n != len(want) {
			t.Errorf("%d members, want %d", n, len(want))
		}
		for key, who := range want {
			actor, err := r.Authenticate(key)
			if err != nil {
				return err
			}
			m, err := r.Enter(actor, account)
			if err != nil {
				return err
			}
			role, err := r.Role(account, m.RoleID)
			if err != nil {
				return err
			}
			if got := actor.Name + " " + role.Name; got != who {
				t.Errorf("%s is %s, want %s", key, got, who)
			}
		}
		events, err := r.Events(account)
		if err != nil {
			return err
		}
		if _, ok := r.RoleNamed(account, "Auditor"); !ok || len(r.Workspaces(account)) != 2 || len(events) != 0 {
			t.Error("role, workspaces or events are not as promised")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMistakes: all of them at once, each with its line.
func TestMistakes(t *testing.T) {
	t.Parallel()
	broken, err := os.ReadFile("testdata/broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := os.ReadFile("testdata/broken.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("broken.yaml", broken); err == nil || err.Error() != strings.TrimSpace(string(wanted)) {
		t.Errorf("got\n%v\n\nwant\n%s", err, wanted)
	}
}

func TestMistakesOfForm(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5001)
	for text, want := range map[string]string{
		"":                                      "f.yaml:1: a scenario needs at least one account",
		"accounts: []":                          "f.yaml:1: a scenario needs at least one account",
		"accounts:\n  - handel: acme":           `f.yaml:2: unknown field "handel"`,
		"accounts:\n  - {handle: [a]}":          "f.yaml:2: cannot unmarshal",
		"accounts:\n\t- handle: a":              "f.yaml:2: ",
		"accounts:\n- handle: a\n  handle: b\n": "f.yaml:3: ",
		"accounts:\n- handle: a\nusers:\n- {email: a@b.example, role: Owner}\n":                                                      `f.yaml:4: unknown field "role"`,
		"accounts:\n- handle: a\n---\nx: 1\n":                                                                                        "f.yaml:3: a scenario is one YAML document",
		"accounts:\n- handle: a\n  rate_limit_window: soon":                                                                          "f.yaml:3: ",
		"accounts:\n- handle: a\n  auth_expiration_seconds: soon":                                                                    "f.yaml:3: cannot unmarshal",
		"accounts:\n- handle: a\n  auth_expiration_seconds: -1":                                                                      "f.yaml:3: auth_expiration_seconds is -1",
		"accounts:\n- handle: a\n  settings: {managed: true}":                                                                        `f.yaml:3: unknown field "managed"`,
		"accounts:\n- handle: a\n  location: " + long:                                                                                "f.yaml:3: location has 5001 characters",
		"accounts:\n- handle: a\n  link: " + long:                                                                                    "f.yaml:3: link has 5001 characters",
		"accounts:\n- handle: a\n  name: " + long:                                                                                    "f.yaml:3: name has 5001 characters",
		"accounts:\n- handle: a\n  features: [teams]\n  teams:\n  - {name: a}\n  - name: b\n    description: " + long:                "f.yaml:7: description has 5001 characters",
		"accounts:\n- handle: a\n  features: [teams]\n  teams:\n  - {name: b, members: [a@b.example]}":                               `f.yaml:5: unknown field "members"`,
		"accounts:\n- handle: a\n  features: [teams]\n  teams:\n  - {name: b, workspaces: {c: Viewer}}":                              `f.yaml:5: there is no workspace "c"; the account has none`,
		"accounts:\n- handle: a\n  workspaces: [{handle: c}]\n  users:\n  - {email: a@b.example, workspaces: {c: Viewer, c: Owner}}": "f.yaml:5: ",
	} {
		if _, err := Parse("f.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestUsers: people may be in no account, in one or in several; they are one user
// with a key for each place where one is written down.
func TestUsers(t *testing.T) {
	t.Parallel()
	s, err := Parse("u.yaml", []byte(`
users:
  - {email: new@comer.example, first_name: New, last_name: Comer, api_key: pnu_new}
  - {email: ada@acme.com, first_name: Ada, api_key: pnu_ada}
accounts:
  - handle: acme
    users: [{email: ADA@acme.com, first_name: Other, api_key: pnu_ada_in_acme}]
`))
	if err != nil {
		t.Fatal(err)
	}
	err = seeded(t, s).View(func(r *store.Reader) error {
		for key, want := range map[string]string{"pnu_new": "New in 0", "pnu_ada": "Ada in 1", "pnu_ada_in_acme": "Ada in 1"} {
			actor, err := r.Authenticate(key)
			if err != nil {
				return err
			}
			u, err := r.User(actor.UserID)
			if err != nil {
				return err
			}
			if got := fmt.Sprintf("%s in %d", u.FirstName, len(r.MembershipsOf(actor.ActorID))); got != want {
				t.Errorf("%s: %s, want %s", key, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPeople: the identity provider has the users, more about some of them, and
// people whom no account knows.
func TestPeople(t *testing.T) {
	t.Parallel()
	s, err := Parse("p.yaml", []byte(`
accounts:
  - handle: acme
    users: [{email: ada@acme.com, first_name: Ada}, {email: grace@acme.com}]
    generate: {members: 1, domain: acme.com}
idp:
  people:
    - {email: ADA@acme.com, last_name: Lovelace, title: Countess, department: Engines, groups: [Math, Poets]}
    - {email: new@acme.com, first_name: New}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range s.People() {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%v", p.Email, p.Name(), p.Title, p.Department, p.Groups))
	}
	want := "ada@acme.com|Ada Lovelace|Countess|Engines|[Math Poets] grace@acme.com|grace@acme.com|||[] " +
		"person00001@acme.com|Person 00001|||[] new@acme.com|New|||[]"
	if all := strings.Join(got, " "); all != want {
		t.Errorf("%s, want %s", all, want)
	}
	if again := s.People(); again[0].Subject != s.People()[0].Subject || again[0].Subject == again[1].Subject {
		t.Error("subjects change, or two people have the same")
	}
}

// TestGenerate: many people, in order, the same ids every time.
func TestGenerate(t *testing.T) {
	t.Parallel()
	s, err := Parse("g.yaml", []byte(`
accounts:
  - handle: acme
    users: [{email: owner@acme.com, role: Owner}]
    service_accounts: [{name: robot}]
    generate: {members: 1234, domain: acme.com, role: Admin}
  - handle: globex
    rate_limit_per_minute: 0
    users: [{email: owner@acme.com}]
`))
	if err != nil {
		t.Fatal(err)
	}
	ids := func() (out []string) {
		if err := seeded(t, s).View(func(r *store.Reader) error {
			rows := r.ListMembers(stableID("account", "acme"), store.MemberQuery{OnlyUsers: true}, store.CreatedAsc, 2000, 1)
			for i, m := range rows {
				out = append(out, m.ID.String()+r.MemberName(m))
				if i > 0 && !m.Created.After(rows[i-1].Created) {
					t.Fatalf("row %d is not younger than the one before", i)
				}
			}
			owner, _ := r.UserByEmail("owner@acme.com")
			if n := len(r.MembershipsOf(owner.ActorID)); n != 2 {
				t.Errorf("one person in two accounts has %d memberships", n)
			}
			bot := r.Bots(stableID("account", "acme"))[0]
			if n := len(r.Keys(bot.ActorID)); n != 1 {
				t.Errorf("a service account has %d keys", n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := ids()
	if len(first) != 1234 || !strings.HasSuffix(first[0], "person00001@acme.com") || !strings.HasSuffix(first[1233], "person01234@acme.com") {
		t.Errorf("%d people, from %s", len(first), first[0])
	}
	if second := ids(); strings.Join(second, " ") != strings.Join(first, " ") {
		t.Error("the ids are other ones each time")
	}
}

// TestDirectories: they are as written down, with the same ids every time, and let
// in every holder of the token.
func TestDirectories(t *testing.T) {
	t.Parallel()
	const token, clientSecret = "0123456789-0123456789-0123456789", "client-secret-0123456789-0123456789"
	s, err := Parse("d.yaml", []byte(`
accounts:
  - handle: acme
    features: [scim]
    domains: [acme.com, b.example]
    custom_roles: [{name: Auditor}]
    directories:
      - name: Okta
        type: okta scim v2.0
        default_role: Auditor
        deprovision_action: delete
        sync_groups_to_teams: false
        allowed_domains: [ACME.com]
        endpoint: acme-okta
        token: `+token+`
        clients:
          - {name: okta, secret: `+clientSecret+`}
          - {name: second, client_id: 0C1F1D2E-0000-4000-8000-00000000C11E, secret: another-`+clientSecret+`}
        group_role_mappings:
          - {group_name: Platform, role: Admin, priority: 2}
          - {group_name: Zeta, priority: 1}
          - {group_name: Alpha, priority: 1}
      - {name: Plain, type: generic scim v2.0}
`))
	if err != nil {
		t.Fatal(err)
	}
	account := stableID("account", "acme")
	ids := func() (out []string) {
		if err := seeded(t, s).View(func(r *store.Reader) error {
			rows := r.Directories(account)
			okta, plain := rows[0], rows[1]
			role, err := r.Role(account, okta.DefaultRoleID)
			if err != nil {
				return err
			}
			if got := strings.TrimSpace(fmt.Sprintln(okta.Name, okta.Type, role.Name, okta.Deprovision, okta.SyncGroupsToTeams, okta.AllowedDomains, okta.State)); got != "Okta okta scim v2.0 Auditor delete false [acme.com] validating" {
				t.Errorf("%s", got)
			}
			if plain.AllowedDomains != nil || !plain.SyncGroupsToTeams || plain.Endpoint == "" || plain.OrganizationID != okta.OrganizationID {
				t.Errorf("%+v", plain)
			}
			d, _, err := r.AuthenticateSCIM("acme-okta", token)
			if err != nil || d != okta {
				t.Fatalf("the token does not let in: %v", err)
			}
			mappings, err := r.Mappings(account, okta.ID)
			if err != nil || len(mappings) != 3 || mappings[0].Match.GroupName != "Platform" || mappings[0].Priority != 2 ||
				mappings[1].Match.GroupName != "Alpha" || mappings[2].Match.GroupName != "Zeta" || mappings[0].CreatedBy != uuid.Nil {
				t.Errorf("%+v %v", mappings, err)
			}
			a, err := r.Account(account)
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := r.SCIMTokens(account, okta.ID)
			if err != nil || len(tokens) != 1 {
				t.Fatalf("%+v, %v", tokens, err)
			}
			clients, err := r.SCIMClients(account, okta.ID)
			if err != nil || len(clients) != 2 || clients[0].Name != "okta" || clients[1].ID.String() != "0c1f1d2e-0000-4000-8000-00000000c11e" {
				t.Fatalf("%+v, %v", clients, err)
			}
			if _, _, _, err := r.AuthenticateClient("acme-okta", clients[0].ID.String(), clientSecret); err != nil {
				t.Errorf("the client's secret does not let in: %v", err)
			}
			out = []string{okta.ID, plain.ID, tokens[0].ID.String(), clients[0].ID.String(), mappings[0].ID.String(), mappings[1].ID.String(), mappings[2].ID.String(), *a.WorkOSOrganizationID}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if first, second := ids(), ids(); strings.Join(first, " ") != strings.Join(second, " ") {
		t.Errorf("the ids are other ones each time: %v, %v", first, second)
	}
}

// FuzzParse: whatever is in a file, it is refused or it can be set up.
func FuzzParse(f *testing.F) {
	f.Add([]byte("accounts:\n- {handle: a, users: [{email: a@b.c, role: Owner}], domains: [b.c]}\n"))
	f.Add([]byte("accounts:\n- {handle: a, features: [scim], domains: [b.c], directories: [{name: x, type: okta scim v2.0, token: 0123456789-0123456789-0123456789, group_role_mappings: [{group_name: g}]}]}\n"))
	f.Add([]byte("accounts:\n- {handle: a, link: l, auth_expiration_seconds: 1, features: [teams], users: [{email: a@b.c, workspaces: {w: Viewer}}], service_accounts: [{name: s, workspaces: {w: Owner}}], workspaces: [{handle: w}], generate: {members: 1, domain: b.c}, teams: [{name: t, users: [A@b.c, person00001@B.c], service_accounts: [s], workspaces: {w: Worker}}]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz.yaml", data)
		if err != nil {
			return
		}
		for _, a := range s.accounts {
			if a.Generate != nil && a.Generate.Members > 100 {
				return
			}
		}
		seeded(t, s)
	})
}
