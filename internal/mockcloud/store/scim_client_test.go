package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

const aSecret = "a-client-secret-0123456789-0123456789"

// clientWorld is a directory on a clock that is moved by hand.
type clientWorld struct {
	*synced
	now time.Time
	d   *Directory
}

func newClientWorld(t *testing.T, open func(Options) *Store) *clientWorld {
	t.Helper()
	w := &clientWorld{now: start}
	w.synced = &synced{world: seedWorld(t, open(Options{Clock: func() time.Time { return w.now }}))}
	w.do(func(tx *Tx) error {
		var err error
		w.d, err = tx.AddDirectory(w.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		w.directory = w.d.ID
		return err
	})
	return w
}

func (w *clientWorld) add(n NewSCIMClient) (c *SCIMClient, secret string, err error) {
	err = w.store.Update(Actor{}, func(tx *Tx) (err error) {
		c, secret, err = tx.AddSCIMClient(w.acme, w.d.ID, n)
		return err
	})
	return c, secret, err
}

func (w *clientWorld) rotate(id uuid.UUID, n ClientRotation) (secret string, err error) {
	err = w.store.Update(Actor{}, func(tx *Tx) (err error) {
		_, secret, err = tx.RotateSCIMClient(w.acme, w.d.ID, id, n)
		return err
	})
	return secret, err
}

// token is what a client gets for a secret; empty for a secret that opens nothing.
func (w *clientWorld) token(c *SCIMClient, secret string) (token string) {
	w.t.Helper()
	err := w.store.Update(Actor{}, func(tx *Tx) error {
		_, client, used, err := tx.AuthenticateClient(w.d.Endpoint, c.ID.String(), secret)
		if err != nil {
			return err
		}
		token = tx.IssueSCIMAccess(client, used)
		return nil
	})
	var unknown *Unauthenticated
	if err != nil && !errors.As(err, &unknown) {
		w.t.Fatal(err)
	}
	return token
}

func (w *clientWorld) opens(token string) bool {
	return w.store.View(func(r *Reader) error {
		_, _, err := r.AuthenticateSCIM(w.d.Endpoint, token)
		return err
	}) == nil
}

func inMemory(o Options) *Store { return New(o) }

// TestSCIMClients plays rotations: access tokens end with the secret that they were given for.
func TestSCIMClients(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t, inMemory)
	client, secret, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	if err != nil || secret != aSecret {
		t.Fatalf("%+v, %v", client, err)
	}
	first := w.token(client, aSecret)
	if first == "" || !w.opens(first) || w.opens(aSecret) || w.token(client, first) != "" || w.token(client, aSecret+"x") != "" {
		t.Fatal("the secret gets a token, and neither is the other")
	}
	overlap := 30 * time.Minute
	second, err := w.rotate(client.ID, ClientRotation{OldExpiresIn: &overlap})
	if err != nil {
		t.Fatal(err)
	}
	next := w.token(client, second)
	if !w.opens(first) || !w.opens(next) || w.token(client, aSecret) == "" {
		t.Error("both secrets and their tokens work during the overlap")
	}
	var conflict *Conflict
	if _, err := w.rotate(client.ID, ClientRotation{}); !errors.As(err, &conflict) {
		t.Errorf("a third live secret: %v", err)
	}
	w.now = w.now.Add(overlap + time.Second)
	if w.opens(first) || w.token(client, aSecret) != "" || !w.opens(next) {
		t.Error("the token of the old secret ends with it, long before its hour")
	}
	w.now = w.now.Add(AccessTokenLife)
	if w.opens(next) {
		t.Error("a token lives an hour")
	}
	at := w.token(client, second)
	now := time.Duration(0)
	third, err := w.rotate(client.ID, ClientRotation{Name: new("renamed"), OldExpiresIn: &now})
	if err != nil || w.opens(at) || w.token(client, second) != "" || w.token(client, third) == "" {
		t.Errorf("a rotation without overlap ends the old one at once: %v", err)
	}
	w.view(func(r *Reader) {
		rows, err := r.SCIMClients(w.acme, w.d.ID)
		if err != nil || len(rows) != 1 || rows[0].Name != "renamed" || rows[0].LastUsed.Before(w.now) {
			t.Errorf("%+v, %v", rows, err)
		}
		if live := r.SCIMClientSecrets(rows[0]); len(live) != 1 || live[0].Suffix != third[len(third)-4:] {
			t.Errorf("live are %+v", live)
		}
		if n := len(issuedByClient.Get(r.db, client.ID)); n != 1 {
			t.Errorf("%d access tokens are kept, want the one that works", n)
		}
	})
}

// TestSCIMClientEnds: with the client, or its directory, everything of it ends, each told once.
func TestSCIMClientEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*clientWorld, *Tx, *SCIMClient) error{
		"the client":    func(w *clientWorld, tx *Tx, c *SCIMClient) error { return tx.DeleteSCIMClient(w.acme, w.d.ID, c.ID) },
		"the directory": func(w *clientWorld, tx *Tx, _ *SCIMClient) error { return tx.DeleteDirectory(w.acme, w.d.ID) },
		"the account":   func(w *clientWorld, tx *Tx, _ *SCIMClient) error { return tx.DeleteAccount(w.acme) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newClientWorld(t, inMemory)
			client, _, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
			if err != nil {
				t.Fatal(err)
			}
			token := w.token(client, aSecret)
			w.do(func(tx *Tx) error { return end(w, tx, client) })
			if w.opens(token) || w.token(client, aSecret) != "" {
				t.Error("it goes on")
			}
			w.view(func(r *Reader) {
				checkIndexes(t, w.store.data)
				if _, ok := clientTable.Get(r.db, client.ID); ok || len(issuedTable.List(r.db)) != 0 {
					t.Error("rows are left")
				}
				if kept := len(clientSecretTable.List(r.db)); (kept == 1) != (name != "the account") {
					t.Errorf("%d hashes of used secrets are kept", kept)
				}
				if name == "the account" {
					return
				}
				events, err := r.lately(w.acme, time.Hour, "prefect-cloud.scim-client.deleted")
				if err != nil || len(events) != 1 || (events[0].Follows != uuid.Nil) != (name == "the directory") {
					t.Errorf("%+v, %v", events, err)
				}
			})
		})
	}
}

// TestSecretsAreUsedOnce: no secret is a client's or token's that was one before, and only what is live and of the same
// directory is named.
func TestSecretsAreUsedOnce(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t, inMemory)
	client, _, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	if err != nil {
		t.Fatal(err)
	}
	var token *SCIMToken
	var other *Directory
	w.do(func(tx *Tx) error {
		if token, _, err = tx.AddSCIMToken(w.acme, w.d.ID, NewSCIMToken{Name: "t", Token: aToken}); err != nil {
			return err
		}
		other, err = tx.AddDirectory(w.acme, DirectoryChange{Name: new("Other"), Type: new(DirectoryType("okta scim v2.0"))})
		return err
	})
	wants := func(what string, err error, id string) {
		t.Helper()
		var conflict *Conflict
		if !errors.As(err, &conflict) || conflict.ExistingID != id {
			t.Errorf("%s: %v", what, err)
		}
	}
	asToken := func(directory, secret string) error {
		return w.store.Update(Actor{}, func(tx *Tx) error {
			_, _, err := tx.AddSCIMToken(w.acme, directory, NewSCIMToken{Name: "x", Token: secret})
			return err
		})
	}
	_, _, err = w.add(NewSCIMClient{Name: "x", Secret: aSecret})
	wants("a client's", err, client.ID.String())
	_, err = w.rotate(client.ID, ClientRotation{Secret: aSecret})
	wants("its own", err, client.ID.String())
	_, _, err = w.add(NewSCIMClient{Name: "x", Secret: aToken})
	wants("a token's", err, token.ID.String())
	wants("a client's as a token", asToken(w.d.ID, aSecret), client.ID.String())
	wants("of another directory", asToken(other.ID, aSecret), "")
	_, _, err = w.add(NewSCIMClient{Name: "okta"})
	wants("a name", err, client.ID.String())

	w.do(func(tx *Tx) error { return tx.DeleteSCIMClient(w.acme, w.d.ID, client.ID) })
	again, _, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	if err != nil {
		t.Fatalf("a secret that was never used is free again: %v", err)
	}
	if w.token(again, aSecret) == "" {
		t.Fatal("no token")
	}
	w.do(func(tx *Tx) error { return tx.DeleteSCIMClient(w.acme, w.d.ID, again.ID) })
	_, _, err = w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	wants("one that was used", err, "")
	wants("the same as a token", asToken(w.d.ID, aSecret), "")
}

// TestSCIMClientMistakes: what is refused changes nothing.
func TestSCIMClientMistakes(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t, inMemory)
	client, _, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	if err != nil {
		t.Fatal(err)
	}
	before, long, negative := len(must(w.store.data.events.All(w.acme))), maxOverlap+time.Second, -time.Second
	for name, change := range map[string]func(*Tx) error{
		"no name": func(tx *Tx) error {
			_, _, err := tx.AddSCIMClient(w.acme, w.d.ID, NewSCIMClient{Name: " "})
			return err
		},
		"a short secret": func(tx *Tx) error {
			_, _, err := tx.AddSCIMClient(w.acme, w.d.ID, NewSCIMClient{Name: "x", Secret: "short"})
			return err
		},
		"a blank new name": func(tx *Tx) error {
			_, _, err := tx.RotateSCIMClient(w.acme, w.d.ID, client.ID, ClientRotation{Name: new("")})
			return err
		},
		"a long overlap": func(tx *Tx) error {
			_, _, err := tx.RotateSCIMClient(w.acme, w.d.ID, client.ID, ClientRotation{OldExpiresIn: &long})
			return err
		},
		"a negative overlap": func(tx *Tx) error {
			_, _, err := tx.RotateSCIMClient(w.acme, w.d.ID, client.ID, ClientRotation{OldExpiresIn: &negative})
			return err
		},
	} {
		var invalid *Invalid
		if err := w.store.Update(Actor{}, change); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Tx) error{
		"another directory": func(tx *Tx) error {
			_, _, err := tx.RotateSCIMClient(w.acme, "directory_1", client.ID, ClientRotation{})
			return err
		},
		"another account": func(tx *Tx) error { return tx.DeleteSCIMClient(uuid.New(), w.d.ID, client.ID) },
		"another client":  func(tx *Tx) error { return tx.DeleteSCIMClient(w.acme, w.d.ID, uuid.New()) },
	} {
		var missing *NotFound
		if err := w.store.Update(Actor{}, change); !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := len(must(w.store.data.events.All(w.acme))); after != before || w.token(client, aSecret) == "" {
		t.Errorf("%d events, want %d", after, before)
	}
}

// TestSCIMClientsComeBack: a client, its secrets and its access tokens are as they were when the state file is opened
// again.
func TestSCIMClientsComeBack(t *testing.T) {
	t.Parallel()
	plain, path := newDurableWorld(t)
	w := &clientWorld{synced: &synced{world: plain}, now: start}
	w.do(func(tx *Tx) (err error) {
		w.d, err = tx.AddDirectory(w.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		return err
	})
	client, _, err := w.add(NewSCIMClient{Name: "okta", Secret: aSecret})
	if err != nil {
		t.Fatal(err)
	}
	token := w.token(client, aSecret)
	before := snapshot(t, w.store)
	w.store = reopen(t, w.store, path)
	if after := snapshot(t, w.store); after != before {
		t.Errorf("was %s\nis %s", before, after)
	}
	if !w.opens(token) || w.token(client, aSecret) == "" {
		t.Error("what worked before works no more")
	}
	var conflict *Conflict
	if _, err := w.rotate(client.ID, ClientRotation{Secret: aSecret}); !errors.As(err, &conflict) {
		t.Errorf("a used secret: %v", err)
	}
	w.view(func(r *Reader) {
		if names := slices.Collect(func(yield func(string) bool) {
			for _, c := range must(r.SCIMClients(w.acme, w.d.ID)) {
				yield(c.Name)
			}
		}); !slices.Equal(names, []string{"okta"}) {
			t.Errorf("clients %q", names)
		}
	})
}
