package scim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// changes are requests that are computed before they are made, on what is there already.
func changes(w *world) (below, bodies map[string]any) {
	ada, team := w.addUser("ada@acme.com"), w.addGroup("team")
	below = map[string]any{"PATCH user": "/Users/" + ada, "PUT user": "/Users/" + ada, "PATCH group": "/Groups/" + team, "PUT group": "/Groups/" + team}
	bodies = map[string]any{
		"PATCH user":  patchOf(obj{"op": "add", "path": "phoneNumbers", "value": []obj{{"value": "1"}}}),
		"PUT user":    user("ada@acme.com", obj{"title": "put"}),
		"PATCH group": patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": ada}}}),
		"PUT group":   group("team", ada),
	}
	return below, bodies
}

// eachChange runs a test of each of them, in a world of its own.
func eachChange(t *testing.T, fn func(w *world, method, below string, body any)) {
	t.Helper()
	for _, name := range []string{"PATCH user", "PUT user", "PATCH group", "PUT group"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			below, bodies := changes(w)
			path, _ := below[name].(string)
			fn(w, strings.Fields(name)[0], path, bodies[name])
		})
	}
}

// TestComputedOutside: no request waits while a change is computed, neither who reads nor who
// writes.
func TestComputedOutside(t *testing.T) {
	t.Parallel()
	eachChange(t, func(w *world, method, below string, body any) {
		computed := 0
		w.server.OnComputed(func() {
			computed++
			w.view(func(*store.Reader) error { return nil })
			w.update(func(tx *store.Tx) error {
				_, err := tx.AddTeam(store.NewTeam{AccountID: w.account, Name: fmt.Sprint(computed)})
				return err
			})
		})
		w.made(method, below, body)
		if computed != 1 {
			w.t.Errorf("computed %d times", computed)
		}
	})
}

// TestComputedAgain: a change is computed again when the resource became another one
// meanwhile, so that nothing is lost, and within the transaction in the end.
func TestComputedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ meanwhile, computed int }{
		"once": {1, 2}, "twice": {2, 3}, "all the time": {1000, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada, bob := w.addUser("ada@acme.com"), w.addUser("bob@acme.com")
			team := w.addGroup("team")
			computed, phase := 0, "user"
			w.server.OnComputed(func() {
				if computed++; computed > test.meanwhile {
					return
				}
				w.update(func(tx *store.Tx) error {
					id := uuid.MustParse(ada)
					row, err := tx.DirectoryUser(w.directory.ID, id)
					if err != nil {
						return err
					}
					input := row.Input()
					input.Attributes = bytes.Replace(input.Attributes, []byte(`{`), fmt.Appendf(nil, `{"nickName":"n%d",`, computed), 1)
					input.Attributes = bytes.Replace(input.Attributes, fmt.Appendf(nil, `"nickName":"n%d",`, computed-1), nil, 1)
					if _, err := tx.UpdateDirectoryUser(w.directory, id, input); err != nil {
						return err
					}
					_, err = tx.UpdateDirectoryGroup(w.directory, uuid.MustParse(team), store.DirectoryGroupChange{
						ExternalID: new(fmt.Sprint(phase, computed)), Add: []uuid.UUID{uuid.MustParse(bob)},
					})
					return err
				})
			})
			w.made("PATCH", "/Users/"+ada, patchOf(obj{"op": "add", "path": "phoneNumbers", "value": []obj{{"value": "1"}}}))
			shown := w.made("GET", "/Users/"+ada, nil)
			if want := fmt.Sprintf("n%d", min(test.meanwhile, test.computed)); computed != test.computed || text(shown, "nickName") != want || len(each(shown["phoneNumbers"], "value")) != 1 {
				t.Errorf("computed %d times: %v", computed, shown)
			}
			computed, phase = 0, "group"
			w.made("PATCH", "/Groups/"+team, patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": ada}}}))
			shown = w.made("GET", "/Groups/"+team, nil)
			if got := len(each(shown["members"], "value")); computed != test.computed || got != 2 || text(shown, "externalId") != fmt.Sprint(phase, min(test.meanwhile, test.computed)) {
				t.Errorf("computed %d times: %v", computed, shown)
			}
		})
	}
}

// TestCheckedAtTheEnd: what a change was computed on is held against what is there when
// it is made: the version that the caller asks for, the token, and the caller.
func TestCheckedAtTheEnd(t *testing.T) {
	t.Parallel()
	t.Run("version", func(t *testing.T) {
		t.Parallel()
		eachChange(t, func(w *world, method, below string, body any) {
			version := text(w.made("GET", below, nil), "meta.version")
			w.server.OnComputed(func() {
				w.server.OnComputed(nil)
				w.made("PATCH", below, patchOf(obj{"op": "replace", "path": "externalId", "value": "first"}))
			})
			w.failed(w.send(method, below, body, "If-Match", version), http.StatusPreconditionFailed, "")
			if got := text(w.made("GET", below, nil), "externalId"); got != "first" {
				w.t.Errorf("externalId %q", got)
			}
		})
	})
	t.Run("token", func(t *testing.T) {
		t.Parallel()
		eachChange(t, func(w *world, method, below string, body any) {
			before := w.everything()
			w.server.OnComputed(func() {
				w.update(func(tx *store.Tx) error {
					if err := tx.DeleteSCIMToken(w.account, w.directory.ID, w.tokenID); err != nil {
						return err
					}
					_, _, err := tx.AddSCIMToken(w.account, w.directory.ID, store.NewSCIMToken{Name: "next", Token: "next-" + token})
					return err
				})
			})
			w.failed(w.send(method, below, body), http.StatusUnauthorized, "")
			if after := w.send("GET", "/?count=200", nil, "Authorization", "Bearer next-"+token).Want(http.StatusOK).Body; after != before {
				w.t.Errorf("changed to %s", after)
			}
		})
	})
	t.Run("caller", func(t *testing.T) {
		t.Parallel()
		eachChange(t, func(w *world, method, below string, body any) {
			before := w.everything()
			ctx, leave := context.WithCancel(w.t.Context())
			w.server.OnComputed(leave)
			r := httptest.NewRequestWithContext(ctx, method, "http://localhost"+w.path(below), strings.NewReader(text(obj{"body": body}, "body")))
			r.Header.Set("Authorization", "Bearer "+token)
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			if after := w.everything(); rec.Code != http.StatusServiceUnavailable || after != before {
				w.t.Errorf("%d %s, and there is %s", rec.Code, rec.Body, after)
			}
		})
	})
}

// unreadable is a body that fails the test when somebody reads it.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("not to be read")
}

// TestTokenBeforeBody: nothing is read of a body before its sender is known.
func TestTokenBeforeBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, below := range []string{"/Users", "/Groups", "/Bulk", "/.search"} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+w.path(below), unreadable{t})
		r.Header.Set("Authorization", "Bearer not-"+token)
		rec := httptest.NewRecorder()
		if w.handler.ServeHTTP(rec, r); rec.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", below, rec.Code)
		}
	}
}

// TestBoundsOfPatch: what a request may not ask for, and that it then changes nothing.
func TestBoundsOfPatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.addUser("ada@acme.com")
	ids := w.crowd(1_000)
	team := w.addGroup("team")
	w.send("PATCH", "/Groups/"+team, worstOfGroups(ids)["add one member each"]).Want(http.StatusNoContent)
	if got := len(each(w.made("GET", "/Groups/"+team, nil)["members"], "value")); got != len(ids) {
		t.Fatalf("%d members", got)
	}
	title := func(i int) string { return fmt.Sprintf(`{"op":"replace","path":"title","value":"%d"}`, i) }
	long := `{"op":"add","path":"photos","value":[{"value":"https://x/` + strings.Repeat("x", 1_500_000) + `"}]}`
	w.send("PATCH", "/Users/"+ada, manyOf(1, func(int) string { return long })).Want(http.StatusOK)
	before := w.everything()
	for name, test := range map[string]struct {
		below, body string
		says        []string
	}{
		"operations":       {"/Users/" + ada, manyOf(10_001, title), []string{"10001", "10000"}},
		"looks at values":  {"/Users/" + ada, worstOfUsers()["many, then all looked at each time"], []string{"operation", "several requests"}},
		"looks at members": {"/Groups/" + team, worstOfGroups(ids)["look at all each time"], []string{"operation", "several requests"}},
		"a resource": {"/Users/" + ada, manyOf(1, func(int) string {
			return `{"op":"add","path":"photos","value":[{"value":"https://y/` + strings.Repeat("y", 1_000_000) + `"}]}`
		}), []string{"2000000"}},
	} {
		w.failed(w.send("PATCH", test.below, test.body), http.StatusRequestEntityTooLarge, "", test.says...)
		if after := w.everything(); after != before {
			t.Errorf("%s: changed", name)
		}
	}
	many := make([]obj, 1000)
	for i := range many {
		many[i] = obj{"method": "PATCH", "path": "/Users/" + ada, "data": patchOf(obj{"op": "replace", "path": "title", "value": fmt.Sprint(i)})}
	}
	made, refused := 0, 0
	for _, status := range each(w.made("POST", "/Bulk", bulkOf(many...))["Operations"], "status") {
		switch status {
		case "200":
			made++
		case "413":
			refused++
		}
	}
	if made == 0 || refused == 0 || made+refused != len(many) {
		t.Errorf("of operations on a large resource %d were made and %d refused", made, refused)
	}
}
