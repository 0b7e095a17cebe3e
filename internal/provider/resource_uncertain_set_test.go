package provider_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A domain and a team's role are set without a key. Where the answer is lost over all tries, a look tells what is there;
// where that is lost as well, the state has it as tainted. So a destroy that comes next leaves nothing behind.
func TestWhatWasSetAfterAllIsKnown(t *testing.T) {
	t.Parallel()
	for kind, test := range map[string]struct {
		config object
		left   func(*acctest.Server) bool
	}{
		"prefectsso_domain": {object{"name": "acme.example"}, func(srv *acctest.Server) bool { return slices.Contains(srv.Domains(), "acme.example") }},
		"prefectsso_team_workspace_role": {
			object{"team": object{"name": "Crew"}, "workspace": "production", "role": "Viewer"},
			func(srv *acctest.Server) bool { return srv.TeamRoles(srv.TeamID("Crew"))["production"] != "" },
		},
	} {
		for name, lasts := range map[string]bool{"the answer": false, "all that comes after it, too": true} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, acctest.WithDirectory)
				srv.AddTeam("Crew")
				r := &tracked{typeName: kind, line: newLine(t, srv), key: acctest.ServiceKey}
				var written atomic.Bool
				r.line.breaks(func(req *http.Request) fault {
					if req.Method == http.MethodPut || req.Method == http.MethodPatch {
						written.Store(true)
						return failed
					}
					if lasts && written.Load() {
						return dropped
					}
					return passes
				})
				found := r.apply(t, test.config)
				if r.value == nil || r.tainted != lasts || errorsIn(found) > 0 != lasts {
					t.Fatalf("in the state %t, tainted %t: %s", r.value != nil, r.tainted, detailsOf(found))
				}
				if lasts && !slices.ContainsFunc(found, isOutcomeUnknown) {
					t.Errorf("found %s", detailsOf(found))
				}
				if !test.left(srv) {
					t.Fatal("it was not set: the test has lost the request and not the answer")
				}
				r.line.breaks()
				if found := r.apply(t, nil); errorsIn(found) > 0 {
					t.Errorf("destroy: %s", detailsOf(found))
				}
				if test.left(srv) {
					t.Error("the destroy left it behind")
				}
			})
		}
	}
}

func isOutcomeUnknown(d *tfprotov6.Diagnostic) bool {
	return strings.HasSuffix(d.Detail, "Guard: outcome-unknown")
}
