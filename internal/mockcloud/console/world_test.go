package console_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server that has nothing but a console, of a store that tests write to.
type world struct {
	*mocktest.Server
	t       testing.TB
	store   *store.Store
	router  *router.Router
	clock   *mocktest.Clock
	log     *mocktest.Log
	account uuid.UUID
	owner   store.Actor
}

func newWorld(t testing.TB, o console.Options) *world {
	t.Helper()
	w := &world{t: t, clock: mocktest.NewClock(), log: &mocktest.Log{}, account: uuid.MustParse(mocktest.Account)}
	w.store = store.New(store.Options{Clock: w.clock.Now})
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	w.router = router.New(router.Options{Store: w.store, Logger: logger, Clock: w.clock.Now})
	t.Cleanup(w.router.Close)
	o.Store, o.Logger, o.Closing = w.store, logger, w.router.Closing()
	console.New(o).Mount(w.router)
	w.Server = mocktest.Serve(t, w.router)
	return w
}

// does changes the state in the Owner's name.
func (w *world) does(change func(*store.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.owner, change); err != nil {
		w.t.Fatal(err)
	}
}

// page opens a page of the account.
func (w *world) page(path string) mocktest.Answer {
	w.t.Helper()
	return w.get(console.Prefix + "acme/" + path)
}

func (w *world) get(path string, headers ...string) mocktest.Answer {
	w.t.Helper()
	answer, err := w.Try(http.MethodGet, path, "", nil, headers...)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// secrets are what no page may show.
var secrets = []string{"s3cret-of-the-client", "pnu_0123456789abcdef", "pnb_fedcba9876543210", "token-that-the-caller-brought-0123456789", "first-secret-of-the-client-0123456789-abcd", "next-secret-of-the-client-0123456789-efgh"}

func ref[T any](v T) *T { return &v }

// seed starts with a scenario.
func (w *world) seed(scenario string) *world {
	w.t.Helper()
	if err := w.store.Reset(mocktest.Scenario(w.t, scenario).Seed); err != nil {
		w.t.Fatal(err)
	}
	w.view(func(r *store.Reader) {
		if u, ok := r.UserByEmail("owner@acme.com"); ok {
			w.owner = store.Actor{ActorID: u.ActorID, UserID: u.ID, Name: u.Email}
		}
	})
	return w
}

func (w *world) view(look func(*store.Reader)) {
	w.t.Helper()
	if err := w.store.View(func(r *store.Reader) error {
		look(r)
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

const people = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    name: Acme
    features: [sso, scim, teams, custom_roles, audit_logs]
    domains: [acme.com, acme.example, dormant.example]
    users:
      - {email: owner@acme.com, first_name: Olga, last_name: Owner, role: Owner, api_key: pnu_0123456789abcdef}
      - {email: admin@acme.com, first_name: Adam, last_name: Admin, role: Admin}
      - {email: ada@acme.com, first_name: Ada, last_name: Lovelace, role: Member}
      - {email: grace@acme.example, first_name: Grace, last_name: Hopper, role: Member}
      - {email: partner@elsewhere.example, first_name: <b>Pat</b>, role: Member}
      - {email: gone@acme.com, role: Auditor}
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_fedcba9876543210}]
    custom_roles: [{name: Auditor, permissions: ["read:account"]}]
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
`

// acme is an account with something of everything.
func (w *world) acme() *world {
	w.t.Helper()
	w.seed(people)
	var active []string
	w.does(func(tx *store.Tx) error {
		okta, err := tx.AddConnection(w.account, store.ConnectionChange{
			Name: ref("Okta"), Type: ref(store.ConnectionType("OktaSAML")), Domains: &[]string{"acme.com"},
			SAML: &store.SAMLChange{
				EntityID: ref("https://acme.okta.example/saml"), SSOURL: ref("https://acme.okta.example/sso"),
				Certificates: &[]store.Certificate{{DER: []byte{1}, NotAfter: w.clock.Now().Add(12 * 24 * time.Hour), SHA256: "0123456789abcdef0123456789abcdef"}},
			},
		})
		if err != nil {
			return err
		}
		entra, err := tx.AddConnection(w.account, store.ConnectionChange{
			Name: ref("Entra ID"), Type: ref(store.ConnectionType("EntraIdOIDC")), Domains: &[]string{"acme.example"},
			OIDC: &store.OIDCChange{
				Issuer: ref("https://login.example/tenant"), ClientID: ref("client"),
				ClientSecret: store.Nullable[string]{Set: true, Value: ref(secrets[0])},
			},
		})
		if err != nil {
			return err
		}
		active = []string{okta.ID, entra.ID}
		return nil
	})
	w.does(func(tx *store.Tx) error {
		for _, id := range active {
			if _, err := tx.ActivateConnection(w.account, id, false); err != nil {
				return err
			}
		}
		return nil
	})
	w.does(w.rooms)
	w.does(w.pushes)
	w.does(w.maps)
	w.does(func(tx *store.Tx) error {
		_, _, err := tx.LogIn(store.ProvenLogin{
			ConnectionID: tx.Connections(w.account)[0].ID, Subject: "ada", Email: "ada@acme.com", FirstName: "Ada", LastName: "Lovelace",
			IPAddress: "192.0.2.1", UserAgent: "Firefox",
		})
		return err
	})
	return w
}

// rooms lets people into teams and workspaces, one out, and one in by mail.
func (w *world) rooms(tx *store.Tx) error {
	ada, _ := tx.UserByEmail("ada@acme.com")
	if _, _, err := tx.AddSession(store.NewSession{UserID: ada.ID, IPAddress: "192.0.2.2", Expires: tx.Now().Add(time.Hour)}); err != nil {
		return err
	}
	production, staging := tx.Workspaces(w.account)[0], tx.Workspaces(w.account)[1]
	team, err := tx.AddTeam(store.NewTeam{AccountID: w.account, Name: "Engineers"})
	if err != nil {
		return err
	}
	if err := tx.AddTeamMember(w.account, team.ID, store.NewTeamMember{UserID: ada.ID}); err != nil {
		return err
	}
	if _, err := tx.SetTeamAccess(w.account, production.ID, team.ID, store.WorkspaceRoleID("Developer")); err != nil {
		return err
	}
	if _, err := tx.SetUserAccess(w.account, staging.ID, ada.ID, store.WorkspaceRoleID("Viewer")); err != nil {
		return err
	}
	gone, _ := tx.UserByEmail("gone@acme.com")
	m, err := tx.MembershipOfUser(w.account, gone.ID)
	if err != nil {
		return err
	}
	return tx.SetActive(w.account, []uuid.UUID{m.ID}, false)
}

// pushes is a directory with people, some of whom are held, and a group.
func (w *world) pushes(tx *store.Tx) error {
	d, err := tx.AddDirectory(w.account, store.DirectoryChange{Name: ref("Okta directory"), Type: ref(store.DirectoryType("okta scim v2.0"))})
	if err != nil {
		return err
	}
	if _, _, err := tx.AddSCIMToken(w.account, d.ID, store.NewSCIMToken{
		Name: "primary", Token: secrets[3], Expires: tx.Now().Add(5 * 24 * time.Hour),
	}); err != nil {
		return err
	}
	client, _, err := tx.AddSCIMClient(w.account, d.ID, store.NewSCIMClient{Name: "oauth", Secret: secrets[4]})
	if err != nil {
		return err
	}
	if _, _, err := tx.RotateSCIMClient(w.account, d.ID, client.ID, store.ClientRotation{Secret: secrets[5], OldExpiresIn: ref(36 * time.Hour)}); err != nil {
		return err
	}
	var members []uuid.UUID
	for _, email := range []string{"marie@acme.com", "emmy@acme.example", "visitor@elsewhere.example"} {
		u, err := tx.AddDirectoryUser(d, store.DirectoryUserInput{UserName: email, Email: email, Active: true})
		if err != nil {
			return err
		}
		members = append(members, u.ID)
	}
	_, err = tx.AddDirectoryGroup(d, store.DirectoryGroupChange{DisplayName: ref("Administrators"), Members: &[]uuid.UUID{members[0]}})
	return err
}

// maps gives a group a role, and one that has not arrived.
func (w *world) maps(tx *store.Tx) error {
	d := tx.Directories(w.account)[0]
	for i, group := range []string{"Administrators", "Not yet"} {
		if _, err := tx.AddGroupMapping(w.account, d.ID, store.NewGroupMapping{
			Match: store.MappingMatch{GroupName: group}, RoleID: store.AdminRoleID, Priority: 10 - i,
		}); err != nil {
			return err
		}
	}
	return nil
}

// crowd is an account with thousands of people in many domains, and many roles and
// workspaces.
func (w *world) crowd() *world {
	w.t.Helper()
	var b strings.Builder
	b.WriteString("accounts:\n  - id: " + mocktest.Account + "\n    handle: acme\n    name: Acme\n    features: [sso, custom_roles, teams]\n")
	b.WriteString("    generate: {members: 10000, domain: acme.com, role: Member}\n    custom_roles:\n")
	for i := range 12 {
		fmt.Fprintf(&b, "      - {name: Role number %d, permissions: [\"read:account\"]}\n", i)
	}
	b.WriteString("    workspaces:\n")
	for i := range 20 {
		fmt.Fprintf(&b, "      - {handle: room-%d, name: Room number %d of the western department}\n", i, i)
	}
	b.WriteString("    users:\n      - {email: owner@acme.com, role: Owner}\n")
	for i := range 60 {
		fmt.Fprintf(&b, "      - {email: person%d@a-rather-long-subsidiary-%d.example, role: Role number %d}\n", i, i%15, i%12)
	}
	return w.seed(b.String())
}
