// Package schema holds the SCIM schemas of RFC 7643 as data and what follows
// from them: the /Schemas and /ResourceTypes documents, the check of a resource
// that a client sends, which attributes an answer shows, and whether two
// resources are the same.
//
// A resource is a map[string]any as encoding/json decodes it with UseNumber.
// Names of attributes are compared without case (RFC 7643 section 2.1); what
// this package gives back spells them as the schema does. An extension is, here
// and in JSON, an object whose name is the extension's URN.
//
// Everything is pure: nothing here knows HTTP, a store or the time, and no
// function changes what it is given.
package schema

import (
	"iter"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/urns"
)

// The URNs of RFC 7643.
const (
	UserURN                  = urns.User
	EnterpriseUserURN        = urns.EnterpriseUser
	GroupURN                 = urns.Group
	ServiceProviderConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	ResourceTypeURN          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	SchemaURN                = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// Schema is a set of attributes under a URN (RFC 7643 section 7).
type Schema struct {
	ID          string
	Name        string
	Description string
	Attributes  []Attribute
}

// Attribute is one attribute and its characteristics (RFC 7643 section 7). The
// zero value of each characteristic is its default of section 2.2.
type Attribute struct {
	Name            string
	Description     string
	Type            Type
	SubAttributes   []Attribute
	MultiValued     bool
	Required        bool
	CaseExact       bool
	CanonicalValues []string
	Mutability      Mutability
	Returned        Returned
	Uniqueness      Uniqueness
	ReferenceTypes  []string
	// Trimmed says that blanks around the text are not part of it.
	Trimmed bool

	key string // Name as it is compared
}

// Sub gives a sub-attribute by its name, nil where there is none.
func (a *Attribute) Sub(name string) *Attribute {
	for i := range a.SubAttributes {
		if strings.EqualFold(a.SubAttributes[i].Name, name) {
			return &a.SubAttributes[i]
		}
	}
	return nil
}

// ResourceType is a kind of resource: a schema, and the extensions that may
// come with it (RFC 7643 section 6).
type ResourceType struct {
	ID          string
	Description string
	Endpoint    string
	Schema      *Schema
	Extensions  []*Schema

	// attributes are the common ones, the schema's and, as one complex attribute
	// each, the extensions; index has them all and their sub-attributes by path.
	attributes []Attribute
	index      map[string]*Attribute
	// parents has the path of what an attribute is a part of, empty for nothing, and
	// spelled how its own path is written; both by its path.
	parents, spelled map[string]string
	// urns are those of the schema and of the extensions, as they are compared.
	urns []string
}

// User is the resource type behind /Users. Like all that this package hands
// out by pointer it is shared and must not be changed.
func User() *ResourceType { return user }

// Group is the resource type behind /Groups.
func Group() *ResourceType { return group }

// ResourceTypes are those that clients can write, as /ResourceTypes lists them.
func ResourceTypes() []*ResourceType { return []*ResourceType{user, group} }

// Schemas are all schemas, as /Schemas lists them.
func Schemas() []*Schema {
	return []*Schema{
		userSchema, enterpriseUserSchema, groupSchema,
		serviceProviderConfigSchema, resourceTypeSchema, schemaSchema,
	}
}

var (
	user = New(ResourceType{
		ID: "User", Endpoint: "/Users", Description: "User account",
		Schema: userSchema, Extensions: []*Schema{enterpriseUserSchema},
	})
	group = New(ResourceType{
		ID: "Group", Endpoint: "/Groups", Description: "Group of users",
		Schema: groupSchema,
	})
)

// New returns a resource type with what can be looked up in its schemas.
func New(rt ResourceType) *ResourceType {
	rt.attributes = append(commonAttributes(), rt.Schema.Attributes...)
	rt.urns = []string{strings.ToLower(rt.Schema.ID)}
	for _, extension := range rt.Extensions {
		rt.urns = append(rt.urns, strings.ToLower(extension.ID))
		rt.attributes = append(rt.attributes, Attribute{
			Name: extension.ID, Description: extension.Description,
			Type: Complex, SubAttributes: extension.Attributes,
		})
	}
	setKeys(rt.attributes)
	rt.index, rt.parents, rt.spelled = make(map[string]*Attribute), make(map[string]string), make(map[string]string)
	rt.addToIndex(rt.attributes, "", "", "")
	return &rt
}

// Attributes returns those at the top of a resource, in the order in which Validate looks
// at them; an extension is one.
func (rt *ResourceType) Attributes() iter.Seq[*Attribute] {
	return func(yield func(*Attribute) bool) {
		for i := range rt.attributes {
			if !yield(&rt.attributes[i]) {
				return
			}
		}
	}
}

func setKeys(attributes []Attribute) {
	for i := range attributes {
		attributes[i].key = strings.ToLower(attributes[i].Name)
		setKeys(attributes[i].SubAttributes)
	}
}

func (rt *ResourceType) addToIndex(attributes []Attribute, parent, prefix, spelled string) {
	for i := range attributes {
		a := &attributes[i]
		path := prefix + a.key
		rt.index[path], rt.parents[path], rt.spelled[path] = a, parent, spelled+a.Name
		rt.addToIndex(a.SubAttributes, path, path+separator(a), spelled+a.Name+separator(a))
	}
}

// separator stands between an attribute and what is in it: a colon after a URN,
// else a dot (RFC 7644 section 3.10).
func separator(a *Attribute) string {
	if strings.Contains(a.Name, ":") {
		return ":"
	}
	return "."
}

// normal is a path as the index has it: in lower case, and without the core
// schema's URN, which may stand before its attributes.
func (rt *ResourceType) normal(path string) string {
	path = strings.ToLower(urns.Current(strings.TrimSpace(path)))
	for _, schema := range rt.urns {
		rest, ok := strings.CutPrefix(path, schema)
		if ok && strings.HasPrefix(rest, ".") { // some clients write a dot behind the URN
			path = schema + ":" + rest[1:]
		}
	}
	if rest, ok := strings.CutPrefix(path, rt.urns[0]); ok && strings.HasPrefix(rest, ":") {
		return rest[1:]
	}
	return path
}

// Lookup gives the attribute that a path without value filters names, such as
// userName, name.familyName, or either with a URN and a colon before it (RFC
// 7644 section 3.10). An extension's URN alone names the extension.
func (rt *ResourceType) Lookup(path string) (*Attribute, bool) {
	a, ok := rt.index[rt.normal(path)]
	return a, ok
}

// CaseExact says whether values at a path are compared with their case. A
// complex attribute answers for its value, which is what a filter that names no
// sub-attribute means. What no schema knows is compared without case, the
// default of RFC 7643 section 2.2.
func (rt *ResourceType) CaseExact(path string) bool {
	a, ok := rt.Lookup(path)
	if ok && a.Type == Complex {
		a = a.Sub("value")
	}
	return a != nil && a.CaseExact
}
