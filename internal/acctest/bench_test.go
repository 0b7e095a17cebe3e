package acctest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
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

// A plan without changes, against the same plan of a provider that only copies what it is given: what is left is our own
// cost. People are in one prefectsso_member_roles, or have a prefectsso_member_role each. The two take turns, and the
// metrics are medians: "wall-ratio" and "cpu-ratio" are ours over the minimal provider's, of the time that a plan takes
// and of the CPU time of terraform and what it starts; "rounds" is how many requests follow one another.
func BenchmarkMemberRolesSecondPlan(b *testing.B) {
	for _, of := range []struct {
		name            string
		people          int
		config, minimal func(people int) string
	}{
		{"250 resources", 250, single, minimalSingle},
		{"map of 1000", 1000, many, minimalMany},
		{"map of 10000", 10000, many, minimalMany},
	} {
		for _, latency := range []int{0, 50} {
			b.Run(fmt.Sprintf("%s/%d ms", of.name, latency), func(b *testing.B) {
				srv := acctest.Start(b, acctest.Crowd(of.people, "Member"))
				ours := acctest.NewDir(b, srv)
				ours.Write("main.tf", of.config(of.people))
				minimal := minimalDir(b, srv, of.minimal(of.people))
				ours.MustRun("apply", "-auto-approve", "-input=false")
				minimal.MustRun("apply", "-auto-approve", "-input=false")
				if latency > 0 {
					srv.Fault(map[string]any{"route": "*", "latency_ms": latency})
				}
				rounds := countRounds(b, srv, ours)

				srv.ResetRequests()
				var mine, floor planTimes
				for b.Loop() {
					mine.add(planOf(b, ours))
					floor.add(planOf(b, minimal))
				}
				b.ReportMetric(median(mine.wall), "s/plan")
				b.ReportMetric(median(floor.wall), "s/minimal-plan")
				b.ReportMetric(median(ratios(mine.wall, floor.wall)), "wall-ratio")
				b.ReportMetric(median(ratios(mine.cpu, floor.cpu)), "cpu-ratio")
				b.ReportMetric(float64(srv.Requests().Total)/float64(len(mine.wall)), "requests/plan")
				b.ReportMetric(float64(rounds.most()), "rounds")
			})
		}
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
	wall, _ := planOf(b, d)
	return wall
}

// planOf is how long a plan without changes takes, and the CPU time of terraform and of the providers that it started.
func planOf(b *testing.B, d *acctest.Dir) (wall, cpu time.Duration) {
	b.Helper()
	start := time.Now()
	output, code, cpu := d.Time("plan", "-input=false", "-detailed-exitcode")
	if code != 0 {
		b.Fatalf("the plan ended with %d:\n%s", code, output)
	}
	return time.Since(start), cpu
}

// planTimes are those of several plans, in seconds.
type planTimes struct{ wall, cpu []float64 }

func (p *planTimes) add(wall, cpu time.Duration) {
	p.wall, p.cpu = append(p.wall, wall.Seconds()), append(p.cpu, cpu.Seconds())
}

// ratios divides what was measured one after the other.
func ratios(mine, floor []float64) []float64 {
	out := make([]float64, len(mine))
	for i := range mine {
		out[i] = mine[i] / floor[i]
	}
	return out
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// requestRounds sees how many requests of a run follow one another: each that begins after the round before has an answer
// begins another one.
type requestRounds struct {
	mu      sync.Mutex
	now     int   // rounds so far
	answers []int // of each request that was answered, the round that it was in
}

// countRounds puts itself between a directory's terraform and the server.
func countRounds(b *testing.B, srv *acctest.Server, d *acctest.Dir) *requestRounds {
	b.Helper()
	target, err := url.Parse(srv.URL)
	if err != nil {
		b.Fatal(err)
	}
	rounds := &requestRounds{}
	forward := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		round := rounds.begin()
		forward.ServeHTTP(w, req)
		rounds.end(round)
	}))
	b.Cleanup(proxy.Close)
	d.Setenv("PREFECT_API_URL", proxy.URL+"/api")
	planOf(b, d)
	d.Setenv("PREFECT_API_URL", srv.URL+"/api")
	return rounds
}

// begin returns the round of a request: one more than the last round that has an answer.
func (r *requestRounds) begin() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	round := 1
	for _, answered := range r.answers {
		round = max(round, answered+1)
	}
	r.now = max(r.now, round)
	return round
}

func (r *requestRounds) end(round int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, round)
}

func (r *requestRounds) most() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// minimalServe, in the environment, makes this test binary the minimal provider, or the one of this name.
const minimalServe = "ACCTEST_SERVE_MINIMAL"

// minimalSingle is single for the minimal provider, minimalMany is many.
func minimalSingle(n int) string {
	return strings.ReplaceAll(strings.TrimPrefix(single(n), requiredProviders), "prefectsso_member_role", "minimal_copy")
}

func minimalMany(n int) string {
	return "resource \"minimal_copies\" \"all\" {\n" + rolesOf(n) + "}\n"
}

func minimalDir(b *testing.B, srv *acctest.Server, resources string) *acctest.Dir {
	b.Helper()
	d := acctest.NewDir(b, srv)
	bin := selfAsProvider(b, "minimal")
	d.Write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides { \"prefectsso/minimal\" = %q }\n  direct {}\n}\n", bin))
	d.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(d.Path, "cli.tfrc"))
	d.Write("main.tf", "terraform {\n  required_providers {\n    minimal = { source = \"prefectsso/minimal\" }\n  }\n}\n"+resources)
	return d
}

// selfAsProvider returns a folder with a provider, which is this test binary.
func selfAsProvider(t testing.TB, name string) (folder string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	script := "#!/bin/sh\n" + minimalServe + "=" + name + " exec '" + strings.ReplaceAll(self, "'", `'\''`) + "'\n"
	syscall.ForkLock.RLock() // a child that is forked meanwhile would keep the file open for writing
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(filepath.Join(folder, "terraform-provider-"+name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func serveMinimal(name string) error {
	return providerserver.Serve(context.Background(), func() provider.Provider { return standInProviders(name) }, providerserver.ServeOpts{Address: "registry.terraform.io/prefectsso/" + name})
}

// minimalProvider has two resources, which copy their plan to their state: a map, and one of single values.
type minimalProvider struct{}

func (minimalProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "minimal"
}
func (minimalProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (minimalProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (minimalProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (minimalProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource {
			return minimalResource{suffix: "_copies", attributes: map[string]schema.Attribute{"roles": schema.MapAttribute{ElementType: types.StringType, Required: true}}}
		},
		func() resource.Resource {
			return minimalResource{suffix: "_copy", attributes: map[string]schema.Attribute{"email": schema.StringAttribute{Required: true}, "role": schema.StringAttribute{Required: true}}}
		},
	}
}

type minimalResource struct {
	suffix     string
	attributes map[string]schema.Attribute
	blocks     map[string]schema.Block
}

func (r minimalResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.suffix
}

func (r minimalResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: r.attributes, Blocks: r.blocks}
}

func (minimalResource) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (minimalResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}
func (minimalResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}
func (minimalResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
