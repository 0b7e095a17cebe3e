package provider

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

var reviewTime = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func daysAgo(days int) *time.Time {
	at := reviewTime.AddDate(0, 0, -days)
	return &at
}

var reviewRoles = []client.AccountRole{
	{ID: "owner", Name: "Owner", Permissions: []string{"administrate:sso", "administrate:workspace", "bypass:sso"}},
	{ID: "admin", Name: "Admin", Permissions: []string{"administrate:sso", "administrate:workspace"}},
	{ID: "member", Name: "Member", Permissions: []string{"read:account"}},
}

// An account in which nothing is worth a look, and what one change to it gives somebody to look at.
func TestReviewFindings(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	nothing := func() *reviewFacts {
		return &reviewFacts{
			handle: "acme", enforced: true, roles: reviewRoles, knowsDomains: true, domains: []string{"acme.com"}, knowsDirectories: true,
			people: []client.Membership{{ID: "m1", UserID: text("u1"), Email: text("Ada@acme.com"), AccountRoleID: "member", AccountRoleName: "Member", Active: true, LastLogin: daysAgo(1)}},
			directories: []reviewedDirectory{{
				Directory: client.Directory{ID: "directory_1", Name: "Okta", State: client.DirectoryLinked, LastSyncedAt: daysAgo(1)},
				users:     []client.DirectoryUser{{AccountMembershipID: text("M1"), RoleSource: text("mapping"), MappingID: text("g1")}},
				mappings:  []client.GroupRoleMapping{{ID: "g1", Match: client.MappingMatch{GroupName: "Staff"}, AccountRoleID: "member", Status: "applied"}},
				tokens:    []client.SCIMToken{{ID: "t1", Name: "okta", Suffix: "cdef", ExpiresAt: daysAgo(-30)}},
			}},
			bots:     []client.Bot{{ID: "b1", Name: "runner", AccountRoleName: "Member", APIKey: client.BotKey{Expiration: daysAgo(-30)}}},
			creators: map[string]reviewedCreator{"b1": {"prefect-cloud.user.u1", "ada@acme.com"}},
		}
	}
	withRole := func(f *reviewFacts, role client.AccountRole) {
		f.people[0].AccountRoleID, f.people[0].AccountRoleName = role.ID, role.Name
	}
	const ada = "ada@acme.com"
	for name, test := range map[string]struct {
		change func(*reviewFacts)
		want   map[string]string // finding → severity
	}{
		"nothing":           {func(*reviewFacts) {}, nil},
		"not enforced":      {func(f *reviewFacts) { f.enforced = false }, map[string]string{"sso-not-enforced:acme": "medium"}},
		"inactive":          {func(f *reviewFacts) { f.people[0].Active = false }, map[string]string{"member-inactive:" + ada: "info", "service-account-creator-gone:runner": "medium"}},
		"an Owner":          {func(f *reviewFacts) { withRole(f, reviewRoles[0]) }, map[string]string{"member-bypasses-sso:" + ada: "low", "member-administrates-sso:" + ada: "info"}},
		"an Admin":          {func(f *reviewFacts) { withRole(f, reviewRoles[1]) }, map[string]string{"member-administrates-sso:" + ada: "info"}},
		"outside":           {func(f *reviewFacts) { f.domains = []string{"acme.example"} }, map[string]string{"member-outside-sso-domains:" + ada: "medium"}},
		"no domains at all": {func(f *reviewFacts) { f.domains = nil }, nil},
		"domains not known": {func(f *reviewFacts) { f.domains, f.knowsDomains = nil, false }, nil},
		"an Owner outside": {func(f *reviewFacts) { withRole(f, reviewRoles[0]); f.domains = []string{"acme.example"} }, map[string]string{
			"member-outside-sso-domains:" + ada: "high", "member-bypasses-sso:" + ada: "low", "member-administrates-sso:" + ada: "info",
		}},
		"not in a directory":    {func(f *reviewFacts) { f.directories[0].users = nil }, map[string]string{"member-not-in-directory:" + ada: "medium"}},
		"no directories at all": {func(f *reviewFacts) { f.directories = nil }, nil},
		"stale":                 {func(f *reviewFacts) { f.people[0].LastLogin = daysAgo(91) }, map[string]string{"member-stale:" + ada: "medium"}},
		"just not stale":        {func(f *reviewFacts) { f.people[0].LastLogin = daysAgo(90) }, nil},
		"never logged in":       {func(f *reviewFacts) { f.people[0].LastLogin = nil }, map[string]string{"member-never-logged-in:" + ada: "low"}},
		"a privileged service account": {func(f *reviewFacts) { f.bots[0].AccountRoleName = "Admin" }, map[string]string{
			"service-account-privileged:runner": "medium", "service-account-administrates-sso:runner": "info",
		}},
		"a key without an end": {func(f *reviewFacts) { f.bots[0].APIKey.Expiration = nil }, map[string]string{"service-account-key-never-expires:runner": "medium"}},
		"a privileged key without an end, from somebody who left": {func(f *reviewFacts) {
			f.bots[0].AccountRoleName, f.bots[0].APIKey.Expiration = "Owner", nil
			f.creators["b1"] = reviewedCreator{"prefect-cloud.user.u2", "gone@acme.com"}
		}, map[string]string{
			"service-account-privileged:runner": "medium", "service-account-administrates-sso:runner": "info",
			"service-account-key-never-expires:runner": "high", "service-account-creator-gone:runner": "high",
		}},
		"made by a service account": {func(f *reviewFacts) { f.creators["b1"] = reviewedCreator{"prefect-cloud.service-account.b1", "runner"} }, nil},
		"maker not known":           {func(f *reviewFacts) { f.creators = nil }, nil},
		"a dangling mapping":        {func(f *reviewFacts) { f.directories[0].mappings[0].Status = client.MappingDangling }, map[string]string{"mapping-dangling:g1": "low"}},
		"a token without an end":    {func(f *reviewFacts) { f.directories[0].tokens[0].ExpiresAt = nil }, map[string]string{"scim-token-never-expires:t1": "low"}},
		"not synced":                {func(f *reviewFacts) { f.directories[0].LastSyncedAt = daysAgo(4) }, map[string]string{"directory-not-synced:Okta": "high"}},
		"never synced":              {func(f *reviewFacts) { f.directories[0].LastSyncedAt = nil }, map[string]string{"directory-not-synced:Okta": "high"}},
		"switched off":              {func(f *reviewFacts) { f.directories[0].State = client.DirectoryUnlinked }, map[string]string{"directory-unlinked:Okta": "high"}},
		"a server that does not tell": {func(f *reviewFacts) {
			f.knowsDirectories = false
			f.directories = []reviewedDirectory{{Directory: client.Directory{Name: "Okta", State: client.DirectoryLinked}}}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := nothing()
			test.change(facts)
			review := facts.review((&accessReviewModel{}).limits(reviewTime))
			got, counts := map[string]string{}, map[string]int64{"high": 0, "medium": 0, "low": 0, "info": 0}
			for id, finding := range review.Findings {
				got[id] = finding.Severity
				counts[finding.Severity]++
				if finding.Message == "" || finding.Subject == "" || id[:len(finding.Kind)+1] != finding.Kind+":" {
					t.Errorf("%s: %+v", id, finding)
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("findings %v, want %v", got, test.want)
			}
			if !maps.Equal(review.Counts, counts) {
				t.Errorf("counts %v, want %v", review.Counts, counts)
			}
		})
	}
}

func TestReviewRoleSource(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	person := client.Membership{ID: "m1", Email: text("ada@acme.com"), AccountRoleID: "member", AccountRoleName: "Member", Active: true}
	in := func(user client.DirectoryUser, mappings ...client.GroupRoleMapping) *reviewFacts {
		user.AccountMembershipID = text("m1")
		return &reviewFacts{knowsDirectories: true, directories: []reviewedDirectory{{Directory: client.Directory{Name: "Okta"}, users: []client.DirectoryUser{user}, mappings: mappings}}}
	}
	for name, test := range map[string]struct {
		facts                                   *reviewFacts
		source, inDirectory, directory, mapping string
	}{
		"default":              {in(client.DirectoryUser{RoleSource: text("default")}), "default", "yes", "Okta", ""},
		"by hand":              {in(client.DirectoryUser{RoleSource: text("manual")}), "manual", "yes", "Okta", ""},
		"not told":             {in(client.DirectoryUser{}), "unknown", "yes", "Okta", ""},
		"a mapping":            {in(client.DirectoryUser{RoleSource: text("mapping"), MappingID: text("g1")}, client.GroupRoleMapping{ID: "g1", Match: client.MappingMatch{GroupName: "Staff"}}), "mapping", "yes", "Okta", describeMatch(client.MappingMatch{GroupName: "Staff"})},
		"a mapping that ended": {in(client.DirectoryUser{RoleSource: text("mapping"), MappingID: text("g1")}), "mapping", "yes", "Okta", "g1"},
		"outside":              {&reviewFacts{knowsDirectories: true}, "manual", "no", "", ""},
		"unknown":              {&reviewFacts{}, "unknown", "unknown", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.facts.people = []client.Membership{person}
			p := test.facts.review(reviewLimits{now: reviewTime}).People["ada@acme.com"]
			got := []string{p.RoleSource, p.InDirectory, p.Directory.ValueString(), p.Mapping.ValueString()}
			if want := []string{test.source, test.inDirectory, test.directory, test.mapping}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCreationSpans(t *testing.T) {
	t.Parallel()
	made := func(days ...int) (bots []client.Bot) {
		for _, day := range days {
			bots = append(bots, client.Bot{Created: daysAgo(day)})
		}
		return bots
	}
	between := func(from, to int) timeSpan {
		return timeSpan{daysAgo(from).Add(-time.Minute), daysAgo(to).Add(time.Minute)}
	}
	for name, test := range map[string]struct {
		bots     []client.Bot
		earliest time.Time
		want     []timeSpan
		beyond   int
	}{
		"none":                 {},
		"years ago":            {made(1000), time.Time{}, []timeSpan{between(1000, 1000)}, 0},
		"together":             {made(10, 1, 5), time.Time{}, []timeSpan{between(10, 1)}, 0},
		"a span apart":         {made(0, 14), time.Time{}, []timeSpan{between(0, 0), between(14, 14)}, 0},
		"too many":             {made(0, 20, 40, 60, 80, 100, 101), time.Time{}, []timeSpan{between(0, 0), between(20, 20), between(40, 40), between(60, 60), between(80, 80)}, 2},
		"as many as asked for": {made(0, 20, 40, 60, 80, 100, 120), *daysAgo(110), []timeSpan{between(0, 0), between(20, 20), between(40, 40), between(60, 60), between(80, 80), between(100, 100)}, 1},
		"of no known time":     {[]client.Bot{{}}, time.Time{}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spans, beyond := creationSpans(test.bots, test.earliest)
			if !reflect.DeepEqual(spans, test.want) || beyond != test.beyond {
				t.Errorf("got %v and %d beyond, want %v and %d", spans, beyond, test.want, test.beyond)
			}
			for _, span := range spans {
				if span.until.Sub(span.since) > client.EventWindow {
					t.Errorf("%v is longer than the API answers", span)
				}
			}
		})
	}
}

func BenchmarkReview(b *testing.B) {
	facts := &reviewFacts{knowsDirectories: true, knowsDomains: true, roles: reviewRoles, directories: make([]reviewedDirectory, 1)}
	for i := range 10000 {
		id, email := fmt.Sprintf("m%d", i), fmt.Sprintf("person%d@acme.com", i)
		facts.people = append(facts.people, client.Membership{ID: id, Email: &email, AccountRoleID: "member", AccountRoleName: "Member", Active: true})
		facts.directories[0].users = append(facts.directories[0].users, client.DirectoryUser{AccountMembershipID: &id})
	}
	for b.Loop() {
		facts.review(reviewLimits{now: reviewTime})
	}
}

// Each way into a workspace shows, by itself and beside others, and what is not known is no empty answer.
func TestReviewWorkspaces(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	facts := func() *reviewFacts {
		return &reviewFacts{
			knowsWorkspaces: true, roles: reviewRoles,
			workspaceRoles: []client.WorkspaceRole{{ID: "W1", Name: "Viewer"}, {ID: "w2", Name: "Developer"}},
			offices: []reviewedOffice{
				{client.Workspace{ID: "p", Handle: "production"}, []client.BotAccess{{BotID: "b1", RoleID: "w1"}, {BotID: "b2", RoleID: "w2"}}},
				{client.Workspace{ID: "s", Handle: "staging"}, nil},
			},
			teams: []client.Team{
				{Name: "Data", Members: []client.TeamMember{{ActorID: "A1"}}, Workspaces: []client.TeamWorkspace{{WorkspaceID: "s", Handle: "staging", RoleName: "Runner"}, {WorkspaceID: "p", Handle: "production", RoleName: "Owner"}}},
				{Name: "Ops", Members: []client.TeamMember{{ActorID: "a1"}, {ActorID: "a2"}}, Workspaces: []client.TeamWorkspace{{WorkspaceID: "s", Handle: "staging", RoleName: "Viewer"}}},
				{Name: "Idle", Members: []client.TeamMember{{ActorID: "a1"}}},
			},
		}
	}
	bot := func(id, role string) client.Bot {
		return client.Bot{ID: id, ActorID: "a" + id[1:], Name: id, AccountRoleName: role}
	}
	for name, test := range map[string]struct {
		bot    client.Bot
		change func(*reviewFacts)
		want   string
	}{
		"directly and by teams": {bot("b1", "Member"), nil, "production:Viewer map[Data:Owner] - false; staging:- map[Data:Runner Ops:Viewer] - false"},
		"another spelling":      {bot("B2", "Member"), nil, "production:Developer map[] - false; staging:- map[Ops:Viewer] - false"},
		"nowhere":               {bot("b3", "Member"), nil, ""},
		"by its account role":   {bot("b3", "Owner"), nil, "production:- map[] - true; staging:- map[] - true"},
		"by default":            {bot("b3", "Member"), func(f *reviewFacts) { f.offices[1].DefaultRoleID = text("w1") }, "staging:- map[] Viewer false"},
		"a Collaborator":        {bot("b3", "Collaborator"), func(f *reviewFacts) { f.offices[1].DefaultRoleID = text("w1") }, ""},
		"a role that is gone":   {bot("b2", "Member"), func(f *reviewFacts) { f.workspaceRoles, f.teams = nil, nil }, "production:w2 map[] - false"},
		"not known":             {bot("b1", "Owner"), func(f *reviewFacts) { f.knowsWorkspaces = false }, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			if test.change != nil {
				test.change(f)
			}
			f.bots = []client.Bot{test.bot}
			reached := f.review(reviewLimits{now: reviewTime}).ServiceAccounts[test.bot.Name].Workspaces
			orNone := func(s types.String) string {
				if s.IsNull() {
					return "-"
				}
				return s.ValueString()
			}
			var lines []string
			for _, handle := range slices.Sorted(maps.Keys(reached)) {
				w := reached[handle]
				lines = append(lines, fmt.Sprintf("%s:%s %v %s %t", handle, orNone(w.Role), w.Teams, orNone(w.DefaultRole), w.Administrates))
			}
			got := strings.Join(lines, "; ")
			if reached == nil {
				got = "null"
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
