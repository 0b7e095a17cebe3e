package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// Plan is what reports need of Terraform's JSON plan, format 1.x
// (https://developer.hashicorp.com/terraform/internals/json-format).
type Plan struct {
	TerraformVersion string    `json:"terraform_version"`
	Timestamp        time.Time `json:"timestamp"`
	// Errored plans lack the resources that were refused, and all that depend on them.
	Errored bool `json:"errored"`
	// Complete is false where changes were deferred or left out by -target; nil before Terraform 1.8.
	Complete          *bool             `json:"complete"`
	ResourceDrift     []ResourceChange  `json:"resource_drift"`
	ResourceChanges   []ResourceChange  `json:"resource_changes"`
	DeferredChanges   []DeferredChange  `json:"deferred_changes"`
	OutputChanges     map[string]Change `json:"output_changes"`
	Checks            []Check           `json:"checks"`
	ActionInvocations []Invocation      `json:"action_invocations"`
	DeferredActions   []struct {
		Reason     string     `json:"reason"`
		Invocation Invocation `json:"action_invocation"`
	} `json:"deferred_action_invocations"`
	Variables map[string]struct {
		Value any `json:"value"`
	} `json:"variables"`
	// Relevant are the things that planned changes, those of outputs too, go back to.
	Relevant []struct {
		Resource string `json:"resource"`
	} `json:"relevant_attributes"`
	Configuration Configuration `json:"configuration"`
}

// ResourceChange is what a plan does to one resource, or what was found changed of it.
type ResourceChange struct {
	Address         string `json:"address"`
	PreviousAddress string `json:"previous_address"` // set where it was moved
	Module          string `json:"module_address"`   // "" for the root
	Mode            string `json:"mode"`             // "managed" or "data"
	Type            string `json:"type"`
	Name            string `json:"name"`
	Index           any    `json:"index"` // of count or for_each; nil for neither
	Provider        string `json:"provider_name"`
	Deposed         string `json:"deposed"` // set for what an interrupted replacement left over
	Reason          string `json:"action_reason"`
	Change          Change `json:"change"`
}

// Change has values as JSON gives them, and beside them, in the same shape, where they are unknown or sensitive.
type Change struct {
	Actions         []string `json:"actions"`
	Before          any      `json:"before"`
	After           any      `json:"after"`
	AfterUnknown    any      `json:"after_unknown"`
	BeforeSensitive any      `json:"before_sensitive"`
	AfterSensitive  any      `json:"after_sensitive"`
	Importing       any      `json:"importing"` // set for an import
}

// DeferredChange is one that Terraform cannot plan yet.
type DeferredChange struct {
	Reason string         `json:"reason"`
	Change ResourceChange `json:"resource_change"`
}

// Invocation is an action that an apply invokes.
type Invocation struct {
	Address  string `json:"address"`
	Type     string `json:"type"`
	Provider string `json:"provider_name"`
	// ConfigValues are its arguments, and beside them, in the same shape, where they are unknown or sensitive.
	ConfigValues    any `json:"config_values"`
	ConfigUnknown   any `json:"config_unknown"`
	ConfigSensitive any `json:"config_sensitive"`
	// Lifecycle is what triggers it; nil where it is invoked by hand.
	Lifecycle *struct {
		Resource string `json:"triggering_resource_address"`
		Event    string `json:"action_trigger_event"` // such as "BeforeCreate"
	} `json:"lifecycle_action_trigger"`
}

// Check is a check block, or the conditions of an object.
type Check struct {
	Address struct {
		ToDisplay string `json:"to_display"`
	} `json:"address"`
	Status    string `json:"status"`
	Instances []struct {
		Address struct {
			ToDisplay string `json:"to_display"`
		} `json:"address"`
		Status   string `json:"status"`
		Problems []struct {
			Message string `json:"message"`
		} `json:"problems"`
	} `json:"instances"`
}

// The statuses of a check that its assertions decide against.
const (
	CheckFails = "fail"
	CheckError = "error"
)

// DataMode is the mode of data sources: reading them changes nothing.
const DataMode = "data"

// Does reports whether an action is among those of a change: "no-op", "create", "read", "update", "delete", "forget".
func (c Change) Does(action string) bool { return slices.Contains(c.Actions, action) }

// Replaces reports whether a thing is made anew, in whichever order.
func (c Change) Replaces() bool { return c.Does("create") && (c.Does("delete") || c.Does("forget")) }

// DeletesFirst reports whether the old one goes before the new one comes.
func (c Change) DeletesFirst() bool { return len(c.Actions) == 2 && c.Actions[0] == "delete" }

// Verb returns a change in one word.
func (c Change) Verb() string {
	if c.Does("create") && c.Does("delete") {
		return "replace"
	}
	return strings.Join(c.Actions, ", ")
}

// Destroys reports whether the plan is one to destroy: all that is managed goes, and not because the configuration no
// longer has it. Terraform does not say so itself.
func (p *Plan) Destroys() bool {
	found := false
	for _, rc := range p.ResourceChanges {
		if rc.Mode == DataMode {
			continue
		}
		if rc.Reason != "" || !slices.Equal(rc.Change.Actions, []string{"delete"}) {
			return false
		}
		found = true
	}
	return found
}

// NoDrift is said of a plan to destroy.
const NoDrift = "This is a plan to destroy: Terraform leaves out of it what changed outside of Terraform."

// Shade returns a mask of sensitive or unknown values one level deeper. A mask that is true covers all below it.
func Shade(mask any, key string) any {
	if object, ok := mask.(map[string]any); ok {
		return object[key]
	}
	return mask
}

// Covers reports whether a mask marks a value or anything in it.
func Covers(mask any) bool {
	switch m := mask.(type) {
	case bool:
		return m
	case []any:
		return slices.ContainsFunc(m, Covers)
	case map[string]any:
		for _, below := range m {
			if Covers(below) {
				return true
			}
		}
	}
	return false
}

// notAPlan returns what an input is instead of a JSON plan, and how to come by one.
func notAPlan(command, what string) error {
	return fmt.Errorf("%s: run `terraform plan -out=tfplan`, then `terraform show -json tfplan`, and give %s what that prints", what, command)
}

// Read reads the output of `terraform show -json PLANFILE`, also as PowerShell's redirection writes it. command is whose
// errors they are.
func Read(command string, in io.Reader) (*Plan, error) {
	notAPlan := func(what string) error { return notAPlan(command, what) }
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("could not read the plan: %w", err)
	}
	data = UTF8(data)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, notAPlan("the input is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil, notAPlan("this is a saved plan itself, which only Terraform can read")
	}
	var head map[string]json.RawMessage
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, notAPlan(notJSON(data, err))
	}
	if err := recognize(head, notAPlan); err != nil {
		return nil, err
	}
	var p Plan
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // large numbers are shown as they stand there
	if err := decoder.Decode(&p); err != nil {
		return nil, notAPlan("this JSON is not of a plan's form (" + mismatch(err) + ")")
	}
	return &p, nil
}

// notJSON returns why a text is no JSON. The text itself is not repeated: it may
// hold anything.
func notJSON(data []byte, err error) string {
	first, _, several := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
	var message struct {
		Level string `json:"@level"`
	}
	switch {
	case several && json.Unmarshal(first, &message) == nil && message.Level != "":
		return "these are the messages of a command with -json, not a plan"
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		return fmt.Sprintf("the input is no whole JSON document (%s)", mismatch(err))
	case json.Valid(data):
		return "this JSON is not a Terraform plan"
	default:
		return "the input is no JSON"
	}
}

// mismatch returns a JSON error without the words of the input.
func mismatch(err error) string {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it breaks at byte %d", syntax.Offset)
	case errors.As(err, &wrong):
		return fmt.Sprintf("%s is a JSON %s", cmp.Or(wrong.Field, "it"), strings.Fields(wrong.Value)[0])
	default:
		return "it does not parse"
	}
}

// recognize tells a plan from the other documents that Terraform writes.
func recognize(head map[string]json.RawMessage, notAPlan func(string) error) error {
	has := func(name string) bool { _, ok := head[name]; return ok }
	if has("lineage") || has("values") || len(head) == 1 && has("format_version") {
		return notAPlan("this is a state, not a plan")
	}
	var version string
	known := json.Unmarshal(head["format_version"], &version) == nil && strings.HasPrefix(version, "1.")
	if !has("format_version") || known && !has("planned_values") && !has("resource_changes") {
		return notAPlan("this JSON is not a Terraform plan")
	}
	switch {
	case strings.HasPrefix(version, "0."):
		return fmt.Errorf("the plan has the JSON format version %s, which Terraform before 1.1 wrote: plan with a newer one", head["format_version"])
	case !known: // nothing is known of what else such a plan has
		return fmt.Errorf("the plan has the JSON format version %s, and this version of the provider reads 1.x: use one that is as new as your Terraform", head["format_version"])
	}
	return nil
}

// UTF8 takes a byte order mark away, and turns UTF-16 into UTF-8.
func UTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for pair := range slices.Chunk(data[2:], 2) {
		if len(pair) == 2 { // half a unit at the end is none
			units = append(units, order.Uint16(pair))
		}
	}
	return []byte(string(utf16.Decode(units)))
}
