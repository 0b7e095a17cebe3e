package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const planDocument = `{"resource_changes":[
 {"address":"data.prefectsso_members.owners","type":"prefectsso_members","change":{"actions":["read"],"before":null,"after":{}}},
 {"address":"prefectsso_domain.a","type":"prefectsso_domain","change":{"actions":["create"],"before":null,"after":{"name":"acme.com","account_id":"x"}}},
 {"address":"prefectsso_domain.gone","type":"prefectsso_domain","change":{"actions":["delete"],"before":{"name":"acme.org"},"after":null}},
 {"address":"prefectsso_domain.same","type":"prefectsso_domain","change":{"actions":["no-op"],"before":{"name":"b.org"},"after":{"name":"b.org"}}},
 {"address":"prefectsso_domain.r","type":"prefectsso_domain","change":{"actions":["delete","create"],"before":{"name":"c.org"},"after":{"name":"d.org"}}},
 {"address":"prefectsso_group_role_mapping.m","type":"prefectsso_group_role_mapping","change":{"actions":["create"],"before":null,"after":{"match":{"group_name":"Staff","equals":null},"role":"Admin"}}},
 {"address":"prefectsso_member_roles.t","type":"prefectsso_member_roles","change":{"actions":["update"],
   "before":{"account_id":"x","roles":{"ada@acme.com":"Owner","eve@acme.com":"Member","new@acme.com":null}},
   "after":{"account_id":"x","roles":{"ada@acme.com":"Member","eve@acme.com":"Member","new@acme.com":"Admin"}}}}
]}`

func TestPlanLines(t *testing.T) {
	t.Parallel()
	var plan planned
	if err := json.Unmarshal([]byte(planDocument), &plan); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"+ prefectsso_domain.a              acme.com",
		"- prefectsso_domain.gone           acme.org",
		"± prefectsso_domain.r is replaced",
		"+ prefectsso_group_role_mapping.m  group_name Staff, Admin",
		"~ prefectsso_member_roles.t",
		"    roles.ada@acme.com: Owner → Member",
		"    roles.new@acme.com: none → Admin",
	}
	if got := plan.lines(); !slices.Equal(got, want) {
		t.Errorf("lines() =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadSaid(t *testing.T) {
	t.Parallel()
	got, err := readSaid(strings.Join([]string{
		`{"@message":"Terraform 1.11.4","type":"version"}`,
		`{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Look","detail":"Check this.","address":"a.b"}}`,
		`{"type":"diagnostic","diagnostic":{"severity":"error","summary":"No","detail":"` + strings.Repeat("word ", 30) + `\n\nGuard: id","address":"c.d"}}`,
		`{"@message":"Plan: 1 to add, 0 to change, 0 to destroy.","type":"change_summary"}`,
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Warning: Look, of a.b", "Error: No, by c.d",
		"  " + strings.TrimSpace(strings.Repeat("word ", 19)), "  " + strings.TrimSpace(strings.Repeat("word ", 11)),
	}
	if lines := got.lines(); !slices.Equal(lines, want) || got.warnings() != 1 || got.summary != "Plan: 1 to add, 0 to change, 0 to destroy." {
		t.Errorf("%d warnings, %q, lines\n%s\nwant\n%s", got.warnings(), got.summary, strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if _, err := readSaid("Terraform crashed"); err == nil || !strings.Contains(err.Error(), "Terraform crashed") {
		t.Errorf("what is no JSON: %v", err)
	}
}
