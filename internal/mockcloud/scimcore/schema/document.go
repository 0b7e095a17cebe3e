package schema

// Document is a schema as GET /Schemas/{urn} shows it (RFC 7643 section 7).
// The base is the URL that SCIM paths are added to.
func (s *Schema) Document(base string) map[string]any {
	return map[string]any{
		"schemas":     []any{SchemaURN},
		"id":          s.ID,
		"name":        s.Name,
		"description": s.Description,
		"attributes":  documents(s.Attributes),
		"meta":        map[string]any{"resourceType": "Schema", "location": base + "/Schemas/" + s.ID},
	}
}

func documents(attributes []Attribute) []any {
	out := make([]any, len(attributes))
	for i := range attributes {
		out[i] = attributes[i].document()
	}
	return out
}

func (a *Attribute) document() map[string]any {
	out := map[string]any{
		"name":        a.Name,
		"type":        a.Type.String(),
		"multiValued": a.MultiValued,
		"description": a.Description,
		"required":    a.Required,
		"caseExact":   a.CaseExact,
		"mutability":  a.Mutability.String(),
		"returned":    a.Returned.String(),
		"uniqueness":  a.Uniqueness.String(),
	}
	if len(a.CanonicalValues) > 0 {
		out["canonicalValues"] = texts(a.CanonicalValues)
	}
	if len(a.ReferenceTypes) > 0 {
		out["referenceTypes"] = texts(a.ReferenceTypes)
	}
	if len(a.SubAttributes) > 0 {
		out["subAttributes"] = documents(a.SubAttributes)
	}
	return out
}

func texts(values []string) []any {
	out := make([]any, len(values))
	for i, value := range values {
		out[i] = value
	}
	return out
}

// Document is a resource type as GET /ResourceTypes/{id} shows it (RFC 7643
// section 6). The base is the URL that SCIM paths are added to.
func (rt *ResourceType) Document(base string) map[string]any {
	out := map[string]any{
		"schemas":     []any{ResourceTypeURN},
		"id":          rt.ID,
		"name":        rt.ID,
		"description": rt.Description,
		"endpoint":    rt.Endpoint,
		"schema":      rt.Schema.ID,
		"meta":        map[string]any{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + rt.ID},
	}
	if len(rt.Extensions) > 0 {
		extensions := make([]any, len(rt.Extensions))
		for i, extension := range rt.Extensions {
			extensions[i] = map[string]any{"schema": extension.ID, "required": false}
		}
		out["schemaExtensions"] = extensions
	}
	return out
}
