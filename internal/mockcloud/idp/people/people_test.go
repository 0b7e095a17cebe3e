package people_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
)

// diary writes down what an observer is told.
type diary struct{ lines []string }

func (d *diary) PersonChanged(p people.Person) {
	left := ""
	if p.Left {
		left = " left"
	}
	d.lines = append(d.lines, fmt.Sprintf("%s %v%s", p.Email, p.Groups, left))
}
func (d *diary) PersonRemoved(p people.Person) { d.lines = append(d.lines, "no more "+p.Email) }
func (d *diary) GroupChanged(_, name string)   { d.lines = append(d.lines, name) }
func (d *diary) took() string {
	out := strings.Join(d.lines, "; ")
	d.lines = nil
	return out
}

func pointer(s string) *string { return &s }

// view returns who is in a directory and in which groups.
func view(d *people.Directory) string {
	var out []string
	for _, p := range d.People() {
		text := p.Email
		if p.Left {
			text = "(" + text + ")"
		}
		out = append(out, fmt.Sprintf("%s%v", text, p.Groups))
	}
	for _, g := range d.Groups() {
		var names []string
		for _, subject := range g.Members {
			p, ok := d.Person(subject)
			if !ok || !slices.Contains(p.Groups, g.Name) || !slices.Contains(d.GroupsOf(subject), g.ID) {
				out = append(out, "BROKEN")
			}
			names = append(names, p.Email)
		}
		slices.Sort(names)
		out = append(out, g.Name+"="+strings.Join(names, ","))
	}
	return strings.Join(out, " ")
}

// TestChanges holds what each change does, whom it tells of what, and what is
// refused, in one life of a directory.
func TestChanges(t *testing.T) {
	t.Parallel()
	d, observed := people.New(), &diary{}
	if err := d.Set(people.Person{Subject: "before", Email: "before@x.example"}); err != nil {
		t.Fatal(err)
	}
	d.Remove("before")
	d.Observe(observed)
	for _, step := range []struct {
		name     string
		do       func() error
		observed string
		view     string // empty: as before
		err      error  // of the same type
	}{
		{"a join", func() error {
			_, err := d.Join(people.Person{Email: "ada@x.example", Groups: []string{"Math", "Art"}}, people.Person{Email: "bob@x.example"})
			return err
		}, "ada@x.example [Art Math]; Art; Math; bob@x.example []", "ada@x.example[Art Math] bob@x.example[] Art=ada@x.example Math=ada@x.example", nil},
		{"nobody twice", func() error {
			_, err := d.Join(people.Person{Email: "new@x.example"}, people.Person{Email: "BOB@x.example"})
			return err
		}, "", "", people.Taken("")},
		{"no address", func() error { _, err := d.Join(people.Person{Email: "Ada <ada@x.example>"}); return err }, "", "", people.Invalid("")},
		{"a long name", func() error {
			_, err := d.Join(people.Person{Email: "l@x.example", LastName: strings.Repeat("x", 201)})
			return err
		}, "", "", people.Invalid("")},
		{"a bell", func() error { _, err := d.Change("bob@x.example", people.Change{Title: pointer("\a")}); return err }, "", "", people.Invalid("")},
		{"a group in other letters", func() error { _, err := d.AddMembers("MATH", "bob@x.example"); return err }, "Math", "ada@x.example[Art Math] bob@x.example[Math] Art=ada@x.example Math=ada@x.example,bob@x.example", nil},
		{"a group with strangers", func() error { _, err := d.AddMembers("Math", "bob@x.example", "eve@x.example"); return err }, "", "", people.Unknown("")},
		{"a group that is there", func() error { _, err := d.AddGroup("math"); return err }, "", "", people.Taken("")},
		{"a group without a name", func() error { _, err := d.AddGroup(""); return err }, "", "", people.Invalid("")},
		{"a new name", func() error { _, err := d.RenameGroup("art", "Arts"); return err }, "Arts", "ada@x.example[Arts Math] bob@x.example[Math] Arts=ada@x.example Math=ada@x.example,bob@x.example", nil},
		{"the same name in capitals", func() error { _, err := d.RenameGroup("Arts", "ARTS"); return err }, "ARTS", "ada@x.example[ARTS Math] bob@x.example[Math] ARTS=ada@x.example Math=ada@x.example,bob@x.example", nil},
		{"another's name", func() error { _, err := d.RenameGroup("ARTS", "Math"); return err }, "", "", people.Taken("")},
		{"another address", func() error {
			_, err := d.Change("bob@x.example", people.Change{Email: pointer("rob@x.example")})
			return err
		}, "rob@x.example [Math]", "ada@x.example[ARTS Math] rob@x.example[Math] ARTS=ada@x.example Math=ada@x.example,rob@x.example", nil},
		{"somebody else's address", func() error {
			_, err := d.Change("rob@x.example", people.Change{Email: pointer("Ada@x.example")})
			return err
		}, "", "", people.Taken("")},
		{"leaving", func() error { _, err := d.Leave("ada@x.example"); return err }, "ada@x.example [ARTS Math] left; ARTS; Math", "(ada@x.example)[ARTS Math] rob@x.example[Math] ARTS=ada@x.example Math=ada@x.example,rob@x.example", nil},
		{"leaving again", func() error { _, err := d.Leave("ada@x.example"); return err }, "", "", nil},
		{"joining instead of returning", func() error { _, err := d.Join(people.Person{Email: "ada@x.example"}); return err }, "", "", people.Taken("")},
		{"returning", func() error { _, err := d.Return("ADA@x.example"); return err }, "ada@x.example [ARTS Math]; ARTS; Math", "ada@x.example[ARTS Math] rob@x.example[Math] ARTS=ada@x.example Math=ada@x.example,rob@x.example", nil},
		{"a stranger leaves", func() error { _, err := d.Leave("eve@x.example"); return err }, "", "", people.Unknown("")},
		{"out of a group", func() error { _, err := d.RemoveMembers("Math", "rob@x.example"); return err }, "Math", "ada@x.example[ARTS Math] rob@x.example[] ARTS=ada@x.example Math=ada@x.example", nil},
		{"out of no group", func() error { _, err := d.RemoveMembers("Chess", "rob@x.example"); return err }, "", "", people.Unknown("")},
		{"a person as they should be", func() error {
			rob, err := d.Find("rob@x.example")
			rob.Groups = []string{"Chess"}
			return errors.Join(err, d.Set(rob))
		}, "rob@x.example [Chess]; Chess", "ada@x.example[ARTS Math] rob@x.example[Chess] ARTS=ada@x.example Chess=rob@x.example Math=ada@x.example", nil},
		{"no subject", func() error { return d.Set(people.Person{Email: "x@x.example"}) }, "", "", people.Invalid("")},
		{"a group less", func() error { _, err := d.DeleteGroup("ARTS"); return err }, "ARTS", "ada@x.example[Math] rob@x.example[Chess] Chess=rob@x.example Math=ada@x.example", nil},
		{"no such group", func() error { _, err := d.DeleteGroup("ARTS"); return err }, "", "", people.Unknown("")},
		{"removed", func() error { ada, err := d.Find("ada@x.example"); d.Remove(ada.Subject); return err }, "no more ada@x.example; Math", "rob@x.example[Chess] Chess=rob@x.example Math=", nil},
		{"somebody new at an old address", func() error { _, err := d.Join(people.Person{Email: "ada@x.example"}); return err }, "ada@x.example []", "ada@x.example[] rob@x.example[Chess] Chess=rob@x.example Math=", nil},
		{"all anew, wrongly", func() error { return d.Replace([]people.Person{{Subject: "1", Email: "nobody"}}) }, "", "", people.Invalid("")},
		{"all anew", func() error { return d.Replace([]people.Person{{Subject: "1", Email: "one@x.example"}}) }, "", "one@x.example[]", nil},
	} {
		before := view(d)
		err := step.do()
		if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", step.err) {
			t.Errorf("%s: %v", step.name, err)
		}
		if got := observed.took(); got != step.observed {
			t.Errorf("%s: told %q, want %q", step.name, got, step.observed)
		}
		if step.view == "" {
			step.view = before
		}
		if got := view(d); got != step.view {
			t.Errorf("%s:\n%s, want\n%s", step.name, got, step.view)
		}
	}
}
