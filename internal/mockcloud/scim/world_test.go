package scim_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type obj = map[string]any

const token = "a-token-of-more-than-32-characters"

// world is a directory that an identity provider pushes to.
type world struct {
	*mocktest.Server
	t         testing.TB
	clock     *mocktest.Clock
	log       *mocktest.Log
	state     *store.Store
	account   uuid.UUID
	directory *store.Directory
	tokenID   uuid.UUID
	handler   http.Handler
	server    *scim.Server
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldIn(t, func(o store.Options) (*store.Store, error) { return store.New(o), nil })
}

// newWorldIn is a world in a store of the test's own.
func newWorldIn(t testing.TB, open func(store.Options) (*store.Store, error)) *world {
	t.Helper()
	w := &world{t: t, clock: mocktest.NewClock(), log: &mocktest.Log{}}
	var err error
	if w.state, err = open(store.Options{Clock: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	err = w.state.Reset(func(tx *store.Tx) error {
		a, err := tx.AddAccount(store.NewAccount{Handle: "acme", Name: "Acme", Features: store.Features()})
		if err != nil {
			return err
		}
		w.account = a.ID
		owner, err := tx.AddUser(store.NewUser{Email: "owner@acme.com"})
		if err != nil {
			return err
		}
		if _, err := tx.AddMember(uuid.Nil, a.ID, owner, store.OwnerRoleID); err != nil {
			return err
		}
		return tx.SetDomains(a.ID, []string{"acme.com"})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.directory, w.tokenID = w.addDirectory("people", token)
	logger := slog.New(slog.NewJSONHandler(w.log, nil))
	if _, measured := t.(*testing.B); measured {
		logger = slog.New(slog.DiscardHandler)
	}
	rt := router.New(router.Options{Store: w.state, Logger: logger, Clock: w.clock.Now})
	t.Cleanup(rt.Close)
	w.server = scim.New(scim.Options{Store: w.state, Logger: logger, Clients: true})
	w.server.Mount(rt)
	w.Server, w.handler = mocktest.Serve(t, rt), rt
	return w
}

func (w *world) addDirectory(name, secret string) (d *store.Directory, id uuid.UUID) {
	w.t.Helper()
	kind := store.DirectoryType("generic scim v2.0")
	w.update(func(tx *store.Tx) error {
		var err error
		if d, err = tx.AddDirectory(w.account, store.DirectoryChange{Name: &name, Type: &kind}); err != nil {
			return err
		}
		row, _, err := tx.AddSCIMToken(w.account, d.ID, store.NewSCIMToken{Name: name, Token: secret})
		if err != nil {
			return err
		}
		id = row.ID
		return nil
	})
	return d, id
}

func (w *world) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.state.Update(store.Actor{}, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) view(fn func(*store.Reader) error) {
	w.t.Helper()
	if err := w.state.View(fn); err != nil {
		w.t.Fatal(err)
	}
}

// in is the same world for a subtest.
func (w *world) in(t testing.TB) *world {
	other := *w
	other.t, other.Server = t, w.In(t)
	return &other
}

// path is an address below the directory's endpoint, without the server.
func (w *world) path(below string) string {
	return scim.Endpoint("", w.directory.Endpoint) + below
}

// send makes a request with the directory's token, in SCIM's media type.
func (w *world) send(method, below string, body any, headers ...string) mocktest.Answer {
	w.t.Helper()
	a, err := w.Try(method, w.path(below), token, body, append([]string{"Content-Type", "application/scim+json"}, headers...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind := a.Header.Get("Content-Type"); a.Body != "" && kind != "application/scim+json" {
		w.t.Errorf("%s %s answers %s", method, below, kind)
	}
	return a
}

// made is send for a request that has to succeed, and gives the resource.
func (w *world) made(method, below string, body any, headers ...string) (out obj) {
	w.t.Helper()
	a := w.send(method, below, body, headers...)
	if a.Status >= http.StatusMultipleChoices {
		w.t.Fatalf("%s %s: %d %s", method, below, a.Status, a.Body)
	}
	if a.Body != "" {
		a.Into(&out)
	}
	return out
}

// failed checks an error of the RFC's form and what it tells.
func (w *world) failed(a mocktest.Answer, status int, scimType string, says ...string) {
	w.t.Helper()
	var body struct {
		Schemas                  []string
		Status, ScimType, Detail string
	}
	a.Want(status).Into(&body)
	if len(body.Schemas) != 1 || body.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" ||
		body.Status != fmt.Sprint(status) || body.ScimType != scimType {
		w.t.Errorf("%s, want status %d and scimType %q", a.Body, status, scimType)
	}
	for _, text := range says {
		if !strings.Contains(body.Detail, text) {
			w.t.Errorf("the detail does not say %q: %s", text, body.Detail)
		}
	}
}

func user(name string, more ...obj) obj {
	out := obj{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name}
	for _, m := range more {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func group(name string, members ...string) obj {
	list := []obj{}
	for _, m := range members {
		list = append(list, obj{"value": m})
	}
	return obj{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "members": list}
}

func patchOf(operations ...obj) obj {
	return obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations}
}

func (w *world) addUser(name string, more ...obj) (id string) {
	w.t.Helper()
	return text(w.made("POST", "/Users", user(name, more...)), "id")
}

func (w *world) addGroup(name string, members ...string) (id string) {
	w.t.Helper()
	return text(w.made("POST", "/Groups", group(name, members...)), "id")
}

// text is a value in JSON by its path, as text; empty for none.
func text(in any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := in.(obj)
		in = object[name]
	}
	switch in := in.(type) {
	case nil:
		return ""
	case string:
		return in
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// each is a value of every element of a list.
func each(list any, path string) []string {
	out := []string{}
	elements, _ := list.([]any)
	for _, e := range elements {
		out = append(out, text(e, path))
	}
	return out
}

// everything is all that the directory has, as it shows it.
func (w *world) everything() string {
	w.t.Helper()
	return w.send("GET", "/?count=200", nil).Want(http.StatusOK).Body
}

// replace puts ids in the place of the names they go by in a test.
func replace(body obj, names map[string]string) string {
	raw := text(obj{"body": body}, "body")
	for name, id := range names {
		raw = strings.ReplaceAll(raw, name, id)
	}
	return raw
}

// called gives members by the names they go by in a test.
func called(members any, names map[string]string) string {
	out := []string{}
	for _, id := range each(members, "value") {
		for name, known := range names {
			if known == id {
				out = append(out, strings.TrimPrefix(name, "$"))
			}
		}
	}
	return strings.Join(out, " ")
}
