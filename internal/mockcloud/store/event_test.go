package store

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

func drawTime(t *rapid.T, label string) time.Time {
	return start.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, label)) * time.Second)
}

func TestSealedTokens(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	var token string
	w.view(func(r *Reader) { token = r.Seal("page", []byte("payload")) })
	opens := func(w *world, purpose, token string) (ok bool) {
		w.view(func(r *Reader) {
			var payload []byte
			if payload, ok = r.Unseal(purpose, token); ok && string(payload) != "payload" {
				t.Errorf("payload %q", payload)
			}
		})
		return ok
	}
	if !opens(w, "page", token) {
		t.Error("a good token is refused")
	}
	if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || bytes.Contains(raw, []byte("payload")) {
		t.Errorf("the token shows what it holds: %s", token)
	}
	for name, open := range map[string]bool{
		"another purpose": opens(w, "login", token), "another server": opens(other, "page", token),
		"changed": opens(w, "page", token[1:]), "half of it": opens(w, "page", token[:len(token)-4]), "a bit of it": opens(w, "page", token[:10]), "no token": opens(w, "page", ""),
	} {
		if open {
			t.Errorf("opened by %s", name)
		}
	}
}

// BenchmarkFindEvents looks for a few events among 100,000, in memory and in a file.
func BenchmarkFindEvents(b *testing.B) {
	text, rare := "someone -nobody", "+12345 +someone"
	queries := map[string]eventlog.Query{
		"an hour":  {Since: start.Add(time.Hour), Until: start.Add(2 * time.Hour), Limit: 50},
		"all":      {Until: start.AddDate(1, 0, 0), Limit: 50},
		"resource": {Until: start.AddDate(1, 0, 0), Limit: 50, Filter: eventlog.Filter{Resource: &eventlog.ResourceFilter{IDs: []string{"prefect-cloud.user.7"}}}},
		"distinct": {Until: start.AddDate(1, 0, 0), Limit: 50, Filter: eventlog.Filter{Distinct: true}},
		"text":     {Until: start.AddDate(1, 0, 0), Limit: 50, Filter: eventlog.Filter{Text: &text}},
		"rare":     {Until: start.AddDate(1, 0, 0), Limit: 1, Filter: eventlog.Filter{Text: &rare}},
	}
	for where, path := range map[string]string{"memory": "", "file": filepath.Join(b.TempDir(), "state.db")} {
		s, account := trailOf(b, path)
		if err := s.Update(Actor{}, func(tx *Tx) error {
			for n := range eventlog.KeptEvents {
				tx.data.events.Add(&eventlog.Event{
					ID: uuid.New(), AccountID: account, Name: "prefect-cloud.user.updated",
					Occurred: start.Add(time.Duration(n) * time.Second), Received: tx.stamp(),
					Resource: eventlog.Resource{ID: fmt.Sprintf("prefect-cloud.user.%d", n%1000), Name: "someone"},
					Related:  []eventlog.Resource{{ID: "prefect-cloud.user.1", Name: "owner@acme.com", Role: "actor"}},
					Payload:  map[string]any{"n": n},
				})
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		s.leaveToFile()
		for name, q := range queries {
			b.Run(where+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if err := s.View(func(r *Reader) error {
						page, err := r.FindEvents(account, q)
						if len(page.Events) != q.Limit {
							b.Error(len(page.Events))
						}
						return err
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOneEventForOneThing: what a transaction changes of a membership in steps, it
// tells in one event, with where it began and where it ended.
func TestOneEventForOneThing(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.do(func(tx *Tx) error {
		_, err := tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: MappingMatch{Attribute: "title", Equals: "Engineer"}, RoleID: AdminRoleID, Priority: 1})
		return err
	})
	told := func() string {
		events := s.events()
		var out []string
		for _, e := range events {
			if strings.HasPrefix(e.Name, "prefect-cloud.account-membership.") && e.Resource.Name == "new@acme.com" {
				out = append(out, fmt.Sprint(strings.TrimPrefix(e.Name, "prefect-cloud.account-membership."), " ", e.Payload["account_role"]))
			}
		}
		return strings.Join(out, ", ")
	}
	s.push("new", true)
	if got := told(); got != "created Admin" {
		t.Errorf("%s", got)
	}
	// The role from before comes back, and the membership is free.
	s.do(func(tx *Tx) error { return tx.DeleteDirectory(s.acme, s.directory) })
	if got := told(); got != "created Admin, updated map[from:Admin to:Member]" || s.is("new") != "Member default free" {
		t.Errorf("%s; %s", got, s.is("new"))
	}
}
