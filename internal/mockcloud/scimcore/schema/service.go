package schema

// serviceProviderConfigSchema is RFC 7643 section 5, with the pagination of RFC
// 9865 section 4.
var serviceProviderConfigSchema = &Schema{
	ID: ServiceProviderConfigURN, Name: "ServiceProviderConfig", Description: "What the service provider can do",
	Attributes: []Attribute{
		{Name: "documentationUri", Description: "Where people can read about the service", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"external"}},
		feature("patch", "PATCH"),
		feature(
			"bulk", "Bulk requests",
			limit("maxOperations", "The most operations in a request"),
			limit("maxPayloadSize", "The most bytes in a request"),
		),
		feature("filter", "Filters", limit("maxResults", "The most resources in an answer")),
		feature("changePassword", "Changes of passwords"),
		feature("sort", "Sorting"),
		feature("etag", "ETags"),
		{Name: "pagination", Description: "How lists are paged", Type: Complex, Mutability: ReadOnly, SubAttributes: []Attribute{
			{Name: "cursor", Description: "Whether cursors are supported", Type: Boolean, Required: true, Mutability: ReadOnly},
			{Name: "index", Description: "Whether start indexes are supported", Type: Boolean, Required: true, Mutability: ReadOnly},
			{Name: "defaultPaginationMethod", Description: "The method where a request names none", Mutability: ReadOnly, CanonicalValues: []string{"cursor", "index"}},
			{Name: "defaultPageSize", Description: "The resources on a page where a request says no count", Type: Integer, Mutability: ReadOnly},
			{Name: "maxPageSize", Description: "The most resources on a page", Type: Integer, Mutability: ReadOnly},
			{Name: "cursorTimeout", Description: "The seconds for which a cursor is good", Type: Integer, Mutability: ReadOnly},
		}},
		{Name: "authenticationSchemes", Description: "How clients prove who they are", Type: Complex, MultiValued: true, Required: true, Mutability: ReadOnly, SubAttributes: []Attribute{
			{Name: "type", Description: "The scheme", Required: true, Mutability: ReadOnly, CanonicalValues: []string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}},
			{Name: "name", Description: "The scheme's name, as it is shown", Required: true, Mutability: ReadOnly},
			{Name: "description", Description: "What the scheme is", Required: true, Mutability: ReadOnly},
			{Name: "specUri", Description: "Where the scheme is specified", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"external"}},
			{Name: "documentationUri", Description: "Where people can read how to use it", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"external"}},
			{Name: "primary", Description: "Whether the scheme is the preferred one", Type: Boolean, Mutability: ReadOnly},
		}},
	},
}

func feature(name, what string, limits ...Attribute) Attribute {
	supported := Attribute{Name: "supported", Description: "Whether it is supported", Type: Boolean, Required: true, Mutability: ReadOnly}
	return Attribute{
		Name: name, Description: what, Type: Complex, Required: true, Mutability: ReadOnly,
		SubAttributes: append([]Attribute{supported}, limits...),
	}
}

func limit(name, description string) Attribute {
	return Attribute{Name: name, Description: description, Type: Integer, Required: true, Mutability: ReadOnly}
}

// resourceTypeSchema is RFC 7643 section 6.
var resourceTypeSchema = &Schema{
	ID: ResourceTypeURN, Name: "ResourceType", Description: "A kind of resource",
	Attributes: []Attribute{
		{Name: "name", Description: "The resource type's name", Required: true, CaseExact: true, Mutability: ReadOnly},
		{Name: "description", Description: "What the resource type is", Mutability: ReadOnly},
		{Name: "endpoint", Description: "The resource type's address, below the base", Type: Reference, Required: true, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"uri"}},
		urn("schema", "The URN of the main schema"),
		{Name: "schemaExtensions", Description: "The schemas that extend it", Type: Complex, MultiValued: true, Mutability: ReadOnly, SubAttributes: []Attribute{
			urn("schema", "The URN of the extension"),
			{Name: "required", Description: "Whether every resource must have the extension", Type: Boolean, Required: true, Mutability: ReadOnly},
		}},
	},
}

func urn(name, description string) Attribute {
	return Attribute{
		Name: name, Description: description, Type: Reference, Required: true,
		CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"uri"},
	}
}

// schemaSchema is RFC 7643 section 7. It describes itself; its listing has to
// end somewhere, and does so at sub-attributes, which have none of their own in
// all other schemas (section 2.3.8).
var schemaSchema = &Schema{
	ID: SchemaURN, Name: "Schema", Description: "A set of attributes",
	Attributes: []Attribute{
		{Name: "name", Description: "The schema's name, as it is shown", Mutability: ReadOnly},
		{Name: "description", Description: "What the schema is for", Mutability: ReadOnly},
		{
			Name: "attributes", Description: "The schema's attributes", Type: Complex, MultiValued: true, Required: true, Mutability: ReadOnly,
			SubAttributes: append(characteristics("complex"), Attribute{
				Name: "subAttributes", Description: "The attributes of a complex attribute", Type: Complex, MultiValued: true, Mutability: ReadOnly,
				SubAttributes: characteristics(),
			}),
		},
	},
}

// characteristics describe an attribute; more are the types that it may have
// beyond the simple ones.
func characteristics(more ...string) []Attribute {
	types := []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"}
	return []Attribute{
		{Name: "name", Description: "The attribute's name", Required: true, CaseExact: true, Mutability: ReadOnly},
		{Name: "type", Description: "What the attribute's values are", Required: true, Mutability: ReadOnly, CanonicalValues: append(types, more...)},
		{Name: "multiValued", Description: "Whether there may be several values", Type: Boolean, Required: true, Mutability: ReadOnly},
		{Name: "description", Description: "What the attribute is", Mutability: ReadOnly},
		{Name: "required", Description: "Whether the attribute must be there", Type: Boolean, Mutability: ReadOnly},
		{Name: "canonicalValues", Description: "Values that are suggested", MultiValued: true, CaseExact: true, Mutability: ReadOnly},
		{Name: "caseExact", Description: "Whether values are compared with their case", Type: Boolean, Mutability: ReadOnly},
		{Name: "mutability", Description: "Who may write the attribute, and when", CaseExact: true, Mutability: ReadOnly, CanonicalValues: []string{"readOnly", "readWrite", "immutable", "writeOnly"}},
		{Name: "returned", Description: "When the attribute is shown", CaseExact: true, Mutability: ReadOnly, CanonicalValues: []string{"always", "never", "default", "request"}},
		{Name: "uniqueness", Description: "Among which resources a value occurs once", CaseExact: true, Mutability: ReadOnly, CanonicalValues: []string{"none", "server", "global"}},
		{Name: "referenceTypes", Description: "What a reference may point at", MultiValued: true, CaseExact: true, Mutability: ReadOnly},
	}
}
