package provider_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// unsettable is a resource, with a value for each argument that can be left out of its configuration again.
type unsettable struct {
	base   func(*acctest.Server) object
	values object         // by path
	needed map[string]any // the arguments that cannot be left out alone, and why
	// identity imports it; nil where a state is not imported.
	identity func(*acctest.Server) object
}

const eitherOr = "one of several has to be there"

// unsettables are all resources but two: prefectsso_identity_provider has a test of its own, and every change of
// prefectsso_scim_probe begins another probe.
func unsettables() map[string]unsettable {
	return map[string]unsettable{
		"prefectsso_domain":  {base: always(object{"name": "acme.dev"}), identity: always(object{"name": "acme.dev"})},
		"prefectsso_domains": {base: always(object{"names": []string{"acme.com"}}), identity: always(object{"account_id": acctest.AccountID})},
		"prefectsso_group_role_mapping": {
			base:   mappingOf("Staff", 1),
			needed: object{"match.attribute": eitherOr, "match.equals": "goes with attribute", "match.group_id": eitherOr, "match.group_name": eitherOr},
		},
		"prefectsso_member_role": {
			base:     always(object{"email": "ada@acme.com", "role": "Member"}),
			values:   object{"on_destroy": "reset"},
			identity: always(object{"email": "ada@acme.com"}),
		},
		"prefectsso_member_roles": {base: always(object{"roles": map[string]string{"ada@acme.com": "Member"}})},
		"prefectsso_role_members": {
			base:     always(object{"role": "Auditor", "members": []string{"ada@acme.com"}}),
			values:   object{"ignore_directory_managed": false, "ignore_emails": []string{"grace@acme.com"}, "max_removals": 3, "removed_role": "Collaborator"},
			identity: always(object{"role": "Auditor"}),
		},
		"prefectsso_scim_client": {base: clientOf(nil), values: object{"overlap": "1h"}},
		"prefectsso_scim_directory": {
			base: always(object{"name": "Entra", "type": "azure scim v2.0"}),
			values: object{
				"allowed_domains": []string{"acme.com"}, "default_role": "Auditor", "deprovision_action": "delete",
				"enabled": false, "sync_groups_to_teams": false,
			},
			identity: func(srv *acctest.Server) object { return object{"id": newestDirectory(srv)} },
		},
		"prefectsso_scim_token": {base: tokenOf(nil), values: object{"expires_in": "720h", "overlap": "1h"}},
		"prefectsso_session_policy": {
			base:     always(object{}),
			values:   object{"auth_expiration_seconds": 3600},
			identity: always(object{"account_id": acctest.AccountID}),
		},
		"prefectsso_setup_link": {base: always(object{"intent": "sso"}), needed: object{"triggers": "another value makes another link"}},
		"prefectsso_team_workspace_role": {
			base:   teamRoleOf("Viewer"),
			needed: object{"team.directory_group": eitherOr, "team.id": eitherOr, "team.name": eitherOr},
		},
	}
}

// Every optional argument can be taken out of the configuration again: applied with it, then without it, the plan is empty;
// and so it is where the resource is imported with the argument's value and the configuration leaves it out.
func TestArgumentsCanBeUnset(t *testing.T) {
	t.Parallel()
	elsewhere := []string{identityProvider, "prefectsso_scim_probe"}
	schemas := inProcess(t, acctest.Start(t))
	rows := unsettables()
	for typeName := range schemas.schemas.ResourceSchemas {
		if _, found := rows[typeName]; !found && !slices.Contains(elsewhere, typeName) {
			t.Errorf("%s has no row", typeName)
		}
	}
	for typeName, row := range rows {
		for _, at := range schemas.optionalArguments(typeName) {
			value, found := row.values[at]
			switch {
			case row.needed[at] != nil:
				continue
			case found:
			case at == "account_id":
				value = acctest.AccountID
			case at == "timeouts":
				value = object{"create": "1m"}
			case strings.HasPrefix(at, "timeouts."):
				value = "1m"
			default:
				t.Errorf("the optional argument %s of %s has no row", at, typeName)
				continue
			}
			t.Run(typeName+"/"+at, func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, acctest.WithDirectory)
				srv.AddTeam("Crew")
				base := row.base(srv)
				if strings.HasPrefix(at, "timeouts.") {
					base = with(base, "timeouts", object{})
				}
				set := with(base, at, value)
				fresh := func() *protocol { return inProcess(t, srv) } // another run
				state := fresh().applied(t, typeName, fresh().create(t, typeName, set).NewState, base)
				fresh().unchanged(t, typeName, state, base)
				if row.identity == nil {
					return
				}
				fresh().applied(t, typeName, state, set)
				state = fresh().applied(t, typeName, fresh().imported(t, typeName, row.identity(srv)), base)
				fresh().unchanged(t, typeName, state, base)
			})
		}
	}
}

// with returns a configuration with an argument more, by its path.
func with(config object, at string, value any) object {
	out := maps.Clone(config)
	name, within, nested := strings.Cut(at, ".")
	if !nested {
		out[name] = value
		return out
	}
	inner, _ := out[name].(object)
	inner = maps.Clone(inner)
	inner[within] = value
	out[name] = inner
	return out
}

// optionalArguments are the paths of a resource's optional arguments.
func (p *protocol) optionalArguments(typeName string) (paths []string) {
	var walk func(prefix string, attributes []*tfprotov6.SchemaAttribute)
	walk = func(prefix string, attributes []*tfprotov6.SchemaAttribute) {
		for _, attribute := range attributes {
			if attribute.Optional {
				paths = append(paths, prefix+attribute.Name)
			}
			if attribute.NestedType != nil {
				walk(prefix+attribute.Name+".", attribute.NestedType.Attributes)
			}
		}
	}
	walk("", p.schemas.ResourceSchemas[typeName].Block.Attributes)
	return paths
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

// applied refreshes, plans and applies a change. As Terraform does it wants what was planned, and as nobody else changes
// anything, no warning that says so.
func (p *protocol) applied(t *testing.T, typeName string, prior *tfprotov6.DynamicValue, config object) *tfprotov6.DynamicValue {
	t.Helper()
	before := p.read(t, typeName, prior, nil).NewState
	plan, given := p.change(t, typeName, before, config)
	noErrors(t, plan.Diagnostics)
	if len(plan.RequiresReplace) > 0 {
		t.Fatalf("it would be replaced because of %v", plan.RequiresReplace)
	}
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: before, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	want, got := p.object(t, p.resourceType(typeName), plan.PlannedState), p.object(t, p.resourceType(typeName), done.NewState)
	for name := range want {
		wantAsPlanned(t, name, want[name], got[name])
	}
	return done.NewState
}

// wantAsPlanned wants each value that the plan knew.
func wantAsPlanned(t *testing.T, at string, planned, got tftypes.Value) {
	t.Helper()
	if planned.IsFullyKnown() {
		if !planned.Equal(got) {
			t.Errorf("inconsistent result: %s was planned as %s and is %s", at, planned, got)
		}
		return
	}
	if !planned.IsKnown() || !planned.Type().Is(tftypes.Object{}) {
		return
	}
	want, have := map[string]tftypes.Value{}, map[string]tftypes.Value{}
	if err := planned.As(&want); err != nil {
		t.Fatal(err)
	}
	if err := got.As(&have); err != nil {
		t.Fatal(err)
	}
	for name := range want {
		wantAsPlanned(t, at+"."+name, want[name], have[name])
	}
}

// unchanged refreshes, and wants an empty plan.
func (p *protocol) unchanged(t *testing.T, typeName string, state *tfprotov6.DynamicValue, config object) {
	t.Helper()
	read := p.read(t, typeName, state, nil).NewState
	plan, _ := p.change(t, typeName, read, config)
	noErrors(t, plan.Diagnostics)
	before := p.object(t, p.resourceType(typeName), read)
	for name, after := range p.object(t, p.resourceType(typeName), plan.PlannedState) {
		if !after.Equal(before[name]) {
			t.Errorf("the plan is not empty: %s was %s and would be %s", name, before[name], after)
		}
	}
}
