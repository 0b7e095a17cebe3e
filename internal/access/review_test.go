package access

import (
	"maps"
	"slices"
	"testing"
	"time"
)

var reviewTime = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func daysAgo(days int) *time.Time {
	at := reviewTime.AddDate(0, 0, -days)
	return &at
}

// TestReview has an account in which nothing is worth a look, and what one change to it gives somebody to look at.
func TestReview(t *testing.T) {
	t.Parallel()
	quiet := func() World {
		w := office().push(DirectorySettings{}, []Mapping{{ID: "g1", Match: Match{GroupName: "Staff"}, RoleID: "Member"}}, pushed("dee", "acme.com", "staff").mappedBy("g1", Part[string]{}))
		w.People.Rows = slices.Clone(w.People.Rows[3:4])
		w.People.Rows[0].LastLogin = daysAgo(1)
		w.Directories.value[0].LastSynced = daysAgo(1)
		w.Directories.value[0].Tokens = Known([]Token{{ID: "t1", Name: "okta", Suffix: "cdef", Expires: daysAgo(-30)}})
		w.Directories.value[0].Clients = Known([]SCIMClient{{ID: "c1", Name: "okta", Secrets: []SCIMClientSecret{{Suffix: "efgh"}, {Suffix: "abcd", Expires: daysAgo(-1)}}}})
		w.ServiceAccounts = Known([]ServiceAccount{{ID: "b1", Name: "runner", RoleName: "Member", KeyExpires: daysAgo(-30), Creator: Known(Creator{"prefect-cloud.user.u-dee", "dee@acme.com"})}})
		return w
	}
	const dee = "dee@acme.com"
	bot := func(change func(*ServiceAccount)) func(*World) {
		return func(w *World) { change(&w.ServiceAccounts.value[0]) }
	}
	dir := func(change func(*Directory)) func(*World) {
		return func(w *World) { change(&w.Directories.value[0]) }
	}
	role := func(id string) func(*World) { return func(w *World) { w.People.Rows[0].RoleID = Known(id) } }
	for name, test := range map[string]struct {
		change func(*World)
		want   map[string]Severity
	}{
		"nothing":           {func(*World) {}, nil},
		"not enforced":      {func(w *World) { w.Connections = Known([]Connection(nil)) }, map[string]Severity{"sso-not-enforced:acme": Medium}},
		"inactive":          {func(w *World) { w.People.Rows[0].Active = Known(false) }, map[string]Severity{"member-inactive:" + dee: Info, "service-account-creator-gone:runner": Medium}},
		"an Owner":          {role("Owner"), map[string]Severity{"member-bypasses-sso:" + dee: Low, "member-administrates-sso:" + dee: Info}},
		"an Admin":          {role("Admin"), map[string]Severity{"member-administrates-sso:" + dee: Info}},
		"outside":           {func(w *World) { w.Domains = Known([]Domain{{Name: "acme.example"}}) }, map[string]Severity{"member-outside-sso-domains:" + dee: Medium}},
		"no domains":        {func(w *World) { w.Domains = Known([]Domain(nil)) }, nil},
		"domains not known": {func(w *World) { w.Domains = Unknown[[]Domain]("x") }, nil},
		"an Owner outside": {func(w *World) { role("Owner")(w); w.Domains = Known([]Domain{{Name: "acme.example"}}) }, map[string]Severity{
			"member-outside-sso-domains:" + dee: High, "member-bypasses-sso:" + dee: Low, "member-administrates-sso:" + dee: Info,
		}},
		"in no directory":      {dir(func(d *Directory) { d.Users = Known([]DirectoryUser(nil)) }), map[string]Severity{"member-not-in-directory:" + dee: Medium}},
		"no directories":       {func(w *World) { w.Directories = Known([]Directory(nil)) }, nil},
		"stale":                {func(w *World) { w.People.Rows[0].LastLogin = daysAgo(91) }, map[string]Severity{"member-stale:" + dee: Medium}},
		"just not stale":       {func(w *World) { w.People.Rows[0].LastLogin = daysAgo(90) }, nil},
		"never logged in":      {func(w *World) { w.People.Rows[0].LastLogin = nil }, map[string]Severity{"member-never-logged-in:" + dee: Low}},
		"a privileged bot":     {bot(func(s *ServiceAccount) { s.RoleName = "Admin" }), map[string]Severity{"service-account-privileged:runner": Medium, "service-account-administrates-sso:runner": Info}},
		"a key without an end": {bot(func(s *ServiceAccount) { s.KeyExpires = nil }), map[string]Severity{"service-account-key-never-expires:runner": Medium}},
		"a privileged bot of somebody who left": {bot(func(s *ServiceAccount) {
			s.RoleName, s.KeyExpires, s.Creator = "Owner", nil, Known(Creator{"prefect-cloud.user.u2", "gone@acme.com"})
		}), map[string]Severity{
			"service-account-privileged:runner": Medium, "service-account-administrates-sso:runner": Info,
			"service-account-key-never-expires:runner": High, "service-account-creator-gone:runner": High,
		}},
		"made by a bot":        {bot(func(s *ServiceAccount) { s.Creator = Known(Creator{"prefect-cloud.service-account.b1", "runner"}) }), nil},
		"maker not known":      {bot(func(s *ServiceAccount) { s.Creator = Part[Creator]{} }), nil},
		"a dangling mapping":   {dir(func(d *Directory) { d.Mappings.value[0].Dangling = true }), map[string]Severity{"mapping-dangling:g1": Low}},
		"an old secret":        {dir(func(d *Directory) { d.Clients.value[0].Secrets[1].Expires = nil }), map[string]Severity{"scim-client-old-secret-never-expires:c1": Low}},
		"an endless token":     {dir(func(d *Directory) { d.Tokens.value[0].Expires = nil }), map[string]Severity{"scim-token-never-expires:t1": Low}},
		"not synced":           {dir(func(d *Directory) { d.LastSynced = daysAgo(4) }), map[string]Severity{"directory-not-synced:Okta": High}},
		"never synced":         {dir(func(d *Directory) { d.LastSynced = nil }), map[string]Severity{"directory-not-synced:Okta": High}},
		"switched off":         {dir(func(d *Directory) { d.Off, d.LastSynced = true, nil }), map[string]Severity{"directory-unlinked:Okta": High}},
		"the API reports less": {dir(func(d *Directory) { *d = Directory{ID: "dir", Name: "Okta", Users: Unknown[[]DirectoryUser]("x")} }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := quiet()
			test.change(&w)
			got := map[string]Severity{}
			for _, f := range Review(w, Limits{Now: reviewTime, StaleAfter: 90 * 24 * time.Hour, SyncWithin: 3 * 24 * time.Hour}).Findings {
				got[string(f.ID)+":"+f.Key] = f.Severity
				if f.Message() == "" || f.Subject == "" {
					t.Errorf("%+v says nothing", f)
				}
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("findings %v, want %v", got, test.want)
			}
		})
	}
}

// TestReviewSource: why somebody has their role, as far as the API reports it.
func TestReviewSource(t *testing.T) {
	t.Parallel()
	staff := []Mapping{{ID: "g1", Match: Match{GroupName: "Staff"}, RoleID: "Member"}}
	brought := pushed("dee", "acme.com")
	brought.RoleSource = RoleDefault
	unknown := pushed("dee", "acme.com")
	unknown.RoleSource = ""
	for name, test := range map[string]struct {
		world                       World
		source, inDirectory, mapped string
	}{
		"default":              {office().push(DirectorySettings{}, nil, brought), "default", "true", ""},
		"by hand":              {office().push(DirectorySettings{}, nil, pushed("dee", "acme.com")), "manual", "true", ""},
		"not reported":         {office().push(DirectorySettings{}, nil, unknown), "unknown (directories)", "true", ""},
		"a mapping":            {office().push(DirectorySettings{}, staff, pushed("dee", "acme.com").mappedBy("g1", Part[string]{})), "mapping", "true", `group "Staff"`},
		"a mapping that ended": {office().push(DirectorySettings{}, nil, pushed("dee", "acme.com").mappedBy("g1", Part[string]{})), "mapping", "true", "g1"},
		"in no directory":      {office().push(DirectorySettings{}, nil), "manual", "false", ""},
		"unknown":              {office().but(func(w *World) { w.Directories = Unknown[[]Directory]("x") }), "unknown (directories)", "unknown (directories)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Review(test.world, Limits{Now: reviewTime}).People["dee@acme.com"]
			mapped := p.MappingID
			if p.Mapping != nil {
				mapped = p.Mapping.Match.String()
			}
			if got, want := []string{p.Source.String(), p.InDirectory.String(), mapped}, []string{test.source, test.inDirectory, test.mapped}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
