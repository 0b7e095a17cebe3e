package driftreport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// plan is what a report needs of Terraform's JSON plan, format 1.x
// (https://developer.hashicorp.com/terraform/internals/json-format).
type plan struct {
	Timestamp       time.Time         `json:"timestamp"`
	Errored         bool              `json:"errored"`
	ResourceDrift   []resourceChange  `json:"resource_drift"`
	ResourceChanges []resourceChange  `json:"resource_changes"`
	OutputChanges   map[string]change `json:"output_changes"`
	Checks          []check           `json:"checks"`
	// Relevant are the things that planned changes, those of outputs too, go back to.
	Relevant []struct {
		Resource string `json:"resource"`
	} `json:"relevant_attributes"`
	Configuration struct {
		RootModule struct {
			Outputs map[string]struct {
				Expression struct {
					References []string `json:"references"`
				} `json:"expression"`
			} `json:"outputs"`
		} `json:"root_module"`
	} `json:"configuration"`
}

type resourceChange struct {
	Address string `json:"address"`
	Mode    string `json:"mode"` // "managed" or "data"
	Type    string `json:"type"`
	Deposed string `json:"deposed"` // set for what an interrupted replacement left over
	Change  change `json:"change"`
}

// change has values as JSON gives them, and beside them, in the same shape,
// where they are unknown or sensitive.
type change struct {
	Actions         []string `json:"actions"`
	Before          any      `json:"before"`
	After           any      `json:"after"`
	AfterUnknown    any      `json:"after_unknown"`
	BeforeSensitive any      `json:"before_sensitive"`
	AfterSensitive  any      `json:"after_sensitive"`
}

type check struct {
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
	checkFails = "fail"
	checkError = "error"
)

// howTo ends every message about an input that is no JSON plan.
const howTo = "run `terraform plan -out=drift.tfplan`, then `terraform show -json drift.tfplan`, and give drift-report what that prints"

// notAPlan returns what an input is instead of a JSON plan.
func notAPlan(what string) error { return fmt.Errorf("%s: %s", what, howTo) }

// readPlan reads the output of `terraform show -json PLANFILE`.
func readPlan(in io.Reader) (*plan, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("could not read the plan: %w", err)
	}
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, notAPlan("the input is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return nil, notAPlan("this is a saved plan itself, which only Terraform can read")
	}
	var head map[string]json.RawMessage
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, notJSON(data, err)
	}
	if err := recognize(head); err != nil {
		return nil, err
	}
	var p plan
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // large numbers are shown as they stand there
	if err := decoder.Decode(&p); err != nil {
		return nil, notAPlan("this JSON is not of a plan's form (" + mismatch(err) + ")")
	}
	return &p, nil
}

// notJSON returns why a text is no JSON. The text itself is not repeated: it may
// hold anything.
func notJSON(data []byte, err error) error {
	first, _, several := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
	var message struct {
		Level string `json:"@level"`
	}
	switch {
	case several && json.Unmarshal(first, &message) == nil && message.Level != "":
		return notAPlan("these are the messages of a command with -json, not a plan")
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")):
		return notAPlan(fmt.Sprintf("the input is no whole JSON document (%s)", mismatch(err)))
	case json.Valid(data):
		return notAPlan("this JSON is not a Terraform plan")
	default:
		return notAPlan("the input is no JSON")
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
		return fmt.Sprintf("%s is a JSON %s", firstOf(wrong.Field, "it"), strings.Fields(wrong.Value)[0])
	default:
		return "it does not parse"
	}
}

// recognize tells a plan from the other documents that Terraform writes.
func recognize(head map[string]json.RawMessage) error {
	has := func(name string) bool { _, ok := head[name]; return ok }
	if has("lineage") || has("values") || len(head) == 1 && has("format_version") {
		return notAPlan("this is a state, not a plan")
	}
	if !has("format_version") || !has("planned_values") && !has("resource_changes") {
		return notAPlan("this JSON is not a Terraform plan")
	}
	var version string
	if json.Unmarshal(head["format_version"], &version) != nil || !strings.HasPrefix(version, "1.") {
		return fmt.Errorf("the plan has the JSON format version %s, and this version of the provider reads 1.x: use one that is as new as your Terraform", head["format_version"])
	}
	return nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
