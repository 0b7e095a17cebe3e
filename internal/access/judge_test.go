package access

import "testing"

// TestJudgeRoles is the table of role changes: who is in the account, and the exact findings.
func TestJudgeRoles(t *testing.T) {
	t.Parallel()
	give := func(role string, names ...string) SetRoles {
		var c SetRoles
		for _, name := range names {
			c.Roles = append(c.Roles, RoleOf{Email: name, MembershipID: "m-" + name, RoleID: role})
		}
		return c
	}
	both := func(a, b SetRoles) SetRoles { return SetRoles{append(a.Roles, b.Roles...)} }
	three := func(w *World) { w.People.Rows = append(w.People.Rows, member("flo", "acme.com", "Owner")) }
	unrouted := func(w *World) {
		three(w)
		w.Connections = Known([]Connection{{ID: "x", State: ConnectionActive, Domains: []string{"other.example"}}})
	}
	hidden := func(w *World) { w.Connections = Unknown[[]Connection]("forbidden") }
	staff := []Mapping{{ID: "map", Match: Match{GroupName: "Staff"}, RoleID: "Admin", Priority: 1}}
	strict := Policy{Protect: true}
	for name, test := range map[string]struct {
		world  World
		change SetRoles
		policy Policy
		want   []string
	}{
		"two remain":          {office().but(three), give("Member", "ada"), strict, nil},
		"one remains":         {office(), give("Member", "ada"), strict, []string{"warning bypass-one-left"}},
		"nobody remains":      {office(), give("Member", "ada", "bob"), strict, []string{"error bypass-nobody-left"}},
		"protection off":      {office(), give("Member", "ada", "bob"), Policy{}, []string{"warning bypass-nobody-left"}},
		"somebody takes over": {office(), both(give("Owner", "dee"), give("Member", "ada")), strict, nil},
		"others take it, too": {office().but(three), give("Member", "ada"), Policy{Protect: true, Planned: []PlannedRole{{Key: "m-bob", Email: "bob@acme.com"}, {Key: "m-flo", Email: "flo@acme.com"}}}, []string{
			"warning bypass-nobody-left-together ada@acme.com bob@acme.com flo@acme.com",
		}},
		"others give it first": {office(), give("Member", "ada", "bob"), Policy{Protect: true, Planned: []PlannedRole{{Key: "m-cy", Email: "cy@acme.com", Bypasses: true}, {Key: "m-dee", Email: "dee@acme.com", Bypasses: true}}}, nil},
		"while it is applied":  {office(), give("Member", "ada"), Policy{Protect: true, Applying: true}, nil},
		"oneself":              {office().but(three).calledBy("ada"), give("Member", "ada"), Policy{}, []string{"error caller-demoted (role-change) ada@acme.com"}},
		"oneself, an Admin":    {office().calledBy("cy"), give("Member", "cy"), strict, []string{"error caller-demoted (role-change) cy@acme.com"}},
		"oneself, upwards":     {office().calledBy("dee"), give("Admin", "dee"), strict, nil},
		"somebody else":        {office().calledBy("ada"), give("Member", "cy"), strict, nil},
		"no domain serves them": {office().but(unrouted), give("Member", "ada"), strict, []string{
			"error people-lose-access (bypass-lost) ada@acme.com",
		}},
		"no domain serves them, protection off": {office().but(unrouted), give("Member", "ada"), Policy{}, []string{"warning people-lose-access (bypass-lost) ada@acme.com"}},
		"no domain serves the last": {office().but(unrouted), give("Member", "ada", "bob", "flo"), strict, []string{
			"error people-lose-access (bypass-lost) ada@acme.com bob@acme.com flo@acme.com", "error bypass-nobody-left",
		}},
		"acknowledged by address": {office().but(unrouted), give("Member", "ada"), Policy{Protect: true, Acknowledged: []string{"ada@acme.com"}}, nil},
		"acknowledged by domain":  {office().but(unrouted), give("Member", "ada"), Policy{Protect: true, Acknowledged: []string{"*@acme.com", "*@unused.example"}}, nil},
		"a mapping gives it": {office().push(DirectorySettings{}, staff, pushed("dee", "acme.com", "staff").mappedBy("map", Known("Member"))), give("Owner", "dee"), strict, []string{
			"error role-given-by-mapping dee@acme.com",
		}},
		"connections not known": {office().but(hidden), give("Member", "ada"), strict, []string{"warning bypass-one-left", "error lockout-not-checked (not-reported)"}},
		"connections not known, protection off": {office().but(hidden), give("Member", "ada"), Policy{}, []string{
			"warning bypass-one-left", "warning lockout-not-checked (not-reported)",
		}},
		"connections not known, acknowledged": {office().but(hidden), give("Member", "ada"), Policy{Protect: true, Acknowledged: []string{"*@acme.com"}}, []string{"warning bypass-one-left"}},
		"connections not known, nobody loses": {office().but(hidden), give("Member", "cy"), strict, nil},
		"connections not known, not enforced": {office().but(hidden).but(func(w *World) { w.Account = Known(Account{}) }), give("Member", "ada"), strict, []string{"warning bypass-one-left"}},
		"the role that it has":                {office(), give("Owner", "ada"), strict, nil},
		"no member":                           {office(), give("Owner", "nobody"), strict, nil},
		"holders not known":                   {office().but(func(w *World) { w.People.Coverage, w.People.Rows = CoverNobody, w.People.Rows[:1] }), give("Member", "ada"), strict, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := Judge(Compare(test.world, test.change.Apply(test.world)), test.policy)
			wantIDs(t, findings, test.want)
			for _, f := range findings {
				if f.Attribute != "role" || f.AccountID != "acme" {
					t.Errorf("%s is about %q of %q", f.ID, f.Attribute, f.AccountID)
				}
			}
		})
	}
}

// TestJudgeRouting is the table of domains and connections.
func TestJudgeRouting(t *testing.T) {
	t.Parallel()
	off := func(w *World) {
		w.Connections = Known([]Connection{{ID: "okta", Name: "Okta", State: ConnectionValidating, Domains: []string{"acme.com"}}})
	}
	activate := func(domains ...string) PutConnection {
		return PutConnection{ID: "okta", Name: "Okta", Domains: domains, Activate: true}
	}
	lone := func(w *World) { w.People.Rows = append(w.People.Rows[:1:1], w.People.Rows[2:]...) }
	strict := Policy{Protect: true}
	for name, test := range map[string]struct {
		world   World
		changes []Change
		policy  Policy
		want    []string
	}{
		"acknowledged by address and by domain, not of a subdomain": {office().but(off).but(func(w *World) {
			w.People.Rows = append(w.People.Rows, member("flo", "other.example", "Member"), member("gus", "sub.other.example", "Member"))
		}), []Change{activate("acme.com")}, Policy{Protect: true, Acknowledged: []string{"*@other.example"}}, []string{"error people-lose-access (not-routed) gus@sub.other.example"}},
		"the first connection serves everybody":  {office().but(off), []Change{activate("acme.com", "other.example")}, strict, nil},
		"the first connection leaves one out":    {office().but(off), []Change{activate("acme.com")}, strict, []string{"error people-lose-access (not-routed) eve@other.example"}},
		"protection off":                         {office().but(off), []Change{activate("acme.com")}, Policy{}, []string{"warning people-lose-access (not-routed) eve@other.example"}},
		"another connection is planned, too":     {office().but(off), []Change{PutConnection{Name: "b", Domains: []string{"other.example"}, Activate: true}, activate("acme.com")}, strict, nil},
		"acknowledged":                           {office().but(off), []Change{activate("acme.com")}, Policy{Protect: true, Acknowledged: []string{"*@other.example"}}, nil},
		"acknowledged without need":              {office().but(off), []Change{activate("acme.com", "other.example")}, Policy{Protect: true, Acknowledged: []string{"eve@other.example"}}, []string{"warning acknowledgement-surplus +eve@other.example"}},
		"oneself":                                {office().but(off).calledBy("eve"), []Change{activate("acme.com")}, Policy{}, []string{"error caller-locked-out eve@other.example +other.example"}},
		"a key that needs a login":               {office().but(off).calledBy("dee"), []Change{activate("acme.com", "other.example")}, strict, []string{"warning caller-needs-login dee@acme.com"}},
		"a key that needed a login before":       {office().but(func(w *World) { w.Connections.value[0].Domains = []string{"acme.com", "other.example"} }).calledBy("eve"), []Change{activate("other.example")}, Policy{Protect: true, Acknowledged: []string{"*@acme.com"}}, nil},
		"one who bypasses":                       {office().but(off).but(lone), []Change{activate("acme.com", "other.example")}, strict, []string{"warning bypass-too-few ada@acme.com"}},
		"at the first login":                     {office().but(off), []Change{FirstLogin{ID: "okta"}}, Policy{Protect: true, AtFirstLogin: true, Acknowledged: []string{"ada@acme.com"}}, []string{"warning people-lose-access-at-first-login (not-routed) eve@other.example"}},
		"oneself at the first login":             {office().but(off).calledBy("eve"), []Change{FirstLogin{ID: "okta"}}, Policy{Protect: true, AtFirstLogin: true}, []string{"warning caller-locked-out-at-first-login eve@other.example +other.example"}},
		"who had no access loses none":           {office(), []Change{PutConnection{ID: "okta", Domains: []string{"acme.com"}}}, strict, nil},
		"the domain goes over to another":        {office(), []Change{PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true, TakeOver: true}}, strict, nil},
		"another connection has the domain":      {office(), []Change{PutConnection{Name: "new", Domains: []string{"acme.com"}, Activate: true}}, strict, []string{"warning domain-routed-elsewhere +acme.com"}},
		"single sign-on ends":                    {office(), []Change{DeleteConnection{ID: "okta"}}, strict, nil},
		"one more domain":                        {office(), []Change{activate("acme.com", "other.example")}, strict, nil},
		"the domain of the only one is released": {office(), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, nil},
		"a domain is no longer served":           {office(), []Change{activate("other.example")}, strict, []string{"error people-lose-access (not-routed) cy@acme.com dee@acme.com"}},
		"a domain of two goes": {office().but(func(w *World) { w.Connections.value[0].Domains = []string{"acme.com", "other.example"} }), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, []string{
			"error people-lose-access (not-routed) cy@acme.com dee@acme.com",
		}},
		"connections are not known":                    {office().but(func(w *World) { w.Connections = Unknown[[]Connection]("forbidden") }), []Change{DeleteConnection{ID: "okta"}}, strict, []string{"error lockout-not-checked (not-reported)"}},
		"connections are not known, protection off":    {office().but(func(w *World) { w.Connections = Unknown[[]Connection]("forbidden") }), []Change{DeleteConnection{ID: "okta"}}, Policy{}, []string{"warning lockout-not-checked (not-reported)"}},
		"connections are not known, and a domain goes": {office().but(func(w *World) { w.Connections = Unknown[[]Connection]("forbidden") }), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, []string{"error lockout-not-checked (not-reported)"}},
		"connections are not known, and nothing is enforced": {office().but(func(w *World) {
			w.Connections, w.Account = Unknown[[]Connection]("forbidden"), Known(Account{})
		}), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, nil},
		"connections are not known, and one may begin": {office().but(func(w *World) {
			w.Connections, w.Account = Unknown[[]Connection]("forbidden"), Known(Account{})
		}), []Change{activate("acme.com")}, strict, []string{"error lockout-not-checked (not-reported)"}},
		"the only domain goes at once":      {office(), []Change{DisableDomains{Names: []string{"acme.com"}, DisableSSO: true}}, strict, []string{"warning sso-ends (allow-disable-sso) +acme.com"}},
		"the API does not release":          {office().but(func(w *World) { w.Offered = Known(false) }), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, []string{"warning sso-ends (not-released) +acme.com"}},
		"the whole list goes at once":       {office(), []Change{SetDomains{DisableSSO: true}}, strict, []string{"warning sso-ends (allow-disable-sso) +acme.com +other.example"}},
		"whether it releases is not known":  {office().but(func(w *World) { w.Offered = Unknown[bool]("forbidden") }), []Change{DisableDomains{Names: []string{"acme.com"}}}, strict, []string{"warning sso-end-not-checked (not-reported)"}},
		"a domain goes that nothing routes": {office(), []Change{DisableDomains{Names: []string{"other.example"}, DisableSSO: true}}, strict, nil},
		"the connection that routes it stays": {office().but(func(w *World) {
			w.Offered = Unknown[bool]("forbidden")
			w.Connections.value = append(w.Connections.value, Connection{ID: "b", State: ConnectionActive, Domains: []string{"other.example"}})
		}), []Change{DisableDomains{Names: []string{"other.example"}}}, strict, []string{
			"error people-lose-access (not-routed) eve@other.example",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantIDs(t, Judge(Compare(test.world, Apply(test.world, test.changes...)), test.policy), test.want)
		})
	}
}

// TestJudgeDirectories is the table of directories and mappings.
func TestJudgeDirectories(t *testing.T) {
	t.Parallel()
	settings := DirectorySettings{DefaultRoleID: "Member", TeamsFromGroups: true, AllowedDomains: []string{"acme.com", "other.example"}}
	allow := func(domains ...string) PutDirectory { return PutDirectory{ID: "dir", AllowedDomains: &domains} }
	yes, no := true, false
	staff := Mapping{ID: "map", Match: Match{GroupName: "Staff"}, RoleID: "Admin", Priority: 1}
	ops := Mapping{ID: "ops", Match: Match{GroupName: "Ops"}, RoleID: "Member", Priority: 2}
	owners := staff
	owners.RoleID = "Owner"
	dee, eve := pushed("dee", "acme.com", "staff"), pushed("eve", "other.example")
	ada, bob := pushed("ada", "acme.com", "staff"), pushed("bob", "acme.com", "staff")
	strict := Policy{Protect: true}
	routed := func(w *World) {
		w.Connections = Known([]Connection{{ID: "okta", State: ConnectionActive, Domains: []string{"acme.com", "other.example"}}})
	}
	for name, test := range map[string]struct {
		world  World
		change Change
		policy Policy
		want   []string
	}{
		"a narrower directory": {office().push(settings, nil, dee, eve), allow("acme.com"), strict, []string{"error people-lose-access (domain-not-allowed) eve@other.example"}},
		"acknowledged":         {office().push(settings, nil, dee, eve), allow("acme.com"), Policy{Protect: true, Acknowledged: []string{"*@other.example", "x@y.example"}}, []string{"warning acknowledgement-surplus +x@y.example"}},
		"oneself":              {office().push(settings, nil, dee).calledBy("dee"), allow("other.example"), Policy{}, []string{"error caller-deprovisioned (domain-not-allowed) dee@acme.com"}},
		"a wider directory":    {office().push(DirectorySettings{AllowedDomains: []string{"acme.com"}}, nil, dee), allow("acme.com", "other.example"), strict, nil},
		"a disabled domain": {office().push(settings, nil, dee, eve), DisableDomains{Names: []string{"other.example"}}, strict, []string{
			"error people-lose-access (domain-disabled) eve@other.example +other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"a disabled domain, and who governs whom was not asked": {office().push(settings, nil, dee, eve).but(func(w *World) {
			for i := range w.People.Rows {
				w.People.Rows[i].DirectoryID = Part[string]{}
			}
		}), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true}, []string{
			"warning people-lose-access (domain-disabled) eve@other.example +other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys the domain": {office().push(settings, nil, dee, eve), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true}, []string{
			"warning people-lose-access (domain-disabled) eve@other.example +other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys the domain, the caller's": {office().push(settings, nil, eve).calledBy("eve"), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true}, []string{
			"warning caller-deprovisioned (domain-disabled) eve@other.example +other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys a routed domain": {office().push(settings, nil, dee, eve).but(routed), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true}, []string{
			"warning people-lose-access (domain-disabled) eve@other.example +other.example", "error people-lose-access (not-routed) eve@other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys a routed domain, acknowledged": {office().push(settings, nil, dee, eve).but(routed), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true, Acknowledged: []string{"*@other.example"}}, []string{
			"warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys a routed domain, the caller's": {office().push(settings, nil, dee, eve).but(routed).calledBy("eve"), DisableDomains{Names: []string{"other.example"}}, Policy{Protect: true, Destroying: true}, []string{
			"error caller-locked-out eve@other.example +other.example", "warning caller-deprovisioned (domain-disabled) eve@other.example +other.example", "warning domain-allowed-by-directory +other.example",
		}},
		"the plan destroys the domain of the last who bypass": {office().push(DirectorySettings{}, nil, ada, bob).but(func(w *World) {
			w.Connections = Known([]Connection(nil))
			w.People.Rows = w.People.Rows[:2]
		}), DisableDomains{Names: []string{"acme.com"}}, Policy{Protect: true, Destroying: true}, []string{
			"warning people-lose-access (domain-disabled) ada@acme.com +acme.com", "warning bypass-nobody-left",
		}},
		"switched off":        {office().push(settings, nil, dee), PutDirectory{ID: "dir", Off: &yes}, strict, []string{"warning directory-off-keeps-leavers"}},
		"leavers are removed": {office().push(settings, nil, dee), PutDirectory{ID: "dir", RemovesLeavers: &yes}, strict, []string{"warning directory-removes-leavers"}},
		"teams go on by hand": {office().push(settings, nil, dee).but(func(w *World) { w.Teams = Known([]Team{{ID: "t", Name: "Staff", GroupID: "g-staff"}}) }), PutDirectory{ID: "dir", TeamsFromGroups: &no}, strict, []string{
			"warning teams-stop-following-groups +Staff",
		}},
		"a mapping promotes":        {office().push(settings, nil, dee), PutMapping{DirectoryID: "dir", Mapping: owners}, strict, []string{"warning people-bypass-sso (mapping) dee@acme.com"}},
		"a mapping demotes":         {office().push(settings, nil, pushed("cy", "acme.com", "ops")), PutMapping{DirectoryID: "dir", Mapping: ops}, strict, []string{"warning people-demoted (mapping) cy@acme.com"}},
		"a mapping demotes oneself": {office().push(settings, nil, pushed("cy", "acme.com", "ops")).calledBy("cy"), PutMapping{DirectoryID: "dir", Mapping: ops}, strict, []string{"error caller-demoted (mapping) cy@acme.com"}},
		"a mapping takes bypass":    {office().push(settings, nil, ada), PutMapping{DirectoryID: "dir", Mapping: staff}, strict, []string{"warning people-demoted (mapping) ada@acme.com", "warning bypass-one-left"}},
		"a mapping takes the last":  {office().push(settings, nil, ada, bob), PutMapping{DirectoryID: "dir", Mapping: staff}, strict, []string{"warning people-demoted (mapping) ada@acme.com bob@acme.com", "error bypass-nobody-left"}},
		"a mapping takes the last, oneself": {office().push(settings, nil, ada, bob).calledBy("bob"), PutMapping{DirectoryID: "dir", Mapping: staff}, Policy{}, []string{
			"error caller-demoted (mapping) bob@acme.com", "warning people-demoted (mapping) ada@acme.com", "warning bypass-nobody-left",
		}},
		"a mapping is for nobody":    {office().push(settings, nil, eve), PutMapping{DirectoryID: "dir", Mapping: owners}, strict, nil},
		"another mapping counts":     {office().push(settings, []Mapping{ops}, pushed("dee", "acme.com", "staff", "ops").mappedBy("ops", Part[string]{})), PutMapping{DirectoryID: "dir", Mapping: owners}, strict, nil},
		"the match decides a tie":    {office().push(settings, []Mapping{{ID: "ops", Match: ops.Match, RoleID: "Member", Priority: 1}}, pushed("dee", "acme.com", "staff", "ops").mappedBy("ops", Part[string]{})), PutMapping{DirectoryID: "dir", Mapping: owners}, strict, nil},
		"a mapping ends":             {office().push(settings, []Mapping{staff}, dee.mappedBy("map", Part[string]{})).but(func(w *World) { w.People.Rows[3].RoleID = Known("Admin") }), DeleteMapping{"dir", "map"}, strict, []string{"warning earlier-roles-return (mapping) dee@acme.com"}},
		"a mapping ends, known role": {office().push(settings, []Mapping{staff}, dee.mappedBy("map", Known("Member"))).but(func(w *World) { w.People.Rows[3].RoleID = Known("Admin") }), DeleteMapping{"dir", "map"}, strict, []string{"warning people-demoted (mapping) dee@acme.com"}},
		"the next mapping counts":    {office().push(settings, []Mapping{staff, ops}, pushed("dee", "acme.com", "staff", "ops").mappedBy("ops", Part[string]{})), DeleteMapping{"dir", "ops"}, strict, nil},
		"a directory goes": {office().push(settings, []Mapping{staff}, dee.mappedBy("map", Part[string]{}), eve), DeleteDirectory{"dir"}, strict, []string{
			"warning earlier-roles-return (directory-deleted) dee@acme.com", "warning directory-deleted-keeps-people",
		}},
		"whom it is for is not known": {office().push(settings, nil, dee), PutMapping{DirectoryID: "dir", Mapping: Mapping{Match: Match{Attribute: "title", Equals: "x"}, RoleID: "Owner"}}, strict, []string{"warning roles-not-checked (groups-of-one-name)"}},
		"whom it brought is not known": {office().but(func(w *World) {
			w.Directories = Known([]Directory{{ID: "dir", Settings: Unknown[DirectorySettings]("x"), Users: Unknown[[]DirectoryUser]("x")}})
			w.Offered = Known(false)
		}), DisableDomains{Names: []string{"other.example"}}, strict, []string{"warning deprovisioning-not-checked (not-reported)"}},
		"whom it brought is not known, and nobody has the domain": {office().but(func(w *World) {
			w.Directories = Known([]Directory{{ID: "dir", Settings: Unknown[DirectorySettings]("x"), Users: Unknown[[]DirectoryUser]("x")}})
			w.Offered = Known(false)
		}), DisableDomains{Names: []string{"third.example"}}, strict, nil},
		"a directory goes that has no mappings": {office().push(settings, nil, dee).but(func(w *World) { w.Directories.value[0].Users = Part[[]DirectoryUser]{} }), DeleteDirectory{"dir"}, strict, []string{"warning directory-deleted-keeps-people"}},
		"a directory goes whose people are not known": {office().push(settings, []Mapping{staff}, dee).but(func(w *World) { w.Directories.value[0].Users = Unknown[[]DirectoryUser]("x") }), DeleteDirectory{"dir"}, strict, []string{
			"warning directory-deleted-keeps-people", "warning roles-not-checked (not-reported)",
		}},
		"a directory goes that is not known": {office().but(func(w *World) { w.Directories = Unknown[[]Directory]("x") }), DeleteDirectory{"dir"}, strict, []string{"warning roles-not-checked (not-reported)"}},
		"a directory is gone":                {office(), DeleteDirectory{"dir"}, strict, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantIDs(t, Judge(Compare(test.world, test.change.Apply(test.world)), test.policy), test.want)
		})
	}
}
