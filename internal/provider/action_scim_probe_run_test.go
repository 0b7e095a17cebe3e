package provider_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// The probe says when it begins and that all is well, or fails and says what is not; it leaves nothing behind, neither a
// canary nor a token.
func TestSCIMProbeRun(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.DirectoryScenario)
	srv.PushGroup("Admins")
	srv.PushGroup("Owners")
	tokens := func() (rows []struct{ ID string }) {
		srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/tokens", nil, &rows)
		return rows
	}
	before := len(tokens())
	for _, test := range []struct {
		name      string
		arguments object
		says      int    // how many messages
		error     string // the error's summary; empty for none
	}{
		{"healthy", object{"groups": []string{"Admins"}, "expected_role": "Admin"}, 2, ""},
		{"another role", object{"groups": []string{"Admins"}, "expected_role": "Member"}, 1, "Provisioning is not healthy"},
		{"an unknown group", object{"groups": []string{"Nobody"}}, 1, "Unknown group"},
		{"a group that bypasses", object{"groups": []string{"Owners"}}, 1, "Provisioning is not healthy"},
		{"a role that bypasses", object{"expected_role": "Owner"}, 0, "Role bypasses single sign-on"},
		{"no such directory", object{"directory_id": "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"}, 0, "Could not make probe"},
		{"no such domain", object{"email_domain": "globex.example"}, 0, "Domain not enabled"},
	} {
		config := object{"directory_id": srv.DirectoryID(), "email_domain": "acme.com", "max_seconds": 2}
		maps.Copy(config, test.arguments)
		said, found := invoked(t, sessionOf(srv), scimProbeRun, config)
		if len(said) != test.says || errorsIn(found) != min(1, len(test.error)) || test.error != "" && !strings.Contains(detailsOf(found), "ERROR "+test.error) {
			t.Errorf("%s: it says %q, and finds %s", test.name, said, detailsOf(found))
		}
		if err := noCanary(srv)(nil); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if after := len(tokens()); after != before {
			t.Errorf("%s: the directory has %d tokens, want %d", test.name, after, before)
		}
	}
}

const scimProbeRun = "prefectsso_scim_probe_run"
