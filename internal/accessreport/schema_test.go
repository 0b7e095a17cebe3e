package accessreport_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// TestSchema holds the schema against a file, so that whoever changes the format sees what others rely on. Every field is
// described.
func TestSchema(t *testing.T) {
	t.Parallel()
	golden.Check(t, filepath.Join("testdata", "schema.json"), accessreport.Schema())
	if strings.Contains(accessreport.Schema(), `"description": ""`) {
		t.Error("a field is not described")
	}
	if got := runIn(t, map[string]string{}, time.Now(), "", "--schema"); got.code != report.ExitNothing || got.out != accessreport.Schema() {
		t.Errorf("--schema prints %+v", got)
	}
}

// TestReportsFollowTheSchema holds reports against the schema.
func TestReportsFollowTheSchema(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var schema any
	if err := json.Unmarshal([]byte(accessreport.Schema()), &schema); err != nil {
		t.Fatal(err)
	}
	for name, plan := range map[string]func(p *planDocument){
		"nothing": func(p *planDocument) {
			p.change("prefectsso_domain", "x", []string{"no-op"}, object{"name": "acme.com"}, object{"name": "acme.com"})
		},
		"much": func(p *planDocument) {
			p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
			p.delete("prefectsso_team_workspace_role", "z", o.teamRole("Viewer"))
			p.delete("prefectsso_scim_directory", "d", object{"id": o.DirectoryID(), "name": "Okta", "configurable": true})
			p.create("prefectsso_member_role", "a", object{"email": "nobody@acme.com", "role": "Admin"})
			of(p.create("prefectsso_scim_token", "t", object{"name": "corp", "expires_in": "120h"}))["after_unknown"] = object{"id": true, "expires_at": true}
		},
	} {
		p := newPlan()
		plan(p)
		var document any
		if err := json.Unmarshal([]byte(run(t, o.Server, p.json(t), "--format", "json").out), &document); err != nil {
			t.Fatal(err)
		}
		for _, problem := range mismatches("$", schema, document) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// mismatches holds a value against as much of JSON Schema as the schema uses. What it does not describe is wrong, too.
func mismatches(at string, schema, value any) (problems []string) {
	s, _ := schema.(map[string]any)
	types, several := s["type"].([]any)
	if !several {
		types = []any{s["type"]}
	}
	kind := map[string]bool{}
	for _, name := range types {
		kind[fmt.Sprint(name)] = true
	}
	fits := false
	switch value := value.(type) {
	case nil:
		fits = kind["null"]
	case bool:
		fits = kind["boolean"]
	case float64:
		fits = kind["integer"] && value == float64(int64(value))
	case string:
		fits = kind["string"]
	case []any:
		fits = kind["array"]
		for i, element := range value {
			problems = append(problems, mismatches(fmt.Sprintf("%s[%d]", at, i), s["items"], element)...)
		}
	case map[string]any:
		fits = kind["object"]
		properties, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, there := value[fmt.Sprint(name)]; !there {
				problems = append(problems, fmt.Sprintf("%s has no %v", at, name))
			}
		}
		for name, element := range value {
			of, described := properties[name]
			if others, open := s["additionalProperties"]; open {
				of, described = others, true
			}
			if !described {
				problems = append(problems, fmt.Sprintf("%s has %s, which is not described", at, name))
				continue
			}
			problems = append(problems, mismatches(at+"."+name, of, element)...)
		}
	}
	if !fits {
		problems = append(problems, fmt.Sprintf("%s is %v, and is to be %v", at, value, types))
	}
	slices.Sort(problems)
	return problems
}
