package idp

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// personBody is a person as the API has them.
type personBody struct {
	Email      string   `json:"email"`
	FirstName  string   `json:"first_name"`
	LastName   string   `json:"last_name"`
	Title      string   `json:"title"`
	Department string   `json:"department"`
	Groups     []string `json:"groups"`
}

// readPerson is a person as the API shows them.
type readPerson struct {
	Email      string   `json:"email"`
	FirstName  string   `json:"first_name"`
	LastName   string   `json:"last_name"`
	Title      string   `json:"title"`
	Department string   `json:"department"`
	Groups     []string `json:"groups"`
	Active     bool     `json:"active"`
	// Push is what became of their last change: pending, delivered, failed, or
	// empty where nothing was pushed.
	Push string `json:"push"`
}

// readGroup is a group as the API shows it.
type readGroup struct {
	Name    string   `json:"name"`
	Members []string `json:"members"` // email addresses
	Push    string   `json:"push"`
}

// readDirectory is GET /directory.
func (p *IdP) readDirectory(w http.ResponseWriter, _ *http.Request) {
	out := struct {
		People []readPerson `json:"people"`
		Groups []readGroup  `json:"groups"`
		Push   push.Status  `json:"push"`
	}{[]readPerson{}, []readGroup{}, p.PushStatus()}
	emails := make(map[string]string)
	for _, person := range p.directory.People() {
		emails[person.Subject] = person.Email
		out.People = append(out.People, readPerson{
			Email: person.Email, FirstName: person.FirstName, LastName: person.LastName, Title: person.Title,
			Department: person.Department, Groups: append([]string{}, person.Groups...), Active: !person.Left,
			Push: p.pusher.Of(person.Subject),
		})
	}
	for _, g := range p.directory.Groups() {
		shown := readGroup{Name: g.Name, Members: []string{}, Push: p.pusher.Of(g.ID)}
		for _, subject := range g.Members {
			if email, here := emails[subject]; here { // else they came meanwhile
				shown.Members = append(shown.Members, email)
			}
		}
		slices.Sort(shown.Members)
		out.Groups = append(out.Groups, shown)
	}
	writeJSON(w, http.StatusOK, out)
}

// putTarget is PUT /directory/target {endpoint, token, style}, or client_id and
// client_secret instead of the token. Secrets are never read back.
func (p *IdP) putTarget(r *http.Request) ([]string, error) {
	var body struct {
		Endpoint string     `json:"endpoint"`
		Token    string     `json:"token"`
		Style    push.Style `json:"style"`
		ClientID string     `json:"client_id"`
		Secret   string     `json:"client_secret"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	if err := p.Connect(Target{Endpoint: body.Endpoint, Token: body.Token, Style: body.Style, ClientID: body.ClientID, ClientSecret: body.Secret}); err != nil {
		return nil, err
	}
	return p.everything(), nil
}

// postPeople is POST /directory/people with one person or a list of them.
func (p *IdP) postPeople(r *http.Request) ([]string, error) {
	content, err := readAll(r)
	if err != nil {
		return nil, err
	}
	bodies := make([]personBody, 1)
	var into any = &bodies[0]
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("[")) {
		into = &bodies
	}
	if err := decode(content, into); err != nil {
		return nil, err
	}
	joining := make([]Person, len(bodies))
	for i, b := range bodies {
		joining[i] = Person{Email: b.Email, FirstName: b.FirstName, LastName: b.LastName, Title: b.Title, Department: b.Department, Groups: b.Groups}
	}
	joined, err := p.directory.Join(joining...)
	return p.keysOf(joined...), err
}

// patchPerson is PATCH /directory/people/{email}.
func (p *IdP) patchPerson(r *http.Request) ([]string, error) {
	var body people.Change
	if err := read(r, &body); err != nil {
		return nil, err
	}
	person, err := p.directory.Change(r.PathValue("email"), body)
	return []string{person.Subject}, err
}

// deletePerson is DELETE /directory/people/{email}: for good, which is more than
// leaving.
func (p *IdP) deletePerson(r *http.Request) ([]string, error) {
	person, err := p.directory.Find(r.PathValue("email"))
	if err != nil {
		return nil, err
	}
	keys := p.keysOf(person)
	p.RemovePerson(person.Subject)
	return keys, nil
}

// postLeave is POST /directory/leave {email}.
func (p *IdP) postLeave(r *http.Request) ([]string, error) {
	person, err := byBody(r, p.directory.Leave)
	return []string{person.Subject}, err
}

// postReturn is POST /directory/return {email}.
func (p *IdP) postReturn(r *http.Request) ([]string, error) {
	person, err := byBody(r, p.directory.Return)
	return p.keysOf(person), err
}

func byBody(r *http.Request, do func(email string) (Person, error)) (Person, error) {
	var body struct {
		Email string `json:"email"`
	}
	if err := read(r, &body); err != nil {
		return Person{}, err
	}
	return do(body.Email)
}

// postGroup is POST /directory/groups {name, members}.
func (p *IdP) postGroup(r *http.Request) ([]string, error) {
	var body struct {
		Name    string   `json:"name"`
		Members []string `json:"members"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	g, err := p.directory.AddGroup(body.Name, body.Members...)
	return []string{g.ID}, err
}

// patchGroup is PATCH /directory/groups/{name} {name}.
func (p *IdP) patchGroup(r *http.Request) ([]string, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	g, err := p.directory.RenameGroup(r.PathValue("name"), body.Name)
	return []string{g.ID}, err
}

// deleteGroup is DELETE /directory/groups/{name}.
func (p *IdP) deleteGroup(r *http.Request) ([]string, error) {
	g, err := p.directory.DeleteGroup(r.PathValue("name"))
	return []string{g.ID}, err
}

// postMembers is POST /directory/groups/{name}/members {members}.
func (p *IdP) postMembers(r *http.Request) ([]string, error) {
	var body struct {
		Members []string `json:"members"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	g, err := p.directory.AddMembers(r.PathValue("name"), body.Members...)
	return []string{g.ID}, err
}

// deleteMember is DELETE /directory/groups/{name}/members/{email}.
func (p *IdP) deleteMember(r *http.Request) ([]string, error) {
	g, err := p.directory.RemoveMembers(r.PathValue("name"), r.PathValue("email"))
	return []string{g.ID}, err
}

// postResync is POST /directory/resync.
func (p *IdP) postResync(*http.Request) ([]string, error) {
	if err := p.Resync(); err != nil {
		return nil, err
	}
	return p.everything(), nil
}

// everything is what there is to deliver.
func (p *IdP) everything() (keys []string) {
	for _, person := range p.directory.People() {
		keys = append(keys, person.Subject)
	}
	for _, g := range p.directory.Groups() {
		keys = append(keys, g.ID)
	}
	return keys
}
