package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// maxGenerated is how many members one account may be given at once.
const maxGenerated = 1_000_000

// Mistake is one thing that is wrong in a scenario.
type Mistake struct {
	Line int
	What string
}

// Error lists everything that is wrong in a scenario.
type Error struct {
	Name     string
	Mistakes []Mistake
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = fmt.Sprintf("%s:%d: %s", e.Name, m.Line, m.What)
	}
	return strings.Join(lines, "\n")
}

// Parse reads a scenario. The name stands before each line number in errors.
func Parse(name string, data []byte) (*Scenario, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, yamlError(name, err)
	}
	var doc document
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(name, err)
	}
	c := &checker{root: &root, keys: seen{}, endpoints: seen{}, tokens: seen{}, clientIDs: seen{}, spelled: make(map[string]string)}
	c.accounts(doc.Accounts)
	c.users(doc.Users)
	c.provider(doc.IdP)
	var extra yaml.Node
	if err := d.Decode(&extra); !errors.Is(err, io.EOF) {
		c.mistakes = append(c.mistakes, Mistake{Line: max(extra.Line, 1), What: "a scenario is one YAML document"})
	}
	if c.mistakes != nil {
		slices.SortStableFunc(c.mistakes, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
		return nil, &Error{Name: name, Mistakes: c.mistakes}
	}
	return &Scenario{accounts: doc.Accounts, users: doc.Users, idp: doc.IdP}, nil
}

var (
	yamlLine     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^field (\S+) not found in type .*$`)
)

// yamlError puts the library's messages into our form.
func yamlError(name string, err error) error {
	texts := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	out := &Error{Name: name}
	for _, text := range texts {
		m := Mistake{Line: 1, What: strings.TrimPrefix(text, "yaml: ")}
		if parts := yamlLine.FindStringSubmatch(text); parts != nil {
			line, _ := strconv.Atoi(parts[1]) // the pattern has digits only
			m = Mistake{Line: line, What: parts[2]}
		}
		m.What = unknownField.ReplaceAllString(m.What, `unknown field "$1"`)
		out.Mistakes = append(out.Mistakes, m)
	}
	return out
}

// checker collects mistakes. It looks up lines in the parsed document.
type checker struct {
	root *yaml.Node
	// keys, endpoints, tokens and ids of clients are those of all accounts. Secrets of clients are among the tokens.
	keys, endpoints, tokens, clientIDs seen
	// spelled are all addresses by collision key.
	spelled  map[string]string
	mistakes []Mistake
}

// fail notes a mistake at the place that the path of field names (string) and
// positions (int) leads to, or as near to it as there is one.
func (c *checker) fail(what string, path ...any) {
	c.mistakes = append(c.mistakes, Mistake{Line: lineOf(c.root, path), What: what})
}

func lineOf(root *yaml.Node, path []any) int {
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := max(node.Line, 1)
	for _, step := range path {
		if node = child(node, step); node == nil {
			break
		}
		line = node.Line
	}
	return line
}

func child(node *yaml.Node, step any) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}

// seen are values that may stand only once.
type seen map[string]bool

func (s seen) again(value string) bool {
	if value == "" {
		return false
	}
	twice := s[value]
	s[value] = true
	return twice
}

func (c *checker) accounts(accounts []account) {
	if len(accounts) == 0 {
		c.fail("a scenario needs at least one account", "accounts")
	}
	ids, handles, domains := seen{}, seen{}, seen{}
	for i := range accounts {
		a := &accounts[i]
		at := func(path ...any) []any { return append([]any{"accounts", i}, path...) }
		if id, err := uuid.Parse(a.ID); a.ID != "" && err != nil {
			c.fail(fmt.Sprintf("id %q is not a UUID", a.ID), at("id")...)
		} else if a.ID != "" && ids.again(id.String()) {
			c.fail("another account has the id "+a.ID, at("id")...)
		}
		if !store.ValidHandle(a.Handle) {
			c.fail(fmt.Sprintf("handle %q: an account needs one of lowercase letters, numbers and dashes", a.Handle), at("handle")...)
		}
		if handles.again(a.Handle) {
			c.fail("another account has the handle "+a.Handle, at("handle")...)
		}
		c.text("handle", a.Handle, at("handle"))
		c.text("name", a.Name, at("name"))
		c.profile(a.profile, at)
		c.plan(a, at)
		for j, name := range a.Domains {
			normal, err := store.NormalizeDomain(name)
			switch {
			case err != nil:
				c.fail(fmt.Sprintf("domain %q: %v", name, err), at("domains", j)...)
			case domains.again(normal):
				c.fail("the domain "+normal+" stands twice; it can be enabled once", at("domains", j)...)
			}
		}
		n := c.people(a, at)
		c.offices(a, n, at)
		c.directories(a, n.roles, at)
	}
}

func (c *checker) users(people []person) {
	emails := seen{}
	for i, p := range people {
		c.person(p, emails, []any{"users", i})
	}
}

func (c *checker) person(p person, emails seen, at []any) {
	email := append(slices.Clone(at), "email")
	c.email(p.Email, emails, "user", email)
	c.key(p.APIKey, "pnu_", append(slices.Clone(at), "api_key"))
}

// email checks an address that stands once in a list, and that no one else in the
// scenario could be taken for its person.
func (c *checker) email(text string, list seen, what string, at []any) {
	if !store.IsEmail(text) {
		c.fail(fmt.Sprintf("email %q is not an email address", text), at...)
	} else if err := store.CheckEmail(text); err != nil {
		c.fail(fmt.Sprintf("email %+q cannot be used: %v", text, err), at...)
	}
	if list.again(address.IdentityKey(text)) {
		c.fail("there is already a "+what+" "+text, at...)
	}
	key := address.CollisionKey(text)
	if other, known := c.spelled[key]; known && !address.Same(other, text) {
		c.fail(fmt.Sprintf("email %+q could be taken for %+q, which is another person's", text, other), at...)
	}
	c.spelled[key] = text
}

func (c *checker) key(value, prefix string, at []any) {
	if value != "" && !strings.HasPrefix(value, prefix) {
		c.fail("api_key has to begin with "+prefix, at...)
	}
	if c.keys.again(value) {
		c.fail("api_key stands twice; it can belong to one only", at...)
	}
}

func (c *checker) plan(a *account, at func(...any) []any) {
	if _, ok := store.PlanNamed(cmp.Or(a.Plan, defaultPlan)); !ok {
		var names []string
		for _, p := range store.Plans() {
			names = append(names, p.Name)
		}
		c.fail(fmt.Sprintf("plan %q is none of %s", a.Plan, strings.Join(names, ", ")), at("plan")...)
	}
	for j, f := range a.Features {
		if !slices.Contains(store.Features(), store.Feature(f)) {
			c.fail(fmt.Sprintf("feature %q is none of %s", f, join(store.Features())), at("features", j)...)
		}
	}
	if a.RateLimitPerMinute != nil && *a.RateLimitPerMinute < 0 {
		c.fail("rate_limit_per_minute must not be negative; 0 is no limit", at("rate_limit_per_minute")...)
	}
	if a.RateLimitWindow != nil && *a.RateLimitWindow <= 0 {
		c.fail("rate_limit_window takes a duration such as 60s", at("rate_limit_window")...)
	}
}

func join[T ~string](values []T) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// people checks who is in an account, and returns the names of what it has.
func (c *checker) people(a *account, at func(...any) []any) names {
	roles := seen{"Owner": true, "Admin": true, "Member": true, "Collaborator": true}
	for j, r := range a.CustomRoles {
		if r.Name == "" {
			c.fail("a custom role needs a name", at("custom_roles", j)...)
		}
		if roles.again(r.Name) {
			c.fail("there is already a role "+r.Name, at("custom_roles", j, "name")...)
		}
		c.text("name", r.Name, at("custom_roles", j, "name"))
		for k, p := range r.Permissions {
			if !slices.Contains(store.Permissions(), store.Permission(p)) {
				c.fail(fmt.Sprintf("there is no permission %q", p), at("custom_roles", j, "permissions", k)...)
			}
		}
	}
	role := func(name string, path ...any) { c.role(roles, name, at(path...)) }
	emails, bots, handles := seen{}, seen{}, seen{}
	for j, u := range a.Users {
		c.person(u.person, emails, at("users", j))
		role(u.Role, "users", j, "role")
	}
	for j, b := range a.ServiceAccounts {
		if b.Name == "" {
			c.fail("a service account needs a name", at("service_accounts", j)...)
		}
		if bots.again(b.Name) {
			c.fail("there is already a service account "+b.Name, at("service_accounts", j, "name")...)
		}
		c.text("name", b.Name, at("service_accounts", j, "name"))
		role(b.Role, "service_accounts", j, "role")
		c.key(b.APIKey, "pnb_", at("service_accounts", j, "api_key"))
	}
	for j, w := range a.Workspaces {
		if !store.ValidHandle(w.Handle) {
			c.fail(fmt.Sprintf("handle %q: a workspace needs one of lowercase letters, numbers and dashes", w.Handle), at("workspaces", j, "handle")...)
		}
		if handles.again(w.Handle) {
			c.fail("there is already a workspace "+w.Handle, at("workspaces", j, "handle")...)
		}
		c.text("handle", w.Handle, at("workspaces", j, "handle"))
		c.text("name", w.Name, at("workspaces", j, "name"))
	}
	if g := a.Generate; g != nil {
		role(g.Role, "generate", "role")
		c.generate(g, emails, at)
	}
	return names{roles: roles, users: emails, bots: bots, workspaces: handles, generated: a.Generate}
}

// role checks that there is a role; no name is the usual one's.
func (c *checker) role(roles seen, name string, at []any) {
	if !roles[cmp.Or(name, defaultRole)] {
		c.fail(fmt.Sprintf("there is no role %q", name), at...)
	}
}

func (c *checker) generate(g *generate, emails seen, at func(...any) []any) {
	if g.Members < 0 || g.Members > maxGenerated {
		c.fail(fmt.Sprintf("members must be from 0 to %d", maxGenerated), at("generate", "members")...)
		return
	}
	if _, err := store.NormalizeDomain(g.Domain); err != nil {
		c.fail(fmt.Sprintf("domain %q: %v", g.Domain, err), at("generate", "domain")...)
	}
	for n := 1; n <= g.Members; n++ {
		if email := generatedEmail(n, g.Domain); emails[address.IdentityKey(email)] {
			c.fail("generate would make "+email+", who is among the users already", at("generate")...)
		}
	}
}

func generatedEmail(n int, domain string) string { return fmt.Sprintf("person%05d@%s", n, domain) }
