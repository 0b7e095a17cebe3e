package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

const theSecret = "the client's secret"

func certificate(name string, life time.Duration) Certificate {
	return Certificate{DER: []byte(name), NotAfter: start.Add(life), SHA256: name}
}

// oidcFor is a complete change of OpenID Connect, samlFor of SAML.
func oidcFor(domains ...string) ConnectionChange {
	return ConnectionChange{Type: new(ConnectionType("OktaOIDC")), Domains: &domains, OIDC: &OIDCChange{
		Issuer: new("https://idp.example"), ClientID: new("client"), ClientSecret: Nullable[string]{Set: true, Value: new(theSecret)},
	}}
}

func samlFor(domains ...string) ConnectionChange {
	return ConnectionChange{Type: new(ConnectionType("GenericSAML")), Domains: &domains, SAML: &SAMLChange{
		EntityID: new("https://idp.example/saml"), SSOURL: new("https://idp.example/sso"),
		Certificates: &[]Certificate{certificate("one", time.Hour)},
	}}
}

func (c ConnectionChange) named(name string) ConnectionChange {
	c.Name = &name
	return c
}

// federation is a world with the domains a.example, b.example and c.example, and
// connections to them by name.
type federation struct {
	*world
	ids map[string]string
}

func newFederation(t tester) *federation {
	t.Helper()
	f := &federation{world: newWorld(t), ids: map[string]string{}}
	f.must(func(tx *Tx) error { return tx.SetDomains(f.acme, []string{"acme.com", "a.example", "b.example"}) })
	return f
}

func (f *federation) must(do func(*Tx) error) {
	f.t.Helper()
	if err := f.store.Update(Actor{}, do); err != nil {
		f.t.Fatal(err)
	}
}

func (f *federation) add(tx *Tx, name string, change ConnectionChange) error {
	c, err := tx.AddConnection(f.acme, change.named(name))
	if err == nil {
		f.ids[name] = c.ID
	}
	return err
}

// states lists the connections as "name state domains".
func (f *federation) states() (out []string) {
	f.view(func(r *Reader) {
		for _, c := range r.Connections(f.acme) {
			out = append(out, fmt.Sprint(c.Name, " ", c.State, " ", c.Domains))
		}
	})
	return out
}

// domains lists them in one line; a star marks what is being released.
func (f *federation) domains() string {
	var out []string
	f.view(func(r *Reader) {
		for _, d := range r.Domains(f.acme) {
			out = append(out, d.Name+strings.Repeat("*", map[bool]int{true: 1}[d.Releasing]))
		}
	})
	return strings.Join(out, " ")
}

// TestConnections walks what happens to connections: how they stand afterwards,
// which events tell of it, and what is refused.
func TestConnections(t *testing.T) {
	t.Parallel()
	type steps []func(*federation, *Tx) error
	add := func(name string, change ConnectionChange) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error { return f.add(tx, name, change) }
	}
	change := func(name string, change ConnectionChange) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error {
			_, err := tx.UpdateConnection(f.acme, f.ids[name], change)
			return err
		}
	}
	activate := func(name string, takeOver bool) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error {
			_, err := tx.ActivateConnection(f.acme, f.ids[name], takeOver)
			return err
		}
	}
	login := func(name string) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error { return tx.ConnectionLoggedIn(f.ids[name]) }
	}
	domains := func(names []string, given ...Consent) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error { return tx.SetDomains(f.acme, names, given...) }
	}
	keep := func(names ...string) func(*federation, *Tx) error {
		return func(f *federation, tx *Tx) error {
			ids := []string{}
			for _, name := range names {
				ids = append(ids, f.ids[name])
			}
			return tx.UpdateAccount(f.acme, AccountChange{WorkOSConnectionIDs: ids})
		}
	}
	var (
		conflict *Conflict
		invalid  *Invalid
		notFound *NotFound
	)
	two := []string{"a.example", "b.example"}
	released := steps{add("one", oidcFor("a.example")), activate("one", false), domains([]string{"b.example"})}
	tests := []struct {
		name    string
		before  steps
		do      func(*federation, *Tx) error
		refused any // a pointer to the error's type; nil for success
		says    string
		states  []string
		domains string   // where they are judged; a star marks what is being released
		events  []string // the first, and those that follow from it, directly or not
	}{
		{
			name: "complete", do: add("one", oidcFor("A.example.", "a.example")),
			states: []string{"one validating [a.example]"}, events: []string{"sso-connection.created", "account.updated"},
		},
		{
			name: "without a domain", do: add("one", samlFor()),
			states: []string{"one draft []"}, events: []string{"sso-connection.created", "account.updated"},
		},
		{
			name: "a second one finds the organization", before: steps{add("one", oidcFor())}, do: add("two", samlFor("a.example")),
			states: []string{"one draft []", "two validating [a.example]"}, events: []string{"sso-connection.created"},
		},
		{name: "the same name", before: steps{add("one", oidcFor())}, do: add("one", oidcFor()), refused: &conflict, says: "one exists already"},
		{name: "a domain that is not enabled", do: add("one", oidcFor("a.example", "x.example")), refused: &invalid, says: "[domains 1]: Value error, the domain x.example is not enabled"},
		{name: "no protocol", do: add("one", ConnectionChange{Type: new(ConnectionType("OktaOIDC"))}), refused: &invalid, says: "give one of oidc and saml"},
		{name: "two protocols", do: add("one", ConnectionChange{Type: new(ConnectionType("OktaOIDC")), OIDC: &OIDCChange{}, SAML: &SAMLChange{}}), refused: &invalid, says: "not both"},
		{name: "a type of the other protocol", do: add("one", ConnectionChange{Type: new(ConnectionType("OktaSAML")), OIDC: &OIDCChange{}}), refused: &invalid, says: "OktaSAML takes saml, not oidc"},
		{name: "an unknown type", do: add("one", ConnectionChange{Type: new(ConnectionType("GoogleOAuth")), OIDC: &OIDCChange{}}), refused: &invalid, says: "[connection_type]"},
		{name: "another protocol", before: steps{add("one", oidcFor())}, do: change("one", samlFor()), refused: &invalid, says: "another protocol needs another connection"},
		{
			name: "completed", before: steps{add("one", oidcFor())}, do: change("one", oidcFor("a.example")),
			states: []string{"one validating [a.example]"}, events: []string{"sso-connection.updated"},
		},
		{
			name: "incomplete again", before: steps{add("one", oidcFor("a.example"))}, do: change("one", oidcFor()),
			states: []string{"one draft []"}, events: []string{"sso-connection.updated"},
		},
		{name: "changed to what it is", before: steps{add("one", oidcFor("a.example"))}, do: change("one", oidcFor("a.example")), states: []string{"one validating [a.example]"}},
		{
			name: "activated", before: steps{add("one", oidcFor("a.example"))}, do: activate("one", false),
			states: []string{"one active [a.example]"}, events: []string{"sso-connection.updated"},
		},
		{name: "activated as a draft", before: steps{add("one", ConnectionChange{Type: new(ConnectionType("OktaOIDC")), OIDC: &OIDCChange{}})}, do: activate("one", true), refused: &conflict, says: "it lacks a domain and the issuer and the client id"},
		{name: "SAML activated as a draft", before: steps{add("one", ConnectionChange{Type: new(ConnectionType("OktaSAML")), SAML: &SAMLChange{}})}, do: activate("one", true), refused: &conflict, says: "entity id and the single sign-on URL and a certificate"},
		{
			name: "first login", before: steps{add("one", samlFor("a.example"))}, do: login("one"),
			states: []string{"one active [a.example]"}, events: []string{"sso-connection.updated"},
		},
		{name: "second login", before: steps{add("one", samlFor("a.example")), login("one")}, do: login("one"), states: []string{"one active [a.example]"}},
		{name: "login through a draft", before: steps{add("one", samlFor())}, do: login("one"), refused: &conflict, says: "it is draft"},
		{name: "login through what is switched off", before: steps{add("one", samlFor("a.example")), change("one", ConnectionChange{Deactivate: true})}, do: login("one"), refused: &conflict, says: "it is inactive"},
		{
			name: "a login moves no domain", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("a.example"))}, do: login("two"),
			states: []string{"one active [a.example]", "two validating [a.example]"},
		},
		{
			name: "rotated while active", before: steps{add("one", samlFor("a.example")), activate("one", false)},
			do:     change("one", ConnectionChange{SAML: &SAMLChange{Certificates: &[]Certificate{certificate("one", time.Hour), certificate("two", time.Hour)}}}),
			states: []string{"one active [a.example]"}, events: []string{"sso-connection.updated"},
		},
		{name: "only expired certificates", before: steps{add("one", samlFor("a.example"))}, do: change("one", ConnectionChange{SAML: &SAMLChange{Certificates: &[]Certificate{certificate("old", -time.Hour)}}}), refused: &invalid, says: "expired on 2026-01-01T11:00:00Z"},
		{
			name: "switched off", before: steps{add("one", oidcFor("a.example")), activate("one", false)}, do: change("one", ConnectionChange{Deactivate: true}),
			states: []string{"one inactive [a.example]"}, events: []string{"sso-connection.updated"},
		},
		{
			name: "switched off and changed", before: steps{add("one", oidcFor("a.example")), change("one", ConnectionChange{Deactivate: true})}, do: change("one", oidcFor("a.example", "b.example")),
			states: []string{"one inactive [a.example b.example]"}, events: []string{"sso-connection.updated"},
		},
		{
			name: "active without domains", before: steps{add("one", oidcFor("a.example")), activate("one", false)}, do: change("one", oidcFor()),
			states: []string{"one inactive []"}, events: []string{"sso-connection.updated"},
		},
		{name: "a domain of another", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("a.example"))}, do: activate("two", false), refused: &conflict, says: "The domain a.example is served by the active connection one (conn_"},
		{name: "a domain of another, added", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("b.example")), activate("two", false)}, do: change("two", samlFor(two...)), refused: &conflict, says: "take it out of that one first"},
		{
			name: "taken over", before: steps{add("one", oidcFor(two...)), activate("one", false), add("two", samlFor("a.example"))}, do: activate("two", true),
			states: []string{"one active [b.example]", "two active [a.example]"}, events: []string{"sso-connection.updated", "sso-connection.updated"},
		},
		{
			name: "all taken over", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor(two...))}, do: activate("two", true),
			states: []string{"one inactive []", "two active [a.example b.example]"}, events: []string{"sso-connection.updated", "sso-connection.updated"},
		},
		{
			name: "a domain goes", before: steps{add("one", oidcFor(two...)), activate("one", false), add("two", samlFor("a.example"))}, do: domains([]string{"b.example"}),
			states: []string{"one active [b.example]", "two draft []"}, events: []string{"account-domain-names.updated", "sso-connection.updated", "sso-connection.updated"},
		},
		{
			name: "the last domain is released", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("a.example"))}, do: domains([]string{"b.example"}),
			states: []string{"one active [a.example]", "two draft []"}, domains: "a.example* b.example", events: []string{"account-domain-names.updated", "sso-connection.updated"},
		},
		{
			name: "all domains are released", before: steps{add("one", oidcFor(two...)), activate("one", false)}, do: domains(nil),
			states: []string{"one active [a.example b.example]"}, domains: "a.example* b.example*", events: []string{"account-domain-names.updated"},
		},
		{
			name: "the last domains of all connections are released", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("b.example")), activate("two", false)}, do: domains(nil),
			states: []string{"one active [a.example]", "two active [b.example]"}, domains: "a.example* b.example*", events: []string{"account-domain-names.updated"},
		},
		{
			name: "a released domain stays released", before: released, do: domains([]string{"b.example", "c.example"}),
			states: []string{"one active [a.example]"}, domains: "a.example* b.example c.example", events: []string{"account-domain-names.updated"},
		},
		{name: "the same list as what is left of it", before: released, do: domains([]string{"b.example"}), states: []string{"one active [a.example]"}, domains: "a.example* b.example"},
		{
			name: "a release taken back", before: released, do: domains([]string{"A.example", "b.example"}),
			states: []string{"one active [a.example]"}, domains: "a.example b.example", events: []string{"account-domain-names.updated"},
		},
		{
			name: "a released domain is named no more", before: released, do: change("one", oidcFor("b.example")),
			states: []string{"one active [b.example]"}, domains: "b.example", events: []string{"sso-connection.updated", "account-domain-names.updated"},
		},
		{
			name: "a connection keeps its released domain", before: released, do: change("one", oidcFor(two...)),
			states: []string{"one active [a.example b.example]"}, domains: "a.example* b.example", events: []string{"sso-connection.updated"},
		},
		{
			name: "a connection of a released domain changes", before: released, do: change("one", ConnectionChange{Name: new("first")}),
			states: []string{"first active [a.example]"}, domains: "a.example* b.example", events: []string{"sso-connection.updated"},
		},
		{
			name: "a connection of a released domain is switched off", before: released, do: change("one", ConnectionChange{Deactivate: true}),
			states: []string{"one inactive []"}, domains: "b.example", events: []string{"sso-connection.updated", "account-domain-names.updated"},
		},
		{
			name: "a connection of a released domain is removed", before: released,
			do:      func(f *federation, tx *Tx) error { return tx.DeleteConnection(f.acme, f.ids["one"]) },
			domains: "b.example", events: []string{"sso-connection.deleted", "account-domain-names.updated"},
		},
		{
			name: "a released domain is let go at once", before: released, do: domains([]string{"b.example"}, AllowDisableSSO),
			states: []string{"one inactive []"}, domains: "b.example", events: []string{"account-domain-names.updated", "sso-connection.updated"},
		},
		{
			name: "another connection becomes active meanwhile", before: append(released, add("two", samlFor("b.example"))), do: activate("two", true),
			states: []string{"one active [a.example]", "two active [b.example]"}, domains: "a.example* b.example", events: []string{"sso-connection.updated"},
		},
		{name: "a released domain for another connection", before: released, do: add("two", samlFor("a.example")), refused: &invalid, says: "[domains 0]: Value error, the domain a.example is being released"},
		{name: "a released domain for another account", before: released, do: func(f *federation, tx *Tx) error { return tx.SetDomains(f.globex, []string{"a.example"}) }, refused: &conflict, says: "a.example is enabled in another account"},
		{
			name: "the last domain goes at once", before: steps{add("one", oidcFor("a.example")), activate("one", false)}, do: domains(nil, AllowDisableSSO),
			states: []string{"one inactive []"}, domains: "", events: []string{"account-domain-names.updated", "sso-connection.updated"},
		},
		{
			name: "another active connection stays", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("b.example")), activate("two", false)}, do: domains([]string{"b.example"}),
			states: []string{"one inactive []", "two active [b.example]"}, events: []string{"account-domain-names.updated", "sso-connection.updated"},
		},
		{
			name: "taken out of the account's", before: steps{add("one", oidcFor("a.example")), activate("one", false), add("two", samlFor("b.example")), activate("two", false)}, do: keep("two"),
			states: []string{"one inactive [a.example]", "two active [b.example]"}, events: []string{"sso-connection.updated"},
		},
		{name: "among the account's and not active", before: steps{add("one", oidcFor("a.example"))}, do: keep("one"), states: []string{"one validating [a.example]"}},
		{name: "among the account's and unknown", do: keep("nobody"), refused: &invalid, says: "[workos_connection_ids 0]"},
		{
			name: "removed", before: steps{add("one", oidcFor("a.example")), activate("one", false)},
			do:     func(f *federation, tx *Tx) error { return tx.DeleteConnection(f.acme, f.ids["one"]) },
			events: []string{"sso-connection.deleted"},
		},
		{name: "of another account", before: steps{add("one", oidcFor("a.example"))}, do: func(f *federation, tx *Tx) error { return tx.DeleteConnection(f.globex, f.ids["one"]) }, refused: &notFound, says: "Connection not found"},
		{name: "a setup link for what is set up", before: steps{add("one", oidcFor("a.example"))}, do: func(f *federation, tx *Tx) error {
			_, err := tx.AddSetupLink(f.acme, SetupSSO)
			return err
		}, refused: &conflict, says: "set up already"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFederation(t)
			for _, step := range tt.before {
				f.must(func(tx *Tx) error { return step(f, tx) })
			}
			rows, before := f.store.data.db.Rows(), len(f.events())
			err := f.store.Update(f.actor("owner"), func(tx *Tx) error { return tt.do(f, tx) })
			checkIndexes(t, f.store.data)
			if tt.refused != nil {
				// One of its own: the cases run side by side.
				target := reflect.New(reflect.TypeOf(tt.refused).Elem()).Interface()
				if err == nil || !errors.As(err, target) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want %T that says %q", err, tt.refused, tt.says)
				}
				if !maps.Equal(rows, f.store.data.db.Rows()) || len(f.events()) != before {
					t.Error("what was refused left something behind")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := f.states(); !slices.Equal(got, tt.states) {
				t.Errorf("%v, want %v", got, tt.states)
			}
			if got := f.domains(); tt.domains != "" && got != tt.domains {
				t.Errorf("domains %s, want %s", got, tt.domains)
			}
			var events []string
			for i, e := range f.events()[before:] {
				events = append(events, strings.TrimPrefix(e.Name, "prefect-cloud."))
				if i > 0 && !slices.ContainsFunc(f.events()[before:before+i], func(cause *eventlog.Event) bool { return e.Follows == cause.ID }) {
					t.Errorf("%s follows %v", e.Name, e.Follows)
				}
			}
			if !slices.Equal(events, tt.events) {
				t.Errorf("events %v, want %v", events, tt.events)
			}
		})
	}
}

// TestClientSecretStays: nothing that shows a store shows a client's secret.
func TestClientSecretStays(t *testing.T) {
	t.Parallel()
	f := newFederation(t)
	f.must(func(tx *Tx) error { return f.add(tx, "one", oidcFor("a.example")) })
	f.must(func(tx *Tx) error {
		_, err := tx.UpdateConnection(f.acme, f.ids["one"], ConnectionChange{Name: new("first")})
		return err
	})
	events := f.events()
	f.view(func(r *Reader) {
		c, err := r.Connection(f.acme, f.ids["one"])
		if err != nil || c.OIDC.ClientSecret != theSecret || !c.OIDC.ClientSecretUpdated.Equal(c.Created.Truncate(time.Microsecond)) && c.OIDC.ClientSecretUpdated.After(c.Created) {
			t.Fatalf("the login has no secret: %+v %v", c, err)
		}
		state, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []any{state, events} {
			raw, err := json.Marshal(shown)
			if err != nil || strings.Contains(string(raw), theSecret) || !strings.Contains(string(raw), f.ids["one"]) {
				t.Errorf("%v: %s", err, raw)
			}
		}
	})
}

// TestConnectionHistory lets random changes run and looks at what must always hold
// of connections.
func TestConnectionHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := newFederation(t)
		enabled := []string{"acme.com", "a.example", "b.example"}
		some := func() []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(enabled), 0, 3, rapid.ID).Draw(t, "domains")
		}
		names := []string{"one", "two", "three"}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			before := f.store.data.db.Rows()
			name := rapid.SampledFrom(names).Draw(t, "name")
			change := rapid.SampledFrom([]func(...string) ConnectionChange{oidcFor, samlFor}).Draw(t, "protocol")(some()...)
			err := f.store.Update(Actor{}, func(tx *Tx) error {
				var err error
				switch rapid.IntRange(0, 6).Draw(t, "what") {
				case 0:
					err = f.add(tx, name, change)
				case 1:
					_, err = tx.UpdateConnection(f.acme, f.ids[name], change)
				case 2:
					_, err = tx.UpdateConnection(f.acme, f.ids[name], ConnectionChange{Deactivate: true})
				case 3:
					_, err = tx.ActivateConnection(f.acme, f.ids[name], rapid.Bool().Draw(t, "take over"))
				case 4:
					err = tx.ConnectionLoggedIn(f.ids[name])
				case 5:
					consent := []Consent{AllowDisableSSO}[:rapid.IntRange(0, 1).Draw(t, "consent")]
					enforced := tx.EnforcesSSO(f.acme)
					err = tx.SetDomains(f.acme, some(), consent...)
					if err == nil && len(consent) == 0 && enforced && !tx.EnforcesSSO(f.acme) {
						t.Fatal("a list of domains ended single sign-on")
					}
				case 6:
					err = tx.DeleteConnection(f.acme, f.ids[name])
				}
				if err == nil && rapid.IntRange(0, 4).Draw(t, "mind") == 0 {
					err = errors.New("the caller changes its mind")
				}
				return err
			})
			if err != nil && !maps.Equal(before, f.store.data.db.Rows()) {
				t.Fatal("a failed transaction left something behind")
			}
			checkIndexes(t, f.store.data)
			f.view(func(r *Reader) { checkConnections(t, r, f.acme) })
		}
	})
}

func checkConnections(t *rapid.T, r *Reader, account uuid.UUID) {
	for _, d := range r.Domains(account) {
		if c, served := r.ActiveConnectionFor(d.Name); d.Releasing && (!served || c.AccountID != account) {
			t.Fatalf("%s is being released by nobody", d.Name)
		}
	}
	routed := map[string]string{}
	for _, c := range r.Connections(account) {
		if len(r.ConnectionDomains(c)) != len(c.Domains) {
			t.Fatalf("%s has a domain that is not enabled: %v", c.Name, c.Domains)
		}
		if complete := len(c.lacks()) == 0; (c.State == ConnectionDraft) == complete && c.State != ConnectionInactive {
			t.Fatalf("%s is %s and lacks %v", c.Name, c.State, c.lacks())
		}
		if c.State != ConnectionActive {
			continue
		}
		for _, domain := range c.Domains {
			if other := routed[domain]; other != "" {
				t.Fatalf("%s is routed to %s and to %s", domain, other, c.Name)
			}
			routed[domain] = c.Name
			if found, ok := r.ActiveConnectionFor(domain); !ok || found.ID != c.ID {
				t.Fatalf("%s leads to %v", domain, found)
			}
		}
	}
	if len(r.ActiveConnectionIDs(account)) > 0 != r.EnforcesSSO(account) {
		t.Fatal("whether single sign-on is enforced is not known")
	}
	a, err := r.Account(account)
	if err != nil || r.EnforcesSSO(account) != (r.SSOState(a) == SSOEnabled) {
		t.Fatalf("%v: %s", err, r.SSOState(a))
	}
}

func TestULID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		if back, ok := parseULID(ulid(id)); !ok || back != id || len(ulid(id)) != 26 {
			t.Fatalf("%v is %s is %v", id, ulid(id), back)
		}
	})
	for _, wrong := range []string{"", strings.Repeat("0", 25), "8" + strings.Repeat("0", 25), strings.Repeat("I", 26), strings.Repeat("a", 26)} {
		if id, ok := parseULID(wrong); ok {
			t.Errorf("%s is %v", wrong, id)
		}
	}
	if got := ulid(uuid.Max); got != "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" {
		t.Error(got)
	}
}
