package provider_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// protocol speaks the plugin protocol with the provider in process, for what the installed Terraform cannot ask (import
// by identity) and for counting the requests of one call.
type protocol struct {
	server     tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
}

// inProcess returns a provider that is configured for the server.
func inProcess(t testing.TB, srv *acctest.Server) *protocol {
	t.Helper()
	return inProcessAs(t, sessionOf(srv))
}

// sessionOf returns the provider block for a server.
func sessionOf(srv *acctest.Server) map[string]any {
	return map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID}
}

func inProcessAs(t testing.TB, config map[string]any) *protocol {
	t.Helper()
	return inProcessWith(t, time.After, config)
}

func inProcessWith(t testing.TB, after func(time.Duration) <-chan time.Time, config map[string]any) *protocol {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(provider.NewWithTimer(after)())()
	if err != nil {
		t.Fatal(err)
	}
	return configured(t, server, config)
}

// configured returns a provider with a provider block.
func configured(t testing.TB, server tfprotov6.ProviderServer, config map[string]any) *protocol {
	t.Helper()
	ctx := context.Background()
	p := &protocol{server: server}
	var err error
	if p.schemas, err = server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	if p.identities, err = server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		t.Fatal(err)
	}
	noErrors(t, p.schemas.Diagnostics)
	resp, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: p.value(t, p.schemas.Provider.ValueType(), config)})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, resp.Diagnostics)
	return p
}

// value makes a value of an object type from Go values; attributes that are left out are null.
func (p *protocol) value(t testing.TB, typ tftypes.Type, attributes map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	if attributes == nil {
		attributes = map[string]any{}
	}
	out, err := tfprotov6.NewDynamicValue(typ, valueOf(typ, attributes))
	if err != nil {
		t.Fatal(err)
	}
	return &out
}

// valueOf makes a value of a type from a Go value: of an object from a map[string]any, in which what is left out is null.
func valueOf(typ tftypes.Type, given any) tftypes.Value {
	switch given := given.(type) {
	case map[string]any:
		if object, ok := typ.(tftypes.Object); ok {
			values := map[string]tftypes.Value{}
			for name, attribute := range object.AttributeTypes {
				values[name] = valueOf(attribute, given[name])
			}
			return tftypes.NewValue(typ, values)
		}
	case map[string]string:
		elements := map[string]tftypes.Value{}
		for key, element := range given {
			elements[key] = tftypes.NewValue(tftypes.String, element)
		}
		return tftypes.NewValue(typ, elements)
	case []string:
		elements := make([]tftypes.Value, len(given))
		for i, element := range given {
			elements[i] = tftypes.NewValue(tftypes.String, element)
		}
		return tftypes.NewValue(typ, elements)
	}
	return tftypes.NewValue(typ, given)
}

func (p *protocol) resourceType(typeName string) tftypes.Type {
	return p.schemas.ResourceSchemas[typeName].ValueType()
}

// object returns what a dynamic value holds.
func (p *protocol) object(t testing.TB, typ tftypes.Type, in *tfprotov6.DynamicValue) map[string]tftypes.Value {
	t.Helper()
	value, err := in.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]tftypes.Value{}
	if err := value.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// null returns no resource of a type.
func (p *protocol) null(t testing.TB, typ tftypes.Type) *tfprotov6.DynamicValue {
	t.Helper()
	nothing, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &nothing
}

// plan plans a new resource.
func (p *protocol) plan(t testing.TB, typeName string, config map[string]any) (plan *tfprotov6.PlanResourceChangeResponse, given, null *tfprotov6.DynamicValue) {
	t.Helper()
	typ := p.resourceType(typeName)
	null, given = p.null(t, typ), p.value(t, typ, config)
	plan, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorState: null, ProposedNewState: given, Config: given})
	if err != nil {
		t.Fatal(err)
	}
	return plan, given, null
}

// change plans a change of a resource that is there; with a nil config, its destruction.
func (p *protocol) change(t testing.TB, typeName string, prior *tfprotov6.DynamicValue, config map[string]any) (plan *tfprotov6.PlanResourceChangeResponse, given *tfprotov6.DynamicValue) {
	t.Helper()
	typ := p.resourceType(typeName)
	given = p.null(t, typ)
	proposed := given
	if config != nil {
		given = p.value(t, typ, config)
		proposed = p.proposed(t, typeName, prior, given)
	}
	plan, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorState: prior, ProposedNewState: proposed, Config: given})
	if err != nil {
		t.Fatal(err)
	}
	return plan, given
}

// proposed returns the configuration with what the provider computed before, as Terraform proposes it.
func (p *protocol) proposed(t testing.TB, typeName string, prior, given *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	t.Helper()
	typ := p.resourceType(typeName)
	values, before := p.object(t, typ, given), p.object(t, typ, prior)
	for _, attribute := range p.schemas.ResourceSchemas[typeName].Block.Attributes {
		if attribute.Computed && values[attribute.Name].IsNull() {
			values[attribute.Name] = before[attribute.Name]
		}
		if attribute.NestedType != nil && attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle {
			values[attribute.Name] = proposedWithin(t, attribute.NestedType, before[attribute.Name], values[attribute.Name])
		}
	}
	out, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, values))
	if err != nil {
		t.Fatal(err)
	}
	return &out
}

// proposedWithin is proposed for a nested attribute.
func proposedWithin(t testing.TB, nested *tfprotov6.SchemaObject, prior, given tftypes.Value) tftypes.Value {
	t.Helper()
	if given.IsNull() || !given.IsKnown() || prior.IsNull() {
		return given
	}
	values, before := map[string]tftypes.Value{}, map[string]tftypes.Value{}
	if err := errors.Join(given.As(&values), prior.As(&before)); err != nil {
		t.Fatal(err)
	}
	for _, attribute := range nested.Attributes {
		if attribute.Computed && values[attribute.Name].IsNull() {
			values[attribute.Name] = before[attribute.Name]
		}
	}
	return tftypes.NewValue(given.Type(), values)
}

// planWarnings returns the details of the warnings of planning a new resource.
func (p *protocol) planWarnings(t testing.TB, typeName string, config map[string]any) (details []string) {
	t.Helper()
	plan, _, _ := p.plan(t, typeName, config)
	noErrors(t, plan.Diagnostics)
	for _, d := range plan.Diagnostics {
		details = append(details, d.Detail)
	}
	return details
}

// create plans and applies a new resource, and gives its state.
func (p *protocol) create(t testing.TB, typeName string, config map[string]any) *tfprotov6.ApplyResourceChangeResponse {
	t.Helper()
	plan, given, null := p.plan(t, typeName, config)
	noErrors(t, plan.Diagnostics)
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, done.Diagnostics)
	saidOnce(t, plan.Diagnostics, done.Diagnostics)
	return done
}

// saidOnce wants no warning of a plan again in its apply.
func saidOnce(t testing.TB, planned, applied []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range applied {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning && slices.ContainsFunc(planned, func(p *tfprotov6.Diagnostic) bool {
			return p.Summary == d.Summary && p.Attribute.Equal(d.Attribute)
		}) {
			t.Errorf("the plan had said so: %s: %s", d.Summary, d.Detail)
		}
	}
}

// read refreshes a state.
func (p *protocol) read(t testing.TB, typeName string, state *tfprotov6.DynamicValue, identity *tfprotov6.ResourceIdentityData) *tfprotov6.ReadResourceResponse {
	t.Helper()
	resp, err := p.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: state, CurrentIdentity: identity})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, resp.Diagnostics)
	return resp
}

// readData reads a data source, and gives its state.
func (p *protocol) readData(t testing.TB, typeName string, config map[string]any) map[string]tftypes.Value {
	t.Helper()
	typ := p.schemas.DataSourceSchemas[typeName].ValueType()
	resp, err := p.server.ReadDataSource(context.Background(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: p.value(t, typ, config)})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, resp.Diagnostics)
	return p.object(t, typ, resp.State)
}

// importByIdentity imports and then reads, as Terraform 1.12 and later does for an import block with an identity.
func (p *protocol) importByIdentity(t testing.TB, typeName string, identity map[string]any) map[string]tftypes.Value {
	t.Helper()
	return p.object(t, p.resourceType(typeName), p.imported(t, typeName, identity))
}

// imported returns the state after an import by identity.
func (p *protocol) imported(t testing.TB, typeName string, identity map[string]any) *tfprotov6.DynamicValue {
	t.Helper()
	typ := p.identities.IdentitySchemas[typeName].ValueType()
	resp, err := p.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: p.value(t, typ, identity)},
	})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, resp.Diagnostics)
	if len(resp.ImportedResources) != 1 {
		t.Fatalf("imported %d resources", len(resp.ImportedResources))
	}
	imported := resp.ImportedResources[0]
	return p.read(t, typeName, imported.State, imported.Identity).NewState
}

func noErrors(t testing.TB, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
}

func TestImportByIdentity(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.SetDomains("acme.com", "acme.example")
	mapping := srv.AddMapping("Engineers", "Auditor", 10)
	crew := srv.AddTeam("Crew")
	srv.SetTeamRole(crew, "production", "Viewer")
	for typeName, test := range map[string]struct {
		identity map[string]any
		check    string
		want     tftypes.Value
	}{
		"prefectsso_domain":       {map[string]any{"name": "acme.com"}, "name", tftypes.NewValue(tftypes.String, "acme.com")},
		"prefectsso_domains":      {map[string]any{"account_id": acctest.AccountID}, "names", stringSet("acme.com", "acme.example")},
		"prefectsso_member_role":  {map[string]any{"account_id": acctest.AccountID, "email": "ada@acme.com"}, "role", tftypes.NewValue(tftypes.String, "Member")},
		"prefectsso_member_roles": {map[string]any{"account_id": acctest.AccountID}, "account_id", tftypes.NewValue(tftypes.String, acctest.AccountID)},

		"prefectsso_group_role_mapping":  {map[string]any{"directory_id": srv.DirectoryID(), "id": mapping}, "role", tftypes.NewValue(tftypes.String, "Auditor")},
		"prefectsso_team_workspace_role": {map[string]any{"team_id": crew, "workspace_id": srv.WorkspaceID("production")}, "role", tftypes.NewValue(tftypes.String, "Viewer")},
		"prefectsso_scim_directory":      {map[string]any{"id": srv.DirectoryID()}, "name", tftypes.NewValue(tftypes.String, "Okta")},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			got := inProcess(t, srv).importByIdentity(t, typeName, test.identity)[test.check]
			if !got.Equal(test.want) {
				t.Errorf("%s is %s, want %s", test.check, got, test.want)
			}
		})
	}
}

func stringSet(elements ...string) tftypes.Value {
	values := make([]tftypes.Value, len(elements))
	for i, element := range elements {
		values[i] = tftypes.NewValue(tftypes.String, element)
	}
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, values)
}
