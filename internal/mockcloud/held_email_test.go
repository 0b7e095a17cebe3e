package mockcloud_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// pair is an account with two directories, okta before entra, whose people leave in two ways. The domain new.example is
// not enabled, so that people of it are held.
type pair struct {
	*mocktest.Server
	t   *testing.T
	dir map[string]string            // ids of the directories
	ids map[string]map[string]string // SCIM ids by directory and userName
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, dir: map[string]string{}, ids: map[string]map[string]string{"okta": {}, "entra": {}}}
	p.Server = mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim, teams]
    domains: [acme.com]
    users: [{email: owner@acme.com, role: Owner}, {email: second@acme.com, role: Owner}]
    service_accounts: [{name: terraform, role: Owner, api_key: pnb_terraform}]
    directories:
      - {name: okta, type: okta scim v2.0, endpoint: okta, token: okta-token-0123456789-0123456789-abcdef}
      - {name: entra, type: okta scim v2.0, endpoint: entra, default_role: Admin, deprovision_action: delete, token: entra-token-0123456789-0123456789-abcdef}
`)})
	var rows []struct{ ID, Name string }
	p.api("GET", "/sso/directories", nil).Want(http.StatusOK).Into(&rows)
	for _, row := range rows {
		p.dir[row.Name] = row.ID
	}
	return p
}

func (p *pair) api(method, path string, body any) mocktest.Answer {
	p.t.Helper()
	answer, err := p.Try(method, mocktest.Root+path, mocktest.Terraform, body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer
}

func (p *pair) scim(directory, method, path string, body any) mocktest.Answer {
	p.t.Helper()
	answer, err := p.Try(method, "/scim/v2.0/"+directory+path, directory+"-token-0123456789-0123456789-abcdef", body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer
}

// push makes a person, or puts them in the place of what they were, and gives the status.
func (p *pair) push(directory, name, email string, active bool) int {
	p.t.Helper()
	user := scimUser(name)
	user["active"] = active
	if email != "" {
		user["emails"] = []obj{{"value": email, "primary": true}}
	}
	if id, known := p.ids[directory][name]; known {
		return p.scim(directory, "PUT", "/Users/"+id, user).Status
	}
	answer := p.scim(directory, "POST", "/Users", user)
	if answer.Status == http.StatusCreated {
		var made struct{ ID string }
		answer.Into(&made)
		p.ids[directory][name] = made.ID
	}
	return answer.Status
}

func (p *pair) comes(directory, name, email string) {
	p.t.Helper()
	if status := p.push(directory, name, email, true); status >= 300 {
		p.t.Fatalf("%s/%s: %d", directory, name, status)
	}
}

func (p *pair) leaves(directory, name, email string) {
	p.t.Helper()
	if status := p.push(directory, name, email, false); status >= 300 {
		p.t.Fatalf("%s/%s: %d", directory, name, status)
	}
}

func (p *pair) refused(directory, name, email string) {
	p.t.Helper()
	if status := p.push(directory, name, email, true); status != http.StatusConflict {
		p.t.Errorf("%s/%s: %d, want 409", directory, name, status)
	}
}

func (p *pair) goes(directory, name string) {
	p.t.Helper()
	p.scim(directory, "DELETE", "/Users/"+p.ids[directory][name], nil).Want(http.StatusNoContent)
	delete(p.ids[directory], name)
}

func (p *pair) enable(names ...string) {
	p.t.Helper()
	p.api("PATCH", "/domains", obj{"domain_names": append([]string{"acme.com"}, names...)}).Want(http.StatusNoContent)
}

func (p *pair) allow(directory string, names ...string) {
	p.t.Helper()
	p.api("PATCH", "/sso/directories/"+p.dir[directory], obj{"allowed_domains": names}).Want(http.StatusOK)
}

// member is the membership with an address.
type member struct {
	ID, Email, Role string
	Active          bool
}

func (p *pair) member(email string) (found member, there bool) {
	p.t.Helper()
	var rows []struct {
		ID    string `json:"id"`
		Email string `json:"email"`
		Role  string `json:"account_role_name"`
		State bool   `json:"active"`
	}
	p.api("POST", "/account_memberships/filter", obj{}).Want(http.StatusOK).Into(&rows)
	for _, row := range rows {
		if row.Email == email {
			return member{row.ID, row.Email, row.Role, row.State}, true
		}
	}
	return member{}, false
}

// whole is who governs a membership, what it is like, and who is held and says so, sorted.
func (p *pair) whole(email string) string {
	p.t.Helper()
	var said []string
	m, there := p.member(email)
	if there {
		said = append(said, fmt.Sprintf("member %s active %t", m.Role, m.Active))
	}
	for _, directory := range []string{"okta", "entra"} {
		if p.dir[directory] == "" {
			continue
		}
		for _, query := range []string{"", "?held=true"} {
			var page struct {
				Data []struct {
					UserName     string  `json:"username"`
					MembershipID *string `json:"account_membership_id"`
					HeldReason   *string `json:"held_reason"`
				} `json:"data"`
			}
			p.api("GET", "/sso/directories/"+p.dir[directory]+"/users"+query, nil).Want(http.StatusOK).Into(&page)
			for _, row := range page.Data {
				who := directory + "/" + row.UserName
				switch {
				case query == "" && row.MembershipID != nil && *row.MembershipID == m.ID:
					said = append(said, who+" governs")
				case query != "":
					said = append(said, who+" held"+reason(row.HeldReason))
				}
			}
		}
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// reason tells the reasons for which somebody is held from each other.
func reason(text *string) string {
	switch {
	case text == nil:
		return ""
	case strings.Contains(*text, "allowed domains"):
		return " by domain"
	case strings.Contains(*text, "the directory okta"):
		return " by okta"
	case strings.Contains(*text, "the directory entra"):
		return " by entra"
	case strings.Contains(*text, "removed by hand"):
		return " by hand"
	}
	return " " + *text
}

// TestOneEmailTwice: two people of directories who are held out of the account and have one email address. When the domain
// is allowed the one who came first becomes the member, and the other stays held and says why.
func TestOneEmailTwice(t *testing.T) {
	t.Parallel()
	const ann = "ann@new.example"
	both := func(p *pair) { p.comes("okta", "a", ann); p.comes("entra", "b", ann) }
	swapped := func(p *pair) { p.comes("entra", "b", ann); p.comes("okta", "a", ann) }
	tests := []struct {
		name string
		play func(*pair)
		want string
	}{
		{"while the domain is not allowed", both, "entra/b held by domain, okta/a held by domain"},
		{
			"the domain is enabled", func(p *pair) { both(p); p.enable("new.example") },
			"entra/b held by okta, member Member active true, okta/a governs",
		},
		{
			"the first one is in the younger directory", func(p *pair) { swapped(p); p.enable("new.example") },
			"entra/b governs, member Admin active true, okta/a held by entra",
		},
		{"the younger one's directory allows it first", func(p *pair) {
			p.allow("okta", "acme.com")
			both(p)
			p.enable("new.example")
			p.allow("okta", "acme.com", "new.example")
		}, "entra/b governs, member Admin active true, okta/a held by entra"},
		{"it is a member's already", func(p *pair) {
			p.enable("new.example")
			p.comes("okta", "old", ann)
			p.goes("okta", "old")
			p.enable()
			swapped(p)
			p.enable("new.example")
		}, "entra/b governs, member Member active true, okta/a held by entra"},
		{"the first one is inactive", func(p *pair) {
			p.push("okta", "a", ann, false)
			p.comes("entra", "b", ann)
			p.enable("new.example")
		}, "entra/b governs, member Admin active true"},
		{"the first one is made active later", func(p *pair) {
			p.push("okta", "a", ann, false)
			p.comes("entra", "b", ann)
			p.enable("new.example")
			p.comes("okta", "a", ann)
		}, "entra/b governs, member Admin active true, okta/a held by entra"},
		{
			"the domain goes", func(p *pair) { both(p); p.enable("new.example"); p.enable() },
			"entra/b held by domain, member Member active false, okta/a held by domain",
		},
		{
			"the domain goes, and the first one's directory removes", func(p *pair) { swapped(p); p.enable("new.example"); p.enable() },
			"entra/b held by domain, okta/a held by domain",
		},
		{"the domain goes and comes back", func(p *pair) {
			both(p)
			p.enable("new.example")
			before, _ := p.member(ann)
			p.enable()
			p.enable("new.example")
			if after, _ := p.member(ann); after.ID != before.ID {
				p.t.Errorf("membership %s became %s", before.ID, after.ID)
			}
		}, "entra/b held by okta, member Member active true, okta/a governs"},
		{
			"the domain goes from the first one's directory", func(p *pair) { both(p); p.enable("new.example"); p.allow("okta", "acme.com") },
			"entra/b governs, member Member active true, okta/a held by domain",
		},
		{"and comes back to it", func(p *pair) {
			both(p)
			p.enable("new.example")
			p.allow("okta", "acme.com")
			p.allow("okta", "acme.com", "new.example")
		}, "entra/b governs, member Member active true, okta/a held by entra"},
		{
			"the first one leaves", func(p *pair) { both(p); p.enable("new.example"); p.leaves("okta", "a", ann) },
			"entra/b governs, member Member active true",
		},
		{
			"the first one leaves a directory that removes", func(p *pair) { swapped(p); p.enable("new.example"); p.leaves("entra", "b", ann) },
			"member Admin active true, okta/a governs",
		},
		{
			"the first one is deleted", func(p *pair) { both(p); p.enable("new.example"); p.goes("okta", "a") },
			"entra/b governs, member Member active true",
		},
		{
			"the first one goes while both are held", func(p *pair) { both(p); p.goes("okta", "a"); p.enable("new.example") },
			"entra/b governs, member Admin active true",
		},
		{"the first one's directory goes", func(p *pair) {
			both(p)
			p.enable("new.example")
			p.api("DELETE", "/sso/directories/"+p.dir["okta"], nil).Want(http.StatusNoContent)
			delete(p.dir, "okta")
		}, "entra/b governs, member Member active true"},
		{"the first one is mended", func(p *pair) {
			p.enable("new.example")
			p.comes("okta", "a", "")
			p.comes("entra", "b", ann)
			p.comes("okta", "a", ann)
		}, "entra/b governs, member Admin active true, okta/a held by entra"},
		{
			"the membership is removed by hand", func(p *pair) { both(p); p.enable("new.example"); p.removeByHand(ann) },
			"entra/b held by hand, okta/a held by hand",
		},
		{"and the second one is let in again", func(p *pair) {
			both(p)
			p.enable("new.example")
			p.removeByHand(ann)
			p.leaves("entra", "b", ann)
			p.comes("entra", "b", ann)
		}, "entra/b governs, member Admin active true, okta/a held by entra"},
		{"and an unrelated change of the second one lets nobody in", func(p *pair) {
			both(p)
			p.enable("new.example")
			p.removeByHand(ann)
			p.comes("entra", "b", ann)
			p.enable("new.example", "other.example")
		}, "entra/b held by hand, okta/a held by hand"},
		{
			"in one directory", func(p *pair) { p.comes("okta", "a", ann); p.refused("okta", "b", ann) },
			"okta/a held by domain",
		},
		{"in one directory, one inactive", func(p *pair) {
			p.push("okta", "a", ann, false)
			p.comes("okta", "b", ann)
			p.enable("new.example")
		}, "member Member active true, okta/b governs"},
		{"in one directory, one made active later", func(p *pair) {
			p.push("okta", "a", ann, false)
			p.comes("okta", "b", ann)
			p.refused("okta", "a", ann)
			p.enable("new.example")
			p.refused("okta", "a", ann)
		}, "member Member active true, okta/b governs"},
		{"in one directory, one for the other", func(p *pair) {
			p.push("okta", "a", ann, false)
			p.comes("okta", "b", ann)
			p.enable("new.example")
			before, _ := p.member(ann)
			p.goes("okta", "b")
			p.comes("okta", "a", ann)
			if after, _ := p.member(ann); after.ID != before.ID {
				p.t.Errorf("membership %s became %s", before.ID, after.ID)
			}
		}, "member Member active true, okta/a governs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			tt.play(p)
			if got := p.whole(ann); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func (p *pair) removeByHand(email string) {
	p.t.Helper()
	m, there := p.member(email)
	if !there {
		p.t.Fatalf("%s is no member", email)
	}
	p.api("DELETE", "/account_memberships/"+m.ID, nil).Want(http.StatusNoContent)
}

// TestOneEmailTwiceAndOneTakesAnother: who governs takes another address and stays the person that they are; the other,
// who was kept out by the address alone, comes in as somebody new, with nothing of the first one's.
func TestOneEmailTwiceAndOneTakesAnother(t *testing.T) {
	t.Parallel()
	const ann, bea = "ann@new.example", "bea@new.example"
	p := newPair(t)
	p.comes("okta", "a", ann)
	p.comes("entra", "b", ann)
	p.enable("new.example")
	before, _ := p.member(ann)
	p.comes("okta", "a", bea)
	renamed, _ := p.member(bea)
	other, there := p.member(ann)
	if renamed.ID != before.ID || renamed.Role != "Member" || !renamed.Active {
		t.Errorf("%+v became %+v", before, renamed)
	}
	if !there || other.ID == before.ID || other.Role != "Admin" || !other.Active {
		t.Errorf("the second one is %+v (%t), besides %+v", other, there, renamed)
	}
	if got, want := p.whole(ann), "entra/b governs, member Admin active true"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	// Back to the old address, which is another member's now.
	p.comes("okta", "a", ann)
	if still, _ := p.member(ann); still.ID != other.ID {
		t.Errorf("%+v became %+v", other, still)
	}
	if got, want := p.whole(ann), "entra/b governs, member Admin active true, okta/a held by entra"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if left, there := p.member(bea); there && left.Active {
		t.Errorf("nobody has %s in a directory any more, and %+v is active", bea, left)
	}
}
