package provider

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

// Each thing that a probe has found out is one diagnostic, on the attribute at fault where there is one.
func TestReportProbe(t *testing.T) {
	t.Parallel()
	canary := scimprobe.NewCanary("acme.com")
	for name, test := range map[string]struct {
		result           scimprobe.Result
		lenient          bool
		errors, warnings int
		on               string // the attribute
		names            []string
	}{
		"healthy":          {},
		"left behind":      {result: scimprobe.Result{Asked: true, Left: []string{"First.", "Second."}}, errors: 1, names: []string{canary.Name, "- First.", "- Second."}},
		"unhealthy":        {result: scimprobe.Result{Asked: true, Differences: []string{"Another role."}}, errors: 1, names: []string{canary.Name, "- Another role."}},
		"unhealthy, a try": {result: scimprobe.Result{Asked: true, Differences: []string{"Another role."}}, lenient: true, warnings: 1, names: []string{"- Another role."}},
		"no such group":    {result: scimprobe.Result{Err: &scimprobe.UnknownGroupError{Name: "Dev"}}, errors: 1, on: "groups", names: []string{`"Dev"`}},
		"interrupted":      {result: scimprobe.Result{Asked: true, Err: context.Canceled}, errors: 1, names: []string{canary.Name}},
		"broken":           {result: scimprobe.Result{Asked: true, Err: errors.New("it broke")}, errors: 1, names: []string{"It broke.", canary.Name}},
		"old ones":         {result: scimprobe.Result{Removed: []string{"b@x.example", "a@x.example"}}, warnings: 1, names: []string{"a@x.example, b@x.example"}},
		"old ones stay":    {result: scimprobe.Result{NotRemoved: errors.New("it broke")}, warnings: 1, names: []string{"It broke."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			reportProbe(canary, test.result, !test.lenient, destroyTakesCanary, &diags)
			if diags.ErrorsCount() != test.errors || diags.WarningsCount() != test.warnings {
				t.Fatalf("got %v, want %d errors and %d warnings", diags, test.errors, test.warnings)
			}
			for _, want := range test.names {
				if !strings.Contains(diags[0].Detail(), want) {
					t.Errorf("%q is missing in %s", want, diags[0].Detail())
				}
			}
			if test.on != "" {
				if d, ok := diags[0].(diag.DiagnosticWithPath); !ok || d.Path().String() != test.on {
					t.Errorf("%v is not on %s", diags[0], test.on)
				}
			}
		})
	}
}
