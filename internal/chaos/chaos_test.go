package chaos_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/chaos"
	prefectsso "github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() { // nothing of the machine's own reaches the provider
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PREFECT_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// tries is how many smaller cases are played of one that fails.
const tries = 150

// TestCampaign plays RUNS cases from SEED on. It computes more than it waits, so `make test` leaves it to
// TestSideBySide to look for races.
func TestCampaign(t *testing.T) {
	t.Parallel()
	seed, runs := acctest.EnvNumber(t, "SEED", 1), acctest.EnvNumber(t, "RUNS", 300)
	if testing.Short() {
		runs = min(runs, 12)
	}
	for n := range runs {
		c := chaos.Draw(uint64(seed + n))
		t.Run(fmt.Sprint("seed=", c.Seed), func(t *testing.T) {
			t.Parallel()
			trace, err := play(t, c, nil)
			if err == nil {
				if runs == 1 {
					t.Logf("%s\n%s", c, trace)
				}
				return
			}
			small := chaos.Shrink(c, tries, func(c *chaos.Case) bool {
				_, now := play(t, c, nil)
				return now != nil && kind(now) == kind(err)
			})
			trace, smaller := play(t, small, nil)
			t.Errorf("%v\n\nThe smallest case that fails, of %s\n%s\n%v\n\nThe same again: make chaos SEED=%d RUNS=1", err, small, trace, smaller, c.Seed)
		})
	}
}

// TestSideBySide plays a few cases in which resources are applied at once, for the race detector.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		c := chaos.Draw(seed)
		c.AtOnce = 10
		if trace, err := play(t, c, nil); err != nil {
			t.Errorf("%v\n%s\n%s", err, c, trace)
		}
	}
}

// kind returns what an error begins with: a smaller case has to fail in the same way.
func kind(err error) string {
	begins, _, _ := strings.Cut(err.Error(), ":")
	return begins
}

// play plays a case in a bubble of its own.
func play(t *testing.T, c *chaos.Case, wrap func(http.Handler) http.Handler) (trace string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(*testing.T) { trace, err = chaos.Play(c, file, wrap) })
	return trace, err
}

// TestFindsWhatIsWrong: a server that says that it has deleted a directory, and has not, leaves an orphan; one that
// forgets what a role was changed to never comes to rest. Both are found, and made as small as can be.
func TestFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	directory := chaos.Resource{Type: "scim_directory", Name: "d", Attrs: chaos.Attrs{"name": "D", "type": "okta scim v2.0"}}
	role := chaos.Resource{Type: "member_role", Name: "m", Attrs: chaos.Attrs{"email": "ada@acme.com", "role": "Admin"}}
	policy := chaos.Resource{Type: "session_policy", Name: "s", Attrs: chaos.Attrs{"auth_expiration_seconds": 60}}
	for name, test := range map[string]struct {
		method, path string // of requests that are answered with 204 and nothing else
		want         string
		left         string // the only resource that is left
	}{
		"an orphan":         {http.MethodDelete, "/sso/directories/", "after the destroy", directory.Address()},
		"never comes right": {http.MethodPatch, "/account_memberships/", fmt.Sprintf("after %d walks there is still something to do", chaos.Walks), role.Address()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrap := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == test.method && strings.Contains(r.URL.Path, test.path) {
						w.WriteHeader(http.StatusNoContent)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
			c := &chaos.Case{AtOnce: 10, Stages: []chaos.Stage{
				{Config: []chaos.Resource{directory, role, policy}, Walks: 2, Events: []chaos.Event{{Moment: chaos.BeforePlan, Deed: chaos.Taint, Address: policy.Address()}}},
				{Config: []chaos.Resource{directory, role}, Walks: 1},
			}}
			small := chaos.Shrink(c, tries, func(c *chaos.Case) bool {
				_, err := play(t, c, wrap)
				return err != nil
			})
			_, err := play(t, small, wrap)
			if err == nil || kind(err) != test.want {
				t.Errorf("found %v, want %q", err, test.want)
			}
			if len(small.Stages) != 1 || len(small.Stages[0].Config) != 1 || small.Stages[0].Config[0].Address() != test.left || len(small.Stages[0].Events) > 0 {
				t.Errorf("the smallest case is %s", small)
			}
		})
	}
}

// TestBlindWrites: without an ETag, as on today's Prefect Cloud, a write of all domains may undo what a colleague did since
// the read that it goes by, and only that is let pass; with ETags nothing is.
func TestBlindWrites(t *testing.T) {
	t.Parallel()
	domain := chaos.Resource{Type: "domain", Name: "d", Attrs: chaos.Attrs{"name": "d1.example"}}
	enabled := func(moment chaos.Moment, after int) chaos.Event {
		return chaos.Event{Moment: moment, After: after, Deed: chaos.Enable, Subject: "colleague.example"}
	}
	dropped := chaos.Event{Moment: chaos.DuringApply, Deed: chaos.Drop, Subject: "domain"}
	// forgets has a write of all domains leave out the colleague's.
	forgets := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && r.Header.Get("Authorization") == "Bearer "+chaos.ServiceKey && strings.HasSuffix(r.URL.Path, "/domains") {
				r.Body = io.NopCloser(strings.NewReader(`{"domain_names":["acme.com","others.example","d1.example"]}`))
			}
			next.ServeHTTP(w, r)
		})
	}
	const passed = "undone by a write that could not know"
	at := func(published bool, event chaos.Event, wrap func(http.Handler) http.Handler) (lets bool, err error) {
		c := &chaos.Case{Published: published, AtOnce: 1, Stages: []chaos.Stage{{Config: []chaos.Resource{domain}, Walks: 1, Events: []chaos.Event{event}}}}
		trace, err := play(t, c, wrap)
		return strings.Contains(trace, passed), err
	}
	for _, published := range []bool{true, false} {
		for what, event := range map[string]chaos.Event{"enabled": enabled(chaos.DuringApply, 0), "dropped": dropped} {
			lost := 0
			for after := range 12 {
				event.After = after
				lets, err := at(published, event, nil)
				if err != nil {
					t.Errorf("published %t, %s after %d requests: %v", published, what, after, err)
				}
				if lets {
					lost++
				}
			}
			if published && lost != 1 || !published && lost != 0 {
				t.Errorf("published %t, %s: let pass at %d moments", published, what, lost)
			}
		}
	}
	for _, moment := range []chaos.Moment{chaos.BeforePlan, chaos.BeforeApply} {
		if lets, err := at(true, enabled(moment, 0), forgets); err == nil || lets {
			t.Errorf("%s: a write that forgets a domain that was read is let pass: %t, %v", moment, lets, err)
		}
	}
}

// TestDrawsTheSame: a seed stands for one case.
func TestDrawsTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		if a, b := chaos.Draw(seed).String(), chaos.Draw(seed).String(); a != b {
			t.Fatalf("seed %d:\n%s\n%s", seed, a, b)
		}
	}
}

// TestDrawsEveryResource: a new resource wants a drawing of its own.
func TestDrawsEveryResource(t *testing.T) {
	t.Parallel()
	drawn := map[string]bool{}
	for seed := range uint64(300) {
		for _, stage := range chaos.Draw(seed).Stages {
			for _, r := range stage.Config {
				drawn[r.TypeName()] = true
			}
		}
	}
	var meta provider.MetadataResponse
	p := prefectsso.New("test")()
	p.Metadata(t.Context(), provider.MetadataRequest{}, &meta)
	for _, make := range p.Resources(t.Context()) {
		var named resource.MetadataResponse
		make().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: meta.TypeName}, &named)
		if !drawn[named.TypeName] {
			t.Errorf("no case has a %s", named.TypeName)
		}
	}
}
