package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// mappingRow is a mapping as these tests know it.
type mappingRow struct {
	group, role string
	priority    int
}

// mappingsByID reads the directory's mappings.
func mappingsByID(srv *acctest.Server) map[string]mappingRow {
	var rows []struct {
		ID    string `json:"id"`
		Match struct {
			GroupName string `json:"group_name"`
		} `json:"match"`
		RoleID   string `json:"account_role_id"`
		Priority int    `json:"priority"`
	}
	srv.Call(acctest.ServiceKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/group_role_mappings", nil, &rows)
	roles := map[string]string{}
	for _, name := range []string{"Owner", "Admin", "Member", "Auditor"} {
		roles[srv.RoleID(name)] = name
	}
	out := map[string]mappingRow{}
	for _, row := range rows {
		out[row.ID] = mappingRow{row.Match.GroupName, roles[row.RoleID], row.Priority}
	}
	return out
}

// ranked returns a configuration of mappings, by the key of a for_each.
func ranked(srv *acctest.Server, rows map[string]mappingRow) string {
	var b strings.Builder
	for key, row := range rows {
		fmt.Fprintf(&b, "    %s = { group = %q, role = %q, priority = %d }\n", key, row.group, row.role, row.priority)
	}
	return fmt.Sprintf(`
terraform {
  required_providers {
    prefectsso = { source = "prefectsso/prefectsso" }
  }
}

resource "prefectsso_group_role_mapping" "ranked" {
  for_each = {
%s  }
  directory_id = %q
  match        = { group_name = each.value.group }
  role         = each.value.role
  priority     = each.value.priority
}

output "ids" { value = { for key, mapping in prefectsso_group_role_mapping.ranked : key => mapping.id } }
`, b.String(), srv.DirectoryID())
}

// With Terraform itself: whatever changes places does so in one apply, in whichever order; each resource keeps its
// mapping, everybody ends with the role that the configuration says, and the next plan is empty.
func TestAccGroupRoleMappingSwaps(t *testing.T) {
	t.Parallel()
	type rows = map[string]mappingRow
	chain := func(step func(i int) int) rows {
		out := rows{}
		for i := range 12 {
			out[fmt.Sprintf("k%02d", i)] = mappingRow{fmt.Sprintf("group %02d", i), "Auditor", step(i)}
		}
		return out
	}
	two := rows{"a": {"Engineers", "Admin", 1}, "b": {"Auditors", "Auditor", 2}}
	for name, test := range map[string]struct {
		from, to rows
		ada, bob string // ada is in both groups, bob in Engineers only
	}{
		"two priorities":         {two, rows{"a": {"Engineers", "Admin", 2}, "b": {"Auditors", "Auditor", 1}}, "Admin", "Admin"},
		"two matches":            {two, rows{"a": {"Auditors", "Admin", 1}, "b": {"Engineers", "Auditor", 2}}, "Auditor", "Auditor"},
		"two keys of a for_each": {two, rows{"a": two["b"], "b": two["a"]}, "Auditor", "Admin"},
		"equal priorities":       {two, rows{"a": {"Engineers", "Admin", 7}, "b": {"Auditors", "Auditor", 7}}, "Auditor", "Admin"},
		"three matches go round": {
			rows{"a": two["a"], "b": two["b"], "c": {"Others", "Member", 3}},
			rows{"a": {"Auditors", "Admin", 1}, "b": {"Others", "Auditor", 2}, "c": {"Engineers", "Member", 3}},
			"Member", "Member",
		},
		"a chain moves up":        {chain(func(i int) int { return i }), chain(func(i int) int { return i + 1 }), "Member", "Member"},
		"a chain is turned round": {chain(func(i int) int { return i }), chain(func(i int) int { return 11 - i }), "Member", "Member"},
	} {
		for _, parallelism := range []string{"1", "10"} {
			t.Run(name+", "+parallelism+" at once", func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, acctest.WithDirectory)
				ada, bob := srv.PushUser("ada@acme.com"), srv.PushUser("bob@acme.com")
				srv.PushGroup("Engineers", ada, bob)
				srv.PushGroup("Auditors", ada)
				d := acctest.NewDir(t, srv)
				var before map[string]string
				for _, rows := range []rows{test.from, test.to} {
					d.Write("main.tf", ranked(srv, rows))
					d.MustRun("apply", "-input=false", "-auto-approve", "-parallelism="+parallelism)
					after := mappingsByID(srv)
					var ids map[string]string
					if err := json.Unmarshal([]byte(d.MustRun("output", "-json", "ids")), &ids); err != nil {
						t.Fatal(err)
					}
					for key, want := range rows {
						if got := after[ids[key]]; got != want {
							t.Errorf("%s is %+v, want %+v", key, got, want)
						}
					}
					if len(after) != len(rows) || before != nil && !maps.Equal(before, ids) {
						t.Errorf("%d mappings, by key %v, before %v", len(after), ids, before)
					}
					before = ids
				}
				for email, role := range map[string]string{"ada@acme.com": test.ada, "bob@acme.com": test.bob} {
					if err := srv.WantRole(email, role); err != nil {
						t.Error(err)
					}
				}
				d.MustRun("plan", "-input=false", "-detailed-exitcode")
			})
		}
	}
}

// Where a mapping has to go before another one can be made, the new one lets it go first if that has begun. If Terraform
// begins with the new one, the error says what is in the way, and the next apply does it.
func TestAccGroupRoleMappingMakesRoom(t *testing.T) {
	t.Parallel()
	type rows = map[string]mappingRow
	row := func(group string) mappingRow { return mappingRow{group, "Auditor", 1} }
	for name, test := range map[string]struct{ from, to rows }{
		"keys of a for_each are renamed": {
			rows{"a": row("Engineers"), "b": row("Auditors")},
			rows{"x": row("Engineers"), "y": row("Auditors")},
		},
		"a list grows at its front": {
			rows{"k0": row("A"), "k1": row("B"), "k2": row("C")},
			rows{"k0": row("New"), "k1": row("A"), "k2": row("B"), "k3": row("C")},
		},
		"one is renamed, another one takes its key": {
			rows{"a": row("A"), "b": row("B")},
			rows{"a": row("B"), "c": row("A")},
		},
	} {
		for _, parallelism := range []string{"1", "10"} {
			t.Run(name+", "+parallelism+" at once", func(t *testing.T) {
				t.Parallel()
				srv := acctest.Start(t, acctest.WithDirectory)
				d := acctest.NewDir(t, srv)
				d.Write("main.tf", ranked(srv, test.from))
				d.MustRun("apply", "-input=false", "-auto-approve")
				d.Write("main.tf", ranked(srv, test.to))
				apply := []string{"apply", "-input=false", "-auto-approve", "-parallelism=" + parallelism}
				if out, code := d.Run(apply...); code != 0 {
					if !strings.Contains(out, "Group role mapping exists already") || !strings.Contains(out, "moved") {
						t.Fatalf("exit code %d:\n%s", code, out)
					}
					d.MustRun(apply...)
				}
				var groups []string
				for _, mapping := range mappingsByID(srv) {
					groups = append(groups, mapping.group)
				}
				var want []string
				for _, row := range test.to {
					want = append(want, row.group)
				}
				slices.Sort(groups)
				slices.Sort(want)
				if !slices.Equal(groups, want) {
					t.Errorf("there are mappings of %v, want %v", groups, want)
				}
				d.MustRun("plan", "-input=false", "-detailed-exitcode")
			})
		}
	}
}
