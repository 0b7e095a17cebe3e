package acctest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Providers of others that the examples of guides name, as far as the examples use them: they have the arguments that their
// documentation has, and do what the guides rely on. Terraform then holds the configuration against them, and applies it.

// standInStore is the folder, in the environment, in which stand-ins keep what they are given. standInNow is the time of
// time_rotating in Unix seconds, and standInFail the type of a resource that fails.
const (
	standInStore = "ACCTEST_STAND_IN_STORE"
	standInNow   = "ACCTEST_STAND_IN_NOW"
	standInFail  = "ACCTEST_STAND_IN_FAIL"
)

var standIns = map[string]string{
	"aws": "hashicorp/aws", "azuread": "hashicorp/azuread", "keycloak": "keycloak/keycloak", "okta": "okta/okta",
	"prefect": "prefecthq/prefect", "random": "hashicorp/random", "time": "hashicorp/time",
}

// standIn gives a directory the providers of others that its configuration names.
func (e *example) standIn(d *acctest.Dir, configuration map[string]string) {
	e.t.Helper()
	for name, source := range standIns {
		for _, content := range configuration {
			if strings.Contains(content, strconv.Quote(source)) {
				d.Override(source, selfAsProvider(e.t, name))
				break
			}
		}
	}
	d.Setenv(standInStore, e.t.TempDir())
}

type standInProvider struct {
	minimalProvider
	name      string
	resources []minimalResource
}

func (p standInProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = p.name
}

func (p standInProvider) Resources(context.Context) []func() resource.Resource {
	var all []func() resource.Resource
	for _, r := range p.resources {
		switch p.name + r.suffix {
		case "time_rotating":
			all = append(all, func() resource.Resource { return rotating{r} })
		default:
			all = append(all, func() resource.Resource { return standInResource{r, p.name + r.suffix} })
		}
	}
	return all
}

func (p standInProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	switch p.name {
	case "random":
		return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return passwordOfRun{} }}
	case "aws":
		return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return storedSecret{} }}
	}
	return nil
}

// standInProviders are what serveMinimal serves beside the minimal provider.
func standInProviders(name string) provider.Provider {
	required := requiredText
	given, secret := computedText, writeOnlyText
	anew := schema.Int64Attribute{Optional: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplace()}}
	var resources []minimalResource
	switch name {
	case "prefect":
		return prefectProvider{}
	case "aws":
		resources = []minimalResource{
			{suffix: "_secretsmanager_secret", attributes: map[string]schema.Attribute{"id": given, "name": required}},
			{suffix: "_secretsmanager_secret_version", attributes: map[string]schema.Attribute{
				"secret_id": required, "secret_string_wo": secret, "secret_string_wo_version": anew, "version_id": given,
			}},
		}
	case "azuread":
		resources = azureadResources()
	case "keycloak":
		resources = keycloakResources()
	case "okta":
		resources = oktaResources()
	case "random":
		resources = []minimalResource{{suffix: "_password", attributes: map[string]schema.Attribute{
			"length": schema.Int64Attribute{Required: true}, "special": schema.BoolAttribute{Optional: true},
			"keepers": schema.MapAttribute{ElementType: types.StringType, Optional: true, PlanModifiers: []planmodifier.Map{replaced{}}},
			"result":  schema.StringAttribute{Computed: true, Sensitive: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
		}}}
	case "time":
		resources = []minimalResource{{suffix: "_rotating", attributes: map[string]schema.Attribute{
			"id": given, "rotation_days": schema.Int64Attribute{Required: true},
			"unix": schema.Int64Attribute{Computed: true, PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()}},
		}}}
	default:
		return minimalProvider{}
	}
	return standInProvider{name: name, resources: resources}
}

// replaced has a changed map replace its resource.
type replaced struct{}

func (replaced) Description(context.Context) string         { return "" }
func (replaced) MarkdownDescription(context.Context) string { return "" }
func (replaced) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	resp.RequiresReplace = !req.StateValue.IsNull() && !req.PlanValue.Equal(req.StateValue)
}

// randomSecret is of letters and digits.
func randomSecret() string { return rand.Text() + rand.Text() }

func stored(name string) string {
	return filepath.Join(os.Getenv(standInStore), strings.ReplaceAll(name, "/", "-"))
}

// standInResource is what its plan says, with ids, and keeps its secret in the store.
type standInResource struct {
	minimalResource
	kind string
}

func (r standInResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
	for _, name := range []string{"id", "client_id", "version_id", "status", "result"} {
		attribute, has := r.attributes[name]
		if !has || !attribute.IsComputed() {
			continue
		}
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), types.StringValue(randomSecret()))...)
	}
	keep := ""
	if r.kind == "aws_secretsmanager_secret_version" {
		var version types.String
		resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("version_id"), &version)...)
		keep = version.ValueString()
	}
	r.send(ctx, req.Config.GetAttribute, keep, &resp.Diagnostics)
}

func (r standInResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	if r.send(ctx, req.Config.GetAttribute, "", &resp.Diagnostics); !resp.Diagnostics.HasError() {
		resp.State.Raw = req.Plan.Raw
	}
}

// send keeps the secret under the name, or the resource's type, or fails before that where the test asks for it.
func (r standInResource) send(ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics, name string, diags *diag.Diagnostics) {
	if os.Getenv(standInFail) == r.kind {
		diags.AddError("The stand-in fails", "as the test asks for")
		return
	}
	if name == "" {
		name = r.kind
	}
	for _, from := range []path.Path{path.Root("secret_string_wo"), path.Root("client_basic_secret_wo"), path.Root("client_secret_wo"), path.Root("profile").AtName("token")} {
		first, _ := from.Steps().NextStep()
		top := first.String()
		if _, isAttribute := r.attributes[top]; !isAttribute && r.blocks[top] == nil {
			continue
		}
		var secret types.String
		diags.Append(get(ctx, from, &secret)...)
		if err := os.WriteFile(stored(name), []byte(secret.ValueString()), 0o600); err != nil {
			diags.AddError("The stand-in cannot keep the secret", err.Error())
		}
	}
}

// rotating is time_rotating: gone from the state when its time is over.
type rotating struct{ minimalResource }

func now() int64 {
	if at, err := strconv.ParseInt(os.Getenv(standInNow), 10, 64); err == nil {
		return at
	}
	return time.Now().Unix()
}

func (rotating) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), types.StringValue(time.Unix(now(), 0).UTC().Format(time.RFC3339)))...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("unix"), types.Int64Value(now()))...)
}

func (rotating) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var began, days types.Int64
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("unix"), &began)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("rotation_days"), &days)...)
	if now() >= began.ValueInt64()+days.ValueInt64()*24*60*60 {
		resp.State.RemoveResource(ctx)
	}
}

// passwordOfRun is the ephemeral random_password.
type passwordOfRun struct{}

func (passwordOfRun) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "random_password"
}

func (passwordOfRun) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema.Attributes = map[string]ephemeralschema.Attribute{
		"length": ephemeralschema.Int64Attribute{Required: true}, "special": ephemeralschema.BoolAttribute{Optional: true},
		"result": ephemeralschema.StringAttribute{Computed: true, Sensitive: true},
	}
}

func (passwordOfRun) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	resp.Result.Raw = req.Config.Raw
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("result"), types.StringValue(randomSecret()))...)
}

// storedSecret is the ephemeral aws_secretsmanager_secret_version.
type storedSecret struct{}

func (storedSecret) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "aws_secretsmanager_secret_version"
}

func (storedSecret) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema.Attributes = map[string]ephemeralschema.Attribute{
		"secret_id": ephemeralschema.StringAttribute{Required: true}, "version_id": ephemeralschema.StringAttribute{Optional: true},
		"secret_string": ephemeralschema.StringAttribute{Computed: true, Sensitive: true},
	}
}

func (storedSecret) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	resp.Result.Raw = req.Config.Raw
	var version types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("version_id"), &version)...)
	secret, err := os.ReadFile(stored(version.ValueString()))
	if err != nil {
		resp.Diagnostics.AddError("The stand-in has no such secret", fmt.Sprint(err))
		return
	}
	var value attr.Value = types.StringValue(string(secret))
	resp.Diagnostics.Append(resp.Result.SetAttribute(ctx, path.Root("secret_string"), value)...)
}
