package access

import "testing"

// TestJudgeActivity is the table of people who are activated and deactivated by name.
func TestJudgeActivity(t *testing.T) {
	t.Parallel()
	out := func(names ...string) SetActive {
		var c SetActive
		for _, name := range names {
			c.MembershipIDs = append(c.MembershipIDs, "m-"+name)
		}
		return c
	}
	in := func(names ...string) SetActive {
		c := out(names...)
		c.Active = true
		return c
	}
	inactive := func(names ...string) func(*World) {
		return func(w *World) {
			for _, name := range names {
				for i := range w.People.Rows {
					if w.People.Rows[i].ID == "m-"+name {
						w.People.Rows[i].Active = Known(false)
					}
				}
			}
		}
	}
	of := func(directory World, change func(*Directory)) World {
		return directory.but(func(w *World) { change(&w.Directories.value[0]) })
	}
	dee := pushed("dee", "acme.com")
	gone := dee
	gone.Active = false
	hidden := func(d *Directory) { d.Users = Unknown[[]DirectoryUser]("not offered") }
	strict := Policy{Protect: true}
	plan := func(changes ...Change) Change { return Plan{changes} }
	for name, test := range map[string]struct {
		world  World
		change Change
		policy Policy
		want   []string
	}{
		"somebody":                           {office(), out("dee"), strict, nil},
		"somebody who is inactive":           {office().but(inactive("dee")), out("dee"), strict, nil},
		"nobody of the account":              {office(), out("nobody"), strict, nil},
		"one who bypasses":                   {office(), out("ada"), strict, []string{"warning bypass-one-left"}},
		"all who bypass":                     {office(), out("ada", "bob"), strict, []string{"error bypass-nobody-left"}},
		"all who bypass, with others":        {office(), out("ada", "dee", "bob"), strict, []string{"error bypass-nobody-left"}},
		"all who bypass, protection off":     {office(), out("ada", "bob"), Policy{}, []string{"warning bypass-nobody-left"}},
		"all who bypass, while applied":      {office(), out("ada", "bob"), Policy{Protect: true, Applying: true}, nil},
		"oneself":                            {office().calledBy("ada"), out("ada"), Policy{}, []string{"error caller-removed ada@acme.com"}},
		"back":                               {office().but(inactive("dee")), in("dee"), strict, nil},
		"back, who bypasses":                 {office().but(inactive("ada")), in("ada"), strict, nil},
		"of a directory":                     {office().push(DirectorySettings{}, nil, dee), out("dee"), strict, []string{"error directory-decides-activity (directory-active) dee@acme.com"}},
		"of a directory, not acknowledged":   {office().push(DirectorySettings{}, nil, dee), out("dee"), Policy{Acknowledged: []string{"dee@acme.com"}}, []string{"error directory-decides-activity (directory-active) dee@acme.com"}},
		"of a directory that is off":         {of(office().push(DirectorySettings{}, nil, dee), func(d *Directory) { d.Off = true }), out("dee"), strict, nil},
		"of a directory that has them ended": {office().push(DirectorySettings{}, nil, gone), out("dee"), strict, nil},
		"back, against the directory":        {office().push(DirectorySettings{}, nil, gone).but(inactive("dee")), in("dee"), strict, []string{"error directory-decides-activity (directory-ended) dee@acme.com"}},
		"back, as the directory has it":      {office().push(DirectorySettings{}, nil, dee).but(inactive("dee")), in("dee"), strict, nil},
		"of a directory that does not tell":  {of(office().push(DirectorySettings{}, nil, dee), hidden), out("dee"), strict, []string{"warning directory-decides-activity (not-reported) dee@acme.com"}},
		"in a plan":                          {office(), plan(out("dee")), strict, nil},
		"in a plan, and back":                {office().but(inactive("ada")), plan(in("ada")), strict, nil},
		"in a plan, of a directory":          {office().push(DirectorySettings{}, nil, dee), plan(out("dee")), strict, []string{"error directory-decides-activity (directory-active) dee@acme.com"}},
		"in a plan, all who bypass":          {office(), plan(out("ada", "bob")), strict, []string{"error bypass-nobody-left"}},
		"in a plan, which gives another one": {office(), plan(SetRoles{[]RoleOf{{MembershipID: "m-dee", RoleID: "Owner"}}}, out("ada", "bob")), strict, []string{"warning bypass-one-left"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantIDs(t, Judge(Compare(test.world, test.change.Apply(test.world)), test.policy), test.want)
		})
	}
}
