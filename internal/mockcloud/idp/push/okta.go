package push

import (
	"crypto/rand"
	"net/http"
	"net/url"
)

// okta sends what Okta sends (its reference "Okta and SCIM Version 2.0").
// Deactivation is a PATCH without a path, or, where an integration has no PATCH
// for users, a PUT.
type okta struct{ put bool }

func (okta) agent() string { return "mockcloud-idp (in the style of Okta SCIM Client)" }

func (okta) findUser(userName string) url.Values {
	return url.Values{"filter": {equals("userName", userName)}, "startIndex": {"1"}, "count": {"100"}}
}

func (okta) findGroup(displayName string) url.Values {
	return url.Values{"filter": {equals("displayName", displayName)}, "startIndex": {"1"}, "count": {"100"}}
}

// oktaUser is a user with what else is sent of every one.
type oktaUser struct {
	user
	Locale string   `json:"locale"`
	Groups []string `json:"groups"`
	// Password is random and not used: Okta sends one whether it syncs passwords or
	// not.
	Password string `json:"password,omitempty"`
}

func (okta) createUser(f facts) any {
	return oktaUser{user: f.user(), Locale: "en-US", Groups: []string{}, Password: rand.Text()}
}

func (okta) createGroup(_, displayName string) any {
	return struct {
		Schemas     []string `json:"schemas"`
		DisplayName string   `json:"displayName"`
		Members     []string `json:"members"`
	}{[]string{groupSchema}, displayName, []string{}}
}

// updateUser deactivates and reactivates with a request of its own, and sends the
// whole user for everything else.
func (o okta) updateUser(id string, was, is facts) []request {
	var out []request
	if was.active != is.active && !o.put {
		out = append(out, o.activate(id, is.active))
		was.active = is.active
	}
	if was != is {
		out = append(out, o.replace(id, is))
	}
	return out
}

func (okta) activate(id string, active bool) request {
	return patch(userPath(id), operation{Op: "replace", Value: map[string]bool{"active": active}})
}

func (okta) replace(id string, is facts) request {
	u := is.user()
	u.ID = id
	return request{method: http.MethodPut, path: userPath(id), body: oktaUser{user: u, Locale: "en-US", Groups: []string{}}}
}

// removeUser deactivates: Okta never deletes users.
func (o okta) removeUser(id string, was facts) (request, bool) {
	was.active = false
	if o.put {
		return o.replace(id, was), false
	}
	return o.activate(id, false), false
}

func (okta) renameGroup(id, displayName string) request {
	return patch(groupPath(id), operation{Op: "replace", Value: map[string]string{"id": id, "displayName": displayName}})
}

func (okta) changeMembers(id string, add, remove []reference) request {
	type value struct {
		Value   string `json:"value"`
		Display string `json:"display"`
	}
	var operations []operation
	for _, m := range remove {
		operations = append(operations, operation{Op: "remove", Path: "members[" + equals("value", m.id) + "]"})
	}
	if len(add) > 0 {
		values := make([]value, len(add))
		for i, m := range add {
			values[i] = value{m.id, m.display}
		}
		operations = append(operations, operation{Op: "add", Path: "members", Value: values})
	}
	return patch(groupPath(id), operations...)
}
