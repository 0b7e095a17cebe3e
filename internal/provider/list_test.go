package provider_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// listed is what a list gave, in its order.
type listed struct {
	names       []string
	identities  []*tfprotov6.ResourceIdentityData
	resources   []*tfprotov6.DynamicValue
	diagnostics []*tfprotov6.Diagnostic
}

// lists returns the server as one that lists. The interface is to become part of tfprotov6.ProviderServer, which has no list yet.
func (p *protocol) lists(t testing.TB) tfprotov6.ProviderServerWithListResource { //nolint:staticcheck // see above
	t.Helper()
	server, ok := p.server.(tfprotov6.ProviderServerWithListResource) //nolint:staticcheck // see above
	if !ok {
		t.Fatal("the server lists nothing")
	}
	return server
}

// list calls a list as `terraform query` does; a limit of 0 is none.
func (p *protocol) list(t testing.TB, typeName string, config map[string]any, limit int64, include bool) (out listed) {
	t.Helper()
	server := p.lists(t)
	given := p.value(t, p.schemas.ListResourceSchemas[typeName].ValueType(), config)
	checked, err := server.ValidateListResourceConfig(context.Background(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: given})
	if err != nil {
		t.Fatal(err)
	}
	if len(checked.Diagnostics) > 0 {
		return listed{diagnostics: checked.Diagnostics}
	}
	stream, err := server.ListResource(context.Background(), &tfprotov6.ListResourceRequest{TypeName: typeName, Config: given, IncludeResource: include, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	for result := range stream.Results {
		out.diagnostics = append(out.diagnostics, result.Diagnostics...)
		if result.Identity == nil {
			continue
		}
		out.names = append(out.names, result.DisplayName)
		out.identities = append(out.identities, result.Identity)
		out.resources = append(out.resources, result.Resource)
	}
	return out
}

// generated returns a resource as `-generate-config-out` writes it: without what the provider alone decides.
func (p *protocol) generated(t testing.TB, typeName string, resource *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	t.Helper()
	typ := p.resourceType(typeName)
	out, err := tfprotov6.NewDynamicValue(typ, writable(t, p.schemas.ResourceSchemas[typeName].Block.Attributes, typ, p.object(t, typ, resource)))
	if err != nil {
		t.Fatal(err)
	}
	return &out
}

func writable(t testing.TB, attributes []*tfprotov6.SchemaAttribute, typ tftypes.Type, values map[string]tftypes.Value) tftypes.Value {
	t.Helper()
	for _, a := range attributes {
		value := values[a.Name]
		switch {
		case a.Computed && !a.Optional:
			values[a.Name] = tftypes.NewValue(value.Type(), nil)
		case a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle && !value.IsNull():
			nested := map[string]tftypes.Value{}
			if err := value.As(&nested); err != nil {
				t.Fatal(err)
			}
			values[a.Name] = writable(t, a.NestedType.Attributes, value.Type(), nested)
		}
	}
	return tftypes.NewValue(typ, values)
}

// planOf validates a configuration and plans it over a state.
func (p *protocol) planOf(t testing.TB, typeName string, state, config *tfprotov6.DynamicValue) (planned *tfprotov6.DynamicValue, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	checked, err := p.server.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{TypeName: typeName, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorState: state, ProposedNewState: p.proposed(t, typeName, state, config), Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return plan.PlannedState, append(checked.Diagnostics, plan.Diagnostics...)
}

// wantAsImported wants each result to be what an import by its identity gives, and the configuration that is generated of
// it to have nothing to plan.
func wantAsImported(t *testing.T, srv *acctest.Server, typeName string, config map[string]any, wantNames ...string) {
	t.Helper()
	p := inProcess(t, srv)
	got, states := wantListed(t, srv, typeName, config, wantNames...)
	for i, state := range states {
		planned, diagnostics := inProcess(t, srv).planOf(t, typeName, state, p.generated(t, typeName, got.resources[i]))
		if strings.HasSuffix(got.names[i], ", dangling") {
			wantFindings(t, diagnostics, warns("group-not-arrived", "match.group_name"))
		} else {
			wantNoDiagnostics(t, "the plan of "+got.names[i], diagnostics)
		}
		sameValue(t, "the plan of "+got.names[i], p.resourceType(typeName), state, planned)
	}
}

// wantListed wants each result to be what an import by its identity gives, and returns that.
func wantListed(t *testing.T, srv *acctest.Server, typeName string, config map[string]any, wantNames ...string) (got listed, states []*tfprotov6.DynamicValue) {
	t.Helper()
	p := inProcess(t, srv)
	got = p.list(t, typeName, config, 0, true)
	wantNoDiagnostics(t, typeName, got.diagnostics)
	if !slices.Equal(got.names, wantNames) {
		t.Errorf("%s lists\n%s\nwant\n%s", typeName, strings.Join(got.names, "\n"), strings.Join(wantNames, "\n"))
	}
	for i, identity := range got.identities {
		typ := p.resourceType(typeName)
		fresh := inProcess(t, srv)
		resp, err := fresh.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: typeName, Identity: identity})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, resp.Diagnostics)
		read := fresh.read(t, typeName, resp.ImportedResources[0].State, resp.ImportedResources[0].Identity)
		sameValue(t, got.names[i]+" as imported", typ, read.NewState, got.resources[i])
		sameValue(t, "identity of "+got.names[i], p.identities.IdentitySchemas[typeName].ValueType(), read.NewIdentity.IdentityData, identity.IdentityData)
		states = append(states, read.NewState)
	}
	return got, states
}

func wantNoDiagnostics(t testing.TB, what string, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		t.Errorf("%s: %s: %s: %s", what, d.Severity, d.Summary, d.Detail)
	}
}

func sameValue(t testing.TB, what string, typ tftypes.Type, want, got *tfprotov6.DynamicValue) {
	t.Helper()
	a, err := want.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	b, err := got.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	differences, err := a.Diff(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		t.Errorf("%s: %s", what, d)
	}
}

// listScenario has something of everything that is listed.
func listScenario(t *testing.T, options ...acctest.Option) *acctest.Server {
	t.Helper()
	srv := acctest.Start(t, append([]acctest.Option{acctest.WithDirectory, acctest.PrivateIssuers}, options...)...)
	srv.SetDomains("acme.com", "mail.acme.com", "acme.example")
	return srv
}

func TestListedAsImported(t *testing.T) {
	t.Parallel()
	srv := listScenario(t)
	crew, night := srv.AddTeam("Crew", "ada@acme.com"), srv.AddTeam("Night shift")
	srv.SetTeamRole(crew, "production", "Viewer")
	srv.SetTeamRole(night, "production", "Developer")
	srv.PushUser("hired@acme.com")
	srv.PushGroup("Leads", srv.PushUser("lead@acme.com"))
	srv.AddMapping("Leads", "Auditor", 10)
	srv.AddMapping("Ghosts", "Admin", 20)
	_, issuer := acctest.StartIdP(t, srv)
	for _, connection := range []object{
		{"name": "Entra", "connection_type": "GenericSAML", "domains": []string{"acme.example"}, "saml": object{"idp_entity_id": "https://idp.example/", "idp_sso_url": "https://idp.example/sso", "idp_certificates": []string{rsaCertificate(t, time.Now().AddDate(1, 0, 0))}}},
		{"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"}, "oidc": object{"issuer": issuer, "client_id": "prefect", "client_secret": "client-secret-0123456789"}},
	} {
		srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", connection, nil)
	}
	for name, test := range map[string]struct {
		typeName string
		config   object
		want     []string
	}{
		"domains":              {"prefectsso_domain", nil, []string{"acme.com", "mail.acme.com", "acme.example"}},
		"domains within":       {"prefectsso_domain", object{"within": "ACME.com."}, []string{"acme.com", "mail.acme.com"}},
		"domains of":           {"prefectsso_domain", object{"identity_provider": "Entra"}, []string{"acme.example"}},
		"by hand":              {"prefectsso_member_role", object{"role": "Member", "account_id": acctest.AccountID, "domain": "acme.com", "active": true, "team": "Crew"}, []string{"Ada Lovelace <ada@acme.com>, Member"}},
		"by a mapping":         {"prefectsso_member_role", object{"role": "Auditor", "managed_by": "any"}, []string{"lead <lead@acme.com>, Auditor by a group role mapping"}},
		"team by id":           {"prefectsso_member_role", object{"team": crew}, []string{"Ada Lovelace <ada@acme.com>, Member"}},
		"nobody":               {"prefectsso_member_role", object{"domain": "cme.com"}, nil},
		"deactivated":          {"prefectsso_member_role", object{"active": false}, nil},
		"an empty team":        {"prefectsso_member_role", object{"team": "Night shift"}, nil},
		"roles of teams":       {"prefectsso_team_workspace_role", nil, []string{"Crew in production, Viewer", "Night shift in production, Developer"}},
		"roles of a team":      {"prefectsso_team_workspace_role", object{"team": "Crew", "workspace": "production"}, []string{"Crew in production, Viewer"}},
		"a role of teams":      {"prefectsso_team_workspace_role", object{"role": "Developer"}, []string{"Night shift in production, Developer"}},
		"connections":          {"prefectsso_identity_provider", nil, []string{"Entra (GenericSAML, validating)", "Corp (GenericOIDC, validating)"}},
		"connections of":       {"prefectsso_identity_provider", object{"domain": "Acme.com"}, []string{"Corp (GenericOIDC, validating)"}},
		"a type":               {"prefectsso_identity_provider", object{"connection_type": "GenericSAML"}, []string{"Entra (GenericSAML, validating)"}},
		"directories":          {"prefectsso_scim_directory", nil, []string{"Okta (okta scim v2.0, linked)"}},
		"directories of":       {"prefectsso_scim_directory", object{"type": "okta scim v2.0", "state": "linked"}, []string{"Okta (okta scim v2.0, linked)"}},
		"mappings":             {"prefectsso_group_role_mapping", nil, []string{`Okta, group "Ghosts": Admin, priority 20, dangling`, `Okta, group "Leads": Auditor, priority 10`}},
		"mappings of":          {"prefectsso_group_role_mapping", object{"directory": "Okta", "role": "Auditor", "status": "applied"}, []string{`Okta, group "Leads": Auditor, priority 10`}},
		"mappings that dangle": {"prefectsso_group_role_mapping", object{"directory": srv.DirectoryID(), "status": "dangling"}, []string{`Okta, group "Ghosts": Admin, priority 20, dangling`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantAsImported(t, srv, test.typeName, test.config, test.want...)
		})
	}
	t.Run("people left out", func(t *testing.T) {
		t.Parallel()
		got := inProcess(t, srv).list(t, "prefectsso_member_role", nil, 0, false)
		wantFindings(t, got.diagnostics, warns("members-left-out", ""))
		want := []string{"Account Owner <owner@acme.com>, Owner", "Second Owner <second.owner@acme.com>, Owner", "Ada Lovelace <ada@acme.com>, Member", "Grace Hopper <grace@acme.com>, Member"}
		if !slices.Equal(got.names, want) || !strings.Contains(got.diagnostics[0].Detail, "2 people") {
			t.Errorf("got %q, and %s", got.names, got.diagnostics[0].Detail)
		}
		for i, resource := range got.resources {
			if resource != nil {
				t.Errorf("%s has values that were not asked for", got.names[i])
			}
		}
	})
}

// On today's Prefect Cloud what can be seen is listed, and what is not there is no error, which would end a query of all.
func TestListPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := listScenario(t, acctest.PublishedOnly, acctest.BundledIdP)
	configureByHand(t, srv, "Corp")
	crew := srv.AddTeam("Crew", "ada@acme.com")
	srv.SetTeamRole(crew, "production", "Viewer")
	wantAsImported(t, srv, "prefectsso_domain", object{"within": "acme.example"}, "acme.example")
	wantAsImported(t, srv, "prefectsso_team_workspace_role", nil, "Crew in production, Viewer")
	p := inProcess(t, srv)
	people := p.list(t, "prefectsso_member_role", object{"role": "Member"}, 0, true)
	wantNoDiagnostics(t, "people", people.diagnostics)
	if want := []string{"Ada Lovelace <ada@acme.com>, Member", "Grace Hopper <grace@acme.com>, Member"}; !slices.Equal(people.names, want) {
		t.Errorf("got %q", people.names)
	}
	wantListed(t, srv, "prefectsso_identity_provider", object{"state": "validating"}, "Corp (GenericOIDC, validating)")
	wantAsImported(t, srv, "prefectsso_domain", object{"identity_provider": "Corp", "within": "mail.acme.com"}, "mail.acme.com")
	wantAsImported(t, srv, "prefectsso_scim_directory", nil, "Okta (okta scim v2.0, validating)")
	mappings := p.list(t, "prefectsso_group_role_mapping", nil, 0, true)
	wantFindings(t, mappings.diagnostics, warns("mappings-not-offered", ""))
	if len(mappings.names) > 0 {
		t.Errorf("got %q", mappings.names)
	}
}

// A list reads the pages that its limit needs, and no more.
func TestListLimit(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(450, "Member"))
	const route = "/account_memberships/filter"
	for limit, test := range map[int64]struct{ results, pages int }{
		0: {451, 3}, 1: {1, 1}, 100: {100, 1}, 200: {200, 1}, 201: {201, 2}, 400: {400, 2}, 1000: {451, 3},
	} {
		p := inProcess(t, srv)
		srv.ResetRequests()
		got := p.list(t, "prefectsso_member_role", nil, limit, true)
		wantNoDiagnostics(t, "list", got.diagnostics)
		if pages := srv.Requests().Count(http.MethodPost, route); len(got.names) != test.results || pages != test.pages {
			t.Errorf("with the limit %d: %d results of %d pages, want %d of %d", limit, len(got.names), pages, test.results, test.pages)
		}
	}
}

func TestListBadInput(t *testing.T) {
	t.Parallel()
	srv := listScenario(t)
	for name, test := range map[string]struct {
		typeName string
		config   object
		want     string
	}{
		"no such role":           {"prefectsso_member_role", object{"role": "Boss"}, `no role "Boss"`},
		"no such team":           {"prefectsso_member_role", object{"team": "Crew"}, `no team "Crew"`},
		"a malformed domain":     {"prefectsso_member_role", object{"domain": "acme"}, "Invalid email domain"},
		"managed by who":         {"prefectsso_member_role", object{"managed_by": "me"}, `"manual" "any"`},
		"no account":             {"prefectsso_domain", object{"account_id": "acme"}, "UUID"},
		"another account":        {"prefectsso_domain", object{"account_id": "0c1f1d2e-0000-4000-8000-0000000000ff"}, "Account not found"},
		"no such connection":     {"prefectsso_domain", object{"identity_provider": "Corp"}, `no connection with the id or name "Corp"`},
		"no such directory":      {"prefectsso_group_role_mapping", object{"directory": "Entra"}, "no directory with the id or name \"Entra\" (it has Okta)"},
		"no such workspace":      {"prefectsso_team_workspace_role", object{"workspace": "staging"}, `no workspace "staging"`},
		"no such workspace role": {"prefectsso_team_workspace_role", object{"role": "Boss"}, `no workspace role "Boss"`},
		"no such state":          {"prefectsso_identity_provider", object{"state": "on"}, `"draft" "validating"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inProcess(t, srv).list(t, test.typeName, test.config, 0, true)
			if len(got.names) > 0 || len(got.diagnostics) != 1 || got.diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError ||
				!strings.Contains(got.diagnostics[0].Summary+": "+got.diagnostics[0].Detail, test.want) {
				t.Errorf("got %q and %+v, want an error with %q", got.names, got.diagnostics, test.want)
			}
		})
	}
	t.Run("nothing matches", func(t *testing.T) {
		t.Parallel()
		got := inProcess(t, srv).list(t, "prefectsso_scim_directory", object{"type": "okta"}, 0, true)
		wantFindings(t, got.diagnostics, warns("nothing-matches", ""))
		if detail := got.diagnostics[0].Detail; !strings.Contains(detail, `no directory with type = "okta". It has Okta (okta scim v2.0, validating).`) {
			t.Error(detail)
		}
	})
}

// A lost page ends the list with an error; what was listed before it stays.
func TestListLosesAPage(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(450, "Member"))
	p := inProcess(t, srv)
	server := p.lists(t)
	const typeName = "prefectsso_member_role"
	stream, err := server.ListResource(context.Background(), &tfprotov6.ListResourceRequest{TypeName: typeName, Config: p.value(t, p.schemas.ListResourceSchemas[typeName].ValueType(), nil)})
	if err != nil {
		t.Fatal(err)
	}
	results := 0
	var diagnostics []*tfprotov6.Diagnostic
	for result := range stream.Results {
		if diagnostics = append(diagnostics, result.Diagnostics...); result.Identity != nil {
			results++
		}
		if results == 1 && len(diagnostics) == 0 {
			srv.Fault(map[string]any{"method": http.MethodPost, "route": "/api/accounts/{account_id}/account_memberships/filter", "status": http.StatusForbidden})
		}
	}
	if results != 200 || len(diagnostics) != 1 || diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError || diagnostics[0].Summary != "Could not list roles of members" {
		t.Errorf("got %d results and %+v", results, diagnostics)
	}
}

// Each provider configuration lists the account that is its own, and a wrong key is said in full once a run.
func TestListOfTwoAccounts(t *testing.T) {
	t.Parallel()
	const globex, globexKey = "0c1f1d2e-0000-4000-8000-000000000002", "pnb_globex"
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso]
    domains: [acme.com]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: `+acctest.OwnerKey+`}]
    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}]
  - id: `+globex+`
    handle: globex
    name: Globex
    features: [sso]
    domains: [globex.example]
    users: [{email: boss@globex.example, first_name: Hank, last_name: Scorpio, role: Owner}]
    service_accounts: [{name: terraform, role: Owner, api_key: `+globexKey+`}]
`))
	first, second := inProcess(t, srv), inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": globexKey, "account_id": globex})
	for typeName, want := range map[string][2]string{
		"prefectsso_domain":      {"acme.com", "globex.example"},
		"prefectsso_member_role": {"Account Owner <owner@acme.com>, Owner", "Hank Scorpio <boss@globex.example>, Owner"},
	} {
		for i, p := range []*protocol{first, second} {
			got := p.list(t, typeName, nil, 0, true)
			wantNoDiagnostics(t, typeName, got.diagnostics)
			if !slices.Equal(got.names, []string{want[i]}) {
				t.Errorf("%s of account %d: %q", typeName, i, got.names)
			}
			account := p.object(t, p.resourceType(typeName), got.resources[0])["account_id"]
			if !account.Equal(tftypes.NewValue(tftypes.String, []string{acctest.AccountID, globex}[i])) {
				t.Errorf("%s is of account %s", got.names[0], account)
			}
		}
	}
	stranger := inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": "pnb_wrong", "account_id": acctest.AccountID})
	full := 0
	for _, typeName := range slices.Sorted(maps.Keys(stranger.schemas.ListResourceSchemas)) {
		got := stranger.list(t, typeName, nil, 0, true)
		if len(got.names) > 0 || len(got.diagnostics) != 1 || got.diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError {
			t.Errorf("%s: %q, %+v", typeName, got.names, got.diagnostics)
			continue
		}
		if !strings.HasPrefix(got.diagnostics[0].Detail, "Not read, for the reason") {
			full++
		}
	}
	if full != 1 {
		t.Errorf("the key was said in full %d times", full)
	}
}

// Every list has an example, which calls nothing that it has not.
func TestListExamples(t *testing.T) {
	t.Parallel()
	p := inProcess(t, acctest.Start(t))
	if len(p.schemas.ListResourceSchemas) == 0 {
		t.Fatal("nothing is listed")
	}
	root := filepath.Join("..", "..", "examples", "list-resources")
	folders, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if p.schemas.ListResourceSchemas[folder.Name()] == nil {
			t.Errorf("an example of %s, which is no list", folder.Name())
		}
	}
	for typeName, schema := range p.schemas.ListResourceSchemas {
		source, err := os.ReadFile(filepath.Join(root, typeName, "list-resource.tfquery.hcl"))
		if err != nil {
			t.Error(err)
			continue
		}
		file, diags := hclsyntax.ParseConfig(source, typeName+".tfquery.hcl", hcl.InitialPos)
		body, ok := file.Body.(*hclsyntax.Body)
		if diags.HasErrors() || !ok || len(body.Blocks) == 0 {
			t.Errorf("%s: %v", typeName, diags)
			continue
		}
		for _, block := range body.Blocks {
			if block.Type != "list" || len(block.Labels) != 2 || block.Labels[0] != typeName || block.Body.Attributes["provider"] == nil {
				t.Errorf("%s: no list of this type with its provider: %s %q", typeName, block.Type, block.Labels)
			}
			for _, config := range block.Body.Blocks {
				for name := range config.Body.Attributes {
					if !slices.ContainsFunc(schema.Block.Attributes, func(a *tfprotov6.SchemaAttribute) bool { return a.Name == name }) {
						t.Errorf("%s has no argument %s", typeName, name)
					}
				}
			}
		}
	}
}
