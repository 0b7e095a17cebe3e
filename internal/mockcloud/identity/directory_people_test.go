package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// person is what an identity provider pushes of somebody.
func person(name string, active bool) store.DirectoryUserInput {
	attributes, err := json.Marshal(obj{
		"userName": name, "externalId": "ext " + name, "active": active, "title": "Engineer",
		"emails": []obj{{"value": name, "type": "work", "primary": true}},
	})
	if err != nil {
		panic(err) // texts and a boolean always become JSON
	}
	return store.DirectoryUserInput{
		UserName: name, ExternalID: "ext " + name, Active: active, Email: name, FirstName: "First", Title: "Engineer", Attributes: attributes,
	}
}

// peoplePage is what the tests read of a page.
type peoplePage struct {
	Object string
	Data   []struct {
		ID, Username, Name, State string
		IDPID                     string  `json:"idp_id"`
		HeldReason                *string `json:"held_reason"`
		MembershipID              *string `json:"account_membership_id"`
		RoleSource                *string `json:"role_source"`
		MappingID                 *string `json:"mapping_id"`
	}
	Metadata struct{ Before, After *string } `json:"list_metadata"`
}

func (p peoplePage) names() []string {
	out := []string{}
	for _, row := range p.Data {
		out = append(out, row.Username+row.Name)
	}
	return out
}

func (c *cloud) people(path string, query ...string) (out peoplePage) {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	c.Call("GET", path+"?"+values.Encode(), mocktest.Owner, nil).Want(200).Into(&out)
	return out
}

// peopled has a directory with five people, one of them held, and two groups.
func peopled(t *testing.T) (c *cloud, at string, ada *store.DirectoryUser) {
	t.Helper()
	c = newCloud(t)
	d := c.directory(okta("Okta"))
	c.push(d.ID, func(tx *store.Tx, d *store.Directory) error {
		var ids []uuid.UUID
		for _, name := range []string{"ada@acme.com", "grace@acme.com", "Zoe@acme.com", "held@elsewhere.example", "gone@acme.com"} {
			u, err := tx.AddDirectoryUser(d, person(name, name != "gone@acme.com"))
			if err != nil {
				return err
			}
			ids = append(ids, u.ID)
			if ada == nil {
				ada = u
			}
		}
		for name, members := range map[string][]uuid.UUID{"Platform": ids[:2], "Empty": nil} {
			if _, err := tx.AddDirectoryGroup(d, store.DirectoryGroupChange{DisplayName: &name, Add: members}); err != nil {
				return err
			}
		}
		return nil
	})
	return c, directories + "/" + d.ID, ada
}

// TestDirectoryUsers: the vendor's object, and what came of it in the account.
func TestDirectoryUsers(t *testing.T) {
	t.Parallel()
	c, at, ada := peopled(t)
	var mapping mocktest.Row
	c.Call("POST", at+"/group_role_mappings", mocktest.Owner, obj{
		"match": obj{"group_name": "Platform"}, "account_role_id": c.RoleNamed("Admin").ID, "priority": 1,
	}).Want(201).Into(&mapping)
	c.Call("GET", at+"/users", mocktest.Owner, nil).Want(200,
		`{"object":"list","data":[{"object":"directory_user","id":"`+ada.VendorID()+`","directory_id":"directory_`, `"organization_id":"org_`,
		`"idp_id":"ext ada@acme.com","email":"ada@acme.com","first_name":"First","last_name":null,"emails":[{"primary":true,"type":"work","value":"ada@acme.com"}]`,
		`"username":"ada@acme.com","job_title":"Engineer","state":"active","groups":[{"object":"directory_group","id":"directory_group_`, `"name":"Platform","raw_attributes":{"displayName":"Platform"}`,
		`"raw_attributes":{"active":true,"emails":[{`, `"custom_attributes":{}`, `"list_metadata":{"before":null,"after":null}`)
	all := c.people(at + "/users")
	if got := all.names(); !slices.Equal(got, []string{"ada@acme.com", "grace@acme.com", "Zoe@acme.com", "gone@acme.com"}) {
		t.Errorf("%v", got)
	}
	for i, want := range []string{
		"active mapping " + mapping.ID, "active mapping " + mapping.ID, "active default <nil>", "inactive <nil> <nil>",
	} {
		row := all.Data[i]
		text := func(s *string) string {
			if s == nil {
				return "<nil>"
			}
			return *s
		}
		if got := fmt.Sprint(row.State, " ", text(row.RoleSource), " ", text(row.MappingID)); got != want || (row.MembershipID == nil) != (i == 3) || row.HeldReason != nil {
			t.Errorf("%s: %s, want %s", row.Username, got, want)
		}
	}
	if ada := c.MemberNamed("ada@acme.com"); ada.ID != *all.Data[0].MembershipID || ada.AccountRoleName != "Admin" {
		t.Errorf("%+v", ada)
	}
	c.Call("GET", mocktest.Root+"/account_memberships/"+*all.Data[0].MembershipID, mocktest.Owner, nil).Want(200, `"directory_id":"directory_`)
	c.Call("PATCH", mocktest.Root+"/account_memberships/"+*all.Data[0].MembershipID, mocktest.Owner, obj{"account_role_id": c.RoleNamed("Member").ID}).Want(409, mapping.ID, "Platform")
	held := c.people(at+"/users", "held", "true")
	if got := held.names(); !slices.Equal(got, []string{"held@elsewhere.example"}) || held.Data[0].HeldReason == nil || held.Data[0].MembershipID != nil {
		t.Errorf("%+v", held)
	}
	c.Call("DELETE", mocktest.Root+"/account_memberships/"+*all.Data[2].MembershipID, mocktest.Owner, nil).Want(204)
	held = c.people(at+"/users", "held", "true")
	if got := held.names(); !slices.Equal(got, []string{"Zoe@acme.com", "held@elsewhere.example"}) || !strings.Contains(*held.Data[0].HeldReason, "removed by hand") {
		t.Errorf("%+v", held)
	}
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"metadata":{"users":{"active":4,"inactive":1},"groups":2}`, `"user_count":5`, `"group_count":2`)
}

// TestDirectoryFilter: users and groups are found by SCIM filters.
func TestDirectoryFilter(t *testing.T) {
	t.Parallel()
	c, at, ada := peopled(t)
	for _, tt := range []struct{ path, filter, want string }{
		{"/users", `userName eq "ADA@acme.com"`, "ada@acme.com"},
		{"/users", `userName eq "nobody"`, ""},
		{"/users", `userName eq "ada@acme.com" and active eq false`, ""},
		{"/users", `externalId eq "ext ada@acme.com"`, "ada@acme.com"},
		{"/users", `externalId eq "EXT ada@acme.com"`, ""},
		{"/users", `id eq "` + ada.ID.String() + `"`, "ada@acme.com"},
		{"/users", `id eq "nonsense"`, ""},
		{"/users", `active eq false`, "gone@acme.com"},
		{"/users", `emails[type eq "work" and value sw "gr"] or userName sw "z"`, "grace@acme.com Zoe@acme.com"},
		{"/users", `groups.display eq "Platform"`, "ada@acme.com grace@acme.com"},
		{"/users", `meta.created gt "2025-12-31T00:00:00Z" and userName co "a@acme"`, "ada@acme.com"},
		{"/users", `urn:ietf:params:scim:schemas:core:2.0:User:title eq "engineer" and not (userName ew "acme.com")`, ""},
		{"/groups", `displayName eq "platform"`, "Platform"},
		{"/groups", `members.value eq "` + ada.ID.String() + `"`, "Platform"},
		{"/groups", `not (members pr)`, "Empty"},
		{"/groups", `externalId pr`, ""},
	} {
		if got := strings.Join(c.people(at+tt.path, "filter", tt.filter).names(), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.filter, got, tt.want)
		}
	}
	if got := c.people(at+"/groups", "filter", `displayName sw "p"`); got.Data[0].IDPID == "" || got.Object != "list" {
		t.Errorf("%+v", got)
	}
	for query, says := range map[string][]string{
		"filter=userName+eq":       {`"loc":["query","filter"]`, "at character"},
		"filter=":                  {`"loc":["query","filter"]`},
		"limit=0&held=perhaps":     {`"loc":["query","limit"]`, "greater than or equal to 1", `"loc":["query","held"]`},
		"limit=1001":               {`"loc":["query","limit"]`, "1000"},
		"limit=many":               {`"loc":["query","limit"]`},
		"after=nobody":             {`"loc":["query","after"]`, "directory_user_"},
		"after=directory_group_01": {`"loc":["query","after"]`},
	} {
		c.Call("GET", at+"/users?"+query, mocktest.Owner, nil).Want(422, says...)
	}
}

// TestDirectoryPages: each row comes on one page, whatever comes and goes meanwhile.
func TestDirectoryPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	d := c.directory(okta("Okta"))
	at := directories + "/" + d.ID + "/users"
	var rows []*store.DirectoryUser
	add := func(n int) {
		c.push(d.ID, func(tx *store.Tx, d *store.Directory) error {
			for range n {
				u, err := tx.AddDirectoryUser(d, person(fmt.Sprintf("p%03d@acme.com", len(rows)), true))
				if err != nil {
					return err
				}
				rows = append(rows, u)
			}
			return nil
		})
	}
	add(450)
	walk := func(limit int, between func(page peoplePage), query ...string) (names []string) {
		after := ""
		for range 100 {
			page := c.people(at, append([]string{"limit", strconv.Itoa(limit), "after", after}, query...)...)
			names = append(names, page.names()...)
			if len(page.Data) > limit {
				t.Fatalf("%d rows", len(page.Data))
			}
			if page.Metadata.After == nil {
				return names
			}
			if after = *page.Metadata.After; after != page.Data[limit-1].ID {
				t.Fatalf("%s is not the last row", after)
			}
			between(page)
		}
		t.Fatal("there is no end")
		return nil
	}
	first := c.people(at)
	if len(first.Data) != 100 || first.Metadata.After == nil {
		t.Errorf("%d rows", len(first.Data))
	}
	if got := walk(150, func(peoplePage) {}); len(got) != 450 || !slices.IsSorted(got) {
		t.Errorf("%d rows", len(got))
	}
	if got := walk(7, func(peoplePage) {}, "filter", `userName ew "5@acme.com"`); len(got) != 45 || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
	// The last row of each page goes, and others come.
	gone := 0
	got := walk(100, func(page peoplePage) {
		last := slices.IndexFunc(rows, func(u *store.DirectoryUser) bool { return u.VendorID() == page.Data[99].ID })
		c.push(d.ID, func(tx *store.Tx, d *store.Directory) error { return tx.DeleteDirectoryUser(d, rows[last].ID) })
		gone++
		if gone == 1 {
			add(10)
		}
	})
	for i := range 460 {
		if want := fmt.Sprintf("p%03d@acme.com", i); i >= len(got) || got[i] != want {
			t.Fatalf("%s is not in its place: %v", want, got)
		}
	}
}

// TestNoTokenLeaves: a token's secret is in the answer to its making, and nowhere
// else, the state file included.
func TestNoTokenLeaves(t *testing.T) {
	t.Parallel()
	const own = "the-secret-of-a-caller-0123456789-abcdef"
	log := &mocktest.Log{}
	file := filepath.Join(t.TempDir(), "state")
	s := mocktest.Start(t, mockcloud.Config{StateFile: file, Logger: slog.New(slog.NewJSONHandler(log, nil))})
	var d directory
	s.Call("POST", directories, mocktest.Owner, okta("one")).Want(201).Into(&d)
	at := directories + "/" + d.ID + "/tokens"
	var made struct{ Token string }
	s.Call("POST", at, mocktest.Owner, obj{"name": "made"}, "Idempotency-Key", "k").Want(201).Into(&made)
	s.Call("POST", at, mocktest.Owner, obj{"name": "made"}, "Idempotency-Key", "k").Want(201, made.Token)
	shown := []string{
		s.Call("POST", at, mocktest.Owner, obj{"name": "own", "token": own}, "Idempotency-Key", "own").Want(201).Body,
		s.Call("POST", at, mocktest.Owner, obj{"name": "own", "token": own}).Want(409).Body,
		s.Call("GET", at, mocktest.Owner, nil).Want(200).Body,
		s.Call("GET", directories, mocktest.Owner, nil).Want(200).Body,
		s.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200).Body,
		s.Call("POST", mocktest.Root+"/events/filter", mocktest.Owner, obj{}).Want(200, "prefect-cloud.scim-token.created").Body,
		s.Call("GET", "/_mockcloud/snapshot", "", nil).Want(200, "scim_tokens").Body,
		log.String(),
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range append(shown, string(raw)) {
		for _, secret := range slices.Concat(encodings(own), encodings(made.Token)) {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is in place %d", i)
			}
		}
	}
}

// encodings are how a secret may stand in a file: as it is, or in base64.
func encodings(secret string) []string {
	out := []string{secret}
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte("xxx"[:before] + secret))
		out = append(out, encoded[4:len(encoded)-4])
	}
	return out
}
