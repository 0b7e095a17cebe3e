package driftreport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// outcome is what a run of the command left.
type outcome struct {
	code     int
	out, err string
}

// command runs the command on a plan with an environment.
func command(t *testing.T, env map[string]string, input string, args ...string) outcome {
	t.Helper()
	return commandBefore(t, nil, env, input, args...)
}

// commandBefore is command while somebody watches how far it is.
func commandBefore(t *testing.T, watching progress.Counter, env map[string]string, input string, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := Run(context.Background(), "test", args, report.Streams{
		In: strings.NewReader(input), Out: &out, Err: &errs, Getenv: func(name string) string { return env[name] }, Now: time.Now,
		Progress: watching,
	})
	return outcome{code, out.String(), errs.String()}
}

// planOf returns a JSON plan, made now, of a drift and other parts.
func planOf(t *testing.T, parts map[string]any) string {
	t.Helper()
	doc := map[string]any{"format_version": "1.2", "planned_values": map[string]any{}, "timestamp": time.Now().UTC().Format(time.RFC3339)}
	for name, part := range parts {
		doc[name] = part
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type object = map[string]any

// changed returns a resource_drift entry of a thing in the test's account.
func changed(resource string, before, after object) object {
	actions := []string{"update"}
	before["account_id"] = acctest.AccountID
	if after == nil {
		actions = []string{"delete"}
	} else {
		after["account_id"] = acctest.AccountID
	}
	return object{"address": resource + ".this", "mode": "managed", "type": resource, "change": object{"actions": actions, "before": before, "after": after}}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	drift := []object{changed("prefectsso_session_policy", object{"auth_expiration_seconds": 1}, object{"auth_expiration_seconds": 2})}
	step := []object{changed("prefectsso_scim_directory", object{"state": "validating"}, object{"state": "linked"})}
	create := []object{{"address": "a.b", "mode": "managed", "type": "a", "change": object{"actions": []string{"create"}, "after": object{}}}}
	read := []object{{"address": "data.a.b", "mode": "data", "type": "a", "change": object{"actions": []string{"read"}, "after": object{}}}}
	checks := []object{{"address": object{"to_display": "check.a"}, "status": "fail"}}
	for name, tc := range map[string]struct {
		parts object
		want  int
	}{
		"nothing":              {object{}, report.ExitNothing},
		"a data source":        {object{"resource_changes": read}, report.ExitNothing},
		"planned":              {object{"resource_changes": create}, report.ExitChanges},
		"checks":               {object{"checks": checks}, report.ExitFinding},
		"checks and planned":   {object{"checks": checks, "resource_changes": create}, report.ExitFinding},
		"drift":                {object{"resource_drift": drift}, report.ExitChanges},
		"all of it":            {object{"resource_drift": drift, "checks": checks, "resource_changes": create, "errored": true}, report.ExitError},
		"a step by itself":     {object{"resource_drift": step}, report.ExitNothing},
		"a plan that failed":   {object{"errored": true, "resource_changes": create}, report.ExitError},
		"an output's change":   {object{"output_changes": object{"o": object{"actions": []string{"update"}}}}, report.ExitChanges},
		"an output, unchanged": {object{"output_changes": object{"o": object{"actions": []string{"no-op"}}}}, report.ExitNothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t, nil, planOf(t, tc.parts))
			if got.code != tc.want || got.out == "" || got.err != "" {
				t.Errorf("%d, want %d; printed %q, %q", got.code, tc.want, got.out, got.err)
			}
		})
	}
}

// What is worth the exit code 3 is chosen.
func TestFailOn(t *testing.T) {
	t.Parallel()
	drift := object{"resource_drift": []object{changed("prefectsso_session_policy", object{"auth_expiration_seconds": 1}, object{"auth_expiration_seconds": 2})}}
	planned := object{"resource_changes": []object{{"address": "a.b", "mode": "managed", "type": "a", "change": object{"actions": []string{"create"}, "after": object{}}}}}
	checks := object{"checks": []object{{"address": object{"to_display": "check.a"}, "status": "fail"}}}
	for failOn, want := range map[string][3]int{"check": {2, 2, 3}, "drift": {3, 2, 3}, "planned": {3, 3, 3}, "none": {2, 2, 2}} {
		for i, parts := range []object{drift, planned, checks} {
			if got := command(t, nil, planOf(t, parts), "--fail-on", failOn); got.code != want[i] {
				t.Errorf("--fail-on %s: %d of %v, want %d", failOn, got.code, parts, want[i])
			}
		}
		if got := command(t, nil, planOf(t, nil), "--fail-on", failOn); got.code != report.ExitNothing {
			t.Errorf("--fail-on %s of nothing: %d", failOn, got.code)
		}
	}
}

// Long lists end in a count, a plan to destroy says what it leaves out, and no option is named that was not given.
func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	var creates, deletes []object
	for i := range 60 {
		creates = append(creates, object{"address": fmt.Sprintf("a.b[%d]", i), "mode": "managed", "type": "a", "change": object{"actions": []string{"create"}, "after": object{}}})
		deletes = append(deletes, object{"address": fmt.Sprintf("a.b[%d]", i), "mode": "managed", "type": "a", "change": object{"actions": []string{"delete"}, "before": object{}}})
	}
	for _, format := range []string{"text", "markdown"} {
		if got := command(t, nil, planOf(t, object{"resource_changes": creates}), "--format", format); !strings.Contains(got.out, "… and 10 more") || strings.Contains(got.out, "a.b[50]") || strings.Contains(got.out, report.NoDrift) {
			t.Errorf("%s", got.out)
		}
		if got := command(t, nil, planOf(t, object{"resource_changes": deletes}), "--format", format); !strings.Contains(got.out, report.NoDrift) {
			t.Errorf("%s", got.out)
		}
		deletes[0]["action_reason"] = "delete_because_no_resource_config"
		if got := command(t, nil, planOf(t, object{"resource_changes": deletes}), "--format", format); strings.Contains(got.out, report.NoDrift) {
			t.Errorf("%s", got.out)
		}
		delete(deletes[0], "action_reason")
	}
	ahead := planOf(t, object{"timestamp": time.Now().Add(30 * 24 * time.Hour).UTC().Format(time.RFC3339), "resource_drift": []object{changed("prefectsso_domain", object{"name": "x.io"}, nil)}})
	if got := command(t, nil, ahead); got.code != report.ExitChanges || strings.Contains(got.out+got.err, "--") {
		t.Errorf("%+v", got)
	}
}

// A report on however much drift fits into a comment, counts what it leaves out, and breaks no table.
func TestMuchDrift(t *testing.T) {
	t.Parallel()
	var drift []object
	for i := range 400 {
		before, after := object{}, object{}
		for n := range 100 {
			email := fmt.Sprintf("person%03d.%03d@acme.com", i, n)
			before[email], after[email] = "Member", "Owner"
		}
		one := changed("prefectsso_member_roles", object{"roles": before}, object{"roles": after})
		one["address"] = fmt.Sprintf("prefectsso_member_roles.this[%d]", i)
		drift = append(drift, one)
	}
	plan := planOf(t, object{"resource_drift": drift})
	markdown := command(t, nil, plan, "--format", "markdown", "--actors=off")
	if markdown.code != report.ExitChanges || len(markdown.out) > 60_000 || !strings.Contains(markdown.out, "| … and ") || !strings.Contains(markdown.out, "400 things changed") {
		t.Errorf("exit code %d, %d bytes: %.300s", markdown.code, len(markdown.out), markdown.out)
	}
	for line := range strings.Lines(markdown.out) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 5 {
			t.Errorf("a row of a table breaks: %s", line)
		}
	}
	text := command(t, nil, plan, "--actors=off")
	if text.code != report.ExitChanges || !strings.Contains(text.out, "\n  … and 350 more\n") || strings.Count(text.out, "\n  prefectsso_member_roles.this") != report.MaxShown {
		t.Errorf("exit code %d: %.300s", text.code, text.out)
	}
}

// Every mistake is an error of one line, exit code 1, and nothing on standard output.
func TestBadArguments(t *testing.T) {
	t.Parallel()
	ahead := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"a span in the future":     {[]string{"--since", ahead}, "lies in the future"},
		"a duration ahead":         {[]string{"--since=-2h"}, "lies in the future"},
		"a span that is too long":  {[]string{"--since", "15d"}, "more than 14 days"},
		"a time long ago":          {[]string{"--since", "2020-01-01T00:00:00Z"}, "more than 14 days"},
		"a span beyond all":        {[]string{"--since", "1e9d"}, "more than 14 days"},
		"an endless span":          {[]string{"--since", "Infd"}, "more than 14 days"},
		"no number of days":        {[]string{"--since", "NaNd"}, `--since is "NaNd"; it takes`},
		"no span at all":           {[]string{"--since", "0s"}, "not before the plan"},
		"words for a span":         {[]string{"--since", "yesterday"}, `--since is "yesterday"; it takes`},
		"d alone":                  {[]string{"--since", "d"}, `--since is "d"; it takes`},
		"an unknown format":        {[]string{"--format", "html"}, "takes text or markdown"},
		"no span given":            {[]string{"--since="}, `--since is ""; it takes`},
		"an unknown severity":      {[]string{"--fail-on", "error"}, "takes check, drift, planned or none"},
		"unknown actors":           {[]string{"--actors", "on"}, "takes auto or off"},
		"an unknown option":        {[]string{"--nonsense"}, "flag provided but not defined: -nonsense"},
		"two files":                {[]string{"a.json", "b.json"}, "drift-report takes one"},
		"a file that is not there": {[]string{filepath.Join("testdata", "absent.json")}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t, nil, planOf(t, nil), tc.args...)
			if got.code != report.ExitError || got.out != "" || !strings.Contains(got.err, tc.want) || strings.Count(got.err, "\n") != 1 {
				t.Errorf("%+v, want code 1 and %q", got, tc.want)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(planOf(t, nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"options behind the file": {file, "--format", "markdown"},
		"options before it":       {"--format=markdown", "--since", "1.5d", file},
		"standard input":          {"-format", "markdown", "-"},
		"a time":                  {"--format=markdown", "--since", time.Now().Add(-time.Hour).Format(time.RFC3339)},
	} {
		if got := command(t, nil, planOf(t, nil), args...); got.code != report.ExitNothing || !strings.HasPrefix(got.out, "### Drift report") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := command(t, nil, "", "-h"); got.code != report.ExitNothing || !strings.Contains(got.out, "Exit codes") {
		t.Errorf("help: %+v", got)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	code := Run(context.Background(), "test", nil, report.Streams{
		In: strings.NewReader(planOf(t, nil)), Out: brokenPipe{}, Err: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if code != report.ExitError || !strings.Contains(errs.String(), "broken pipe") {
		t.Errorf("%d %s", code, errs.String())
	}
}

// Who did it comes out of a server's own trail, for every kind of thing that can drift today.
func TestActors(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.PrivateIssuers)
	_, issuer := acctest.StartIdP(t, srv)
	eve := srv.As(acctest.SecondOwnerKey)
	ada, _ := srv.Member("ada@acme.com")
	linus, _ := srv.Member("linus@acme.com")
	var connection struct {
		ID string `json:"id"`
	}
	srv.SetDomains("acme.com", "labs.example")
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections", object{
		"name": "Okta", "connection_type": "OktaOIDC", "domains": []string{"acme.com"},
		"oidc": object{"issuer": issuer, "client_id": "c"},
	}, &connection)

	team := srv.AddTeam("Data", "linus@acme.com")
	srv.SetTeamRole(team, "production", "Viewer")
	srv.SetTeamRole(team, "staging", "Viewer")
	inTeam := func(workspace, role string) object {
		return object{"team_id": team, "workspace_id": srv.WorkspaceID(workspace), "role": role, "role_id": srv.WorkspaceRoleID(role)}
	}

	eve.SetTeamRole(team, "production", "Owner")
	eve.RemoveTeamRole(team, "staging")
	eve.SetDomains("acme.com", "evil.example")
	eve.SetRole("ada@acme.com", "Owner")
	eve.SetRole("grace@acme.com", "Admin")
	eve.RemoveMember("linus@acme.com")
	srv.Call(acctest.AdminKey, http.MethodPatch, "", object{"auth_expiration_seconds": 60}, nil)
	srv.Call(acctest.OwnerKey, http.MethodPatch, "", object{"name": "Acme, Inc."}, nil)
	srv.Call(acctest.ServiceKey, http.MethodPatch, "/sso/connections/"+connection.ID, object{"name": "Other"}, nil)
	srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+connection.ID, object{"oidc": object{"client_id": "d"}}, nil)
	var directory, mapping struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/directories", object{"name": "Corp", "type": "okta scim v2.0"}, &directory)
	at := "/sso/directories/" + directory.ID
	srv.Call(acctest.SecondOwnerKey, http.MethodPatch, at, object{"deprovision_action": "delete", "default_account_role_id": srv.RoleID("Admin")}, nil)
	srv.Call(acctest.OwnerKey, http.MethodPatch, at, object{"name": "Corporation"}, nil)
	srv.Call(acctest.ServiceKey, http.MethodPost, at+"/group_role_mappings", object{"match": object{"group_name": "G"}, "account_role_id": srv.RoleID("Admin"), "priority": 1}, &mapping)
	srv.Call(acctest.SecondOwnerKey, http.MethodPatch, at+"/group_role_mappings/"+mapping.ID, object{"account_role_id": srv.RoleID("Owner")}, nil)
	srv.Call(acctest.OwnerKey, http.MethodPatch, at+"/group_role_mappings/"+mapping.ID, object{"priority": 2}, nil)

	env := map[string]string{"PREFECT_API_KEY": acctest.ServiceKey, "PREFECT_API_URL": srv.URL + "/api"}
	const byEve = "by second.owner@acme.com, "
	for name, tc := range map[string]struct {
		drift object
		want  []string
	}{
		"a domain":      {changed("prefectsso_domain", object{"name": "labs.example"}, nil), []string{byEve}},
		"domains":       {changed("prefectsso_domains", object{"names": []string{"acme.com", "labs.example"}}, object{"names": []string{"acme.com", "evil.example"}}), []string{byEve, byEve}},
		"a member":      {changed("prefectsso_member_role", object{"id": ada.ID, "email": "ada@acme.com", "role": "Admin"}, object{"id": ada.ID, "email": "ada@acme.com", "role": "Owner"}), []string{byEve}},
		"one who left":  {changed("prefectsso_member_role", object{"id": linus.ID, "email": "linus@acme.com", "role": "Admin"}, nil), []string{byEve}},
		"a map":         {changed("prefectsso_member_roles", object{"roles": object{"Grace@acme.com": "Member", "linus@acme.com": "Member"}}, object{"roles": object{"Grace@acme.com": "Admin"}}), []string{byEve, byEve}},
		"a role":        {changed("prefectsso_role_members", object{"role": "Owner", "members": []string{"owner@acme.com"}}, object{"role": "Owner", "members": []string{"owner@acme.com", "ada@acme.com"}}), []string{byEve}},
		"the policy":    {changed("prefectsso_session_policy", object{"auth_expiration_seconds": 1}, object{"auth_expiration_seconds": 60}), []string{"by admin@acme.com, "}},
		"a connection":  {changed("prefectsso_identity_provider", object{"id": connection.ID, "name": "Okta"}, object{"id": connection.ID, "name": "Other"}), []string{"by terraform (service account), "}},
		"a directory":   {changed("prefectsso_scim_directory", object{"id": directory.ID, "deprovision_action": "deactivate", "default_role": "Member"}, object{"id": directory.ID, "deprovision_action": "delete", "default_role": "Admin"}), []string{byEve, byEve}},
		"a mapping":     {changed("prefectsso_group_role_mapping", object{"id": mapping.ID, "role": "Admin", "status": "applied"}, object{"id": mapping.ID, "role": "Owner", "status": "dangling"}), []string{byEve, "by whom is unknown: no event since "}},
		"a team":        {changed("prefectsso_team_workspace_role", inTeam("production", "Viewer"), inTeam("production", "Owner")), []string{byEve, byEve}},
		"a team's end":  {changed("prefectsso_team_workspace_role", inTeam("staging", "Viewer"), nil), []string{byEve}},
		"no trail":      {changed("random_pet", object{"id": "a"}, object{"id": "b"}), []string{"by whom is unknown: which events"}},
		"nobody did it": {changed("prefectsso_member_role", object{"id": "x", "email": "new@acme.com", "role": "Admin"}, object{"id": "x", "email": "new@acme.com", "role": "Owner"}), []string{"by whom is unknown: no event since "}},
	} {
		t.Run(name, func(t *testing.T) {
			got := command(t, env, planOf(t, object{"resource_drift": []object{tc.drift}}))
			var by []string
			for line := range strings.Lines(got.out) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "by ") || strings.HasPrefix(line, "last ") {
					by = append(by, line)
				}
			}
			if got.code != report.ExitChanges || len(by) != len(tc.want) {
				t.Fatalf("%+v, want %q", got, tc.want)
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(by[i], want) {
					t.Errorf("%s, want %s…", by[i], want)
				}
			}
		})
	}
}

// A report is made whatever becomes of the look into the trail, and says what it left out. The key is not in it.
func TestActorsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	drift := planOf(t, object{"resource_drift": []object{
		changed("prefectsso_domain", object{"name": "labs.example"}, nil), changed("prefectsso_domain", object{"name": "acme.com"}, nil),
	}})
	url := srv.URL + "/api"
	for name, tc := range map[string]struct {
		key, url string
		args     []string
		code     int
		want     string
	}{
		"switched off":       {acctest.ServiceKey, url, []string{"--actors=off"}, report.ExitChanges, "--actors is off"},
		"without a key":      {"", url, nil, report.ExitChanges, "PREFECT_API_KEY is not set"},
		"an unknown key":     {"pnb_canary", url, nil, report.ExitChanges, "the audit trail could not be read: "},
		"the browser's page": {"pnb_canary", "https://app.prefect.cloud/account/" + acctest.AccountID, nil, report.ExitChanges, "is the address of a page for the browser"},
		"no URL":             {"pnb_canary", "localhost:1", nil, report.ExitChanges, "has no scheme"},
		"no encryption":      {"pnb_canary", "http://prefect.example/api", nil, report.ExitChanges, "is an http:// address of another machine, and drift-report sends no key unencrypted"},
		"a key of two lines": {"pnb_canary\nx", url, nil, report.ExitChanges, "the API key holds"},
	} {
		t.Run(name, func(t *testing.T) {
			got := command(t, map[string]string{"PREFECT_API_KEY": tc.key, "PREFECT_API_URL": tc.url}, drift, tc.args...)
			if got.code != tc.code || !strings.Contains(got.out+got.err, tc.want) {
				t.Errorf("%+v, want %d and %q", got, tc.code, tc.want)
			}
			if strings.Contains(got.out+got.err, "canary") {
				t.Errorf("the key is in %+v", got)
			}
		})
	}
}

// A server that is not the account API is told as that, and never by the account or the key.
func TestActorsOfAnotherServer(t *testing.T) {
	t.Parallel()
	drift := planOf(t, object{"resource_drift": []object{changed("prefectsso_domain", object{"name": "labs.example"}, nil)}})
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<title>Prefect</title>")) // the command sees what arrives
		}, "a web page came instead"},
		"a self-hosted server": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/api/admin/version" {
				_, _ = w.Write([]byte(`"3.4.1"`)) // the same
				return
			}
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"Not Found"}`)) // the same
		}, "a self-hosted Prefect server (version 3.4.1)"},
		"a 404 of everything": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "none of the API's routes"},
		"a login page": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
		}, "https://login.example/, another host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tc.handler)
			t.Cleanup(srv.Close)
			got := command(t, map[string]string{"PREFECT_API_KEY": "pnb_canary", "PREFECT_API_URL": srv.URL}, drift)
			if got.code != report.ExitChanges || !strings.Contains(got.out, "is not Prefect Cloud's account API") || !strings.Contains(got.out, tc.want) || strings.Contains(got.out, "account_id") {
				t.Errorf("%+v, want %q", got, tc.want)
			}
		})
	}
}

// The command finds key, address and headers where the provider does.
func TestActorsByProfile(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.SetDomains("acme.com")
	profiles := filepath.Join(t.TempDir(), "profiles.toml")
	content := "active = \"none\"\n[profiles.work]\nPREFECT_API_KEY = \"" + acctest.ServiceKey + "\"\nPREFECT_API_URL = \"" + srv.URL + "/api/accounts/" + acctest.AccountID + "\"\n"
	if err := os.WriteFile(profiles, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	drift := planOf(t, object{"resource_drift": []object{changed("prefectsso_domain", object{"name": "labs.example"}, nil)}})
	for name, tc := range map[string]struct {
		env  map[string]string
		want string
	}{
		"a profile":           {map[string]string{"PREFECT_PROFILES_PATH": profiles, "PREFECT_PROFILE": "work"}, "no event since "},
		"no active profile":   {map[string]string{"PREFECT_PROFILES_PATH": profiles}, "PREFECT_API_KEY is not set, and no profile has a key"},
		"no such profile":     {map[string]string{"PREFECT_PROFILES_PATH": profiles, "PREFECT_PROFILE": "play"}, `has no profile "play"`},
		"a header that is no": {map[string]string{"PREFECT_PROFILES_PATH": profiles, "PREFECT_PROFILE": "work", "PREFECT_CLIENT_CUSTOM_HEADERS": `{"Host": "canary"}`}, `"Host" cannot be set`},
	} {
		t.Run(name, func(t *testing.T) {
			got := command(t, tc.env, drift)
			if got.code != report.ExitChanges || !strings.Contains(got.out, tc.want) || strings.Contains(got.out+got.err, "canary") {
				t.Errorf("%+v, want %q", got, tc.want)
			}
		})
	}
}

// Who watches hears how many lookups there are, also of those that fail.
func TestProgress(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	env := map[string]string{"PREFECT_API_KEY": acctest.ServiceKey, "PREFECT_API_URL": srv.URL + "/api"}
	plan := planOf(t, object{"resource_drift": []object{
		changed("prefectsso_domain", object{"name": "labs.example"}, nil), changed("prefectsso_session_policy", object{"auth_expiration_seconds": 1}, object{"auth_expiration_seconds": 2}),
	}})
	for _, key := range []string{acctest.ServiceKey, "pnb_nobody"} {
		env["PREFECT_API_KEY"] = key
		var heard acctest.Heard
		if got := commandBefore(t, &heard, env, plan); got.code != report.ExitChanges || got.err != "" {
			t.Errorf("%+v", got)
		}
		heard.Want(t, "lookups in the audit trail 2")
	}
}

func TestActorsWithoutPermission(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	srv.Fault(object{"method": "POST", "route": "/api/accounts/{account_id}/events/filter", "status": 403})
	got := command(t, map[string]string{"PREFECT_API_KEY": acctest.ServiceKey, "PREFECT_API_URL": srv.URL + "/api"},
		planOf(t, object{"resource_drift": []object{changed("prefectsso_domain", object{"name": "labs.example"}, nil)}}))
	if got.code != report.ExitChanges || !strings.Contains(got.out, "the key may not read the audit trail (read:audit_event)") {
		t.Errorf("%+v", got)
	}
}
