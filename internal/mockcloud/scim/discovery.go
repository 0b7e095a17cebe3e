package scim

import (
	"net/http"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// listURN is the schema of lists (RFC 7644, 8.2).
const listURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// discovery answers with what the service says of itself, which cannot be searched
// (RFC 7644, 4).
func discovery(document func(*call) (map[string]any, error)) handler {
	return func(c *call) (*answer, error) {
		if c.values.Has("filter") {
			return nil, &store.Forbidden{Reason: "This endpoint takes no filter (RFC 7644, section 4); leave it out"}
		}
		body, err := document(c)
		return &answer{status: http.StatusOK, body: body}, err
	}
}

// serviceProviderConfig is GET /ServiceProviderConfig (RFC 7643, 5; RFC 9865, 4).
func serviceProviderConfig(c *call) (map[string]any, error) {
	supported := func(yes bool, more ...any) map[string]any {
		out := map[string]any{"supported": yes}
		for i := 0; i+1 < len(more); i += 2 {
			name, _ := more[i].(string)
			out[name] = more[i+1]
		}
		return out
	}
	schemes := []any{map[string]any{
		"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
		"description": "One of the directory's tokens in the Authorization header",
		"specUri":     "https://www.rfc-editor.org/info/rfc6750",
	}}
	err := c.view(func(r *store.Reader, d *store.Directory) error {
		if c.server.Clients && r.HasSCIMClient(d) {
			schemes = append(schemes, map[string]any{
				"type": "oauth2", "name": "OAuth 2.0 client credentials", "primary": false,
				"description": "An access token in the Authorization header, which one of the directory's clients gets at " + c.base + tokenPath,
				"specUri":     "https://www.rfc-editor.org/info/rfc6749",
			})
		}
		return nil
	})
	return map[string]any{
		"schemas":        []string{schema.ServiceProviderConfigURN},
		"patch":          supported(true),
		"bulk":           supported(true, "maxOperations", maxOperations, "maxPayloadSize", maxBulk),
		"filter":         supported(true, "maxResults", maxPage),
		"changePassword": supported(false),
		"sort":           supported(true),
		"etag":           supported(true),
		"pagination": map[string]any{
			"cursor": true, "index": true, "defaultPaginationMethod": "index",
			"defaultPageSize": defaultPage, "maxPageSize": maxPage, "cursorTimeout": int(cursorLife.Seconds()),
		},
		"authenticationSchemes": schemes,
		"meta":                  map[string]any{"resourceType": "ServiceProviderConfig", "location": c.base + "/ServiceProviderConfig"},
	}, err
}

// resourceTypes is GET /ResourceTypes (RFC 7643, 6).
func resourceTypes(c *call) (map[string]any, error) {
	var all []any
	for _, rt := range schema.ResourceTypes() {
		all = append(all, rt.Document(c.base))
	}
	return listOf(all), nil
}

// resourceType is GET /ResourceTypes/{id}.
func resourceType(c *call) (map[string]any, error) {
	for _, rt := range schema.ResourceTypes() {
		if rt.ID == c.id {
			return rt.Document(c.base), nil
		}
	}
	return nil, &store.NotFound{What: "Resource type"}
}

// schemas is GET /Schemas (RFC 7643, 7).
func schemas(c *call) (map[string]any, error) {
	var all []any
	for _, s := range schema.Schemas() {
		all = append(all, s.Document(c.base))
	}
	return listOf(all), nil
}

// oneSchema is GET /Schemas/{id}. The id is a URN, which has no case.
func oneSchema(c *call) (map[string]any, error) {
	for _, s := range schema.Schemas() {
		if strings.EqualFold(s.ID, c.id) {
			return s.Document(c.base), nil
		}
	}
	return nil, &store.NotFound{What: "Schema"}
}

// listOf is a list of all that there is.
func listOf(all []any) map[string]any {
	return map[string]any{
		"schemas": []string{listURN}, "totalResults": len(all), "itemsPerPage": len(all), "startIndex": 1, "Resources": all,
	}
}
