package acctest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/chaos"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
)

// chaotic is a directory of a case's configuration: a chaos.Runner.
type chaotic struct {
	*acctest.Dir
	c   *chaos.Case
	srv *acctest.Server
	api *chaos.API
	// applied is the configuration that a destroy is made with.
	applied []chaos.Resource
	// imports has what an error names be imported, as a person does after an apply that was killed.
	imports bool
}

func newChaotic(t *testing.T, c *chaos.Case) *chaotic {
	t.Helper()
	srv := acctest.Start(t, func(t testing.TB, cfg *mockcloud.Config) {
		t.Helper()
		var err error
		if *cfg, err = chaos.Configure(c, filepath.Join(t.TempDir(), "state")); err != nil {
			t.Fatal(err)
		}
	})
	return &chaotic{Dir: acctest.NewDir(t, srv), c: c, srv: srv, api: &chaos.API{URL: srv.URL, Client: &http.Client{}}}
}

// configure writes a configuration. Three tries of a request are soon over.
func (d *chaotic) configure(config []chaos.Resource) {
	d.Write("main.tf", requiredProviders+"provider \"prefectsso\" {\n  lockout_protection = false\n  max_retries = 2\n}\n"+chaos.HCL(config))
}

// said is what Terraform says as JSON.
type said struct {
	Diagnostic *struct {
		Severity, Summary, Detail, Address string
	} `json:"diagnostic"`
}

var importLine = regexp.MustCompile(`terraform import (\S+)\.<name> "([^"]+)"`)

// errorsIn returns the errors that Terraform reports, and by address the ids that they tell to import.
func errorsIn(output string) (wrong []string, ids map[string]string) {
	ids = map[string]string{}
	for line := range strings.Lines(output) {
		var s said
		if json.Unmarshal([]byte(line), &s) != nil || s.Diagnostic == nil || s.Diagnostic.Severity != "error" {
			continue
		}
		wrong = append(wrong, s.Diagnostic.Address+": "+s.Diagnostic.Summary+": "+s.Diagnostic.Detail)
		if found := importLine.FindStringSubmatch(s.Diagnostic.Detail); found != nil {
			ids[s.Diagnostic.Address] = found[2]
		}
	}
	return wrong, ids
}

// broken are errors by which Terraform itself finds a provider wrong.
var broken = []string{"Provider produced", "Provider returned invalid", "Plugin did not respond"}

func (d *chaotic) judge(output string) (wrong []string, err error) {
	wrong, ids := errorsIn(output)
	for _, line := range wrong {
		if slices.ContainsFunc(broken, func(b string) bool { return strings.Contains(line, b) }) {
			err = fmt.Errorf("Terraform finds the provider wrong: %s", line)
		}
	}
	if d.imports {
		for _, address := range slices.Sorted(maps.Keys(ids)) {
			output, code := d.Run("import", "-input=false", address, ids[address])
			wrong = append(wrong, fmt.Sprintf("terraform import %s %s ended with %d", address, ids[address], code))
			if code != 0 {
				wrong = append(wrong, output)
			}
		}
	}
	return wrong, err
}

// Walk implements [chaos.Runner].
func (d *chaotic) Walk(config []chaos.Resource, replaced []string, planned func() error) (done bool, wrong []string, err error) {
	at := "-parallelism=" + strconv.Itoa(d.c.AtOnce)
	plan := []string{"plan", "-json", "-input=false", "-detailed-exitcode", "-out=planned", at}
	if config == nil {
		config = d.applied
		plan = append(plan, "-destroy")
	}
	d.applied = config
	d.configure(config)
	for _, address := range replaced {
		plan = append(plan, "-replace="+address)
	}
	output, code := d.Run(plan...)
	if wrong, err = d.judge(output); code != 2 || err != nil {
		if code == 1 && len(wrong) == 0 {
			err = fmt.Errorf("terraform plan failed:\n%s", output)
		}
		return code == 0, append([]string{"planned"}, wrong...), err
	}
	if err := planned(); err != nil {
		return false, wrong, err
	}
	output, code = d.Run("apply", "-json", "-input=false", at, "planned")
	failed, err := d.judge(output)
	if code != 0 && len(failed) == 0 {
		err = fmt.Errorf("terraform apply failed:\n%s", output)
	}
	return false, append(append(wrong, "applied"), failed...), err
}

// Taint implements [chaos.Runner].
func (d *chaotic) Taint(address string) (bool, error) {
	state, err := d.State()
	if err != nil || state[address] == nil {
		return false, err
	}
	d.MustRun("taint", address)
	return true, nil
}

// State implements [chaos.Runner].
func (d *chaotic) State() (map[string]map[string]string, error) {
	var shown struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string
					Values  map[string]any
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(d.MustRun("show", "-json")), &shown); err != nil {
		return nil, err
	}
	out := map[string]map[string]string{}
	for _, r := range shown.Values.Root.Resources {
		out[r.Address] = map[string]string{}
		for name, value := range r.Values {
			switch value.(type) {
			case string, bool:
				out[r.Address][name] = fmt.Sprint(value)
			}
		}
	}
	return out, nil
}

// Pass implements [chaos.Runner]: on the server's clock.
func (d *chaotic) Pass(by time.Duration) error { return d.api.Advance(by) }

// TestAccChaos plays cases with the real Terraform, half of them under create_before_destroy, and half of them with
// one resource at a time. `make chaos-terraform` plays more.
func TestAccChaos(t *testing.T) {
	t.Parallel()
	seed := uint64(acctest.EnvNumber(t, "SEED", 1))
	for n := range uint64(acctest.EnvNumber(t, "TERRAFORM_RUNS", 2)) {
		c := chaos.DrawWith(seed+100*n, n%2 == 1, []int{10, 1}[n/2%2])
		t.Run(fmt.Sprint("seed=", seed+100*n), func(t *testing.T) {
			t.Parallel()
			d := newChaotic(t, c)
			if trace, err := chaos.PlayWith(c, d.api, d); err != nil {
				t.Errorf("%v\n%s\n%s", err, c, trace)
			}
		})
	}
}

// TestAccChaosKilled kills Terraform and its providers in the middle of applies, twice a case. What an apply that was
// killed has made is imported where the next one says so; all comes right then.
func TestAccChaosKilled(t *testing.T) {
	t.Parallel()
	const aCase = 2
	seed := uint64(acctest.EnvNumber(t, "SEED", 1))
	for n := range uint64(acctest.EnvNumber(t, "KILLS", 4)) / aCase {
		c := chaos.DrawWith(seed+100*n, false, []int{10, 1}[n%2])
		t.Run(fmt.Sprint("seed=", seed+100*n), func(t *testing.T) {
			t.Parallel()
			c.Stages, c.Ending = c.Stages[:1], nil
			stage := &c.Stages[0]
			stage.Faults, stage.Events, stage.Walks = nil, nil, 0
			// A probe that was killed leaves its canary to the next one of the directory, which takes away what is half an hour old.
			stage.Config = slices.DeleteFunc(stage.Config, func(r chaos.Resource) bool { return r.Type == "scim_probe" })
			d := newChaotic(t, c)
			d.imports = true
			dice := rand.New(rand.NewPCG(c.Seed, 9))
			d.configure(chaos.At(d.api.URL, stage.Config))
			if err := d.api.Fault(chaos.Fault{Method: "*", Route: "*", Latency: 15}); err != nil {
				t.Fatal(err)
			}
			before, err := d.api.Look(c.Published)
			if err != nil {
				t.Fatal(err)
			}
			for range aCase {
				d.srv.ResetRequests()
				after := 1 + dice.IntN(60)
				apply := d.Start("apply", "-input=false", "-auto-approve", "-parallelism="+strconv.Itoa(c.AtOnce))
				waitFor(t, func() bool { return d.srv.Requests().Total >= after || apply.Ended() })
				apply.Kill()
			}
			if err := d.api.ClearFaults(); err != nil {
				t.Fatal(err)
			}
			if trace, err := chaos.Heal(c, d.api, d, before); err != nil {
				t.Errorf("%v\n%s\n%s", err, c, trace)
			}
		})
	}
}
