package driftreport

import (
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// Why an output changes decides whether that is drift.
func TestOutputs(t *testing.T) {
	t.Parallel()
	const members, ada = "data.prefectsso_members.owners", "prefectsso_member_role.ada"
	updated := object{"actions": []string{"update"}, "before": []string{"a"}, "after": []string{"a", "b"}}
	update := func(address string) []object {
		return []object{{"address": address, "mode": "managed", "type": "x", "change": object{"actions": []string{"update"}, "before": object{"v": 1}, "after": object{"v": 2}}}}
	}
	for name, tc := range map[string]struct {
		reads  []string
		change object
		more   object
		code   int
		says   string
	}{
		"data":                       {[]string{members + ".members", members}, updated, nil, report.ExitChanges, "output.o\n    value: \"b\" added\n      by whom is unknown: it comes from " + members + ", and no planned change explains it\n      the plan accepts it"},
		"data of a module":           {[]string{"module.m[\"a.b\"].v", "module.m"}, updated, object{"relevant_attributes": []object{{"resource": "module.m[\"a.b\"].data.x.y[0]"}}}, report.ExitChanges, "module.m.data.x.y,"},
		"data behind a local":        {[]string{"local.a"}, updated, object{"relevant_attributes": []object{{"resource": members}}}, report.ExitChanges, members},
		"a text":                     {nil, updated, nil, report.ExitChanges, "update output.o"},
		"a variable":                 {[]string{"var.a"}, updated, nil, report.ExitChanges, "update output.o"},
		"an unchanged resource":      {[]string{ada + ".role", ada}, updated, nil, report.ExitChanges, "update output.o"},
		"a new one":                  {[]string{members}, object{"actions": []string{"create"}, "after": 1}, nil, report.ExitChanges, "create output.o"},
		"one that goes":              {[]string{members}, object{"actions": []string{"delete"}, "before": 1}, nil, report.ExitChanges, "delete output.o"},
		"a planned resource":         {[]string{ada, members}, updated, object{"resource_changes": update(ada)}, report.ExitChanges, "1 change is planned."},
		"one of many":                {[]string{ada + `["a]b.c"].role`, ada, members}, updated, object{"resource_changes": update(ada + `["a]b.c"]`)}, report.ExitChanges, "1 change is planned."},
		"a planned one of a module":  {[]string{"module.m.v"}, updated, object{"relevant_attributes": []object{{"resource": "module.m." + ada}}, "resource_changes": update("module.m." + ada)}, report.ExitChanges, "1 change is planned."},
		"another planned resource":   {[]string{members}, updated, object{"resource_changes": update(ada)}, report.ExitChanges, "1 thing changed outside of Terraform, 1 change is planned."},
		"a drifted resource":         {[]string{ada}, updated, object{"resource_drift": update(ada)}, report.ExitChanges, "1 thing changed outside of Terraform."},
		"known only after the apply": {[]string{members}, object{"actions": []string{"update"}, "before": 1, "after_unknown": true}, nil, report.ExitNothing, "nothing is planned"},
		"sensitive":                  {[]string{members}, object{"actions": []string{"update"}, "before": "canary", "after": "x", "before_sensitive": true}, nil, report.ExitChanges, "value: changed (a sensitive value)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := object{
				"output_changes": object{"o": tc.change},
				"configuration":  object{"root_module": object{"outputs": object{"o": object{"expression": object{"references": tc.reads}}}}},
			}
			for name, part := range tc.more {
				parts[name] = part
			}
			got := command(t, nil, planOf(t, parts))
			if got.code != tc.code || !strings.Contains(got.out, tc.says) || strings.Contains(got.out, "canary") {
				t.Errorf("%+v, want %d and %q", got, tc.code, tc.says)
			}
		})
	}
}
