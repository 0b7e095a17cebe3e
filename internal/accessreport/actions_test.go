package accessreport_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// invoke adds an action that the apply invokes, in the shape that Terraform 1.15.0 gives it: by hand, or where trigger is a
// resource, at an event of it such as "BeforeCreate".
func (p *planDocument) invoke(kind, name string, config object, trigger, event string) object {
	one := object{
		"address": "action." + kind + "." + name, "type": kind, "name": name, "provider_name": "registry.terraform.io/prefectsso/prefectsso",
		"config_values": config, "config_sensitive": object{}, "config_unknown": object{}, "invoke_action_trigger": object{},
	}
	if trigger != "" {
		delete(one, "invoke_action_trigger")
		one["lifecycle_action_trigger"] = object{"triggering_resource_address": trigger, "action_trigger_event": event, "action_trigger_block_index": 0, "actions_list_index": 0}
	}
	all, _ := p.more["action_invocations"].([]object)
	p.more["action_invocations"] = append(all, one)
	return one
}

func ofAccount(config object) object {
	config["account_id"] = acctest.AccountID
	return config
}

// kindsOf is what happens to each person, in one line a person.
func kindsOf(people []accessreport.Person) (lines []string) {
	for _, p := range people {
		words := make([]string, len(p.Kinds))
		for i, kind := range p.Kinds {
			words[i] = string(kind)
		}
		lines = append(lines, p.Email+": "+strings.Join(words, " "))
	}
	return lines
}

// TestActionsOnMembers: people whom actions activate and deactivate are told one by one, and judged with the rest of the plan.
func TestActionsOnMembers(t *testing.T) {
	t.Parallel()
	deactivate := func(emails ...string) func(*planDocument) {
		return func(p *planDocument) {
			p.invoke("prefectsso_members_deactivate", "x", ofAccount(object{"emails": emails}), "", "")
		}
	}
	for name, test := range map[string]struct {
		happens func(office)
		plan    func(*planDocument)
		people  []string
		found   []string // ids of findings
		code    int
	}{
		"some leave": {
			plan:   deactivate("ADA@acme.com", "linus@labs.example"),
			people: []string{"ada@acme.com: loses-access", "linus@labs.example: loses-access loses-workspaces"}, code: report.ExitChanges,
		},
		"somebody who is inactive": {
			happens: func(o office) { o.deactivate("ada@acme.com") },
			plan:    deactivate("ada@acme.com"), code: report.ExitChanges,
		},
		"somebody comes back": {
			happens: func(o office) { o.deactivate("ada@acme.com") },
			plan: func(p *planDocument) {
				p.invoke("prefectsso_members_activate", "x", ofAccount(object{"emails": []string{"ada@acme.com"}}), "", "")
			},
			people: []string{"ada@acme.com: gains-access"}, code: report.ExitChanges,
		},
		"all Owners": {plan: deactivate("owner@acme.com", "second.owner@acme.com"), found: []string{"bypass-nobody-left"}, code: report.ExitFinding},
		"an Owner":   {plan: deactivate("owner@acme.com"), people: []string{"owner@acme.com: loses-access loses-bypass loses-workspaces"}, found: []string{"bypass-one-left"}, code: report.ExitChanges},
		"of a directory": {
			happens: func(o office) { o.PushUser("lead@acme.com") },
			plan:    deactivate("lead@acme.com"), people: []string{"lead@acme.com: loses-access"}, found: []string{"directory-decides-activity"}, code: report.ExitFinding,
		},
		"after somebody else is an Owner": {
			plan: func(p *planDocument) {
				p.create("prefectsso_member_role", "x", object{"email": "grace@acme.com", "role": "Owner"})
				p.invoke("prefectsso_members_deactivate", "x", ofAccount(object{"emails": []string{"owner@acme.com", "second.owner@acme.com"}}), "prefectsso_member_role.x", "AfterCreate")
			},
			people: []string{
				"owner@acme.com: loses-access loses-bypass loses-workspaces", "second.owner@acme.com: loses-access loses-bypass loses-workspaces",
				"grace@acme.com: gains-bypass role-up gains-workspaces",
			},
			found: []string{"bypass-one-left"}, code: report.ExitChanges,
		},
		"before somebody else is an Owner": {
			plan: func(p *planDocument) {
				p.create("prefectsso_member_role", "x", object{"email": "grace@acme.com", "role": "Owner"})
				p.invoke("prefectsso_members_deactivate", "x", ofAccount(object{"emails": []string{"owner@acme.com", "second.owner@acme.com"}}), "prefectsso_member_role.x", "BeforeCreate")
			},
			people: []string{"grace@acme.com: gains-bypass role-up gains-workspaces"}, code: report.ExitFinding, found: []string{"api-refuses", "bypass-one-left"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if test.happens != nil {
				test.happens(o)
			}
			p := newPlan()
			test.plan(p)
			got := run(t, o.Server, p.json(t), "--format", "json")
			a := got.account(t)
			var found []string
			for _, f := range a.Findings {
				found = append(found, f.ID)
			}
			if people := kindsOf(a.People); !slices.Equal(people, test.people) || !slices.Equal(found, test.found) || got.code != test.code {
				t.Errorf("exit code %d, %q, findings %q; want %d, %q, %q\n%s", got.code, people, found, test.code, test.people, test.found, got.out)
			}
			if len(a.Actions) != 1 || !a.Actions[0].Concerns {
				t.Errorf("actions %+v", a.Actions)
			}
		})
	}
}

func (o office) deactivate(email string) {
	m, _ := o.Member(email)
	o.Call(acctest.OwnerKey, http.MethodPatch, "/account_memberships/"+m.ID+"/active", object{"active": false}, nil)
}

// TestActionsWithoutMembers: what other actions do is said, with when, of what and of whom; a probe and a fetch change nothing
// for anybody by themselves.
func TestActionsWithoutMembers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	directory := o.DirectoryID()
	quiet := newPlan()
	quiet.invoke("prefectsso_identity_provider_refresh", "r", ofAccount(object{"id": o.connection}), "", "")
	quiet.invoke("prefectsso_scim_probe_run", "p", ofAccount(object{"directory_id": directory, "email_domain": "acme.com"}), "", "")
	got := run(t, o.Server, quiet.json(t), "--format", "json")
	if a := got.account(t); got.code != report.ExitNothing || len(a.Actions) != 2 || a.Actions[0].About != "Okta" || a.Actions[1].About != "Okta" || a.Actions[0].Concerns {
		t.Errorf("exit code %d: %+v", got.code, a.Actions)
	}
	loud := newPlan()
	loud.create("prefectsso_domain", "d", object{"name": "new.example"})
	loud.invoke("prefectsso_member_sessions_end", "s", ofAccount(object{"email": "ADA@acme.com"}), "prefectsso_domain.d", "BeforeCreate")
	loud.invoke("prefectsso_scim_token_revoke", "t", ofAccount(object{"directory_id": directory, "id": "0c1f1d2e-0000-4000-8000-00000000000a"}), "prefectsso_domain.d", "AfterCreate")
	loud.invoke("prefectsso_scim_client_revoke", "c", ofAccount(object{"directory_id": directory, "id": "0c1f1d2e-0000-4000-8000-00000000000a"}), "", "")
	got = run(t, o.Server, loud.json(t), "--format", "json")
	a := got.account(t)
	if got.code != report.ExitChanges || len(a.Actions) != 3 {
		t.Fatalf("exit code %d: %s", got.code, got.out)
	}
	s := a.Actions[0]
	if s.Event != "before_create" || s.Resource != "prefectsso_domain.d" || !slices.Equal(s.People, []string{"ada@acme.com"}) || !s.Concerns {
		t.Errorf("%+v", s)
	}
	if a.Actions[1].Event != "after_create" || a.Actions[1].About != "Okta" || a.Actions[2].Event != "" || a.Actions[2].Resource != "" {
		t.Errorf("%+v", a.Actions)
	}
	for _, format := range []string{"text", "markdown"} {
		out := run(t, o.Server, loud.json(t), "--format", format).out
		for _, want := range []string{"action.prefectsso_member_sessions_end.s", "before create of", "ada@acme.com", "by hand"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", format, want, out)
			}
		}
		if redacted := run(t, o.Server, loud.json(t), "--format", format, "--redact").out; strings.Contains(redacted, "ada@acme.com") {
			t.Errorf("%s has an address:\n%s", format, redacted)
		}
	}
}

// TestActionsNotKnown: an argument that is known only after the apply is named, and so is a person who is no member; neither
// passes for nothing.
func TestActionsNotKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	p.invoke("prefectsso_members_deactivate", "a", ofAccount(object{}), "", "")["config_unknown"] = object{"emails": true}
	p.invoke("prefectsso_members_deactivate", "b", ofAccount(object{"emails": []any{"ada@acme.com", nil}}), "", "")["config_unknown"] = object{"emails": []bool{false, true}}
	p.invoke("prefectsso_members_deactivate", "c", ofAccount(object{"emails": []string{"ada@acme.com", "nobody@acme.com"}}), "", "")
	p.invoke("prefectsso_member_sessions_end", "d", ofAccount(object{}), "", "")["config_unknown"] = object{"email": true}
	p.invoke("prefectsso_scim_token_revoke", "e", ofAccount(object{"directory_id": o.DirectoryID()}), "", "")["config_unknown"] = object{"id": true}
	p.invoke("prefectsso_scim_probe_run", "f", object{"email_domain": "acme.com"}, "", "")["config_unknown"] = object{"account_id": true}
	hidden := p.invoke("prefectsso_member_sessions_end", "g", ofAccount(object{"email": "grace@acme.com"}), "", "")
	hidden["config_sensitive"] = object{"email": true}
	p.more["deferred_action_invocations"] = []object{{"reason": "instance_count_unknown", "action_invocation": object{
		"address": "action.prefectsso_members_deactivate.later", "type": "prefectsso_members_deactivate", "provider_name": "registry.terraform.io/prefectsso/prefectsso",
	}}}
	got := run(t, o.Server, p.json(t), "--format", "json")
	why := map[string]string{}
	for _, u := range got.report(t).Unknown {
		why[strings.TrimPrefix(u.Subject, "action.prefectsso_")+" "+u.Attribute] = u.Why
	}
	for _, want := range []string{
		"members_deactivate.a emails", "members_deactivate.b emails", "members_deactivate.c emails", "member_sessions_end.d email", "scim_token_revoke.e id",
		"scim_probe_run.f account_id", "members_deactivate.later ",
	} {
		if why[want] == "" {
			t.Errorf("%q is not named: %v", want, why)
		}
	}
	if a := got.account(t); got.code != report.ExitChanges || len(a.People) > 0 || len(a.Actions) != 6 {
		t.Errorf("exit code %d, people %+v, actions %+v", got.code, a.People, a.Actions)
	}
	if strings.Contains(got.out, "grace@acme.com") {
		t.Error("a sensitive address is in the report")
	}
}
