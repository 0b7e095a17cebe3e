package schema

// commonAttributes are those that every resource has (RFC 7643 section 3.1).
// Schema documents do not list them.
func commonAttributes() []Attribute {
	return []Attribute{
		// A body without schemas is read as if it named its own.
		{Name: "schemas", Description: "The URNs of the schemas whose attributes the resource has", Type: Reference, MultiValued: true, CaseExact: true, Returned: Always, ReferenceTypes: []string{"uri"}},
		{Name: "id", Description: "The identifier that the service provider chose", Required: true, CaseExact: true, Mutability: ReadOnly, Returned: Always, Uniqueness: Server},
		{Name: "externalId", Description: "The identifier that the client chose", CaseExact: true},
		{Name: "meta", Description: "The resource's metadata", Type: Complex, Mutability: ReadOnly, SubAttributes: []Attribute{
			{Name: "resourceType", Description: "The name of the resource type", CaseExact: true, Mutability: ReadOnly},
			{Name: "created", Description: "When the resource was made", Type: DateTime, Mutability: ReadOnly},
			{Name: "lastModified", Description: "When the resource changed last", Type: DateTime, Mutability: ReadOnly},
			{Name: "location", Description: "The resource's address", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"uri"}},
			{Name: "version", Description: "The resource's version, its ETag", CaseExact: true, Mutability: ReadOnly},
		}},
	}
}

// userSchema is RFC 7643 section 4.1. References and binary values are case
// exact, as sections 2.3.6 and 2.3.7 say, not as the listing of 8.7.1 has it.
var userSchema = &Schema{
	ID: UserURN, Name: "User", Description: "User account",
	Attributes: []Attribute{
		{Name: "userName", Description: "The name by which the user signs in, unique among the directory's users", Required: true, Trimmed: true, Uniqueness: Server},
		{Name: "name", Description: "The parts of the user's name", Type: Complex, SubAttributes: []Attribute{
			{Name: "formatted", Description: "The full name, as it is shown"},
			{Name: "familyName", Description: "The family name, or last name"},
			{Name: "givenName", Description: "The given name, or first name"},
			{Name: "middleName", Description: "The middle names"},
			{Name: "honorificPrefix", Description: "What stands before the name, such as a title"},
			{Name: "honorificSuffix", Description: "What stands after the name"},
		}},
		{Name: "displayName", Description: "The name to show for the user"},
		{Name: "nickName", Description: "The casual way to address the user"},
		{Name: "profileUrl", Description: "The address of the user's profile page", Type: Reference, CaseExact: true, ReferenceTypes: []string{"external"}},
		{Name: "title", Description: "The user's title, such as Vice President"},
		{Name: "userType", Description: "The user's relation to the organization, such as Employee"},
		{Name: "preferredLanguage", Description: "The preferred languages, as Accept-Language writes them"},
		{Name: "locale", Description: "The locale for currency, dates and numbers"},
		{Name: "timezone", Description: "The time zone, by its IANA name"},
		{Name: "active", Description: "Whether the user may use the service", Type: Boolean},
		{Name: "password", Description: "Accepted from clients that send one, and forgotten at once", CaseExact: true, Mutability: WriteOnly, Returned: Never},
		plural("emails", "Email addresses", Attribute{Description: "An email address"}, "work", "home", "other"),
		plural("phoneNumbers", "Phone numbers", Attribute{Description: "A phone number"}, "work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "Instant messaging addresses", Attribute{Description: "An instant messaging address"}, "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		plural("photos", "Addresses of pictures of the user", Attribute{Description: "A picture's address", Type: Reference, CaseExact: true, ReferenceTypes: []string{"external"}}, "photo", "thumbnail"),
		{Name: "addresses", Description: "Postal addresses", Type: Complex, MultiValued: true, SubAttributes: []Attribute{
			{Name: "formatted", Description: "The full address, as it is shown or printed"},
			{Name: "streetAddress", Description: "The street, house number and the like"},
			{Name: "locality", Description: "The city"},
			{Name: "region", Description: "The state or region"},
			{Name: "postalCode", Description: "The postal code"},
			{Name: "country", Description: "The country, by its ISO 3166-1 alpha-2 code"},
			kind("work", "home", "other"),
			primary(),
		}},
		{Name: "groups", Description: "The groups that the user is in; changed through the groups", Type: Complex, MultiValued: true, Mutability: ReadOnly, SubAttributes: []Attribute{
			{Name: "value", Description: "The group's id", CaseExact: true, Mutability: ReadOnly},
			{Name: "$ref", Description: "The group's address", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"User", "Group"}},
			{Name: "display", Description: "The group's name", Mutability: ReadOnly},
			{Name: "type", Description: "How the user is a member", Mutability: ReadOnly, CanonicalValues: []string{"direct", "indirect"}},
		}},
		plural("entitlements", "Things that the user has", Attribute{Description: "An entitlement"}),
		plural("roles", "What the user is, together", Attribute{Description: "A role"}),
		plural("x509Certificates", "Certificates issued to the user", Attribute{Description: "A certificate in DER, base64", Type: Binary, CaseExact: true}),
	},
}

// plural is a multi-valued attribute with the sub-attributes of RFC 7643
// section 2.4.
func plural(name, description string, value Attribute, types ...string) Attribute {
	value.Name = "value"
	return Attribute{
		Name: name, Description: description, Type: Complex, MultiValued: true,
		SubAttributes: []Attribute{
			value,
			{Name: "display", Description: "The value as it is shown"},
			kind(types...),
			primary(),
		},
	}
}

func kind(types ...string) Attribute {
	return Attribute{Name: "type", Description: "What the value is for", CanonicalValues: types}
}

func primary() Attribute {
	return Attribute{Name: "primary", Description: "Whether the value is the preferred one; true at most once", Type: Boolean}
}

// enterpriseUserSchema is RFC 7643 section 4.3.
var enterpriseUserSchema = &Schema{
	ID: EnterpriseUserURN, Name: "EnterpriseUser", Description: "User in an organization",
	Attributes: []Attribute{
		{Name: "employeeNumber", Description: "The number or code that the organization gave the person"},
		{Name: "costCenter", Description: "The name of a cost center"},
		{Name: "organization", Description: "The name of an organization"},
		{Name: "division", Description: "The name of a division"},
		{Name: "department", Description: "The name of a department"},
		{Name: "manager", Description: "The user's manager", Type: Complex, SubAttributes: []Attribute{
			{Name: "value", Description: "The id of the manager's resource", CaseExact: true},
			{Name: "$ref", Description: "The address of the manager's resource", Type: Reference, CaseExact: true, ReferenceTypes: []string{"User"}},
			{Name: "displayName", Description: "The manager's name", Mutability: ReadOnly},
		}},
	},
}

// groupSchema is RFC 7643 section 4.2. A group needs its name, as that section
// says, not as the listing of 8.7.1 has it.
var groupSchema = &Schema{
	ID: GroupURN, Name: "Group", Description: "Group of users",
	Attributes: []Attribute{
		{Name: "displayName", Description: "The group's name; groups may share one", Required: true},
		{Name: "members", Description: "The group's members", Type: Complex, MultiValued: true, SubAttributes: []Attribute{
			{Name: "value", Description: "The member's id", CaseExact: true, Mutability: Immutable},
			{Name: "$ref", Description: "The member's address", Type: Reference, CaseExact: true, Mutability: Immutable, ReferenceTypes: []string{"User", "Group"}},
			{Name: "type", Description: "What the member is", Mutability: Immutable, CanonicalValues: []string{"User", "Group"}},
			{Name: "display", Description: "The member's name, as the server knows it", Mutability: ReadOnly},
		}},
	},
}
