package truth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// TestReportIsTrue makes random plans, has the access report read them, applies them, and holds what the router answers to
// each person before and after against what the report said.
func TestReportIsTrue(t *testing.T) {
	t.Parallel()
	var told tally
	rapid.Check(t, func(t *rapid.T) { checkReport(t, &told, false) })
	told.wantKnown(t, 10)
}

// TestReportIsTrueOfPublishedAPI does the same where the API reports less: unknown is allowed then, wrong is not.
func TestReportIsTrueOfPublishedAPI(t *testing.T) {
	t.Parallel()
	var told tally
	rapid.Check(t, func(t *rapid.T) { checkReport(t, &told, true) })
	t.Logf("%d facts known, %d unknown", told.known.Load(), told.unknown.Load())
}

// kindsOfReport are what a plan may do, in the order in which a report has it done.
var kindsOfReport = []string{"domains", "connection", "directory", "mapping", "role", "team access", "policy", "delete mapping", "delete directory", "delete connection"}

func checkReport(t *rapid.T, told *tally, publishedOnly bool) {
	if !allWorlds && !chance(t, "is looked at", 35) {
		return
	}
	p := drawPlan(t, publishedOnly)
	s := newScene(t, p)
	defer s.close()
	before, factsBefore := s.world(), s.facts()
	if slices.ContainsFunc(before.Domains.Or(nil), func(d access.Domain) bool { return d.Releasing }) {
		return // a configuration does not have them, and the server does
	}
	doc := &planDocument{world: before, used: map[string]bool{}}
	var todo []drawn
	after := before
	for _, kind := range kindsOfReport {
		if publishedOnly && !slices.Contains([]string{"domains", "role", "team access", "policy"}, kind) || !chance(t, kind, 50) {
			continue
		}
		d := s.drawKind(t, onServer(after, before), kind)
		next := d.change.Apply(after)
		if !s.serverKnows(after, next, d.change) || !doc.add(d.change) {
			continue
		}
		todo = append(todo, d)
		after = next
	}
	srv := httptest.NewServer(s.router)
	defer srv.Close()
	text := doc.json(t)
	env := map[string]string{"PREFECT_API_URL": srv.URL + "/api", "PREFECT_API_KEY": callersKey, "PREFECT_CLOUD_ACCOUNT_ID": before.AccountID, "PREFECT_PROFILES_PATH": "/dev/null"}
	var out, errs bytes.Buffer
	code := accessreport.Run(context.Background(), "test", []string{"--format", "json"}, report.Streams{
		In: bytes.NewReader(text), Out: &out, Err: &errs, Getenv: func(name string) string { return env[name] }, Now: time.Now,
	})
	var r accessreport.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || code == report.ExitError {
		t.Fatalf("exit code %d: %s\n%v\nPLAN %s", code, errs.String(), err, text)
	}
	var log []string
	refused := false
	for _, d := range todo {
		done, answer := d.do()
		log = append(log, names(describe(d.change)+"\n  → "+answer, before))
		refused = refused || !done
	}
	if len(r.Accounts) == 0 {
		r.Accounts = []accessreport.Account{{}}
	}
	a := r.Accounts[0]
	unsure := len(r.Unknown) > 0 || slices.ContainsFunc(a.People, func(p accessreport.Person) bool { return len(p.Unknown) > 0 })
	wrong := func(format string, arguments ...any) {
		fail(t, p, append(log, "PLAN "+string(text), "REPORT "+out.String()), before, after, format, arguments...)
	}
	if refused {
		if len(a.Refused) == 0 && !unsure {
			wrong("the server refused a part, and the report does not say so")
		}
		return
	}
	s.compareReport(t, a, unsure, factsBefore, told, wrong)
}

// drawKind draws a change of a kind.
func (s *scene) drawKind(t *rapid.T, w access.World, kind string) drawn {
	switch kind {
	case "domains":
		return s.drawDomains(t, w)
	case "connection", "delete connection":
		return s.drawConnection(t, w, kind)
	case "directory", "delete directory":
		return s.drawDirectory(t, w, kind)
	case "mapping", "delete mapping":
		return s.drawMapping(t, w, kind)
	case "role":
		return s.drawPeople(t, w, kind)
	case "team access":
		return s.drawTeamAccess(t, w)
	}
	seconds := int64(number(t, "seconds", 60, 7200))
	return s.request(access.SetSessionPolicy{AuthExpirationSeconds: &seconds}, "PATCH", "", obj{"auth_expiration_seconds": seconds})
}

// compareReport holds what a report says against what is there.
func (s *scene) compareReport(t *rapid.T, a accessreport.Account, unsure bool, factsBefore map[string]fact, told *tally, wrong func(string, ...any)) {
	people := map[string]accessreport.Person{}
	for _, p := range a.People {
		people[p.Email] = p
	}
	handles := s.handles()
	for email, now := range s.facts() {
		was := factsBefore[email]
		p, there := people[email]
		if !there {
			was.RoleID, now.RoleID = "", ""
			if was != now && (!unsure || was.Member && !now.SignsIn && was.SignsIn) {
				wrong("%s is not in the report, and there is an effect: before %+v, now %+v", email, was, now)
			}
			told.known.Add(1)
			continue
		}
		sees(told, p.Member.After, now.Member, func() { wrong("%s: whether they are a member afterwards (now %+v): %+v", email, now, p) })
		if now.Member {
			sees(told, p.Active.After, now.Active, func() { wrong("%s: whether they are active afterwards (now %+v): %+v", email, now, p) })
			sees(told, p.Role.After, now.Role, func() { wrong("%s: role afterwards (now %+v): %+v", email, now, p) })
		}
		if was.Member {
			sees(told, p.Role.Before, was.Role, func() { wrong("%s: role before (%+v): %+v", email, was, p) })
		}
		signsIn := func(way *string) *bool {
			if way == nil {
				return nil
			}
			does := *way != "not at all"
			return &does
		}
		sees(told, signsIn(p.SignIn.Before), was.SignsIn, func() { wrong("%s: whether they sign in before (%+v): %+v", email, was, p) })
		sees(told, signsIn(p.SignIn.After), now.SignsIn, func() { wrong("%s: whether they sign in afterwards (now %+v): %+v", email, now, p) })
		if slices.Contains(p.Kinds, accessreport.LosesAccess) != (was.SignsIn && !now.SignsIn) && p.SignIn.After != nil && p.SignIn.Before != nil {
			wrong("%s: loses access (before %+v, now %+v): %+v", email, was, now, p)
		}
		if p.Unknown["workspaces"] != "" {
			told.unknown.Add(1)
			continue
		}
		for id, handle := range handles {
			had, has := strings.Contains(was.Workspaces, id), strings.Contains(now.Workspaces, id)
			is := func(r accessreport.Reach) bool { return r.Workspace == handle }
			if !had && has && !slices.ContainsFunc(p.Gained, is) || had && !has && !slices.ContainsFunc(p.Lost, is) {
				wrong("%s: workspace %s before %t, now %t: %+v", email, handle, had, has, p)
			}
			in := slices.IndexFunc(a.Workspaces, func(w accessreport.Workspace) bool { return w.Handle == handle })
			if had != has && (in < 0 || slices.Contains(a.Workspaces[in].Gained, email) != has || slices.Contains(a.Workspaces[in].Lost, email) != had) {
				wrong("%s: the workspace %s does not tell of it: %+v", email, handle, a.Workspaces)
			}
			told.known.Add(1)
		}
	}
}

func sees[T comparable](told *tally, said *T, is T, wrong func()) {
	switch {
	case said == nil:
		told.unknown.Add(1)
	case *said != is:
		wrong()
	default:
		told.known.Add(1)
	}
}

// handles returns the workspaces' handles by their ids.
func (s *scene) handles() map[string]string {
	out := map[string]string{}
	for _, room := range s.world().Workspaces.Or(nil) {
		out[room.ID] = room.Handle
	}
	return out
}

// planDocument is Terraform's JSON plan for changes of a world.
type planDocument struct {
	world     access.World
	used      map[string]bool // things that are in it already
	changes   []obj
	disable   bool
	domains   map[string][]string // those that connections are to have, by connection
	resources []obj
	match     any // of the mapping that is made or changed
}

// add takes a change in. It says false for one that no resource makes, or whose thing is in the plan already.
func (d *planDocument) add(c access.Change) bool {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	switch c := c.(type) {
	case access.SetDomains:
		var names []string
		for _, domain := range d.world.Domains.Or(nil) {
			names = append(names, domain.Name)
		}
		d.disable = c.DisableSSO
		return d.put("prefectsso_domains", "account", obj{"names": names}, obj{"names": c.Names})
	case access.PutConnection:
		if len(c.Domains) == 0 {
			return false // the resource wants one
		}
		activation := map[bool]string{true: "immediate", false: "none"}[c.Activate]
		after := obj{"name": c.Name, "domains": c.Domains, "activation": activation, "take_over_domains": c.TakeOver, "configurable": true}
		if c.ID == "" {
			after["name"] = "new"
			return d.put("prefectsso_identity_provider", "new", nil, after)
		}
		before := d.connection(c.ID)
		before["activation"], after["id"], after["name"] = activation, c.ID, before["name"]
		if d.domains == nil {
			d.domains = map[string][]string{}
		}
		d.domains[c.ID] = c.Domains
		return d.put("prefectsso_identity_provider", c.ID, before, after)
	case access.DeleteConnection:
		before := d.connection(c.ID)
		own, _ := before["domains"].([]string)
		for _, others := range d.domains {
			if slices.ContainsFunc(others, func(name string) bool { return slices.Contains(own, name) }) {
				return false // which of them comes first is up to Terraform
			}
		}
		return !d.used["prefectsso_identity_provider new"] && d.put("prefectsso_identity_provider", c.ID, before, nil)
	case access.PutDirectory:
		before := d.directory(c.ID)
		after := obj{}
		for name, value := range before {
			after[name] = value
		}
		if c.Off != nil {
			after["enabled"] = !*c.Off
		}
		if c.DefaultRoleID != nil {
			after["default_role"] = text(c.DefaultRoleID)
		}
		if c.RemovesLeavers != nil {
			after["deprovision_action"] = map[bool]string{true: "delete", false: "deactivate"}[*c.RemovesLeavers]
		}
		if c.TeamsFromGroups != nil {
			after["sync_groups_to_teams"] = *c.TeamsFromGroups
		}
		if c.AllowedDomains != nil {
			after["allowed_domains"] = *c.AllowedDomains
		}
		return d.put("prefectsso_scim_directory", c.ID, before, after)
	case access.DeleteDirectory:
		for key := range d.used {
			if strings.HasPrefix(key, "prefectsso_group_role_mapping") {
				return false // Terraform deletes its mappings with it
			}
		}
		return d.put("prefectsso_scim_directory", c.ID, d.directory(c.ID), nil)
	case access.PutMapping:
		d.match = mappingValues(c.DirectoryID, c.Mapping)["match"]
		if c.Mapping.ID == "" {
			return d.put("prefectsso_group_role_mapping", "new", nil, mappingValues(c.DirectoryID, c.Mapping))
		}
		return d.put("prefectsso_group_role_mapping", c.Mapping.ID, d.mapping(c.DirectoryID, c.Mapping.ID), mappingValues(c.DirectoryID, c.Mapping))
	case access.DeleteMapping:
		before := d.mapping(c.DirectoryID, c.ID)
		if fmt.Sprint(before["match"]) == fmt.Sprint(d.match) {
			return false // the resource lets this one go first, and the requests of this test do not
		}
		return d.put("prefectsso_group_role_mapping", c.ID, before, nil)
	case access.SetRoles:
		if len(c.Roles) != 1 {
			return false
		}
		of := c.Roles[0]
		at := slices.IndexFunc(d.world.People.Rows, func(p access.Person) bool { return p.ID == of.MembershipID })
		if at < 0 {
			return false
		}
		return d.put("prefectsso_member_role", of.Email, obj{"id": of.MembershipID, "email": of.Email, "role": d.world.People.Rows[at].RoleID.Or("")}, obj{"email": of.Email, "role": of.RoleID})
	case access.PutTeamAccess:
		return d.put("prefectsso_team_workspace_role", c.TeamID+c.WorkspaceID, nil, obj{"team_id": c.TeamID, "workspace_id": c.WorkspaceID, "role_id": c.RoleID})
	case access.DeleteTeamAccess:
		return d.put("prefectsso_team_workspace_role", c.TeamID+c.WorkspaceID, obj{"team_id": c.TeamID, "workspace_id": c.WorkspaceID, "role_id": "x"}, nil)
	case access.SetSessionPolicy:
		return d.put("prefectsso_session_policy", "account", obj{"auth_expiration_seconds": nil}, obj{"auth_expiration_seconds": *c.AuthExpirationSeconds})
	}
	return false
}

func (d *planDocument) put(kind, key string, before, after obj) bool {
	if d.used[kind+" "+key] {
		return false
	}
	d.used[kind+" "+key] = true
	change := obj{"actions": []string{"update"}}
	switch {
	case before == nil:
		change["actions"] = []string{"create"}
	case after == nil:
		change["actions"] = []string{"delete"}
	}
	for name, values := range map[string]obj{"before": before, "after": after} {
		if values != nil {
			values["account_id"] = d.world.AccountID
			change[name] = values
		}
	}
	d.changes = append(d.changes, obj{
		"address": fmt.Sprintf("%s.r%d", kind, len(d.changes)), "mode": "managed", "type": kind, "provider_name": "registry.terraform.io/prefectsso/prefectsso", "change": change,
		"action_reason": "x",
	})
	d.resources = append(d.resources, obj{"address": fmt.Sprintf("%s.r%d", kind, len(d.resources)), "mode": "managed", "type": kind, "provider_config_key": "prefectsso"})
	return true
}

func (d *planDocument) connection(id string) obj {
	for _, c := range d.world.Connections.Or(nil) {
		if c.ID == id {
			return obj{"id": c.ID, "name": c.Name, "domains": c.Domains, "state": string(c.State), "activation": "none", "configurable": true}
		}
	}
	return obj{"id": id}
}

func (d *planDocument) directory(id string) obj {
	dir, _ := d.world.Directory(id)
	settings, _ := dir.Settings.Get()
	values := obj{
		"id": dir.ID, "name": dir.Name, "enabled": !dir.Off, "default_role": settings.DefaultRoleID, "sync_groups_to_teams": settings.TeamsFromGroups,
		"deprovision_action": map[bool]string{true: "delete", false: "deactivate"}[settings.RemovesLeavers], "configurable": true,
	}
	if settings.AllowedDomains != nil {
		values["allowed_domains"] = settings.AllowedDomains
	}
	return values
}

func (d *planDocument) mapping(directoryID, id string) obj {
	dir, _ := d.world.Directory(directoryID)
	for _, m := range dir.Mappings.Or(nil) {
		if m.ID == id {
			return mappingValues(directoryID, m)
		}
	}
	return obj{"id": id, "directory_id": directoryID}
}

func mappingValues(directoryID string, m access.Mapping) obj {
	match := obj{}
	for name, text := range map[string]string{"group_id": m.Match.GroupID, "group_name": m.Match.GroupName, "attribute": m.Match.Attribute, "equals": m.Match.Equals} {
		if text != "" {
			match[name] = text
		}
	}
	return obj{"id": m.ID, "directory_id": directoryID, "match": match, "role": m.RoleID, "priority": m.Priority}
}

func (d *planDocument) json(t *rapid.T) []byte {
	text, err := json.Marshal(obj{
		"format_version": "1.2", "planned_values": obj{}, "complete": true, "timestamp": "2026-01-01T00:00:00Z", "resource_changes": d.changes,
		"configuration": obj{
			"provider_config": obj{"prefectsso": obj{"full_name": "registry.terraform.io/prefectsso/prefectsso", "expressions": obj{"allow_disable_sso": obj{"constant_value": d.disable}}}},
			"root_module":     obj{"resources": d.resources},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
