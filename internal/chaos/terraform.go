package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// terraform is as much of Terraform's core as a case takes: states, a walk that refreshes and plans, and a walk in
// another provider process that plans each change once more and applies it. Of one terraform, one walk runs at a time.
type terraform struct {
	provider func() provider.Provider
	block    Attrs // the provider block
	atOnce   int

	schemas *tfprotov6.GetProviderSchemaResponse

	mu    sync.Mutex // held by steps of a walk
	state map[string]*object
	// deposed are objects that were replaced and could not be destroyed yet.
	deposed map[string][]*object
	// broken is what no provider may do, whatever goes wrong around it.
	broken []string
}

// object is one object of a resource in the state.
type object struct {
	typ      string
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
	refers   []string
	before   bool // create_before_destroy
}

// newTerraform returns one with an empty state.
func newTerraform(of func() provider.Provider, block Attrs, atOnce int) (*terraform, error) {
	t := &terraform{provider: of, block: block, atOnce: atOnce, state: map[string]*object{}, deposed: map[string][]*object{}}
	server, err := providerserver.NewProtocol6WithError(of())()
	if err != nil {
		return nil, err
	}
	if t.schemas, err = server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		return nil, err
	}
	return t, said(t.schemas.Diagnostics)
}

// process starts a provider and configures it.
func (t *terraform) process() (tfprotov6.ProviderServer, error) {
	server, err := providerserver.NewProtocol6WithError(t.provider())()
	if err != nil {
		return nil, err
	}
	block, err := tfprotov6.NewDynamicValue(t.schemas.Provider.ValueType(), valueOf(t.schemas.Provider.ValueType(), t.block, nil))
	if err != nil {
		return nil, err
	}
	resp, err := server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: &block})
	if err != nil {
		return nil, err
	}
	return server, said(resp.Diagnostics)
}

// said returns what is wrong by diagnostics.
func said(diagnostics []*tfprotov6.Diagnostic) error {
	var errs []error
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return errors.Join(errs...)
}

// breaks notes something that no provider may do.
func (t *terraform) breaks(address, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = append(t.broken, address+": "+fmt.Sprintf(format, args...))
}

// Walk implements [Runner].
func (t *terraform) Walk(config []Resource, replaced []string, between func() error) (done bool, wrong []string, err error) {
	planned, err := t.plan(config, replaced...)
	if err != nil {
		return false, nil, err
	}
	wrong = append(wrong, "plan:"+planned.String())
	wrong = append(wrong, report("plan", planned.errs)...)
	if len(planned.errs) > 0 || planned.empty() {
		return len(planned.errs) == 0, wrong, nil
	}
	if err := between(); err != nil {
		return false, wrong, err
	}
	failed, err := t.apply(planned)
	wrong = append(wrong, report("apply", failed)...)
	if err == nil && len(t.broken) > 0 {
		err = fmt.Errorf("a provider must not: %s", strings.Join(t.broken, "\n"))
	}
	return false, wrong, err
}

func report(walk string, errs map[string]error) (lines []string) {
	for _, address := range slices.Sorted(maps.Keys(errs)) {
		lines = append(lines, fmt.Sprintf("  %s of %s: %s", walk, address, errs[address]))
	}
	return lines
}

// Taint implements [Runner].
func (t *terraform) Taint(address string) (bool, error) {
	o := t.state[address]
	if o == nil {
		return false, nil
	}
	marked := *o
	marked.tainted = true
	t.state[address] = &marked
	return true, nil
}

// State implements [Runner]. Deposed objects are in it under names of their own.
func (t *terraform) State() (map[string]map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[string]map[string]string{}
	for address, o := range t.state {
		out[address] = stringsOf(o)
	}
	for address, objects := range t.deposed {
		out[address+" (deposed)"] = stringsOf(objects[0])
	}
	return out, nil
}

// Pass implements [Runner].
func (t *terraform) Pass(d time.Duration) error {
	time.Sleep(d) // by the bubble's clock
	return nil
}

// stringsOf returns the attributes of an object that are texts, and true and false.
func stringsOf(o *object) map[string]string {
	values, err := attributes(o.value)
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for name, v := range values {
		var yes *bool
		if s := textOf(v); s != "" {
			out[name] = s
		} else if v.IsKnown() && v.As(&yes) == nil && yes != nil {
			out[name] = fmt.Sprint(*yes)
		}
	}
	return out
}
