package accessreport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

type object = map[string]any

// planDocument is Terraform's JSON plan, made by hand.
type planDocument struct {
	changes []object
	more    object // other parts of the document
	// provider is what the provider block says; expressions are what arguments of resources refer to, by address.
	provider    object
	expressions map[string]object
}

func newPlan() *planDocument {
	return &planDocument{more: object{}, provider: object{}, expressions: map[string]object{}}
}

func (p *planDocument) change(kind, name string, actions []string, before, after object) object {
	change := object{"actions": actions, "before": nil, "after": nil}
	for key, values := range map[string]object{"before": before, "after": after} {
		if values == nil {
			continue
		}
		values = maps.Clone(values)
		if _, given := values["account_id"]; !given {
			values["account_id"] = acctest.AccountID
		}
		change[key] = values
	}
	rc := object{
		"address": kind + "." + name, "mode": "managed", "type": kind, "provider_name": "registry.terraform.io/prefectsso/prefectsso", "change": change, "action_reason": "some",
	}
	p.changes = append(p.changes, rc)
	return rc
}

func (p *planDocument) create(kind, name string, after object) object {
	return p.change(kind, name, []string{"create"}, nil, after)
}

func (p *planDocument) update(kind, name string, before, after object) object {
	return p.change(kind, name, []string{"update"}, before, after)
}

func (p *planDocument) delete(kind, name string, before object) object {
	return p.change(kind, name, []string{"delete"}, before, nil)
}

// of returns the change of a resource, to mark what is unknown or sensitive.
func of(rc object) object {
	change, _ := rc["change"].(object)
	return change
}

func (p *planDocument) json(t testing.TB) string {
	t.Helper()
	expressions := object{}
	for name, value := range p.provider {
		expressions[name] = object{"constant_value": value}
	}
	var resources []object
	seen := map[string]bool{}
	for _, rc := range p.changes {
		address, _ := rc["address"].(string)
		if address = report.Configured(address); seen[address] {
			continue
		}
		seen[address] = true
		resources = append(resources, object{"address": address, "mode": "managed", "type": rc["type"], "provider_config_key": "prefectsso", "expressions": p.expressions[address]})
	}
	doc := object{
		"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": object{}, "complete": true, "timestamp": time.Now().UTC().Format(time.RFC3339),
		"resource_changes": p.changes,
		"configuration": object{
			"provider_config": object{"prefectsso": object{"full_name": "registry.terraform.io/prefectsso/prefectsso", "expressions": expressions}},
			"root_module":     object{"resources": resources},
		},
	}
	maps.Copy(doc, p.more)
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// outcome is what a run of the command left.
type outcome struct {
	code     int
	out, err string
}

func (o outcome) report(t testing.TB) accessreport.Report {
	t.Helper()
	var r accessreport.Report
	if err := json.Unmarshal([]byte(o.out), &r); err != nil {
		t.Fatalf("%v: exit code %d, %s%s", err, o.code, o.out, o.err)
	}
	return r
}

// account returns the report on the only account.
func (o outcome) account(t testing.TB) accessreport.Account {
	t.Helper()
	r := o.report(t)
	if len(r.Accounts) != 1 {
		t.Fatalf("the report is about %d accounts: %s", len(r.Accounts), o.out)
	}
	return r.Accounts[0]
}

func (o outcome) person(t testing.TB, email string) accessreport.Person {
	t.Helper()
	a := o.account(t)
	at := slices.IndexFunc(a.People, func(p accessreport.Person) bool { return p.Email == email })
	if at < 0 {
		t.Fatalf("%s is not in the report: %+v", email, a.People)
	}
	return a.People[at]
}

func (o outcome) hasFinding(t testing.TB, id string) bool {
	t.Helper()
	return slices.ContainsFunc(o.account(t).Findings, func(f accessreport.Finding) bool { return f.ID == id })
}

// environment is what the command finds set.
func environment(srv *acctest.Server) map[string]string {
	return map[string]string{"PREFECT_API_KEY": acctest.ServiceKey, "PREFECT_API_URL": srv.URL + "/api", "PREFECT_CLOUD_ACCOUNT_ID": acctest.AccountID, "PREFECT_PROFILES_PATH": "/dev/null"}
}

func run(t testing.TB, srv *acctest.Server, plan string, args ...string) outcome {
	t.Helper()
	return runIn(t, environment(srv), time.Now(), plan, args...)
}

func runIn(t testing.TB, env map[string]string, now time.Time, plan string, args ...string) outcome {
	t.Helper()
	return runBefore(t, nil, env, now, plan, args...)
}

// runBefore is runIn while somebody watches how far it is.
func runBefore(t testing.TB, watching progress.Counter, env map[string]string, now time.Time, plan string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := accessreport.Run(context.Background(), "test", args, report.Streams{
		In: strings.NewReader(plan), Out: &out, Err: &errs, Getenv: func(name string) string { return env[name] }, Now: func() time.Time { return now },
		Progress: watching,
	})
	return outcome{code, out.String(), errs.String()}
}
