package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// TestEvents walks the changes and the events that must tell of them.
func TestEvents(t *testing.T) {
	t.Parallel()
	name, link := "Inspector", "https://acme.com"
	tests := []struct {
		name string
		do   func(*world, *Tx) error
		want []string
	}{
		{"role of a member", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "ada"), AdminRoleID)
		}, []string{"account-membership.updated"}},
		{"the same role", func(w *world, tx *Tx) error {
			return tx.SetRole(w.acme, w.id(tx, "ada"), MemberRoleID)
		}, nil},
		{"several deactivated", func(w *world, tx *Tx) error {
			return tx.SetActive(w.acme, []uuid.UUID{w.id(tx, "ada"), w.id(tx, "admin")}, false)
		}, []string{"account-membership.updated", "account-membership.updated"}},
		{"removed", func(w *world, tx *Tx) error {
			return tx.RemoveMember(w.acme, w.id(tx, "ada"))
		}, []string{"account-membership.deleted"}},
		{"domains", func(w *world, tx *Tx) error {
			return tx.SetDomains(w.acme, []string{"a.example", "b.example"})
		}, []string{"account-domain-names.updated"}},
		{"the same domains", func(w *world, tx *Tx) error { return tx.SetDomains(w.acme, nil) }, nil},
		{"role", func(w *world, tx *Tx) error {
			return tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{Name: &name})
		}, []string{"account-role.updated"}},
		{"role unchanged", func(w *world, tx *Tx) error {
			return tx.UpdateRole(w.acme, w.auditor.ID, RoleChange{})
		}, nil},
		{"role deleted", func(w *world, tx *Tx) error { return tx.DeleteRole(w.acme, w.auditor.ID) }, []string{"account-role.deleted"}},
		{"account", func(w *world, tx *Tx) error {
			return tx.UpdateAccount(w.acme, AccountChange{Link: Nullable[string]{Set: true, Value: &link}})
		}, []string{"account.updated"}},
		{"settings through the account", func(w *world, tx *Tx) error {
			return tx.UpdateAccount(w.acme, AccountChange{Settings: &Settings{AILogSummaries: true}})
		}, []string{"account-settings.updated"}},
		{"settings unchanged", func(w *world, tx *Tx) error { return tx.UpdateSettings(w.acme, DefaultSettings()) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			owner := w.actor("owner")
			if err := w.store.Update(owner, func(tx *Tx) error { return tt.do(w, tx) }); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range w.events() {
				got = append(got, strings.TrimPrefix(e.Name, "prefect-cloud."))
				kind, _, _ := strings.Cut(strings.TrimPrefix(e.Name, "prefect-cloud."), ".")
				if !strings.HasPrefix(e.Resource.ID, "prefect-cloud."+kind+".") || e.Resource.Name == "" {
					t.Errorf("resource %+v", e.Resource)
				}
				want := []eventlog.Resource{
					{ID: "prefect-cloud.user." + owner.UserID.String(), Name: "owner@acme.com", Role: "actor"},
					{ID: "prefect-cloud.account." + w.acme.String(), Name: "ACME", Role: "account"},
				}
				if !reflect.DeepEqual(e.Related, want) {
					t.Errorf("related %+v", e.Related)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("events %v, want %v", got, tt.want)
			}
		})
	}
}

// TestRemovalCascades: workspace access ends with a membership, and its events
// name the cause.
func TestRemovalCascades(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.member("ada")
	err := w.store.Update(Actor{}, func(tx *Tx) error {
		for _, handle := range []string{"production", "staging"} {
			ws, err := tx.AddWorkspace(NewWorkspace{AccountID: w.acme, Handle: handle, Name: handle})
			if err != nil {
				return err
			}
			if _, err := tx.SetUserAccess(w.acme, ws.ID, ada.UserID, WorkspaceRoleID("Viewer")); err != nil {
				return err
			}
		}
		return tx.RemoveMember(w.acme, ada.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.view(func(r *Reader) {
		if left := r.Access(w.acme, ada.ActorID); len(left) != 0 {
			t.Errorf("%d accesses are left", len(left))
		}
	})
	events := w.events()
	cause := events[len(events)-3]
	for _, e := range events[len(events)-2:] {
		if e.Name != "prefect-cloud.workspace-access.deleted" || e.Follows != cause.ID {
			t.Errorf("%s follows %v, want %v", e.Name, e.Follows, cause.ID)
		}
	}
}

func TestDomainsKeepTheirRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := func(names ...string) (out []Domain) {
		t.Helper()
		if err := w.store.Update(Actor{}, func(tx *Tx) error { return tx.SetDomains(w.acme, names) }); err != nil {
			t.Fatal(err)
		}
		w.view(func(r *Reader) {
			for _, d := range r.Domains(w.acme) {
				out = append(out, *d)
			}
		})
		return out
	}
	first := set("Acme.COM.", "acme.com", "bücher.example")
	if len(first) != 2 || first[0].Name != "acme.com" || first[1].Name != "xn--bcher-kva.example" {
		t.Fatalf("%+v", first)
	}
	second := set("bücher.example", "new.example")
	if len(second) != 2 || second[0] != first[1] || second[1].Name != "new.example" {
		t.Errorf("the row that stays was not kept: %+v, then %+v", first, second)
	}
}

func TestNormalizeDomain(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"acme.com": "acme.com", "ACME.Com.": "acme.com", "BÜCHER.example": "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example", "a-b.co.uk": "a-b.co.uk",
	}
	for in, want := range good {
		if got, err := NormalizeDomain(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{
		"", ".", "acme", "acme..com", "-acme.com", "acme-.com", "under_score.com", "a b.com", " acme.com",
		"https://acme.com", "me@acme.com", "acme.com:443", "*.acme.com", "192.0.2.1", "[::1]", "::1",
		strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 130) + "com",
	} {
		if got, err := NormalizeDomain(bad); err == nil {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.actor("ada")
	now := start
	w.store.clock.outside = func() time.Time { return now }
	err := w.store.Update(Actor{}, func(tx *Tx) error {
		key, err := tx.AddAPIKey(NewAPIKey{ActorID: ada.ActorID, Name: "k", Secret: "pnu_0123456789", Expiration: start.Add(time.Hour)})
		if err == nil && key.Masked != "pnu_...6789" {
			t.Errorf("masked: %s", key.Masked)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	who := func(secret string) (a Actor, err error) {
		err = w.store.View(func(r *Reader) error { a, err = r.Authenticate(secret); return err })
		return a, err
	}
	if a, err := who("pnu_0123456789"); err != nil || a != ada {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := who("pnb_secret_of_the_bot"); err != nil || a.IsUser() || a.Name != "bot" {
		t.Errorf("%+v, %v", a, err)
	}
	now = start.Add(time.Hour)
	for _, secret := range []string{"pnu_0123456789", "", "pnu_", "PNB_SECRET_OF_THE_BOT"} {
		var want *Unauthenticated
		if _, err := who(secret); !errors.As(err, &want) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func TestDeleteAccountLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newSynced(t)
	w.push("ann", true)
	w.group("Admins", "ann")
	w.mapTo("Admins", AdminRoleID, 1)
	if err := w.store.Update(w.actor("owner"), func(tx *Tx) error {
		for _, directory := range []string{"Entra", "Ping"} {
			d, err := tx.AddDirectory(w.acme, DirectoryChange{Name: &directory, Type: new(DirectoryType("generic scim v2.0"))})
			if err != nil {
				return err
			}
			if _, _, err := tx.AddSCIMToken(w.acme, d.ID, NewSCIMToken{Name: "one"}); err != nil {
				return err
			}
		}
		if err := tx.DeleteDirectory(w.acme, tx.Directories(w.acme)[1].ID); err != nil {
			return err
		}
		if _, err := tx.AddSetupLink(w.acme, SetupSSO); err != nil {
			return err
		}
		return tx.DeleteAccount(w.acme)
	}); err != nil {
		t.Fatal(err)
	}
	for key, row := range w.store.data.db.Rows() {
		if strings.Contains(fmt.Sprintf("%+v", row), w.acme.String()) {
			t.Errorf("%s is left: %+v", key, row)
		}
	}
	if n := len(w.events()); n != 0 {
		t.Errorf("%d events are left", n)
	}
	checkIndexes(t, w.store.data)
}
