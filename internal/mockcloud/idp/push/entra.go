package push

import (
	"net/http"
	"net/url"
	"strings"
)

// entra sends what Microsoft Entra ID's provisioning service sends, before and
// with its flag aadOptscim062020 (the article "Known issues with SCIM 2.0
// protocol compliance" of its documentation has both).
type entra struct{ compliant bool }

func (entra) agent() string { return "mockcloud-idp (in the style of Microsoft Entra ID)" }

func (entra) findUser(userName string) url.Values {
	return url.Values{"filter": {equals("userName", userName)}}
}

func (entra) findGroup(displayName string) url.Values {
	return url.Values{"excludedAttributes": {"members"}, "filter": {equals("displayName", displayName)}}
}

// createUser has the enterprise extension's schema whether anything of it is set
// or not.
func (entra) createUser(f facts) any {
	u := f.user()
	u.Schemas = []string{userSchema, enterpriseSchema}
	return struct {
		user
		Meta resourceType `json:"meta"`
		// Roles are sent empty.
		Roles []string `json:"roles"`
	}{u, resourceType{"User"}, []string{}}
}

type resourceType struct {
	ResourceType string `json:"resourceType"`
}

func (entra) createGroup(externalID, displayName string) any {
	return struct {
		Schemas     []string     `json:"schemas"`
		ExternalID  string       `json:"externalId"`
		DisplayName string       `json:"displayName"`
		Meta        resourceType `json:"meta"`
	}{
		// The second one names nothing that is in the group; it is always there.
		[]string{groupSchema, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"},
		externalID, displayName,
		resourceType{"Group"},
	}
}

// op spells an operation as it is spelled before or with the flag.
func (e entra) op(name string) string {
	if e.compliant {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// attribute is one that PATCH can name.
type attribute struct {
	path string
	of   func(facts) string
}

const workEmail = `emails[type eq "work"].value`

func attributes() []attribute {
	return []attribute{
		{"userName", func(f facts) string { return f.userName }},
		{"displayName", func(f facts) string { return f.displayName }},
		{"title", func(f facts) string { return f.title }},
		{workEmail, func(f facts) string { return f.email }},
		{"name.givenName", func(f facts) string { return f.givenName }},
		{"name.familyName", func(f facts) string { return f.familyName }},
		{"externalId", func(f facts) string { return f.externalID }},
		{enterpriseSchema + ":department", func(f facts) string { return f.department }},
	}
}

// updateUser sends what differs and nothing else. A disabled account is a change
// of active like any other: Entra calls it a soft delete.
func (e entra) updateUser(id string, was, is facts) []request {
	var operations []operation
	replaced := map[string]string{} // of attributes that one operation can name together
	for _, a := range attributes() {
		before, after := a.of(was), a.of(is)
		switch {
		case before == after:
		case after == "":
			operations = append(operations, operation{Op: e.op("remove"), Path: a.path})
		case before == "":
			operations = append(operations, operation{Op: e.op("add"), Path: a.path, Value: after})
		case e.compliant && a.path != workEmail:
			replaced[a.path] = after
		default:
			operations = append(operations, operation{Op: e.op("replace"), Path: a.path, Value: after})
		}
	}
	if len(replaced) > 0 {
		operations = append(operations, operation{Op: e.op("replace"), Value: replaced})
	}
	if was.active != is.active {
		operations = append(operations, operation{Op: e.op("replace"), Path: "active", Value: e.boolean(is.active)})
	}
	return []request{patch(userPath(id), operations...)}
}

// boolean is a string, with a capital, unless the flag is there.
func (e entra) boolean(b bool) any {
	switch {
	case e.compliant:
		return b
	case b:
		return "True"
	}
	return "False"
}

// removeUser is what is sent of a person who was deleted for good.
func (entra) removeUser(id string, _ facts) (request, bool) {
	return request{method: http.MethodDelete, path: userPath(id)}, true
}

func (e entra) renameGroup(id, displayName string) request {
	return patch(groupPath(id), operation{Op: e.op("replace"), Path: "displayName", Value: displayName})
}

// changeMembers sends members as they are known in .NET: with a "$ref" of null.
func (e entra) changeMembers(id string, add, remove []reference) request {
	type value struct {
		Ref   *string `json:"$ref"`
		Value string  `json:"value"`
	}
	values := func(members []reference) []value {
		out := make([]value, len(members))
		for i, m := range members {
			out[i].Value = m.id
		}
		return out
	}
	var operations []operation
	switch {
	case len(remove) > 0 && e.compliant:
		for _, m := range remove {
			operations = append(operations, operation{Op: e.op("remove"), Path: "members[" + equals("value", m.id) + "]"})
		}
	case len(remove) > 0:
		operations = append(operations, operation{Op: e.op("remove"), Path: "members", Value: values(remove)})
	}
	if len(add) > 0 {
		operations = append(operations, operation{Op: e.op("add"), Path: "members", Value: values(add)})
	}
	return patch(groupPath(id), operations...)
}
