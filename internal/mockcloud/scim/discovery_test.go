package scim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestServiceProviderConfig: what is advertised (RFC 7643, 5; RFC 9865, 4). Other
// tests show that it works.
func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.made("GET", "/ServiceProviderConfig", nil)
	for path, want := range map[string]string{
		"schemas": `["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]`,
		"patch":   `{"supported":true}`, "sort": `{"supported":true}`, "etag": `{"supported":true}`, "changePassword": `{"supported":false}`,
		"bulk":       `{"maxOperations":1000,"maxPayloadSize":1048576,"supported":true}`,
		"filter":     `{"maxResults":200,"supported":true}`,
		"pagination": `{"cursor":true,"cursorTimeout":3600,"defaultPageSize":100,"defaultPaginationMethod":"index","index":true,"maxPageSize":200}`,
		"meta":       `{"location":"` + w.URL + w.path("/ServiceProviderConfig") + `","resourceType":"ServiceProviderConfig"}`,
	} {
		if got := text(config, path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if got := each(config["authenticationSchemes"], "type"); !slices.Equal(got, []string{"oauthbearertoken"}) {
		t.Errorf("schemes %q", got)
	}
}

// TestDiscovery: every resource type and schema is where the lists say.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for list, want := range map[string][]string{
		"/ResourceTypes": {"User", "Group"},
		"/Schemas": {
			"urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
			"urn:ietf:params:scim:schemas:core:2.0:Group", "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
			"urn:ietf:params:scim:schemas:core:2.0:ResourceType", "urn:ietf:params:scim:schemas:core:2.0:Schema",
		},
	} {
		all := w.made("GET", list, nil)
		ids := each(all["Resources"], "id")
		if !slices.Equal(ids, want) || text(all, "schemas") != `["urn:ietf:params:scim:api:messages:2.0:ListResponse"]` {
			t.Errorf("%s: %v", list, all)
		}
		locations := each(all["Resources"], "meta.location")
		resources, _ := all["Resources"].([]any)
		for i, location := range locations {
			one := w.made("GET", strings.TrimPrefix(location, w.URL+w.path("")), nil)
			if text(one, "meta") != text(resources[i], "meta") || text(one, "id") != ids[i] || !strings.HasPrefix(location, w.URL+w.path(list)) {
				t.Errorf("%s: %v", location, one)
			}
		}
	}
	for _, endpoint := range each(w.made("GET", "/ResourceTypes/", nil)["Resources"], "endpoint") {
		w.send("GET", endpoint, nil).Want(http.StatusOK)
	}
	head := w.send("HEAD", "/ResourceTypes", nil).Want(http.StatusOK)
	if head.Body != "" {
		t.Errorf("a body: %s", head.Body)
	}
}
