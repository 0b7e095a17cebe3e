package provider_test

import (
	"context"
	"maps"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Every optional argument can be taken out of the configuration again: applied with it, then without it, the plan is empty;
// and so it is where the resource is imported with the argument's value and the configuration leaves it out. Those of
// prefectsso_identity_provider have a test of their own, those of prefectsso_scim_probe begin another probe.
func TestArgumentsCanBeUnset(t *testing.T) {
	t.Parallel()
	directory := object{"name": "Entra", "type": "azure scim v2.0"}
	auditors := object{"role": "Auditor", "members": []string{"ada@acme.com"}}
	member := object{"email": "ada@acme.com", "role": "Member"}
	token := tokenOf(nil)
	for name, test := range map[string]struct {
		typeName string
		base     func(*acctest.Server) object
		value    any
		imported map[string]any // identity; nil where it is not imported
	}{
		"allowed_domains":          {"prefectsso_scim_directory", always(directory), []string{"acme.com"}, nil},
		"default_role":             {"prefectsso_scim_directory", always(directory), "Auditor", nil},
		"deprovision_action":       {"prefectsso_scim_directory", always(directory), "delete", nil},
		"enabled":                  {"prefectsso_scim_directory", always(directory), false, nil},
		"sync_groups_to_teams":     {"prefectsso_scim_directory", always(directory), false, nil},
		"ignore_directory_managed": {"prefectsso_role_members", always(auditors), false, object{"role": "Auditor"}},
		"ignore_emails":            {"prefectsso_role_members", always(auditors), []string{"grace@acme.com"}, object{"role": "Auditor"}},
		"max_removals":             {"prefectsso_role_members", always(auditors), 3, object{"role": "Auditor"}},
		"removed_role":             {"prefectsso_role_members", always(auditors), "Collaborator", object{"role": "Auditor"}},
		"on_destroy":               {"prefectsso_member_role", always(member), "reset", object{"email": "ada@acme.com"}},
		"expires_in":               {"prefectsso_scim_token", token, "720h", nil},
		"overlap":                  {"prefectsso_scim_token", token, "1h", nil},
		"auth_expiration_seconds":  {"prefectsso_session_policy", always(object{}), 3600, object{"account_id": acctest.AccountID}},
	} {
		t.Run(test.typeName+"/"+name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			base := test.base(srv)
			with := object{name: test.value}
			maps.Copy(with, base)
			fresh := func() *protocol { return inProcess(t, srv) } // another run
			set := fresh().create(t, test.typeName, with)
			identity := test.imported
			if test.typeName == "prefectsso_scim_directory" {
				identity = object{"id": newestDirectory(srv)}
			}

			unset := fresh().update(t, test.typeName, fresh().read(t, test.typeName, set.NewState, set.NewIdentity).NewState, base)
			fresh().wantNoChange(t, test.typeName, unset, base)
			if identity == nil {
				return
			}
			fresh().update(t, test.typeName, unset, with)
			imported := fresh().imported(t, test.typeName, identity)
			fresh().wantNoChange(t, test.typeName, fresh().update(t, test.typeName, imported, base), base)
		})
	}
}

func always(config object) func(*acctest.Server) object {
	return func(*acctest.Server) object { return maps.Clone(config) }
}

func newestDirectory(srv *acctest.Server) string {
	var all []struct{ ID, Name string }
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories", nil, &all)
	for _, d := range all {
		if d.Name == "Entra" {
			return d.ID
		}
	}
	return ""
}

// update plans and applies a change, and fails the test where the result is not as planned, as Terraform would.
func (p *protocol) update(t testing.TB, typeName string, prior *tfprotov6.DynamicValue, config map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	plan, given := p.change(t, typeName, prior, config)
	noErrors(t, plan.Diagnostics)
	if len(plan.RequiresReplace) > 0 {
		t.Fatalf("the plan replaces it: %s", plan.RequiresReplace)
	}
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: prior, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, done.Diagnostics)
	typ := p.resourceType(typeName)
	got := p.object(t, typ, done.NewState)
	for name, want := range p.object(t, typ, plan.PlannedState) {
		if want.IsFullyKnown() && !got[name].Equal(want) {
			t.Errorf("inconsistent result: %s was planned as %s and is %s", name, want, got[name])
		}
	}
	return done.NewState
}

// wantNoChange refreshes a state, and wants a plan that changes nothing.
func (p *protocol) wantNoChange(t testing.TB, typeName string, state *tfprotov6.DynamicValue, config map[string]any) {
	t.Helper()
	read := p.read(t, typeName, state, nil).NewState
	plan, _ := p.change(t, typeName, read, config)
	noErrors(t, plan.Diagnostics)
	typ := p.resourceType(typeName)
	before := p.object(t, typ, read)
	for name, after := range p.object(t, typ, plan.PlannedState) {
		if !after.Equal(before[name]) {
			t.Errorf("the second plan changes %s from %s to %s", name, before[name], after)
		}
	}
}
