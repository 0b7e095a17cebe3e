package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// planned is what the demo reads of `terraform show -json PLANFILE`.
//
// https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
type planned struct {
	Changes []resourceChange `json:"resource_changes"`
}

// resourceChange is what a plan does to one resource.
type resourceChange struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	Change  struct {
		Actions      []string       `json:"actions"`
		Before       map[string]any `json:"before"`
		After        map[string]any `json:"after"`
		AfterUnknown map[string]any `json:"after_unknown"` // true where the value is not known before the apply
	} `json:"change"`
}

// names are the attributes that tell people which thing a resource is.
var names = map[string][]string{
	"prefectsso_domain":             {"name"},
	"prefectsso_group_role_mapping": {"match", "role"},
	"prefectsso_identity_provider":  {"name", "connection_type", "domains"},
	"prefectsso_member_role":        {"email", "role"},
	"prefectsso_member_roles":       {"roles"},
	"prefectsso_scim_directory":     {"name", "type", "allowed_domains"},
	"prefectsso_scim_token":         {"name"},
}

// lines shows the changes of a plan: of what comes or goes, which thing it is; of what changes, each value that does.
func (p planned) lines() (lines []string) {
	width := 0
	for _, c := range p.Changes {
		width = max(width, len(c.Address))
	}
	for _, c := range p.Changes {
		switch {
		case slices.Equal(c.Change.Actions, []string{"create"}):
			lines = append(lines, fmt.Sprintf("+ %-*s  %s", width, c.Address, c.about(c.Change.After)))
		case slices.Equal(c.Change.Actions, []string{"delete"}):
			lines = append(lines, fmt.Sprintf("- %-*s  %s", width, c.Address, c.about(c.Change.Before)))
		case slices.Contains(c.Change.Actions, "update"):
			lines = append(lines, "~ "+c.Address)
			lines = append(lines, differences("", c.Change.Before, c.Change.After, c.Change.AfterUnknown)...)
		case len(c.Change.Actions) > 1:
			lines = append(lines, "± "+c.Address+" is replaced")
		}
	}
	return lines
}

// about says which thing a resource is.
func (c resourceChange) about(values map[string]any) string {
	var parts []string
	for _, name := range names[c.Type] {
		if value := values[name]; value != nil {
			parts = append(parts, text(value))
		}
	}
	return strings.Join(parts, ", ")
}

// differences are the values that differ and are known, one a line.
func differences(at string, before, after, unknown map[string]any) (lines []string) {
	keys := maps.Clone(after)
	maps.Copy(keys, before)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		old, now := before[name], after[name]
		if unknown[name] == true || reflect.DeepEqual(old, now) {
			continue
		}
		path := strings.TrimPrefix(at+"."+name, ".")
		oldMap, isMap := old.(map[string]any)
		nowMap, isStillMap := now.(map[string]any)
		if isMap && isStillMap {
			within, _ := unknown[name].(map[string]any)
			lines = append(lines, differences(path, oldMap, nowMap, within)...)
			continue
		}
		lines = append(lines, fmt.Sprintf("    %s: %s → %s", path, text(old), text(now)))
	}
	return lines
}

// text is a value in a line.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return "none"
	case string:
		return value
	case []any:
		words := make([]string, len(value))
		for i, v := range value {
			words[i] = text(v)
		}
		return strings.Join(words, ", ")
	case map[string]any:
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if value[key] != nil {
				pairs = append(pairs, key+" "+text(value[key]))
			}
		}
		return strings.Join(pairs, ", ")
	}
	return fmt.Sprint(value)
}

// said is what the demo reads of Terraform's machine-readable output.
//
// https://developer.hashicorp.com/terraform/internals/machine-readable-ui
type said struct {
	diagnostics []diagnostic
	summary     string // such as "Apply complete! Resources: 7 added, 0 changed, 0 destroyed."
}

// diagnostic is a warning or an error.
type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
}

// readSaid reads the output of a command with -json, one message a line.
func readSaid(output string) (s said, err error) {
	lines := bufio.NewScanner(strings.NewReader(output))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var message struct {
			Type       string     `json:"type"`
			Message    string     `json:"@message"`
			Diagnostic diagnostic `json:"diagnostic"`
		}
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			return s, fmt.Errorf("expected a line of JSON from terraform, got %q: %w", lines.Text(), err)
		}
		switch message.Type {
		case "diagnostic":
			s.diagnostics = append(s.diagnostics, message.Diagnostic)
		case "change_summary":
			s.summary = message.Message
		}
	}
	return s, lines.Err()
}

// warnings counts those.
func (s said) warnings() (n int) {
	for _, d := range s.diagnostics {
		if d.Severity == "warning" {
			n++
		}
	}
	return n
}

// lines shows what each diagnostic is about, and of an error its first paragraph.
func (s said) lines() (lines []string) {
	for _, d := range s.diagnostics {
		if d.Severity == "warning" {
			lines = append(lines, "Warning: "+d.Summary+", of "+d.Address)
			continue
		}
		detail, _, _ := strings.Cut(d.Detail, "\n\n")
		lines = append(lines, "Error: "+d.Summary+", by "+d.Address)
		lines = append(lines, wrapped(detail, 96)...)
	}
	return lines
}

// wrapped breaks a text into lines, indented by two.
func wrapped(text string, width int) (lines []string) {
	line := " "
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != " " {
			lines = append(lines, line)
			line = " "
		}
		line += " " + word
	}
	return append(lines, line)
}
