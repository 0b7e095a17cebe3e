package accessreport_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/accessreport"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// hostile are names that people may give to things, and that would do something to who reads a report.
var hostile = []string{
	"</details><script>alert(1)</script>", "@octocat", "#1", "GH-1 octo/repo#2", "a | b", "**bold** _it_ ~~x~~", "`code` ``x``", "![i](https://evil.example/x.png)", "[l](javascript:alert(1))",
	"https://evil.example/", "www.evil.example", "&lt;b&gt; &#64;x", "\x1b[31mred\x1b[0m", "two\nlines\r\n# heading", "\u202egnp.exe", `quote " and ' and \ end`, "]]>", "<!-- -->", "$(id) ${x} %{y}", "é😀",
}

// TestHostileNames drives names that would steer a terminal, become markup, mention people or end a fold through every
// format, in every place that has names.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	dir := t.TempDir()
	world := filepath.Join(dir, "world.json")
	now := time.Now()
	if got := runIn(t, environment(o.Server), now, "", "--save-world", world); got.code != report.ExitNothing {
		t.Fatal(got)
	}
	saved, err := os.ReadFile(world)
	if err != nil {
		t.Fatal(err)
	}
	plan := func(name string) string {
		p := newPlan()
		key, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		okta, without := o.okta("acme.com", "labs.example"), o.okta("acme.com")
		okta["name"], without["name"] = name, name
		p.update("prefectsso_identity_provider", "x["+string(key)+"]", okta, without)
		p.update("prefectsso_scim_directory", "d", object{"id": o.DirectoryID(), "name": name, "enabled": true, "configurable": true}, object{"id": o.DirectoryID(), "name": name, "enabled": false, "configurable": true})
		p.delete("prefectsso_team_workspace_role", "z", o.teamRole("Viewer"))
		p.create("prefectsso_member_role", "r["+string(key)+"]", object{"email": "ada@acme.com", "role": "Admin"})
		p.create("prefectsso_member_role", "none["+string(key)+"]", object{"email": name + "@acme.com", "role": "Admin"})
		of(p.create("prefectsso_domain", "u["+string(key)+"]", object{}))["after_unknown"] = object{"name": true}
		return p.json(t)
	}
	for i, name := range hostile {
		encoded, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		own := strings.NewReplacer(`"Okta"`, string(encoded), `"Data"`, string(encoded), `"staging"`, string(encoded), `"Viewer"`, string(encoded), `"Admin"`, string(encoded), `"robot"`, string(encoded), `"acme"`, string(encoded)).Replace(string(saved))
		file := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(plan(name), `"role":"Admin"`, `"role":`+string(encoded))
		for _, format := range []string{"text", "markdown", "svg", "json"} {
			got := runIn(t, map[string]string{"PREFECT_PROFILES_PATH": "/dev/null"}, now, text, "--format", format, "--world", file)
			if got.code != report.ExitFinding || got.err != "" {
				t.Fatalf("%q as %s: exit code %d, %s", name, format, got.code, got.err)
			}
			for _, r := range got.out {
				if r != '\n' && !unicode.IsPrint(r) && format != "json" {
					t.Errorf("%q as %s: has %q", name, format, r)
				}
			}
			switch format {
			case "markdown":
				checkMarkdown(t, name, got.out)
			case "svg":
				checkXML(t, name, got.out)
			case "json":
				if a := got.account(t); *a.Handle != name {
					t.Errorf("%q is %q", name, *a.Handle)
				}
			}
		}
	}
}

var (
	// spans are what Markdown takes as it stands.
	spans   = regexp.MustCompile("(?s)`[^`\n]*`")
	tags    = regexp.MustCompile(`</?(details|summary|code|br)( open)?>`)
	escaped = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]|&#?[a-z0-9]+;`)
)

// checkMarkdown looks for what GitHub would make something of, but for the report's own markup.
func checkMarkdown(t *testing.T, name, text string) {
	t.Helper()
	if strings.Count(text, "<details") != strings.Count(text, "</details>") {
		t.Errorf("%q: folds do not end in\n%s", name, text)
	}
	for line := range strings.Lines(text) {
		plain := escaped.ReplaceAllString(tags.ReplaceAllString(spans.ReplaceAllString(line, ""), ""), "")
		if strings.HasPrefix(line, "| ") && strings.Count(plain, "|") != 3 {
			t.Errorf("%q: a row of a table breaks: %s", name, line)
		}
		if strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "**") {
			continue
		}
		for _, bad := range []string{"<", "@", "#", "://", "www.", "[", "]", "~~"} {
			if strings.Contains(plain, bad) {
				t.Errorf("%q: %q is in %s", name, bad, line)
			}
		}
	}
	for _, bad := range []string{"<script", "<!--", "<b>", "<img"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q: %q is in\n%s", name, bad, text)
		}
	}
}

// checkXML reads a picture to its end.
func checkXML(t *testing.T, name, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v in\n%s", name, err, text)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Errorf("%q: a script", name)
		}
	}
}

// TestRedact: with --redact no address of a person is in any format, and all else is said.
func TestRedact(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	p.update("prefectsso_identity_provider", "x", o.okta("acme.com", "labs.example"), o.okta("acme.com"))
	p.create("prefectsso_member_role", `y["ada@acme.com"]`, object{"email": "Ada@acme.com", "role": "Admin"})
	p.create("prefectsso_member_role", `z["absent@acme.com"]`, object{"email": "absent@acme.com", "role": "Admin"})
	p.change("prefectsso_member_roles", "m", []string{"no-op"}, object{"roles": object{"grace@acme.com": "Owner"}}, object{"roles": object{"grace@acme.com": "Owner"}})
	p.provider["acknowledge_lockout"] = []string{"grace@acme.com"}
	for _, format := range []string{"text", "markdown", "svg", "json"} {
		got := run(t, o.Server, p.json(t), "--format", format, "--redact")
		for _, who := range []string{"ada", "grace", "linus", "absent", "owner", "admin@"} {
			for _, word := range []string{who + "@", who + ".owner@", "\"" + who + "\""} {
				if strings.Contains(strings.ReplaceAll(got.out, "\\", ""), word) {
					t.Errorf("%s: %s is in\n%s", format, word, got.out)
				}
			}
		}
		if got.code != report.ExitFinding || format != "svg" && !strings.Contains(got.out, "person-") {
			t.Errorf("%s: exit code %d\n%s", format, got.code, got.out)
		}
	}
	a := run(t, o.Server, p.json(t), "--format", "json", "--redact").account(t)
	if len(a.People) != 2 || a.People[0].Kinds[0] != accessreport.LosesAccess || !strings.HasSuffix(a.People[0].Email, "@labs.example") {
		t.Errorf("%+v", a.People)
	}
}

// TestSensitive: what the plan marks as sensitive is in no format, and is judged all the same.
func TestSensitive(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := newPlan()
	change := of(p.create("prefectsso_member_role", "y", object{"email": "ada@acme.com", "role": "Auditor-canary"}))
	change["after_sensitive"] = object{"email": true}
	okta, without := o.okta("acme.com", "labs.example"), o.okta("acme.com")
	okta["oidc"], without["oidc"] = object{"client_secret_wo": nil, "issuer": "https://canary.example"}, object{"client_secret_wo": nil, "issuer": "https://canary.example"}
	change = of(p.update("prefectsso_identity_provider", "x", okta, without))
	change["before_sensitive"] = object{"domains": []any{false, true}, "oidc": object{"client_secret_wo": true, "issuer": true}}
	change["after_sensitive"] = object{"domains": []any{false}, "oidc": object{"client_secret_wo": true, "issuer": true}}
	change = of(p.create("prefectsso_member_role", "v", object{"email": "admin@acme.com", "role": "canary-role"}))
	change["after_sensitive"] = object{"role": true}
	change = of(p.create("prefectsso_member_role", "w", object{"email": "grace@acme.com", "role": "Admin"}))
	change["after_sensitive"] = object{"role": true}
	for _, format := range []string{"text", "markdown", "svg", "json"} {
		got := run(t, o.Server, p.json(t), "--format", format)
		for _, secret := range []string{"ada@acme.com", "labs.example", "canary.example", "canary-role"} {
			if strings.Contains(strings.ReplaceAll(got.out, "&#64;", "@"), secret) {
				t.Errorf("%s: %s is in\n%s", format, secret, got.out)
			}
		}
		if got.code != report.ExitFinding {
			t.Errorf("%s: exit code %d\n%s", format, got.code, got.out)
		}
	}
	a := run(t, o.Server, p.json(t), "--format", "json").account(t)
	if len(a.People) != 2 || !strings.HasPrefix(a.People[0].Email, "linus@sensitive-") || a.People[1].Email != "grace@acme.com" || !strings.HasPrefix(*a.People[1].Role.After, "sensitive-") {
		t.Errorf("%+v", a.People)
	}
}
