package scim_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

// TestParallelPatches: what many add at once all lands.
func TestParallelPatches(t *testing.T) {
	t.Parallel()
	const n = 40
	w := newWorld(t)
	team := w.addGroup("team")
	ids := make([]string, n)
	together(n, func(i int) { ids[i] = w.addUser(fmt.Sprintf("%d@acme.com", i)) })
	together(n, func(i int) {
		w.send("PATCH", "/Groups/"+team, patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": ids[i]}}})).Want(http.StatusNoContent)
		w.made("PATCH", "/Users/"+ids[0], patchOf(obj{"op": "add", "path": "phoneNumbers", "value": []obj{{"value": fmt.Sprint(i)}}}))
		w.made("GET", "/Users?"+query("filter", `title pr or groups.display eq "team"`, "sortBy", "userName"), nil)
	})
	if got := len(each(w.made("GET", "/Groups/"+team, nil)["members"], "value")); got != n {
		t.Errorf("%d members", got)
	}
	if got := len(each(w.made("GET", "/Users/"+ids[0], nil)["phoneNumbers"], "value")); got != n {
		t.Errorf("%d phone numbers", got)
	}
}

// TestOneOfManyWins: of writes with the same If-Match one is done.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com")
	status := make([]int, 20)
	together(len(status), func(i int) {
		status[i] = w.send("PUT", "/Users/"+id, user("ada@acme.com", obj{"title": fmt.Sprint(i)}), "If-Match", `W/"1"`).Status
	})
	won := 0
	for _, s := range status {
		switch s {
		case http.StatusOK:
			won++
		case http.StatusPreconditionFailed:
		default:
			t.Errorf("status %d", s)
		}
	}
	if version := text(w.made("GET", "/Users/"+id, nil), "meta.version"); won != 1 || version != `W/"2"` {
		t.Errorf("%d won, and the version is %s", won, version)
	}
}

// TestOneNameOnce: of users with one name who come at once, one is taken.
func TestOneNameOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status := make([]int, 20)
	together(len(status), func(i int) { status[i] = w.send("POST", "/Users", user("ada@acme.com")).Status })
	made := 0
	for _, s := range status {
		if s == http.StatusCreated {
			made++
		} else if s != http.StatusConflict {
			t.Errorf("status %d", s)
		}
	}
	if got := len(namesOf(w.made("GET", "/Users", nil))); made != 1 || got != 1 {
		t.Errorf("%d made, %d there", made, got)
	}
}

// TestRotation: with two tokens, the older of which ends, no request of either fails
// while it is good, and none gets through afterwards.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const next = "the-next-token-of-more-than-32-characters"
	w.update(func(tx *store.Tx) error {
		_, _, err := tx.AddSCIMToken(w.account, w.directory.ID, store.NewSCIMToken{Name: "next", Token: next})
		return err
	})
	together(20, func(i int) {
		secret := []string{token, next}[i%2]
		w.send("POST", "/Users", user(fmt.Sprintf("%d@acme.com", i)), "Authorization", "Bearer "+secret).Want(http.StatusCreated)
	})
	w.update(func(tx *store.Tx) error { return tx.DeleteSCIMToken(w.account, w.directory.ID, w.tokenID) })
	w.failed(w.send("POST", "/Users", user("late@acme.com")), http.StatusUnauthorized, "")
	w.send("POST", "/Users", user("late@acme.com"), "Authorization", "Bearer "+next).Want(http.StatusCreated)
}
