package provider

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// TestWords holds the sentences of this package's rules against one file, so that whoever changes one sees all of them.
// Run with -update to write it anew.
func TestWords(t *testing.T) {
	t.Parallel()
	people := []string{"grace@acme.com", "ada@acme.com"}
	staff, byID := access.Match{GroupName: "Staff"}, access.Match{GroupID: "directory_group_1"}
	mapping := access.Mapping{ID: "m-1", Match: staff, Priority: 10}
	given := &client.RoleMapping{DirectoryID: "directory_1", GroupRoleMapping: client.GroupRoleMapping{ID: "m-1", Match: client.MappingMatch(staff)}}
	all := []notice{
		saysMemberAbsent("ada@acme.com", "acme"),
		saysMembersAbsent("roles", people, "acme"),
		saysMembersStillAbsent("members", people[:1], "acme"),
		saysAddressLooksAlike(&client.NotMemberError{AccountID: "acme", Email: "JOSÉ@acme.com", LooksLike: "josé@acme.com"}),
		saysRoleMembersReplaced("Owner", people, "Member"),
		saysMaxRemovalsExceeded("Owner", people, 1),
		saysRemovedRoleSame("Owner"),
		saysMemberIgnored("ada@acme.com"),
		saysRoleChangedElsewhere("ada@acme.com", "Admin", "Member"),
		saysRolesChangedElsewhere(people),
		saysRoleNotReset(given, "ada@acme.com", "Admin"),
		saysGroupNotArrived(staff, "directory_1"),
		saysGroupAbsent(byID, "directory_1"),
		saysMappingMatchTaken(mapping, false),
		saysMappingMatchTaken(mapping, true),
		saysManagedTwice(run.Conflict{Kind: run.MemberRole, Key: "ada@acme.com", Owner: "prefectsso_member_roles"}, "prefectsso_member_role"),
		saysManagedTwice(run.Conflict{Kind: run.Domain, Owner: "prefectsso_domain"}, "prefectsso_domains"),
		saysTeamAbsent(&noTeamError{accountID: "acme", ref: teamRef{Name: stringOrNull(&staff.GroupName)}}),
		saysTeamAdopted("Staff", "Viewer", "production", "Developer"),
		saysTeamFollowsNoGroup("Staff", "production", "Staff"),
		saysTeamNameTaken("Staff", "t-2", "t-1"),
		saysTeamRenamed("Staff", "Crew"),
		saysSubjectMappingChanged(2),
		saysSubjectMappingChanged(-1),
		saysMemberGone("ada@acme.com", "acme"),
		saysRoleGone(&client.UnknownNameError{AccountID: "acme", What: "role", Name: "Auditor", Existing: []string{"Inspector", "Member"}}),
		saysAddressChanged("ada@acme.com", "ada@acme.example", false),
		saysAddressChanged("ada@acme.com", "ada@acme.example", true),
		saysAddressReassigned("ada@acme.com", "acme"),
		saysAddressesChanged("roles", map[string]string{"lin@acme.com": "lin.wu@acme.com", "ada@acme.com": "ada.king@acme.com"}),
		saysAddressesReassigned([]string{"ada@acme.com"}, "acme"),
		saysAddressWrittenTwice("lin@acme.com", "lin.wu@acme.com"),
		saysChangedSincePlan("state", types.StringValue("active"), types.StringValue("inactive"), true),
		saysChangedSincePlan("url", types.StringValue("a"), types.StringValue("b"), false),
		saysKeyRejected(&client.APIError{Status: http.StatusUnauthorized, Message: "Invalid authentication credentials", Method: http.MethodGet, Path: "/api/me/accounts/acme/permissions"}),
		saysKeyRejected(&client.AccountNotFoundError{AccountID: "acme", Err: &client.APIError{Status: http.StatusNotFound, Message: "Account not found", Method: http.MethodGet, Path: "/api/accounts/acme"}}),
		saysKeyNotChecked("account acme", &client.APIError{Status: http.StatusInternalServerError, Message: "Internal Server Error", Method: http.MethodGet, Path: "/api/me/accounts/acme/permissions"}),
		saysPermissionMissing(client.PermissionUpdateMembership, "account acme", false),
		saysPermissionMissing(client.PermissionAdministrateSSO, "account acme", true),
		saysDomainsNotEnabled([]string{"acme.com"}, "acme", "domains"),
		saysDomainsNotEnabled([]string{"acme.com", "acme.io"}, "acme", "allowed_domains"),
		saysDirectoryAbsent("directory_1", "acme"),
		saysNothingToAdopt(setupSSO, "Corp", "acme", ", nor any other"),
		saysNothingToAdopt(setupDirectorySync, "Okta", "acme", " (it has Entra)"),
		saysOutcomeUnknown("SCIM token", english.ErrorSentence(&client.APIError{Status: 503, Method: "POST", Path: "/api/tokens", RequestID: "r-1"})),
		saysRotationUnknown("okta", &client.UncertainWriteError{Key: "k", Err: &client.ConnectionError{Method: "POST", Path: "/api/tokens", Why: "EOF", Attempts: 7}}),
		saysMadeAfterAll("SCIM token", "t-1"),
		saysMembersLeftOut(1),
		saysMembersLeftOut(3),
		saysNothingMatches("connection", "acme", `state = "active"`, "Okta (OktaSAML, draft)"),
		saysMappingsNotOffered(),
	}
	var got strings.Builder
	for _, n := range all {
		fmt.Fprintf(&got, "%s\n%s\n\n", n.summary, n.id.Detail(n.message))
	}
	for _, err := range []error{
		&lastBypassError{accountID: "acme", people: people},
		&lastBypassError{accountID: "acme", people: people[:1], promised: people[1:]},
		&notJoinedError{&client.NotMemberError{AccountID: "acme", Email: "ada@acme.com"}, time.Minute},
	} {
		d := roleRejection(path.Root("role"), "Could not change role", err)
		if withID := strings.HasSuffix(d.Detail(), "\nGuard: "+string(access.BypassNobodyLeft)); withID != errors.As(err, new(*lastBypassError)) {
			t.Errorf("the detail has the id: %t\n%s", withID, d.Detail())
		}
		fmt.Fprintf(&got, "%s\n%s\n\n", d.Summary(), d.Detail())
	}
	got.WriteString("Leads of warnings; of all others: " + string(leadOf("")) + "\n")
	for _, id := range slices.Sorted(maps.Keys(leads)) {
		fmt.Fprintf(&got, "%s: %s\n", id, leads[id])
	}
	golden.Check(t, "testdata/words.golden", got.String())
}
