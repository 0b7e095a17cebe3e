package identity_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// made is what every object of the extension tells of its making.
type made struct {
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	CreatedBy *string   `json:"created_by"`
}

// actorOf returns the actor behind a key.
func (c *cloud) actorOf(key string) string {
	c.t.Helper()
	var id string
	err := c.state.View(func(r *store.Reader) error {
		who, err := r.Authenticate(key)
		id = who.ActorID.String()
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// TestOrigin walks all collections: who made a thing, what a key finds of whom, and when it finds nothing any more.
func TestOrigin(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	owner, admin := c.actorOf(mocktest.Owner), c.actorOf(mocktest.Admin)
	at := directories + "/" + c.directory(okta("home")).ID
	role := c.RoleNamed("Member").ID
	for collection, bodies := range map[string][2]obj{
		path:                        {oidcBody("one"), oidcBody("two")},
		directories:                 {okta("one"), okta("two")},
		at + "/tokens":              {{"name": "one"}, {"name": "two"}},
		at + "/group_role_mappings": {{"match": obj{"group_name": "a"}, "account_role_id": role, "priority": 1}, {"match": obj{"group_name": "b"}, "account_role_id": role, "priority": 1}},
	} {
		find := func(key, idempotencyKey string) (rows []made) {
			t.Helper()
			c.Call("GET", collection+"?idempotency_key="+idempotencyKey, key, nil).Want(200).Into(&rows)
			return rows
		}
		// The same key of two actors is two keys.
		var one, two made
		c.Call("POST", collection, mocktest.Owner, bodies[0], "Idempotency-Key", "k").Want(201).Into(&one)
		c.Call("POST", collection, mocktest.Admin, bodies[1], "Idempotency-Key", "k").Want(201).Into(&two)
		if one.ID == two.ID || one.Created.IsZero() || one.CreatedBy == nil || *one.CreatedBy != owner || two.CreatedBy == nil || *two.CreatedBy != admin {
			t.Errorf("%s: %+v by %s and %+v by %s", collection, one, owner, two, admin)
		}
		for key, want := range map[string]made{mocktest.Owner: one, mocktest.Admin: two} {
			if got := find(key, "k"); len(got) != 1 || got[0].ID != want.ID || !got[0].Created.Equal(want.Created) || *got[0].CreatedBy != *want.CreatedBy {
				t.Errorf("%s: %s finds %+v, want %s", collection, key, got, want.ID)
			}
		}
		if got := find(mocktest.SecondOwner, "k"); len(got) != 0 {
			t.Errorf("%s: somebody else finds %+v", collection, got)
		}
		if got := find(mocktest.Owner, "other"); len(got) != 0 {
			t.Errorf("%s: another key finds %+v", collection, got)
		}
		for _, query := range []string{"idempotency_key=", "idempotency_key=a&idempotency_key=b"} {
			c.Call("GET", collection+"?"+query, mocktest.Owner, nil).Want(422, `"loc":["query","idempotency_key"]`)
		}
		// It is found for as long as it lives, and no longer.
		c.clock.Advance(48 * time.Hour)
		if got := find(mocktest.Owner, "k"); len(got) != 1 || got[0].ID != one.ID {
			t.Errorf("%s: two days later %+v", collection, got)
		}
		c.Call("POST", collection, mocktest.Owner, bodies[0], "Idempotency-Key", "k").Want(409, `"existing_id":"`+one.ID+`"`)
		c.Call("DELETE", collection+"/"+one.ID, mocktest.Owner, nil).Want(204)
		if got := find(mocktest.Owner, "k"); len(got) != 0 {
			t.Errorf("%s: deleted, and yet %+v", collection, got)
		}
		var recreated made
		c.Call("POST", collection, mocktest.Owner, bodies[0], "Idempotency-Key", "k").Want(201).Into(&recreated)
		if got := find(mocktest.Owner, "k"); recreated.ID == one.ID || len(got) != 1 || got[0].ID != recreated.ID {
			t.Errorf("%s: made anew %+v, found %+v", collection, recreated, got)
		}
	}
}

// TestKeysOutliveTheServer: what was made with a key is found by it after the server was stopped and started again, and
// the same create is answered as before.
func TestKeysOutliveTheServer(t *testing.T) {
	t.Parallel()
	config := mockcloud.Config{StateFile: filepath.Join(t.TempDir(), "state.db")}
	secret := "a-secret-of-the-caller-0123456789-abc"
	creates := map[string]obj{} // by the collection
	first := map[string]string{}
	t.Run("first", func(t *testing.T) {
		s := mocktest.Start(t, config)
		var d made
		creates[directories] = okta("kept")
		s.Call("POST", directories, mocktest.Owner, creates[directories], "Idempotency-Key", "k").Want(201).Into(&d)
		at := directories + "/" + d.ID
		creates[at+"/tokens"] = obj{"name": "a", "token": secret}
		creates[at+"/clients"] = obj{"name": "b"}
		creates[at+"/group_role_mappings"] = obj{"match": obj{"attribute": "title", "equals": "CTO"}, "account_role_id": s.RoleNamed("Member").ID, "priority": 1}
		for collection, body := range creates {
			var row made
			s.Call("POST", collection, mocktest.Owner, body, "Idempotency-Key", "k").Want(201).Into(&row)
			first[collection] = row.ID
		}
	})
	t.Run("second", func(t *testing.T) {
		s := mocktest.Start(t, config)
		for collection, body := range creates {
			var rows []made
			s.Call("GET", collection+"?idempotency_key=k", mocktest.Owner, nil).Want(200).Into(&rows)
			if len(rows) != 1 || rows[0].ID != first[collection] || rows[0].CreatedBy == nil {
				t.Errorf("%s: %+v, before %s", collection, rows, first[collection])
			}
			s.Call("GET", collection+"?idempotency_key=k", mocktest.Admin, nil).Want(200).Into(&rows)
			if len(rows) != 0 {
				t.Errorf("%s: somebody else finds %+v", collection, rows)
			}
			s.Call("POST", collection, mocktest.Owner, body, "Idempotency-Key", "k").Want(201, first[collection])
		}
	})
}

// TestExistingID: a create says what is in its way where the caller may see it, and only there.
func TestExistingID(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	home, other := c.directory(okta("home")), c.directory(okta("other"))
	tokens, mappings := directories+"/"+home.ID+"/tokens", directories+"/"+home.ID+"/group_role_mappings"
	const secret, foreign = "the-home-secret-0123456789-abcdefgh", "the-other-secret-0123456789-abcdefg"
	mapping := obj{"match": obj{"attribute": "title", "equals": "CTO"}, "account_role_id": c.RoleNamed("Member").ID, "priority": 1}
	for collection, body := range map[string]obj{
		path: oidcBody("one"), directories: okta("third"), tokens: {"name": "one", "token": secret}, mappings: mapping,
	} {
		var there made
		c.Call("POST", collection, mocktest.Owner, body).Want(201).Into(&there)
		c.Call("POST", collection, mocktest.Owner, body).Want(409, `"existing_id":"`+there.ID+`"`)
	}
	without := func(answer mocktest.Answer) {
		t.Helper()
		got := map[string]any{}
		if answer.Into(&got); got["existing_id"] != nil {
			t.Errorf("it tells %v", got["existing_id"])
		}
	}
	// Not of another directory's token, and not of one that is no longer there.
	c.Call("POST", directories+"/"+other.ID+"/tokens", mocktest.Owner, obj{"name": "x", "token": foreign}).Want(201)
	without(c.Call("POST", tokens, mocktest.Owner, obj{"name": "x", "token": foreign}).Want(409, "used before"))
	c.sync(home.ID, home.ExternalKey, secret)
	c.Call("POST", tokens, mocktest.Owner, obj{"name": "next", "old_token_expires_in_seconds": 0}).Want(201)
	without(c.Call("POST", tokens, mocktest.Owner, obj{"name": "again", "token": secret}).Want(409, "used before"))
	// Another match of the same attribute, and the same match elsewhere, conflict with no other one.
	mapping["match"] = obj{"attribute": "title", "equals": "cto"}
	c.Call("POST", mappings, mocktest.Owner, mapping).Want(201)
	c.Call("POST", directories+"/"+other.ID+"/group_role_mappings", mocktest.Owner, mapping).Want(201)
}

// TestUnusedTokenFreesItsSecret: only a secret that opened a directory is used up when its token is deleted.
func TestUnusedTokenFreesItsSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	d := c.directory(okta("one"))
	at := directories + "/" + d.ID + "/tokens"
	body := obj{"name": "a", "token": "a-secret-of-the-caller-0123456789-abc"}
	create := func() (out made) {
		t.Helper()
		c.Call("POST", at, mocktest.Owner, body).Want(201).Into(&out)
		return out
	}
	first := create()
	c.Call("DELETE", at+"/"+first.ID, mocktest.Owner, nil).Want(204)
	second := create()
	if second.ID == first.ID {
		t.Error("it is the same token")
	}
	c.sync(d.ID, d.ExternalKey, "a-secret-of-the-caller-0123456789-abc")
	c.Call("DELETE", at+"/"+second.ID, mocktest.Owner, nil).Want(204)
	c.Call("POST", at, mocktest.Owner, body).Want(409, "used before")
	// The same when the directory goes with its tokens.
	next := c.directory(okta("two"))
	body["token"] = "another-secret-0123456789-abcdefghij"
	c.Call("POST", directories+"/"+next.ID+"/tokens", mocktest.Owner, body).Want(201)
	c.Call("DELETE", directories+"/"+next.ID, mocktest.Owner, nil).Want(204)
	create()
}
