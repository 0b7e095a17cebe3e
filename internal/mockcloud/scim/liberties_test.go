package scim_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestLiberties: what clients do beside the RFC, and what comes of it.
func TestLiberties(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := text(w.made("POST", "/Users", "\ufeff"+`{"userName":"  ada@acme.com "}`), "id")
	if name := text(w.made("GET", "//Users//"+id, nil), "userName"); name != "ada@acme.com" {
		t.Errorf("userName %q", name)
	}
	w.failed(w.send("POST", "//Users", user("ada@acme.com\t")), http.StatusConflict, "uniqueness")
	version := text(w.made("GET", "/Users/"+id, nil), "meta.version")
	none := obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{}}
	if a := w.send("PATCH", "/Users/"+id, none).Want(http.StatusNoContent); a.Header.Get("ETag") != version {
		t.Errorf("no operations made version %s of %s", a.Header.Get("ETag"), version)
	}
	w.failed(w.send("PATCH", "/Users/3f2504e0-4f89-41d3-9a0c-0305e82c3301", none), http.StatusNotFound, "")
	for filter, good := range map[string]bool{
		`meta.lastModified gt "2020-01-01T00:00:00Z"`: true, `meta.created pr`: true, `meta.created ne null`: true, `meta.created sw "2026"`: true,
		`meta.lastModified gt "yesterday"`: false, `not (meta.created eq 5)`: false, `userName pr and meta.created eq true`: false, `meta.created lt "2020-01-01"`: false,
	} {
		a := w.send("GET", "/Users?"+query("filter", filter), nil)
		if good {
			a.Want(http.StatusOK)
		} else {
			w.failed(a, http.StatusBadRequest, "invalidFilter", "date and time")
		}
	}
	large := group("x", strings.Repeat("x", 2_000_000))
	w.failed(w.send("PUT", "/Groups/"+id, large), http.StatusRequestEntityTooLarge, "", "PATCH")
}

// TestDrafts: the schemas' names in drafts of SCIM 2.0 and in SCIM 1.1 mean the same
// attributes wherever they stand, and are not kept.
func TestDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const draft = "urn:scim:schemas:extension:enterprise:"
	made := w.made("POST", "/Users", obj{
		"schemas":  []string{"urn:scim:schemas:core:2.0", draft + "2.0"},
		"userName": "ada@acme.com", draft + "2.0": obj{"department": "D", "manager": obj{"managerId": "m", "displayName": "M"}},
	})
	at := "/Users/" + text(made, "id")
	w.made("PATCH", at, patchOf(
		obj{"op": "add", "path": draft + "1.0:division", "value": "V"},
		obj{"op": "add", "path": draft + "1.0.costCenter", "value": "C"},
		obj{"op": "replace", "value": obj{draft + "2.0:User": obj{"organization": "O"}, draft + "2.0:employeeNumber": "7"}},
		obj{"op": "replace", "path": "urn:scim:schemas:core:1.0:title", "value": "T"},
		obj{"op": "replace", "path": draft + "1.0:manager", "value": obj{"managerId": "n"}},
		obj{"op": "remove", "path": draft + "2.0:department"},
	))
	shown := w.made("GET", at, nil)
	want := obj{"division": "V", "costCenter": "C", "organization": "O", "employeeNumber": "7", "manager": obj{"value": "n"}}
	enterprise := "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	if !reflect.DeepEqual(shown[enterprise], want) || shown["title"] != "T" || strings.Contains(text(obj{"is": shown}, "is"), "urn:scim:") {
		t.Errorf("it is %v", shown)
	}
	for _, filter := range []string{
		`urn:scim:schemas:core:2.0:User:userName eq "ada@acme.com"`, draft + `1.0:division eq "V"`, draft + `2.0.manager.value eq "n"`,
	} {
		if found := w.made("GET", "/Users?"+query("filter", filter), nil); text(found, "totalResults") != "1" {
			t.Errorf("%s finds %v", filter, found)
		}
	}
	part := w.made("GET", at+"?attributes="+draft+"1.0:division", nil)
	if !reflect.DeepEqual(part[enterprise], obj{"division": "V"}) || part["userName"] != nil {
		t.Errorf("a part is %v", part)
	}
	w.failed(w.send("POST", "/Users", user("x", obj{draft + "2.0": obj{"division": "a"}, enterprise: obj{"division": "b"}})), http.StatusBadRequest, "invalidSyntax", "more than once")
	w.failed(w.send("PATCH", at, patchOf(obj{"op": "add", "path": draft + "1.0:nothing", "value": "x"})), http.StatusBadRequest, "invalidPath")
	w.made("PATCH", at, patchOf(obj{"op": "remove", "path": draft + "1.0"}))
	if shown = w.made("GET", at, nil); shown[enterprise] != nil {
		t.Errorf("it is %v", shown)
	}
}

// TestIndirect: a user shows the groups around their own, each once, also in a circle.
func TestIndirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.addUser("ada@acme.com")
	inner := w.addGroup("inner", ada)
	outer := w.addGroup("outer", inner)
	far := w.addGroup("far", outer)
	before := text(w.made("GET", "/Users/"+ada, nil), "meta.version")
	w.send("PATCH", "/Groups/"+inner, patchOf(obj{"op": "add", "path": "members", "value": []obj{{"value": far}}})).Want(http.StatusNoContent)
	shown := w.made("GET", "/Users/"+ada, nil)
	if !slices.Equal(each(shown["groups"], "value"), []string{inner, outer, far}) || !slices.Equal(each(shown["groups"], "type"), []string{"direct", "indirect", "indirect"}) {
		t.Errorf("groups %v", shown["groups"])
	}
	if text(shown, "meta.version") != before {
		t.Error("the same groups make another version")
	}
	w.send("DELETE", "/Groups/"+outer, nil).Want(http.StatusNoContent)
	shown = w.made("GET", "/Users/"+ada, nil)
	if !slices.Equal(each(shown["groups"], "value"), []string{inner}) || text(shown, "meta.version") == before {
		t.Errorf("groups %v in version %s", shown["groups"], text(shown, "meta.version"))
	}
}

// TestStrictDirectory: what only clients of the types azure and generic may leave to the
// server is refused in a directory of another type.
func TestStrictDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com")
	kind := store.DirectoryType("okta scim v2.0")
	create := patchOf(obj{"op": "replace", "path": `emails[type eq "work"].value`, "value": "a@acme.com"})
	none := obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{}}
	w.update(func(tx *store.Tx) error {
		_, err := tx.UpdateDirectory(w.account, w.directory.ID, store.DirectoryChange{Type: &kind})
		return err
	})
	w.failed(w.send("PATCH", "/Users/"+id, create), http.StatusBadRequest, "noTarget")
	w.failed(w.send("PATCH", "/Users/"+id, none), http.StatusBadRequest, "invalidSyntax", "Operations")
	kind = store.DirectoryAzure
	w.update(func(tx *store.Tx) error {
		_, err := tx.UpdateDirectory(w.account, w.directory.ID, store.DirectoryChange{Type: &kind})
		return err
	})
	made := w.made("PATCH", "/Users/"+id, create)
	if !slices.Equal(each(made["emails"], "value"), []string{"a@acme.com"}) {
		t.Errorf("emails %v", made["emails"])
	}
	w.send("PATCH", "/Users/"+id, none).Want(http.StatusNoContent)
}
