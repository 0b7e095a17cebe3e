package table

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

type house struct {
	ID      uuid.UUID
	Created time.Time
	Name    string
}

type room struct {
	ID, HouseID uuid.UUID
	Created     time.Time
	Number      int
	Doors       []string
	Code        string `secret:"true"`
}

type chair struct {
	ID     uuid.UUID
	In     string // the room's house and number
	Broken bool
}

// plan is a schema of three tables: chairs go with their room, rooms with their house.
type plan struct {
	Schema
	houses        *Table[house]
	houseByName   *UniqueIndex[string, house]
	rooms         *Table[room]
	roomsByHouse  *GroupIndex[uuid.UUID, room]
	roomByDoor    *SpreadIndex[string, room]
	roomsDownward *GroupIndex[struct{}, room]
	chairs        *Table[chair]
	chairsIn      *GroupIndex[string, chair]
	broken        *CountIndex[string, chair]
}

func newPlan() *plan {
	p := new(plan)
	p.houses = Declare(&p.Schema, "houses", func(h *house) (uuid.UUID, time.Time) { return h.ID, h.Created })
	p.houseByName = Unique(p.houses, func(h *house) (string, bool) { return h.Name, h.Name != "" })
	p.rooms = Declare(&p.Schema, "rooms", func(r *room) (uuid.UUID, time.Time) { return r.ID, r.Created }, Sealed)
	p.roomsByHouse = Group(p.rooms, func(r *room) (uuid.UUID, bool) { return r.HouseID, true }, DeletedWith(p.houses))
	p.roomByDoor = Spread(p.rooms, func(r *room) []string { return r.Doors })
	p.roomsDownward = GroupSorted(p.rooms, func(*room) (struct{}, bool) { return struct{}{}, true }, func(a, b *room) int { return -p.rooms.Compare(a, b) })
	p.chairs = Declare(&p.Schema, "chairs", func(c *chair) (uuid.UUID, time.Time) { return c.ID, time.Time{} })
	p.chairsIn = Group(p.chairs, func(c *chair) (string, bool) { return c.In, true }, DeletedWithKey(p.rooms, (*room).place))
	p.broken = Count(p.chairs, func(c *chair) (string, bool) { return c.In, c.Broken })
	return p
}

func (r *room) place() string { return r.HouseID.String() + string(rune('0'+r.Number)) }

// TestDeletionFollowsOwners: with a row goes what is its, and what is that's, and nothing
// else; undone, all of it is back.
func TestDeletionFollowsOwners(t *testing.T) {
	t.Parallel()
	p := newPlan()
	db := p.New()
	one, two := &house{ID: uuid.UUID{1}, Name: "one"}, &house{ID: uuid.UUID{2}, Name: "two"}
	p.houses.Put(db, one)
	p.houses.Put(db, two)
	for i, h := range []*house{one, one, two} {
		r := &room{ID: uuid.UUID{byte(i + 1)}, HouseID: h.ID, Created: time.Unix(int64(i), 0), Number: i, Doors: []string{string(rune('a' + i))}}
		p.rooms.Put(db, r)
		p.chairs.Put(db, &chair{ID: uuid.UUID{byte(i + 1)}, In: r.place(), Broken: true})
		p.chairs.Put(db, &chair{ID: uuid.UUID{byte(i + 11)}, In: r.place()})
	}
	db.Commit()
	before := db.Rows()
	p.houses.Delete(db, one.ID)
	p.houses.Delete(db, one.ID) // it is gone: nothing happens
	want := []string{
		"chairs " + uuid.UUID{3}.String(), "chairs " + uuid.UUID{13}.String(), "houses " + two.ID.String(), "rooms " + uuid.UUID{3}.String(),
	}
	if got := slices.Sorted(maps.Keys(db.Rows())); !slices.Equal(got, want) {
		t.Errorf("left are %q", got)
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
	b, err := db.Write()
	if err != nil || len(b.Changes) != 1+2+4 || slices.ContainsFunc(b.Changes, func(c journal.Change) bool { return c.Value != nil }) {
		t.Errorf("%d changes, %v", len(b.Changes), err)
	}
	db.Undo()
	if !maps.Equal(before, db.Rows()) {
		t.Error("undone, something is missing")
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}

// TestIndexes asks each kind.
func TestIndexes(t *testing.T) {
	t.Parallel()
	p := newPlan()
	db := p.New()
	for i, name := range []string{"a", "", "b"} {
		p.houses.Put(db, &house{ID: uuid.UUID{byte(i)}, Created: time.Unix(int64(9-i), 0), Name: name})
		p.rooms.Put(db, &room{ID: uuid.UUID{byte(i)}, Created: time.Unix(int64(i), 0), Doors: []string{name}})
		p.chairs.Put(db, &chair{ID: uuid.UUID{byte(i)}, In: "x", Broken: i > 0})
	}
	if h, ok := p.houseByName.Get(db, "b"); !ok || h.ID != (uuid.UUID{2}) {
		t.Errorf("%+v", h)
	}
	if _, ok := p.houseByName.Get(db, ""); ok {
		t.Error("a row without a key is found by it")
	}
	if list := p.houses.List(db); len(list) != 3 || list[0].Name != "b" {
		t.Errorf("%+v", list)
	}
	if r, ok := p.roomByDoor.Get(db, "a"); !ok || r.ID != (uuid.UUID{}) {
		t.Errorf("%+v", r)
	}
	if down := p.roomsDownward.Get(db, struct{}{}); len(down) != 3 || down[0].ID != (uuid.UUID{2}) {
		t.Errorf("%+v", down)
	}
	if n := p.broken.Get(db, "x"); n != 2 {
		t.Errorf("%d are broken", n)
	}
	if row := p.chairs.Row(db, uuid.UUID{9}); row != nil {
		t.Errorf("%+v", row)
	}
}

// TestRowsAreKept: what is written comes back, with its indexes, and secrets are not
// shown.
func TestRowsAreKept(t *testing.T) {
	t.Parallel()
	p := newPlan()
	db := p.New()
	p.rooms.Put(db, &room{ID: uuid.UUID{1}, HouseID: uuid.UUID{7}, Number: 3, Doors: []string{"front"}, Code: "hidden"})
	b, err := db.Write()
	if err != nil {
		t.Fatal(err)
	}
	rows := []journal.Row{{Key: b.Changes[0].Key, Value: b.Changes[0].Value}}
	again := p.New()
	if err := again.Contents()["rooms"].Load(rows); err != nil {
		t.Fatal(err)
	}
	if err := again.Check(); err != nil {
		t.Error(err)
	}
	if r, ok := p.roomByDoor.Get(again, "front"); !ok || r.Code != "hidden" || len(p.roomsByHouse.Get(again, uuid.UUID{7})) != 1 {
		t.Errorf("%+v", r)
	}
	shown, err := again.Contents()["rooms"].Describe()
	raw, _ := json.Marshal(shown)
	if err != nil || strings.Contains(string(raw), "hidden") || !strings.Contains(string(raw), `"number":3`) {
		t.Errorf("%s, %v", raw, err)
	}
	for _, row := range []journal.Row{{Key: []byte("short"), Value: []byte("{}")}, {Key: rows[0].Key, Value: []byte("{")}} {
		if err := p.New().Contents()["rooms"].Load([]journal.Row{row}); err == nil {
			t.Errorf("%q was taken", row.Value)
		}
	}
	if !maps.Equal(p.Sealed(), map[string]bool{"houses": false, "rooms": true, "chairs": false}) {
		t.Errorf("%v", p.Sealed())
	}
}

// TestNameIsTaken: of two tables with one name a state file would keep one.
func TestNameIsTaken(t *testing.T) {
	t.Parallel()
	p := newPlan()
	defer func() {
		if recover() == nil {
			t.Error("two tables have one name")
		}
	}()
	Declare(&p.Schema, "rooms", func(h *house) (uuid.UUID, time.Time) { return h.ID, h.Created })
}

// TestAnyHistory: whatever is put, deleted and undone, the indexes are those of the rows,
// and nothing outlives its owner.
func TestAnyHistory(t *testing.T) {
	t.Parallel()
	p := newPlan()
	rapid.Check(t, func(t *rapid.T) {
		db := p.New()
		id := func(label string) uuid.UUID { return uuid.UUID{byte(rapid.IntRange(1, 4).Draw(t, label))} }
		name := func(id uuid.UUID) string {
			return rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name") + id.String()
		}
		for range rapid.IntRange(1, 40).Draw(t, "transactions") {
			before := db.Rows()
			for range rapid.IntRange(1, 5).Draw(t, "steps") {
				switch rapid.IntRange(0, 5).Draw(t, "what") {
				case 0:
					own := id("house")
					p.houses.Put(db, &house{ID: own, Name: name(own)})
				case 1:
					if h, ok := p.houses.Get(db, id("its house")); ok {
						own, created := id("room"), time.Unix(int64(rapid.IntRange(0, 2).Draw(t, "created")), 0)
						p.rooms.Put(db, &room{ID: own, HouseID: h.ID, Created: created, Doors: []string{name(own)}})
					}
				case 2:
					if r, ok := p.rooms.Get(db, id("its room")); ok {
						p.chairs.Put(db, &chair{ID: id("chair"), In: r.place(), Broken: rapid.Bool().Draw(t, "broken")})
					}
				case 3:
					p.houses.Delete(db, id("house"))
				case 4:
					p.rooms.Delete(db, id("room"))
				case 5:
					p.chairs.Delete(db, id("chair"))
				}
			}
			if rapid.Bool().Draw(t, "undone") {
				if db.Undo(); !maps.Equal(before, db.Rows()) {
					t.Fatal("what was undone left something behind")
				}
			}
			db.Commit()
			if err := db.Check(); err != nil {
				t.Fatal(err)
			}
			for _, r := range p.rooms.All(db) {
				if p.houses.Row(db, r.HouseID) == nil {
					t.Fatalf("%+v is in no house", r)
				}
			}
		}
	})
}
