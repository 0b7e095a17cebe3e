package scenario

import (
	"cmp"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
)

// provider is the directory of the test identity provider.
type provider struct {
	// People are in it beside the scenario's users, who all are: more people, who
	// get to an account only when the directory is pushed there, and more about the
	// users.
	People []employee `yaml:"people"`
}

type employee struct {
	Email      string   `yaml:"email"`
	FirstName  string   `yaml:"first_name"`
	LastName   string   `yaml:"last_name"`
	Title      string   `yaml:"title"`
	Department string   `yaml:"department"`
	Groups     []string `yaml:"groups"`
}

func (c *checker) provider(p provider) {
	emails := seen{}
	for i, e := range p.People {
		at := func(path ...any) []any { return append([]any{"idp", "people", i}, path...) }
		c.email(e.Email, emails, "person", at("email"))
		groups := seen{}
		for j, name := range e.Groups {
			if name == "" {
				c.fail("a group needs a name", at("groups", j)...)
			}
			if groups.again(fold.Text(name)) {
				c.fail("the group "+name+" stands twice", at("groups", j)...)
			}
		}
	}
}

// People returns everybody whom the test identity provider has at the start, each
// once.
func (s *Scenario) People() []people.Person {
	var out []people.Person
	index := make(map[string]int)
	add := func(p person) *people.Person {
		key := address.IdentityKey(p.Email)
		at, known := index[key]
		if !known {
			at, index[key] = len(out), len(out)
			out = append(out, people.Person{
				Subject: stableID("subject", key).String(), Email: p.Email, FirstName: p.FirstName, LastName: p.LastName,
			})
		}
		return &out[at]
	}
	for _, p := range s.users {
		add(p)
	}
	for _, a := range s.accounts {
		for _, u := range a.Users {
			add(u.person)
		}
		if a.Generate == nil {
			continue
		}
		for n := 1; n <= a.Generate.Members; n++ {
			add(a.Generate.person(n))
		}
	}
	for _, e := range s.idp.People {
		p := add(person{Email: e.Email})
		p.FirstName, p.LastName = cmp.Or(e.FirstName, p.FirstName), cmp.Or(e.LastName, p.LastName)
		p.Title, p.Department, p.Groups = e.Title, e.Department, e.Groups
	}
	return out
}
