package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const directories = mocktest.Root + "/sso/directories"

// directory is what the tests read of a directory.
type directory struct {
	ID, Name, Type, State string
	ExternalKey           string `json:"external_key"`
	Endpoint              string `json:"scim_endpoint"`
}

func okta(name string) obj { return obj{"name": name, "type": "okta scim v2.0"} }

// directory makes a directory in the Owner's name.
func (c *cloud) directory(body obj) (out directory) {
	c.t.Helper()
	c.Call("POST", directories, mocktest.Owner, body).Want(201).Into(&out)
	return out
}

// push makes a change in a directory's name.
func (c *cloud) push(id string, change func(*store.Tx, *store.Directory) error) {
	c.t.Helper()
	var d *store.Directory
	err := c.state.View(func(r *store.Reader) (err error) {
		d, err = r.Directory(c.account, id)
		return err
	})
	if err == nil {
		err = c.state.Update(store.DirectoryActor(d), func(tx *store.Tx) error { return change(tx, d) })
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// sync is what an identity provider's first request does to a directory.
func (c *cloud) sync(id, endpoint, secret string) {
	c.t.Helper()
	c.push(id, func(tx *store.Tx, _ *store.Directory) error {
		d, token, err := tx.AuthenticateSCIM(endpoint, secret)
		if err == nil {
			tx.TouchSCIM(d, token)
		}
		return err
	})
}

// TestDirectoryWrites walks the life of a directory.
func TestDirectoryWrites(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Call("GET", directories, mocktest.Owner, nil).Want(200, "[]")
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"scim_state":"NEEDS_ORGANIZATION_ID"`)
	one := c.directory(okta("Okta"))
	at := directories + "/" + one.ID
	if !strings.HasPrefix(one.ID, "directory_") || len(one.ID) != 36 || one.State != "validating" || one.Endpoint != c.URL+"/scim/v2.0/"+one.ExternalKey || len(one.ExternalKey) < 20 {
		t.Errorf("%+v", one)
	}
	member := c.RoleNamed("Member").ID
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"object":"directory"`, `"organization_id":"org_`, `"domain":null`,
		`"metadata":{"users":{"active":0,"inactive":0},"groups":0}`, `"default_account_role_id":"`+member+`"`, `"deprovision_action":"deactivate"`,
		`"sync_groups_to_teams":true`, `"allowed_domains":null`, `"user_count":0`, `"group_count":0`, `"last_synced_at":null`)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"scim_state":"NEEDS_CONFIGURATION"`, `"workos_directory_ids":[]`)
	c.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(409, "set up already")
	c.Call("GET", mocktest.Root+"/sso/setup_url", mocktest.Owner, nil).Want(200)

	admin := c.RoleNamed("Admin").ID
	patch := func(body obj, says ...string) {
		t.Helper()
		c.Call("PATCH", at, mocktest.Owner, body).Want(200, says...)
	}
	patch(obj{"name": "Directory", "type": "azure scim v2.0", "default_account_role_id": admin, "deprovision_action": "delete", "sync_groups_to_teams": false, "allowed_domains": []string{"ACME.com"}},
		`"name":"Directory"`, `"type":"azure scim v2.0"`, `"default_account_role_id":"`+admin+`"`, `"deprovision_action":"delete"`,
		`"sync_groups_to_teams":false`, `"allowed_domains":["acme.com"]`, `"scim_endpoint":"`+one.Endpoint+`"`)
	patch(obj{}, `"allowed_domains":["acme.com"]`)
	patch(obj{"allowed_domains": nil, "name": nil}, `"allowed_domains":null`, `"name":"Directory"`)
	patch(obj{"allowed_domains": []string{}}, `"allowed_domains":[]`)
	patch(obj{"state": "linked"}, `"state":"validating"`) // it has to sync first

	var token struct{ Token string }
	c.Call("POST", at+"/tokens", mocktest.Owner, obj{"name": "one"}).Want(201).Into(&token)
	c.sync(one.ID, one.ExternalKey, token.Token)
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"state":"linked"`, `"last_synced_at":"2026-01-01T12:00:0`)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"scim_state":"ENABLED"`, `"workos_directory_ids":["`+one.ID+`"]`)
	c.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200, `"directories":[{"object":"directory","id":"`+one.ID+`"`, `"state":"linked"`)
	patch(obj{"state": "unlinked"}, `"state":"unlinked"`)
	c.Call("GET", mocktest.Root, mocktest.Owner, nil).Want(200, `"scim_state":"NEEDS_CONFIGURATION"`, `"workos_directory_ids":[]`)
	patch(obj{"state": "linked"}, `"state":"linked"`)
	c.Call("PATCH", mocktest.Root, mocktest.Owner, obj{"workos_directory_ids": []string{}}).Want(204)
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"state":"unlinked"`)

	two := c.directory(okta("Other"))
	c.Call("GET", directories, mocktest.Owner, nil).Want(200, `[{"object":"directory","id":"`+one.ID, `,{"object":"directory","id":"`+two.ID)
	c.Call("DELETE", at, mocktest.Owner, nil).Want(204)
	c.Call("DELETE", at, mocktest.Owner, nil).Want(404, "Directory not found")
	c.Call("DELETE", mocktest.Root+"/sso/integrations/"+one.ID, mocktest.Owner, nil).Want(404, "Integration not found")
	c.Call("DELETE", mocktest.Root+"/sso/integrations/"+two.ID, mocktest.Owner, nil).Want(204)
	c.Call("GET", directories, mocktest.Owner, nil).Want(200, "[]")
	c.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(200)
}

// TestDirectoryMistakes: each mistake is named where it is, and leaves everything as
// it was.
func TestDirectoryMistakes(t *testing.T) {
	t.Parallel()
	with := func(name string, value any) obj {
		body := okta("x")
		body[name] = value
		return body
	}
	for name, tt := range map[string]struct {
		body   obj
		status int
		says   []string
	}{
		"nothing":          {obj{}, 422, []string{`"loc":["body","name"]`, `"loc":["body","type"]`}},
		"a blank name":     {okta(" "), 422, []string{`"loc":["body","name"]`}},
		"a long name":      {okta(strings.Repeat("x", 256)), 422, []string{`"loc":["body","name"]`, "255"}},
		"the same name":    {okta("taken"), 409, []string{"A directory named taken exists already"}},
		"an unknown type":  {with("type", "workday"), 422, []string{`"loc":["body","type"]`, "'okta scim v2.0'"}},
		"a state":          {with("state", "linked"), 422, []string{`"loc":["body","state"]`, "extra_forbidden"}},
		"no role's id":     {with("default_account_role_id", "Member"), 422, []string{`"loc":["body","default_account_role_id"]`, "uuid_parsing"}},
		"an unknown role":  {with("default_account_role_id", mocktest.Account), 422, []string{`"loc":["body","default_account_role_id"]`, "no role"}},
		"another action":   {with("deprovision_action", "ignore"), 422, []string{`"loc":["body","deprovision_action"]`, "'deactivate' or 'delete'"}},
		"no boolean":       {with("sync_groups_to_teams", []int{}), 422, []string{`"loc":["body","sync_groups_to_teams"]`, "bool_type"}},
		"a foreign domain": {with("allowed_domains", []string{"acme.com", "x.example"}), 422, []string{`"loc":["body","allowed_domains",1]`, "x.example is not enabled"}},
		"no list":          {with("allowed_domains", "acme.com"), 422, []string{`"loc":["body","allowed_domains"]`, "list_type"}},
		"an endpoint":      {with("scim_endpoint", "x"), 422, []string{`"loc":["body","scim_endpoint"]`, "extra_forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.directory(okta("taken"))
			before := c.Call("GET", directories, mocktest.Owner, nil).Body
			c.In(t).Call("POST", directories, mocktest.Owner, tt.body).Want(tt.status, tt.says...)
			if got := c.Call("GET", directories, mocktest.Owner, nil).Body; got != before {
				t.Errorf("%s\nwas\n%s", got, before)
			}
		})
	}
	c := newCloud(t)
	one := c.directory(okta("one"))
	c.directory(okta("two"))
	c.Call("PATCH", directories+"/"+one.ID, mocktest.Owner, obj{"state": "validating"}).Want(422, `"loc":["body","state"]`, "'linked' or 'unlinked'")
	c.Call("PATCH", directories+"/"+one.ID, mocktest.Owner, obj{"name": "two"}).Want(409, "exists already")
	// A caller cannot grant by a directory what they lack.
	c.Call("PATCH", directories+"/"+one.ID, mocktest.Admin, obj{"default_account_role_id": c.RoleNamed("Owner").ID}).Want(403, "bypass:sso")
}

// TestCreateDirectoryOnce: with an Idempotency-Key the same create is done once.
func TestCreateDirectoryOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	at := directories + "/" + c.directory(okta("one")).ID
	for path, body := range map[string]obj{
		directories:                 okta("two"),
		at + "/tokens":              {"name": "token"},
		at + "/group_role_mappings": {"match": obj{"group_name": "a"}, "account_role_id": c.RoleNamed("Admin").ID, "priority": 1},
	} {
		first := c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", "key").Want(201)
		if replayed := c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", "key").Want(201); replayed.Body != first.Body {
			t.Errorf("%s\n%s", first.Body, replayed.Body)
		}
		for field, other := range map[string]any{"name": "other", "priority": 2} {
			if body[field] != nil {
				body[field] = other
			}
		}
		c.Call("POST", path, mocktest.Owner, body, "Idempotency-Key", "key").Want(422, "another body")
	}
	var all []directory
	c.Call("GET", directories, mocktest.Owner, nil).Want(200).Into(&all)
	if len(all) != 2 {
		t.Errorf("%+v", all)
	}
}

// TestWhoConfiguresDirectories: administrators of single sign-on, of this account, on
// a plan that has it.
func TestWhoConfiguresDirectories(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [scim]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, role: Member, api_key: pnu_ada}
  - id: `+otherAccount+`
    handle: globex
    features: [scim]
    users: [{email: owner@globex.com, role: Owner, api_key: pnu_globex}]
  - id: `+smallAccount+`
    handle: small
    features: [sso]
    users: [{email: owner@small.com, role: Owner, api_key: pnu_small}]
`)})
	var d directory
	s.Call("POST", directories, mocktest.Owner, okta("one")).Want(201).Into(&d)
	one := "/" + d.ID
	var token, mapping mocktest.Row
	s.Call("POST", directories+one+"/tokens", mocktest.Owner, obj{"name": "one"}).Want(201).Into(&token)
	s.Call("POST", directories+one+"/group_role_mappings", mocktest.Owner, obj{
		"match": obj{"group_name": "a"}, "account_role_id": s.RoleNamed("Admin").ID, "priority": 1,
	}).Want(201).Into(&mapping)
	calls := [][2]string{
		{"GET", ""},
		{"POST", ""},
		{"GET", one},
		{"PATCH", one},
		{"GET", one + "/tokens"},
		{"POST", one + "/tokens"},
		{"DELETE", one + "/tokens/" + token.ID},
		{"GET", one + "/group_role_mappings"},
		{"POST", one + "/group_role_mappings"},
		{"GET", one + "/group_role_mappings/" + mapping.ID},
		{"PATCH", one + "/group_role_mappings/" + mapping.ID},
		{"DELETE", one + "/group_role_mappings/" + mapping.ID},
		{"GET", one + "/users"},
		{"GET", one + "/groups"},
		{"DELETE", one},
	}
	bodies := map[string]obj{
		"/tokens":              {"name": "x"},
		"/group_role_mappings": {"match": obj{"group_name": "b"}, "account_role_id": s.RoleNamed("Member").ID, "priority": 2},
	}
	for _, call := range calls {
		body := bodies[strings.TrimPrefix(call[1], one)]
		if body == nil || call[0] != "POST" {
			body = obj{}
		}
		in := func(account string) string {
			return strings.Replace(directories, mocktest.Account, account, 1) + call[1]
		}
		s.Call(call[0], in(mocktest.Account), mocktest.Member, body).Want(403, "administrate:sso")
		s.Call(call[0], in(mocktest.Account), "", body).Want(401)
		s.Call(call[0], in(mocktest.Account), "pnu_globex", body).Want(404, "Account not found")
		s.Call(call[0], in(smallAccount), "pnu_small", body).Want(403, `\"scim\"`, "Enterprise plan")
		if call[1] != "" {
			// Somebody else's directory is as if it were not there.
			s.Call(call[0], in(otherAccount), "pnu_globex", body).Want(404)
		}
	}
	s.Call("GET", directories+one, mocktest.Owner, nil).Want(200)
	s.Call("GET", directories+one+"/tokens", mocktest.Owner, nil).Want(200, token.ID)
	s.Call("GET", directories+one+"/group_role_mappings/"+mapping.ID, mocktest.Owner, nil).Want(200)
	for _, call := range calls[2:] {
		for _, unknown := range []string{"/directory_00000000000000000000000000", "/nonsense"} {
			path := directories + strings.Replace(call[1], one, unknown, 1)
			body := bodies[strings.TrimPrefix(call[1], one)]
			if body == nil || call[0] != "POST" {
				body = obj{}
			}
			s.Call(call[0], path, mocktest.Owner, body).Want(404, "not found")
		}
	}
	for _, path := range []string{"/tokens/x", "/group_role_mappings/x"} {
		s.Call("DELETE", directories+one+path, mocktest.Owner, nil).Want(422, "uuid_parsing", `"path"`)
	}
	s.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(403, `\"sso\"`)
}

const (
	otherAccount = "0c1f1d2e-0000-4000-8000-000000000002"
	smallAccount = "0c1f1d2e-0000-4000-8000-000000000003"
)

// TestPublishedDirectories: today's Prefect Cloud shows directories and removes them,
// and has nothing else of them.
func TestPublishedDirectories(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{PublishedOnly: true, Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim]
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
    directories: [{name: Okta, type: okta scim v2.0}]
`)})
	s.Call("GET", directories, mocktest.Owner, nil).Want(404, "Not Found")
	s.Call("POST", directories, mocktest.Owner, okta("x")).Want(404, "Not Found")
	var out struct{ Directories []directory }
	s.Call("GET", mocktest.Root+"/sso/integrations", mocktest.Owner, nil).Want(200, `"external_key"`).Into(&out)
	if len(out.Directories) != 1 || out.Directories[0].Name != "Okta" || out.Directories[0].Endpoint != "" {
		t.Fatalf("%+v", out)
	}
	s.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(409)
	s.Call("DELETE", mocktest.Root+"/sso/integrations/"+out.Directories[0].ID, mocktest.Owner, nil).Want(204)
	s.Call("GET", mocktest.Root+"/sso/dsync_setup_url", mocktest.Owner, nil).Want(200)
}

// TestTokens: at most two live at once, and a secret is used once.
func TestTokens(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	one := c.directory(okta("one"))
	at := directories + "/" + one.ID + "/tokens"
	type token struct {
		ID, Name, Token string
		Suffix          string     `json:"token_suffix"`
		Expires         *time.Time `json:"expires_at"`
		LastUsed        *time.Time `json:"last_used_at"`
		Run             bool
	}
	create := func(body obj) (out token) {
		t.Helper()
		c.Call("POST", at, mocktest.Owner, body).Want(201).Into(&out)
		return out
	}
	list := func() (out []token) {
		t.Helper()
		c.Call("GET", at, mocktest.Owner, nil).Want(200).Into(&out)
		return out
	}
	const own = "abcdefghijklmnopqrstuvwxyz._~+/-0123456789=="
	first := create(obj{"name": "first"})
	if len(first.Token) < 26 || first.Suffix != first.Token[len(first.Token)-4:] || first.Expires != nil || first.LastUsed != nil || first.Run {
		t.Errorf("%+v", first)
	}
	second := create(obj{"name": "second", "token": own, "expires_at": "2026-02-01T00:00:00Z"})
	if second.Token != "" || second.Suffix != "89==" || second.Expires == nil || second.Expires.Month() != time.February {
		t.Errorf("%+v", second)
	}
	c.Call("POST", at, mocktest.Owner, obj{"name": "third"}).Want(409, "2 live tokens", "first (…"+first.Suffix+") and second (…89==)")
	run := create(obj{"name": "run", "run": true})
	if !run.Run || run.Expires == nil || run.Expires.Sub(c.clock.Now()) > time.Hour+time.Second {
		t.Errorf("%+v", run)
	}
	c.sync(one.ID, one.ExternalKey, own)
	if got := list(); len(got) != 3 || got[0].Name != "first" || got[1].LastUsed == nil || got[0].Token+got[1].Token+got[2].Token != "" {
		t.Errorf("%+v", got)
	}
	c.Call("DELETE", at+"/"+second.ID, mocktest.Owner, nil).Want(204)
	c.Call("DELETE", at+"/"+second.ID, mocktest.Owner, nil).Want(404, "SCIM token not found")
	c.Call("POST", at, mocktest.Owner, obj{"name": "x", "token": own}).Want(409, "used before")

	create(obj{"name": "next", "old_token_expires_in_seconds": 60})
	if got := list(); len(got) != 3 || got[0].Expires == nil || got[0].Expires.Sub(c.clock.Now()).Round(time.Second) != time.Minute || got[2].Expires != nil {
		t.Errorf("%+v", got)
	}
	c.clock.Advance(61 * time.Second)
	if got := list(); len(got) != 2 || got[1].Name != "next" {
		t.Errorf("%+v", got)
	}
	c.clock.Advance(time.Hour)
	if got := list(); len(got) != 1 {
		t.Errorf("a token for one run is still there: %+v", got)
	}
	for name, tt := range map[string]struct {
		body obj
		says []string
	}{
		"nothing":          {obj{}, []string{`"loc":["body","name"]`}},
		"too short":        {obj{"name": "x", "token": "short"}, []string{`"loc":["body","token"]`, "32 to 512"}},
		"too long":         {obj{"name": "x", "token": strings.Repeat("x", 513)}, []string{`"loc":["body","token"]`, "512"}},
		"other characters": {obj{"name": "x", "token": strings.Repeat("ö", 40)}, []string{`"loc":["body","token"]`, "A-Z a-z 0-9"}},
		"over already":     {obj{"name": "x", "expires_at": "2025-01-01"}, []string{`"loc":["body","expires_at"]`, "in the future"}},
		"no time":          {obj{"name": "x", "expires_at": "soon"}, []string{`"loc":["body","expires_at"]`}},
		"a long run":       {obj{"name": "x", "run": true, "expires_at": "2026-03-01"}, []string{`"loc":["body","expires_at"]`, "an hour"}},
		"a long overlap":   {obj{"name": "x", "old_token_expires_in_seconds": 172801}, []string{`"loc":["body","old_token_expires_in_seconds"]`, "172800"}},
		"before now":       {obj{"name": "x", "old_token_expires_in_seconds": -1}, []string{`"loc":["body","old_token_expires_in_seconds"]`}},
		"a suffix":         {obj{"name": "x", "token_suffix": "x"}, []string{`"loc":["body","token_suffix"]`, "extra_forbidden"}},
	} {
		answer := c.Call("POST", at, mocktest.Owner, tt.body).Want(422, tt.says...)
		if given, _ := tt.body["token"].(string); given != "" && strings.Contains(answer.Body, given) {
			t.Errorf("%s: the answer has the secret: %s", name, answer.Body)
		}
	}
}

// TestMappings walks the life of a mapping.
func TestMappings(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	d := c.directory(okta("one"))
	at := directories + "/" + d.ID + "/group_role_mappings"
	admin, auditor := c.RoleNamed("Admin").ID, c.RoleNamed("Auditor").ID
	create := func(match obj, priority int) (out mocktest.Row) {
		t.Helper()
		c.Call("POST", at, mocktest.Owner, obj{"match": match, "account_role_id": admin, "priority": priority}).Want(201).Into(&out)
		return out
	}
	named := create(obj{"group_name": "Platform"}, 10)
	c.Call("GET", at+"/"+named.ID, mocktest.Owner, nil).Want(200, `"match":{"group_name":"Platform"}`, `"account_role_id":"`+admin+`"`, `"priority":10`, `"status":"dangling"`, `"created":"2026`, `"updated":"2026`)
	title := create(obj{"attribute": "title", "equals": "Boss"}, 20)
	c.Call("GET", at+"/"+title.ID, mocktest.Owner, nil).Want(200, `"match":{"attribute":"title","equals":"Boss"}`, `"status":"applied"`)
	var group *store.DirectoryGroup
	c.push(d.ID, func(tx *store.Tx, d *store.Directory) (err error) {
		name := "Platform"
		group, err = tx.AddDirectoryGroup(d, store.DirectoryGroupChange{DisplayName: &name})
		return err
	})
	c.Call("GET", at+"/"+named.ID, mocktest.Owner, nil).Want(200, `"status":"applied"`)
	byID := create(obj{"group_id": group.VendorID()}, 30)
	c.Call("GET", at, mocktest.Owner, nil).Want(200, `"match":{"group_id":"`+group.VendorID()+`"}`, byID.ID, title.ID, named.ID)
	c.Call("PATCH", at+"/"+named.ID, mocktest.Owner, obj{"account_role_id": auditor}).Want(200, `"account_role_id":"`+auditor+`"`, `"priority":10`, `"group_name":"Platform"`)
	c.Call("PATCH", at+"/"+named.ID, mocktest.Owner, obj{"priority": 5, "match": obj{"group_name": "Other"}}).Want(200, `"priority":5`, `"match":{"group_name":"Other"}`, `"status":"dangling"`)
	c.Call("DELETE", at+"/"+named.ID, mocktest.Owner, nil).Want(204)
	c.Call("GET", at+"/"+named.ID, mocktest.Owner, nil).Want(404, "Group role mapping not found")

	whole := obj{"match": obj{"group_name": "a"}, "account_role_id": admin, "priority": 1}
	for name, tt := range map[string]struct {
		field  string
		value  any
		status int
		says   []string
	}{
		"no match":            {"match", obj{}, 422, []string{`"loc":["body","match"]`, "exactly one"}},
		"two matches":         {"match", obj{"group_name": "a", "group_id": group.VendorID()}, 422, []string{`"loc":["body","match"]`, "exactly one"}},
		"half a match":        {"match", obj{"attribute": "title"}, 422, []string{`"loc":["body","match"]`}},
		"an unknown match":    {"match", obj{"email": "x"}, 422, []string{`"loc":["body","match","email"]`, "extra_forbidden"}},
		"no group's id":       {"match", obj{"group_id": "Platform"}, 422, []string{`"loc":["body","match","group_id"]`, "directory_group_"}},
		"an empty name":       {"match", obj{"group_name": ""}, 422, []string{`"loc":["body","match","group_name"]`}},
		"no attribute":        {"match", obj{"attribute": "shoe size", "equals": "9"}, 422, []string{`"loc":["body","match","attribute"]`}},
		"the server's own":    {"match", obj{"attribute": "meta.version", "equals": "9"}, 422, []string{`"loc":["body","match","attribute"]`, "meta.version is given by this server"}},
		"the id":              {"match", obj{"attribute": "ID", "equals": "9"}, 422, []string{"ID is given by this server"}},
		"groups":              {"match", obj{"attribute": "groups", "equals": "G"}, 422, []string{`"loc":["body","match","attribute"]`, "map a group by group_name"}},
		"a group's name":      {"match", obj{"attribute": "urn:ietf:params:scim:schemas:core:2.0:User:groups.display", "equals": "G"}, 422, []string{"map a group by group_name"}},
		"a password":          {"match", obj{"attribute": "password", "equals": "x"}, 422, []string{"password is not kept"}},
		"a manager's name":    {"match", obj{"attribute": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", "equals": "x"}, 422, []string{"is given by this server"}},
		"an unknown one":      {"match", obj{"attribute": "shoeSize", "equals": "9"}, 422, []string{`"loc":["body","match","attribute"]`, "not an attribute of SCIM users"}},
		"an unknown role":     {"account_role_id", mocktest.Account, 422, []string{`"loc":["body","account_role_id"]`, "no role"}},
		"a priority in words": {"priority", "high", 422, []string{`"loc":["body","priority"]`}},
		"a taken match":       {"match", obj{"attribute": "title", "equals": "Boss"}, 409, []string{`"existing_id":"` + title.ID + `"`}},
		"a status":            {"status", "applied", 422, []string{`"loc":["body","status"]`, "extra_forbidden"}},
	} {
		body := obj{}
		for k, v := range whole {
			body[k] = v
		}
		body[tt.field] = tt.value
		before := c.Call("GET", at, mocktest.Owner, nil).Body
		c.Call("POST", at, mocktest.Owner, body).Want(tt.status, tt.says...)
		if got := c.Call("GET", at, mocktest.Owner, nil).Body; got != before {
			t.Errorf("%s: %s\nwas\n%s", name, got, before)
		}
	}
	c.Call("POST", at, mocktest.Owner, obj{}).Want(422, `"loc":["body","match"]`, `"loc":["body","account_role_id"]`, `"loc":["body","priority"]`)
	c.Call("POST", at, mocktest.Admin, obj{"match": obj{"group_name": "a"}, "account_role_id": c.RoleNamed("Owner").ID, "priority": 1}).Want(403, "bypass:sso")
}
