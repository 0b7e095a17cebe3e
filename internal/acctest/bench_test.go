package acctest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A plan of a prefectsso_member_roles map, against the same plan of a provider that only copies such a map: what is left
// is our own cost. The server answers each request after 50 ms. The metric "ratio" is ours over the minimal provider's.
func BenchmarkMemberRolesSecondPlan(b *testing.B) {
	for _, people := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("%d people", people), func(b *testing.B) {
			srv := acctest.Start(b, acctest.Crowd(people, "Member"))
			ours := acctest.NewDir(b, srv)
			ours.Write("main.tf", many(people))
			minimal := minimalDir(b, srv, rolesOf(people))
			ours.MustRun("apply", "-auto-approve", "-input=false")
			minimal.MustRun("apply", "-auto-approve", "-input=false")
			srv.Fault(map[string]any{"route": "*", "latency_ms": 50})

			srv.ResetRequests()
			var mine, floor time.Duration
			for b.Loop() {
				mine += timeOf(b, ours)
				floor += timeOf(b, minimal)
			}
			b.ReportMetric(mine.Seconds()/float64(b.N), "s/plan")
			b.ReportMetric(floor.Seconds()/float64(b.N), "s/minimal-plan")
			b.ReportMetric(mine.Seconds()/floor.Seconds(), "ratio")
			b.ReportMetric(float64(srv.Requests().Total)/float64(b.N), "requests/plan")
		})
	}
}

// The requests of a plan that refreshes people one by one, ten at a time as Terraform does, beside ⌈M/200⌉ + 4.
func BenchmarkMemberRoleRefresh(b *testing.B) {
	for _, of := range []struct{ people, members int }{{12, 5000}, {60, 2000}, {100, 3000}} {
		b.Run(fmt.Sprintf("%d of %d", of.people, of.members), func(b *testing.B) {
			srv := acctest.Start(b, acctest.Crowd(of.members, "Member"))
			d := acctest.NewDir(b, srv)
			d.Write("main.tf", single(of.people))
			d.MustRun("apply", "-auto-approve", "-input=false")
			srv.ResetRequests()
			for b.Loop() {
				timeOf(b, d)
			}
			b.ReportMetric(float64(srv.Requests().Total)/float64(b.N), "requests/plan")
			b.ReportMetric(float64(min(pages(of.members), of.people)+4), "bound")
		})
	}
}

// timeOf is how long a plan without changes takes.
func timeOf(b *testing.B, d *acctest.Dir) time.Duration {
	b.Helper()
	start := time.Now()
	if output, code := d.Run("plan", "-input=false", "-detailed-exitcode"); code != 0 {
		b.Fatalf("the plan ended with %d:\n%s", code, output)
	}
	return time.Since(start)
}

// minimalServe, in the environment, makes this test binary the minimal provider.
const minimalServe = "ACCTEST_SERVE_MINIMAL"

func minimalDir(b *testing.B, srv *acctest.Server, roles string) *acctest.Dir {
	b.Helper()
	d := acctest.NewDir(b, srv)
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	bin := b.TempDir()
	script := "#!/bin/sh\n" + minimalServe + "=1 exec '" + strings.ReplaceAll(self, "'", `'\''`) + "'\n"
	if err := os.WriteFile(filepath.Join(bin, "terraform-provider-minimal"), []byte(script), 0o700); err != nil {
		b.Fatal(err)
	}
	d.Write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides { \"prefectsso/minimal\" = %q }\n  direct {}\n}\n", bin))
	d.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(d.Path, "cli.tfrc"))
	d.Write("main.tf", "terraform {\n  required_providers {\n    minimal = { source = \"prefectsso/minimal\" }\n  }\n}\nresource \"minimal_copy\" \"all\" {\n"+roles+"}\n")
	return d
}

func serveMinimal() error {
	return providerserver.Serve(context.Background(), func() provider.Provider { return minimalProvider{} }, providerserver.ServeOpts{
		Address: "registry.terraform.io/prefectsso/minimal",
	})
}

// minimalProvider has one resource, which copies its plan to its state.
type minimalProvider struct{}

func (minimalProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "minimal"
}
func (minimalProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (minimalProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (minimalProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (minimalProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return minimalCopy{} }}
}

type minimalCopy struct{}

func (minimalCopy) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_copy"
}

func (minimalCopy) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"roles": schema.MapAttribute{ElementType: types.StringType, Required: true},
	}}
}

func (minimalCopy) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (minimalCopy) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}
func (minimalCopy) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (minimalCopy) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
