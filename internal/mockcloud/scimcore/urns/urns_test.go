package urns_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/urns"
)

func TestCurrent(t *testing.T) {
	t.Parallel()
	for draft, want := range map[string]string{
		"userName": "userName", "": "", "urn:scim:schemas:": "urn:scim:schemas:", "urn:x:y": "urn:x:y",
		urns.EnterpriseUser + ":manager":                         urns.EnterpriseUser + ":manager",
		"urn:scim:schemas:extension:enterprise:1.0":              urns.EnterpriseUser,
		"urn:scim:schemas:extension:enterprise:1.0:manager":      urns.EnterpriseUser + ":manager",
		"urn:scim:schemas:extension:enterprise:1.0.manager":      urns.EnterpriseUser + ".manager",
		"URN:SCIM:Schemas:Extension:Enterprise:2.0":              urns.EnterpriseUser,
		"urn:scim:schemas:extension:enterprise:2.0:User:manager": urns.EnterpriseUser + ":manager",
		"urn:scim:schemas:extension:enterprise:2.0:department":   urns.EnterpriseUser + ":department",
		"urn:scim:schemas:extension:enterprise:2.01":             "urn:scim:schemas:extension:enterprise:2.01",
		"urn:scim:schemas:extension:acme:2.0:User:badge":         "urn:scim:schemas:extension:acme:2.0:User:badge",
		"urn:scim:schemas:core:2.0:User:userName":                urns.User + ":userName",
		"urn:scim:schemas:core:2.0:Group":                        urns.Group,
		"urn:scim:schemas:core:2.0:Device":                       "Device",
		"urn:scim:schemas:core:1.0:userName":                     "userName",
		"urn:scim:schemas:core:1.0":                              "urn:scim:schemas:core:1.0",
		"urn:scim:schemas:core:2.0:":                             "urn:scim:schemas:core:2.0:",
	} {
		if got := urns.Current(draft); got != want {
			t.Errorf("%s is %s, not %s", draft, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]bool{
		urns.User:                   {true, false, false},
		"urn:scim:schemas:core:2.0": {true, true, false}, "URN:SCIM:SCHEMAS:CORE:1.0": {true, true, false},
		"urn:scim:schemas:core:2.0:User":            {true, false, false},
		"urn:scim:schemas:core:2.0:Group":           {false, true, false},
		"urn:scim:schemas:extension:enterprise:1.0": {false, false, true},
		"urn:x":                     {},
		"":                          {},
		"urn:scim:schemas:core:3.0": {},
	} {
		if got := [3]bool{urns.Names(text, urns.User), urns.Names(text, urns.Group), urns.Names(text, urns.EnterpriseUser)}; got != want {
			t.Errorf("%s names %v, not %v", text, got, want)
		}
	}
}
