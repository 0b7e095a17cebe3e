package push

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
)

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// dialect is how a product says what the engine wants said.
type dialect interface {
	agent() string
	// findUser and findGroup are the queries that look for a resource before it is
	// created.
	findUser(userName string) url.Values
	findGroup(displayName string) url.Values
	// createUser and createGroup are the bodies of a POST.
	createUser(facts) any
	createGroup(externalID, displayName string) any
	// updateUser makes a user that was so into what it is now. They differ.
	updateUser(id string, was, is facts) []request
	// removeUser is what is sent when a person is no longer in the directory;
	// deleted says that the user is then gone.
	removeUser(id string, was facts) (r request, deleted bool)
	renameGroup(id, displayName string) request
	// changeMembers is one request for a few members.
	changeMembers(id string, add, remove []reference) request
}

// reference is a member of a group.
type reference struct{ id, display string }

// facts are what is pushed of a person. Two are equal if nothing is to be sent.
type facts struct {
	externalID, userName, displayName        string
	givenName, familyName, title, department string
	email                                    string
	active                                   bool
}

func factsOf(p people.Person) facts {
	return facts{
		externalID: p.Subject, userName: p.Email, displayName: p.Name(), givenName: p.FirstName, familyName: p.LastName,
		title: p.Title, department: p.Department, email: p.Email, active: !p.Left,
	}
}

// user is a user as it goes over the wire (RFC 7643, section 4.1), as far as it
// is pushed.
type user struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id,omitempty"`
	ExternalID  string      `json:"externalId,omitempty"`
	UserName    string      `json:"userName"`
	DisplayName string      `json:"displayName,omitempty"`
	Name        name        `json:"name"`
	Title       string      `json:"title,omitempty"`
	Emails      []email     `json:"emails"`
	Active      boolean     `json:"active"`
	Enterprise  *enterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
}

type name struct {
	Given  string `json:"givenName"`
	Family string `json:"familyName"`
}

type email struct {
	Value   string  `json:"value"`
	Type    string  `json:"type"`
	Primary boolean `json:"primary"`
}

type enterprise struct {
	Department string `json:"department,omitempty"`
}

// boolean also reads the strings that some endpoints give back as they got them.
type boolean bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *boolean) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) == nil {
		*b = boolean(strings.EqualFold(word, "true"))
		return nil
	}
	return json.Unmarshal(text, (*bool)(b))
}

func (f facts) user() user {
	out := user{
		Schemas: []string{userSchema}, ExternalID: f.externalID, UserName: f.userName, DisplayName: f.displayName,
		Name: name{f.givenName, f.familyName}, Title: f.title, Active: boolean(f.active),
		Emails: []email{{Value: f.email, Type: "work", Primary: true}},
	}
	if f.department != "" {
		out.Schemas = append(out.Schemas, enterpriseSchema)
		out.Enterprise = &enterprise{f.department}
	}
	return out
}

// facts reads back what user wrote.
func (u user) facts() facts {
	out := facts{
		externalID: u.ExternalID, userName: u.UserName, displayName: u.DisplayName, givenName: u.Name.Given,
		familyName: u.Name.Family, title: u.Title, active: bool(u.Active),
	}
	if u.Enterprise != nil {
		out.department = u.Enterprise.Department
	}
	for _, e := range u.Emails {
		if e.Type == "work" || out.email == "" {
			out.email = e.Value
		}
	}
	return out
}

// groupAnswer is a group as the endpoint answers it.
type groupAnswer struct {
	ID          string `json:"id"`
	ExternalID  string `json:"externalId"`
	DisplayName string `json:"displayName"`
	Members     []struct {
		Value string `json:"value"`
	} `json:"members"`
}

// listAnswer is RFC 7644, section 3.4.2.
type listAnswer[T any] struct {
	Resources []T `json:"Resources"`
}

// operation is one of a PATCH (RFC 7644, section 3.5.2).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func patch(path string, operations ...operation) request {
	return request{method: http.MethodPatch, path: path, body: struct {
		Schemas    []string    `json:"schemas"`
		Operations []operation `json:"Operations"`
	}{[]string{patchSchema}, operations}}
}

func userPath(id string) string  { return "/Users/" + url.PathEscape(id) }
func groupPath(id string) string { return "/Groups/" + url.PathEscape(id) }

// equals is a filter; JSON's strings are the filter grammar's (RFC 7644, figure 1).
func equals(attribute, value string) string {
	quoted, _ := json.Marshal(value) // a string always becomes JSON
	return attribute + " eq " + string(quoted)
}
