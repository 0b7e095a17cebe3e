package provider_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What planning a change of a directory costs, and destroying it, after it was refreshed or not: other directories are read
// only where they may have its people, too.
func TestDirectoryRequests(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_scim_directory"
	config := func(name string, value any) map[string]any {
		return map[string]any{"name": "Okta", "type": "okta scim v2.0", name: value}
	}
	narrower := config("allowed_domains", []string{"acme.example"})
	mapping := func(group string) func(*acctest.Server) {
		return func(srv *acctest.Server) { srv.AddMapping(group, "Admin", 1) }
	}
	for name, test := range map[string]struct {
		arrange     func(*acctest.Server)
		after       map[string]any // nil: it is destroyed
		plan, apply int
		key         int // requests of a plan without a refresh that are about the key
	}{
		"fewer domains": {after: narrower, plan: 5},
		"fewer domains, and one who signs in without single sign-on": {
			arrange: func(srv *acctest.Server) { srv.PushUser("owner@acme.com") }, after: narrower, plan: 6,
		},
		"no more teams":                {after: config("sync_groups_to_teams", false), plan: 1, key: 1},
		"off":                          {after: config("enabled", false), plan: 1},
		"destroyed":                    {plan: 1, apply: 2},
		"destroyed, a mapping for one": {arrange: mapping("Staff"), plan: 6, apply: 7},
		"destroyed, a mapping for nobody": {
			arrange: mapping("Others"), plan: 2, apply: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			srv.SetDomains("acme.com", "acme.example")
			srv.PushUser("lin@acme.example")
			srv.PushGroup("Staff", srv.PushUser("grace@acme.com"))
			if test.arrange != nil {
				test.arrange(srv)
			}
			prior := inProcess(t, srv).imported(t, typeName, map[string]any{"id": srv.DirectoryID()})
			count := func(what string, most int, do func()) {
				srv.ResetRequests()
				do()
				if got := srv.Requests(); got.Total > most {
					t.Errorf("%s took %d requests, at most %d are wanted: %+v", what, got.Total, most, got.Routes)
				}
			}
			var planned *tfprotov6.DynamicValue
			// What no other request shows of the key is asked for: nothing, after a refresh.
			count("the plan", test.plan+test.key, func() { _, planned = inProcess(t, srv).change(t, typeName, prior, test.after) })
			count("refresh and plan", test.plan+2, func() { // the directory itself and, where no guard asks, roles
				p := inProcess(t, srv)
				p.change(t, typeName, p.read(t, typeName, prior, nil).NewState, test.after)
			})
			if test.after != nil {
				return
			}
			count("the apply", test.apply, func() {
				done, err := inProcess(t, srv).server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
					TypeName: typeName, PriorState: prior, PlannedState: planned, Config: planned,
				})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, done.Diagnostics)
			})
			if left := directories(srv); len(left) > 0 {
				t.Errorf("%+v is left", left)
			}
		})
	}
}
