package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// Exit codes of terraform plan -detailed-exitcode, and of the provider's reports.
const (
	noChanges   = 0
	failed      = 1
	withChanges = 2
)

// above leads from examples/quickstart, where the commands are shown, to where the demo was started. They run in a copy.
const above = "../../"

// story is one performance.
type story struct {
	screen *screen
	work   *workspace
	server *stage.Server
	// provider is the program, which is also the command that makes reports.
	provider string
	// token is the directory's, for Terraform and the identity provider; neither keeps it.
	token string
}

// The people of the story, of the ready-made account.
const (
	leaver   = "ada@acme.com"
	staff    = "grace@acme.com"
	promoted = "linus@acme.com"
	joiner   = "kay@acme.com"
)

// play goes through the steps and ends at the first that disappoints.
func (s *story) play(ctx context.Context) error {
	began := time.Now()
	for _, step := range []func(context.Context) error{
		s.open, s.manage, s.signOn, s.provision, s.leave, s.typo, s.drift, s.close,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.screen.line("")
	s.screen.line(fmt.Sprintf("Done in %s, in a copy of examples/quickstart; nothing is left. To try it yourself, `make dev` starts", since(began)))
	s.screen.line("a server that stays, and README.md has a first configuration.")
	return nil
}

// open starts the server and shows the account.
func (s *story) open(ctx context.Context) error {
	s.screen.headline("Start mockcloud, which behaves like the identity part of Prefect Cloud")
	s.screen.command(s.server.Command()...)
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	s.work.env = []string{
		"PREFECT_API_URL=" + s.server.APIURL,
		"PREFECT_API_KEY=" + terraformKey,
		"PREFECT_CLOUD_ACCOUNT_ID=" + accountID,
		"TF_VAR_issuer=" + s.server.IdPURL,
		"TF_VAR_client_secret=" + idpClientSecret,
		"TF_VAR_scim_secret=" + s.token,
	}
	for _, variable := range s.work.env {
		name, value, _ := strings.Cut(variable, "=")
		s.screen.shell("export " + name + "=" + stage.Quote(value))
	}
	before, err := s.account(ctx)
	if err != nil {
		return err
	}
	s.screen.output(before.lines()...)
	return nil
}

// manage brings the account to what the configuration says.
func (s *story) manage(ctx context.Context) error {
	s.screen.headline("Terraform makes the account what examples/quickstart says")
	s.screen.shell("cd examples/quickstart")
	s.screen.command("terraform", "init")
	if output, code, err := s.work.run(ctx, "init"); err != nil || code != 0 {
		return fmt.Errorf("terraform init ended with %d: %w\n%s", code, err, output)
	}
	if err := s.plan(ctx, withChanges); err != nil {
		return err
	}
	if _, err := s.terraform(ctx, 0, "apply", "tfplan"); err != nil {
		return err
	}
	s.screen.headline("A second plan finds nothing to do")
	return s.plan(ctx, noChanges)
}

// signOn has two people sign in, which puts single sign-on in force.
func (s *story) signOn(ctx context.Context) error {
	s.screen.headline("Two people sign in through the identity provider; with the first of them everybody has to")
	for _, email := range []string{leaver, staff} {
		began := time.Now()
		s.screen.request("GET", s.server.URL()+"/login?email="+email)
		provider, err := signIn(ctx, s.server.URL(), email)
		if err != nil {
			return err
		}
		s.screen.output(fmt.Sprintf("%s signed in at %s, in %d ms", email, provider, time.Since(began).Milliseconds()))
	}
	for _, person := range []struct {
		email, key string
		opens      bool
	}{{leaver, leaverKey, true}, {promoted, "pnu_linus", false}} {
		if err := s.expectAccess(ctx, person.email, person.key, person.opens); err != nil {
			return err
		}
	}
	return nil
}

// provision lets the people of the identity provider arrive.
func (s *story) provision(ctx context.Context) error {
	endpoint, code, err := s.work.run(ctx, "output", "-raw", "scim_endpoint")
	if err != nil || code != 0 {
		return fmt.Errorf("expected the directory's endpoint among the outputs: %w %s", err, endpoint)
	}
	const group = "Prefect Admins"
	s.screen.headline("The identity provider pushes its people over SCIM, and %s joins: an Admin by her group", joiner)
	token := "MOCKCLOUD_SCIM_TOKEN=" + s.token
	if err := s.idp(ctx, []string{token}, "connect", "--endpoint", strings.TrimSpace(endpoint), "--style", "okta"); err != nil {
		return err
	}
	if err := s.idp(ctx, nil, "join", joiner, "--first-name", "Kay", "--group", group); err != nil {
		return err
	}
	there, err := s.account(ctx)
	if err != nil {
		return err
	}
	if there.Roles[joiner] != "Admin" {
		return fmt.Errorf("expected %s to be an Admin, found %q", joiner, there.Roles[joiner])
	}
	s.screen.output(joiner + " is an " + there.Roles[joiner])
	return nil
}

// leave has a person leave the company.
func (s *story) leave(ctx context.Context) error {
	s.screen.headline("%s leaves the company: from that moment her API key opens nothing here", leaver)
	if err := s.expectAccess(ctx, leaver, leaverKey, true); err != nil {
		return err
	}
	if err := s.idp(ctx, nil, "leave", leaver); err != nil {
		return err
	}
	if err := s.expectAccess(ctx, leaver, leaverKey, false); err != nil {
		return err
	}
	s.screen.output("None of this is drift:")
	return s.plan(ctx, noChanges)
}

// typo plans a mistake, which is refused.
func (s *story) typo(ctx context.Context) (err error) {
	const from, to = `"acme.com"`, `"acme.org"`
	s.screen.headline("A typo in a pull request: the plan fails, and says who would be locked out")
	s.screen.shell("sed -i.bak 's/name = " + from + "/name = " + to + "/' main.tf")
	file := filepath.Join(s.work.configDir(), "main.tf")
	original, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	edited := bytes.Replace(original, []byte("name = "+from), []byte("name = "+to), 1)
	if bytes.Equal(original, edited) {
		return fmt.Errorf("expected name = %s in %s", from, file)
	}
	if err := os.WriteFile(file, edited, 0o600); err != nil {
		return err
	}
	heard, err := s.terraform(ctx, failed, "plan")
	if err != nil {
		return err
	}
	named := false
	for _, d := range heard.diagnostics {
		named = named || d.Severity == "error" && strings.Contains(d.Detail, staff)
	}
	if !named {
		return fmt.Errorf("expected an error that names %s, got %v", staff, heard.diagnostics)
	}
	s.screen.shell("mv main.tf.bak main.tf")
	return os.WriteFile(file, original, 0o600)
}

// idp shows what the test identity provider is told to do, and what it says.
func (s *story) idp(ctx context.Context, env []string, args ...string) error {
	shown := []string{}
	for _, variable := range env { // the value is a variable of the shell already
		name, _, _ := strings.Cut(variable, "=")
		shown = append(shown, name+`="$TF_VAR_scim_secret"`)
	}
	shown = append(shown, "MOCKCLOUD_IDP_URL="+s.server.IdPURL, above+filepath.ToSlash(s.server.Program), "idp")
	for _, arg := range args {
		shown = append(shown, stage.Quote(arg))
	}
	s.screen.shell(strings.Join(shown, " "))
	output, err := s.server.IdP(ctx, env, args...)
	if err != nil {
		return err
	}
	s.screen.output(strings.Split(output, "\n")...)
	return nil
}

// expectAccess asks for the account with a person's key.
func (s *story) expectAccess(ctx context.Context, email, key string, want bool) error {
	opens, err := (&api{url: s.server.APIURL, key: key}).opens(ctx)
	switch {
	case err != nil:
		return err
	case opens != want:
		return fmt.Errorf("expected access of %s to be %v, it is %v", email, want, opens)
	}
	answer := "403 Forbidden"
	if opens {
		answer = "200 OK"
	}
	s.screen.request("GET", "/api/accounts/{account_id} with the API key of "+email+": "+answer)
	return nil
}

// drift changes the account behind Terraform's back, has the reports name the person, and has Terraform mend it.
func (s *story) drift(ctx context.Context) error {
	before, err := s.account(ctx)
	if err != nil {
		return err
	}
	const role = "Owner"
	s.screen.headline("Somebody makes %s an %s in the browser: the next plan in CI finds it, and says who did it", promoted, role)
	other := &api{url: s.server.APIURL, key: secondOwnerKey}
	if err := other.setRole(ctx, promoted, role); err != nil {
		return err
	}
	if err := s.plan(ctx, withChanges); err != nil {
		return err
	}
	for _, report := range []struct{ command, person string }{{"drift-report", secondOwner}, {"access-report", promoted}} {
		text, err := s.report(ctx, report.command)
		if err != nil {
			return err
		}
		if !strings.Contains(text, report.person) {
			return fmt.Errorf("expected %s to name %s, got:\n%s", report.command, report.person, text)
		}
	}
	s.screen.headline("Applying that plan mends it")
	if _, err := s.terraform(ctx, 0, "apply", "tfplan"); err != nil {
		return err
	}
	after, err := s.account(ctx)
	if err != nil {
		return err
	}
	if !after.equal(before) {
		return fmt.Errorf("expected the account to be as before the change:\n%s\nit is:\n%s",
			strings.Join(before.lines(), "\n"), strings.Join(after.lines(), "\n"))
	}
	return nil
}

// report runs one of the provider's reports on the plan and shows it.
func (s *story) report(ctx context.Context, command string) (string, error) {
	s.screen.shell("terraform show -json tfplan | " + above + filepath.ToSlash(s.provider) + " " + command)
	program, err := filepath.Abs(s.provider)
	if err != nil {
		return "", err
	}
	output, code, err := s.work.pipe(ctx, program, command)
	if err != nil {
		return "", err
	}
	if code != withChanges {
		return "", fmt.Errorf("expected exit code %d from %s, got %d:\n%s", withChanges, command, code, output)
	}
	s.screen.output(strings.Split(strings.TrimSpace(output), "\n")...)
	return output, nil
}

// close destroys what Terraform manages and stops the server.
func (s *story) close(ctx context.Context) error {
	s.screen.headline("Destroy: identity provider, directory and domain go, the people stay")
	heard, err := s.terraform(ctx, 0, "destroy", "-auto-approve")
	if err != nil {
		return err
	}
	if n := heard.warnings(); n > 1 {
		return fmt.Errorf("expected at most one warning from terraform destroy, got %d: %v", n, heard.diagnostics)
	}
	left, err := s.account(ctx)
	if err != nil {
		return err
	}
	if len(left.Domains) != 0 || left.Roles[joiner] == "" {
		return fmt.Errorf("expected no domain after destroy, and %s among the members, found:\n%s", joiner, strings.Join(left.lines(), "\n"))
	}
	return s.server.Stop()
}

// account reads the account.
func (s *story) account(ctx context.Context) (snapshot, error) {
	return (&api{url: s.server.APIURL, key: terraformKey}).snapshot(ctx)
}

// plan makes a plan file, holds the exit code against want, and shows what is in it.
func (s *story) plan(ctx context.Context, want int) error {
	heard, err := s.run(ctx, want, "plan", "-out=tfplan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	document, code, err := s.work.run(ctx, "show", "-json", "tfplan")
	if err != nil || code != 0 {
		return fmt.Errorf("terraform show -json ended with %d: %w\n%s", code, err, document)
	}
	var plan planned
	if err := json.Unmarshal([]byte(document), &plan); err != nil {
		return err
	}
	s.screen.output(plan.lines()...)
	s.tell(heard)
	return nil
}

// terraform runs one command and shows what it says.
func (s *story) terraform(ctx context.Context, want int, args ...string) (said, error) {
	heard, err := s.run(ctx, want, args...)
	if err == nil {
		s.tell(heard)
	}
	return heard, err
}

// tell shows what Terraform said.
func (s *story) tell(heard said) {
	s.screen.output(heard.lines()...)
	if heard.summary != "" {
		s.screen.output(heard.summary)
	}
}

// run runs a command of Terraform, shows it, and holds its exit code against want.
func (s *story) run(ctx context.Context, want int, args ...string) (said, error) {
	s.screen.command(append([]string{"terraform"}, args...)...)
	output, code, err := s.work.run(ctx, append([]string{args[0], "-json"}, args[1:]...)...)
	if err != nil {
		return said{}, fmt.Errorf("terraform %s: %w", args[0], err)
	}
	if code != want {
		return said{}, fmt.Errorf("expected exit code %d from terraform %s, got %d:\n%s", want, strings.Join(args, " "), code, output)
	}
	return readSaid(output)
}
