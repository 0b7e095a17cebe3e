package schema_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// TestCaseInFilters: filters and schemas mean the same by a path, so that
// names are found in any case and identifiers only in their own.
func TestCaseInFilters(t *testing.T) {
	t.Parallel()
	user := `{"id":"aB","externalId":"eX","userName":"babs","emails":[{"value":"a@b.c","type":"work"}],"groups":[{"value":"gX"}],
		` + enterprise + `:{"department":"Tours","manager":{"value":"mX"}}}`
	group := `{"displayName":"Guides","members":[{"value":"uX","type":"User"}]}`
	tests := []struct {
		rt             *schema.ResourceType
		resource, text string
		want           bool
	}{
		{schema.User(), user, `userName eq "BABS"`, true},
		{schema.User(), user, schema.UserURN + `:userName eq "BABS"`, true},
		{schema.User(), user, `ID eq "aB"`, true},
		{schema.User(), user, `id eq "ab"`, false},
		{schema.User(), user, `externalId eq "ex"`, false},
		{schema.User(), user, `emails eq "A@B.C"`, true},
		{schema.User(), user, `emails.value sw "A@"`, true},
		{schema.User(), user, `emails[type eq "WORK" and value ew ".C"]`, true},
		{schema.User(), user, `groups eq "gX"`, true},
		{schema.User(), user, `groups eq "gx"`, false},
		{schema.User(), user, `groups[value eq "gx"]`, false},
		{schema.User(), user, schema.EnterpriseUserURN + `:department eq "TOURS"`, true},
		{schema.User(), user, schema.EnterpriseUserURN + `:manager eq "mX"`, true},
		{schema.User(), user, schema.EnterpriseUserURN + `:manager.value eq "mx"`, false},
		{schema.User(), user, schema.EnterpriseUserURN + `:manager eq "mx"`, false},
		{schema.Group(), group, `displayName eq "GUIDES"`, true},
		{schema.Group(), group, `members[value eq "uX" and type eq "user"]`, true},
		{schema.Group(), group, `members[value eq "ux"]`, false},
		{schema.Group(), group, `members.value eq "ux"`, false},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := filter.Match(e, decode(t, test.resource), test.rt.CaseExact); got != test.want {
				t.Errorf("matches: %t", got)
			}
		})
	}
}
