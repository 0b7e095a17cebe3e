package store

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// TestCompareMappings: priority, then kind, then bytes, then age. Any order of the same mappings is sorted alike.
func TestCompareMappings(t *testing.T) {
	t.Parallel()
	older, younger := start, start.Add(time.Second)
	match := func(kind, what, equals string) MappingMatch {
		switch kind {
		case "group_id":
			return MappingMatch{GroupID: what}
		case "group_name":
			return MappingMatch{GroupName: what}
		}
		return MappingMatch{Attribute: what, Equals: equals}
	}
	sorted := []*GroupRoleMapping{
		{ID: uuid.New(), Priority: 9, Match: match("group_name", "zz", "")},
		{ID: uuid.New(), Priority: 1, Match: match("attribute", "Title", "a")},
		{ID: uuid.New(), Priority: 1, Match: match("attribute", "title", "a")},
		{ID: uuid.New(), Priority: 1, Match: match("attribute", "title", "b")},
		{ID: uuid.New(), Priority: 1, Match: match("attribute", "titles", "a")},
		{ID: uuid.New(), Priority: 1, Match: match("group_id", "directory_group_0", "")},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "A", ""), Created: older},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "A", ""), Created: younger},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "AA", "")},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "B", "")},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "a", "")},
		{ID: uuid.New(), Priority: 1, Match: match("group_name", "é", "")},
		{ID: uuid.New(), Priority: -1, Match: match("attribute", "a", "a")},
	}
	for range 20 {
		mixed := slices.Clone(sorted)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if slices.SortFunc(mixed, compareMappings); !slices.Equal(mixed, sorted) {
			t.Fatalf("sorted as %+v", mixed)
		}
	}
}

// TestMappingsSwap: two mappings swap their matches one after the other. While both have the same, the older one
// counts; in the end everybody has what the configuration says, and the indexes are whole.
func TestMappingsSwap(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	admins, auditors := s.mapTo("Admins", AdminRoleID, 5), s.mapTo("Auditors", s.auditor.ID, 5)
	s.push("ann", true)
	s.push("bob", true)
	s.group("Admins", "ann", "bob")
	s.group("Auditors", "bob")
	want := func(when, ann, bob string) {
		t.Helper()
		if gotAnn, gotBob := s.is("ann"), s.is("bob"); gotAnn != ann || gotBob != bob {
			t.Errorf("%s: ann has %s, bob has %s", when, gotAnn, gotBob)
		}
		checkIndexes(t, s.store.data)
	}
	rematch := func(id uuid.UUID, group string) {
		t.Helper()
		s.do(func(tx *Tx) error {
			_, err := tx.UpdateGroupMapping(s.acme, s.directory, id, GroupMappingChange{Match: &MappingMatch{GroupName: group}})
			return err
		})
	}
	want("of equal priorities Admins sorts first", "Admin mapping", "Admin mapping")
	rematch(auditors, "Admins")
	want("both are for Admins", "Admin mapping", "Admin mapping")
	rematch(admins, "Auditors")
	want("swapped", "Auditor mapping", "Auditor mapping")
	rematch(admins, "Admins")
	want("both are for Admins again", "Admin mapping", "Admin mapping")
	err := s.store.Update(Actor{}, func(tx *Tx) error {
		_, err := tx.AddGroupMapping(s.acme, s.directory, NewGroupMapping{Match: MappingMatch{GroupName: "Admins"}, RoleID: AdminRoleID, Priority: 9})
		return err
	})
	var conflict *Conflict
	if !errors.As(err, &conflict) || conflict.ExistingID != admins.String() {
		t.Errorf("a third one: %v", err)
	}
	s.do(func(tx *Tx) error { return tx.DeleteGroupMapping(s.acme, s.directory, admins) })
	want("one is left", "Auditor mapping", "Auditor mapping")
}

// TestOriginIsKept: who made a thing and with which key is there after a restart; rows from before it was kept have
// neither.
func TestOriginIsKept(t *testing.T) {
	t.Parallel()
	w, path := newDurableWorld(t)
	by := w.actor("owner")
	var made *Directory
	err := w.store.Update(by, func(tx *Tx) (err error) {
		tx.UseKey("k")
		made, err = tx.AddDirectory(w.acme, DirectoryChange{Name: new("Okta"), Type: new(DirectoryType("okta scim v2.0"))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again := reopen(t, w.store, path)
	err = again.View(func(r *Reader) error {
		if d, ok := r.DirectoryCreatedWith(by, w.acme, "k"); !ok || d.ID != made.ID || d.CreatedBy != by.ActorID {
			t.Errorf("%+v", d)
		}
		if d, ok := r.DirectoryCreatedWith(Actor{ActorID: uuid.New()}, w.acme, "k"); ok {
			t.Errorf("somebody else finds %+v", d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	checkIndexes(t, again.data)
	old, err := table.Decode[Directory]([]journal.Row{{Value: []byte(`{"ID":"directory_x","Name":"Old"}`)}})
	if err != nil || old[0].CreatedBy != uuid.Nil || old[0].CreateKey != (secretHash{}) {
		t.Errorf("an old row: %+v, %v", old, err)
	}
}
