package provider_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A membership is known by its id: where the identity provider gives the person another address, the refresh names it, and
// where the membership is gone, it says that.
func TestMemberRoleOfAnotherAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(srv *acctest.Server, scimID string)
		people  []string
	}{
		"another address": {func(srv *acctest.Server, id string) {
			renamed := acctest.ActiveUser("lin.wu@acme.com")
			srv.SCIM(http.MethodPut, "/Users/"+id, renamed, nil)
		}, []string{"lin.wu@acme.com", "lin@acme.com"}},
		"removed": {func(srv *acctest.Server, _ string) { srv.RemoveMember("lin@acme.com") }, []string{"lin@acme.com"}},
		"removed, and invited anew under another address": {func(srv *acctest.Server, id string) {
			srv.RemoveMember("lin@acme.com")
			srv.PushUser("lin.wu@acme.com")
		}, []string{"lin@acme.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			id := srv.PushUser("lin@acme.com")
			state := inProcess(t, srv).create(t, "prefectsso_member_role", object{"email": "lin@acme.com", "role": "Auditor", "on_destroy": "reset"})
			test.happens(srv, id)
			read := inProcess(t, srv).read(t, "prefectsso_member_role", state.NewState, nil)
			wantFindings(t, read.Diagnostics, finding{ID: "member-gone", Severity: "warning", At: "email", People: test.people})
			if member, there := srv.Member("lin.wu@acme.com"); there && slices.Contains(test.people, member.Email) && member.Role != "Auditor" {
				t.Errorf("the member's role is %s", member.Role)
			}
		})
	}
}
