package access

import (
	"slices"
	"strings"
	"testing"
)

// TestNeeds: what each change wants of worlds of which more and more is known. No guard of a plan asks for more.
func TestNeeds(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	settings := DirectorySettings{TeamsFromGroups: true, AllowedDomains: []string{"acme.com", "other.example"}}
	staff := Mapping{ID: "map", Match: Match{GroupName: "Staff"}, RoleID: "Admin", Priority: 1}
	ops := Mapping{ID: "ops", Match: Match{GroupName: "Ops"}, RoleID: "Member", Priority: 2}
	nothing := World{AccountID: "acme"}
	// some knows only what the names say.
	some := func(from World, parts ...string) World {
		w := World{AccountID: "acme"}
		for _, part := range parts {
			switch part {
			case "integrations":
				w.Connections, w.Directories = from.Connections, Known(slices.Clone(from.Directories.Or(nil)))
				for i := range w.Directories.value {
					d := &w.Directories.value[i]
					*d = Directory{ID: d.ID, Name: d.Name}
				}
			case "account":
				w.Account = from.Account
			case "offer":
				w.Offered = from.Offered
			case "roles":
				w.Roles = from.Roles
			case "domains":
				w.Domains = from.Domains
			case "settings":
				for i := range w.Directories.value {
					w.Directories.value[i].Settings = from.Directories.value[i].Settings
				}
			case "mappings":
				for i := range w.Directories.value {
					w.Directories.value[i].Mappings = from.Directories.value[i].Mappings
				}
			case "users":
				for i := range w.Directories.value {
					w.Directories.value[i].Users = from.Directories.value[i].Users
				}
			case "ada":
				w.People.Rows = append(w.People.Rows, from.People.Rows[0])
				w.People.Rows[len(w.People.Rows)-1].DirectoryID = Part[string]{}
			}
		}
		return w
	}
	// few knows of directories only those that somebody looked up.
	few := func(from World) World {
		w := some(from, "integrations", "settings")
		w.Connections, w.FewDirectories = Part[[]Connection]{}, true
		return w
	}
	home := office()
	synced := office().push(settings, []Mapping{ops}, pushed("ada", "acme.com", "staff"))
	demote := SetRoles{[]RoleOf{{Email: "ada@acme.com", MembershipID: "m-ada", RoleID: "Member"}}}
	for name, test := range map[string]struct {
		world  World
		change Change
		want   string
	}{
		"a role":                                     {nothing, demote, "integrations roles people:ada@acme.com"},
		"a role of somebody who is known":            {some(home, "ada"), demote, "integrations roles"},
		"a role that takes bypass":                   {some(home, "ada", "roles", "integrations"), demote, "caller bypassing"},
		"a role that takes nothing":                  {some(home, "ada", "roles", "integrations"), SetRoles{[]RoleOf{{MembershipID: "m-ada", RoleID: "Owner"}}}, ""},
		"a role where a directory is":                {some(synced, "ada", "roles", "integrations"), demote, "caller bypassing owners:ada@acme.com"},
		"no role":                                    {nothing, SetRoles{}, ""},
		"a connection":                               {nothing, DeleteConnection{"okta"}, "integrations"},
		"a connection that takes nothing":            {some(home, "integrations"), DeleteConnection{"okta"}, ""},
		"a connection that takes a domain":           {some(home, "integrations"), PutConnection{ID: "okta", Domains: []string{"other.example"}}, "roles caller active-people"},
		"a domain":                                   {nothing, DisableDomains{Names: []string{"acme.com"}}, "integrations"},
		"a domain of the only connection":            {some(home, "integrations", "account"), DisableDomains{Names: []string{"acme.com"}}, "offer"},
		"a domain that is released":                  {some(home, "integrations", "account", "offer"), DisableDomains{Names: []string{"acme.com"}}, ""},
		"a domain that goes with single sign-on":     {some(home, "integrations", "account", "offer"), DisableDomains{Names: []string{"acme.com"}, DisableSSO: true}, ""},
		"a domain of a directory":                    {some(synced, "integrations", "account", "offer"), DisableDomains{Names: []string{"acme.com"}}, "directories"},
		"a domain of a directory with settings":      {some(synced, "integrations", "account", "offer", "settings"), DisableDomains{Names: []string{"acme.com"}}, "users"},
		"a domain of a directory's people":           {some(synced, "integrations", "account", "offer", "settings", "users"), DisableDomains{Names: []string{"acme.com"}}, "people:ada@acme.com roles caller"},
		"a domain of the last who bypass":            {some(synced, "integrations", "account", "offer", "settings", "users", "ada", "roles"), DisableDomains{Names: []string{"acme.com"}}, "caller bypassing"},
		"domains are enabled":                        {nothing, EnableDomains{Names: []string{"acme.com"}}, ""},
		"a new directory":                            {nothing, PutDirectory{Name: "Okta"}, ""},
		"a directory that is switched off":           {some(synced, "integrations", "settings"), PutDirectory{ID: "dir", Off: &yes}, ""},
		"a directory whose teams go on by hand":      {some(synced, "integrations", "settings"), PutDirectory{ID: "dir", TeamsFromGroups: &no}, "directory-teams"},
		"a narrower directory":                       {some(synced, "integrations", "settings"), PutDirectory{ID: "dir", AllowedDomains: &[]string{"acme.com"}}, "users"},
		"a wider directory":                          {some(synced, "integrations", "settings"), PutDirectory{ID: "dir", AllowedDomains: new([]string)}, "domains users held"},
		"a directory that goes":                      {some(synced, "integrations", "settings"), DeleteDirectory{"dir"}, "mappings"},
		"a directory that goes, with mappings":       {some(synced, "integrations", "settings", "mappings"), DeleteDirectory{"dir"}, "users"},
		"looked up, whose teams go on by hand":       {few(synced), PutDirectory{ID: "dir", TeamsFromGroups: &no}, "directory-teams"},
		"looked up, and switched off":                {few(synced), PutDirectory{ID: "dir", Off: &yes}, "directories"},
		"looked up, and narrower":                    {few(synced), PutDirectory{ID: "dir", AllowedDomains: &[]string{"acme.com"}}, "directories users"},
		"looked up, and goes":                        {few(synced), DeleteDirectory{"dir"}, "mappings"},
		"a mapping":                                  {some(synced, "integrations", "settings"), PutMapping{"dir", staff}, "mappings matches"},
		"a mapping where people and groups are read": {some(synced, "integrations", "settings", "mappings", "users"), PutMapping{"dir", staff}, "people:ada@acme.com roles caller"},
		"somebody leaves":                            {some(home, "ada"), RemovePeople{[]string{"m-ada"}}, "roles caller bypassing"},
		"somebody comes back":                        {nothing, SetActive{[]string{"m-ada"}, true}, "integrations"},
		"somebody is deactivated":                    {some(home, "integrations", "ada"), SetActive{[]string{"m-ada"}, false}, "roles caller bypassing"},
		"somebody of a directory is deactivated":     {some(synced, "integrations", "settings", "ada", "roles"), SetActive{[]string{"m-ada"}, false}, "owners:ada@acme.com caller bypassing"},
		"a team":                                     {nothing, PutTeamAccess{"t", "w", "r"}, ""},
		"a session policy":                           {nothing, SetSessionPolicy{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, want := range Needs(test.change, test.world) {
				text := string(want.Kind)
				if want.Emails != nil {
					text += ":" + strings.Join(want.Emails, ",")
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("wants %q, want %q", strings.Join(got, " "), test.want)
			}
		})
	}
	if wants := Needs(demote, home); len(wants) > 0 {
		t.Errorf("of a world that is known %v is wanted", wants)
	}
}
