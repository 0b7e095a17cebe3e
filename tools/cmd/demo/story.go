package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// Exit codes of terraform plan -detailed-exitcode.
const (
	noChanges   = 0
	withChanges = 2
)

// story is one performance.
type story struct {
	screen *screen
	work   *workspace
	server *stage.Server
	// token is the directory's, for Terraform and the identity provider; neither keeps it.
	token string
}

// play goes through the steps and ends at the first that disappoints.
func (s *story) play(ctx context.Context) error {
	began := time.Now()
	for _, step := range []func(context.Context) error{s.open, s.manage, s.provision, s.drift, s.close} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.screen.line("")
	s.screen.line(fmt.Sprintf("Done in %s. The configuration is examples/quickstart; README.md says how to go on.", since(began)))
	s.screen.line("To look around by yourself: bin/mockcloud serve --idp, then http://127.0.0.1:8787/ (the console) and http://127.0.0.1:8788/ (the identity provider).")
	return nil
}

// open starts the server and makes Terraform ready.
func (s *story) open(ctx context.Context) error {
	s.screen.headline("Start a server that behaves like Prefect Cloud's account API")
	s.screen.command(s.server.Command()...)
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	s.work.env = []string{
		"PREFECT_API_URL=" + s.server.APIURL,
		"PREFECT_API_KEY=" + terraformKey,
		"PREFECT_CLOUD_ACCOUNT_ID=" + accountID,
		"TF_VAR_scim_secret=" + s.token,
	}
	s.screen.output(append([]string{"For Terraform:"}, s.work.env...)...)
	s.screen.output("Meanwhile, in a browser: " + s.server.ConsoleURL + " (the account) and " + s.server.IdPURL + " (the identity provider)")

	s.screen.headline("The account before Terraform")
	if _, err := s.show(ctx); err != nil {
		return err
	}
	s.screen.headline("Initialize examples/quickstart with the provider just built")
	return s.terraform(ctx, 0, "init")
}

// manage brings the account to what the configuration says.
func (s *story) manage(ctx context.Context) error {
	s.screen.headline("Plan: what would change")
	if err := s.terraform(ctx, withChanges, "plan", "-detailed-exitcode", "-out=tfplan"); err != nil {
		return err
	}
	s.screen.headline("Apply that plan")
	if err := s.terraform(ctx, 0, "apply", "-auto-approve", "tfplan"); err != nil {
		return err
	}
	s.screen.headline("A second plan finds nothing to do")
	return s.terraform(ctx, noChanges, "plan", "-detailed-exitcode")
}

// provision lets the people of the identity provider arrive, and one leave.
func (s *story) provision(ctx context.Context) error {
	endpoint, code, err := s.work.run(ctx, "output", "-raw", "scim_endpoint")
	if err != nil || code != 0 {
		return fmt.Errorf("expected the directory's endpoint among the outputs: %w %s", err, endpoint)
	}
	const joins, group, leaves = "kay@acme.com", "Prefect Admins", "ada@acme.com"
	s.screen.headline("The identity provider pushes its people, as Okta does; %s joins, an Admin by her group", joins)
	token := "MOCKCLOUD_SCIM_TOKEN=" + s.token
	if err := s.idp(ctx, []string{token}, "connect", "--endpoint", strings.TrimSpace(endpoint), "--style", "okta"); err != nil {
		return err
	}
	if err := s.idp(ctx, nil, "join", joins, "--first-name", "Kay", "--group", group); err != nil {
		return err
	}
	there, err := s.show(ctx)
	if err != nil {
		return err
	}
	if there.Roles[joins] != "Admin" {
		return fmt.Errorf("expected %s to be an Admin, found %q", joins, there.Roles[joins])
	}

	s.screen.headline("%s leaves the company: from that moment her key opens nothing here", leaves)
	if err := s.expectAccess(ctx, true); err != nil {
		return err
	}
	if err := s.idp(ctx, nil, "leave", leaves); err != nil {
		return err
	}
	if err := s.expectAccess(ctx, false); err != nil {
		return err
	}
	s.screen.headline("She returns, with the role that she had")
	if err := s.idp(ctx, nil, "return", leaves); err != nil {
		return err
	}
	if err := s.expectAccess(ctx, true); err != nil {
		return err
	}
	s.screen.headline("None of this is drift: the next plan finds nothing to do")
	return s.terraform(ctx, noChanges, "plan", "-detailed-exitcode")
}

// idp shows what the test identity provider is told to do, and what it says.
func (s *story) idp(ctx context.Context, env []string, args ...string) error {
	s.screen.command(append([]string{filepath.ToSlash(s.server.Program), "idp"}, args...)...)
	output, err := s.server.IdP(ctx, env, args...)
	if err != nil {
		return err
	}
	s.screen.output(strings.Split(output, "\n")...)
	return nil
}

// expectAccess asks with ada's key.
func (s *story) expectAccess(ctx context.Context, want bool) error {
	s.screen.request("GET", "/api/accounts/{account_id}, with ada's API key")
	opens, err := (&api{url: s.server.APIURL, key: leaverKey}).opens(ctx)
	switch {
	case err != nil:
		return err
	case opens != want:
		return fmt.Errorf("expected access to be %v, it is %v", want, opens)
	case opens:
		s.screen.output("200 OK")
	default:
		s.screen.output("403 Forbidden")
	}
	return nil
}

// drift changes the account behind Terraform's back and has Terraform mend it.
func (s *story) drift(ctx context.Context) error {
	s.screen.headline("Who has which role now")
	before, err := s.show(ctx)
	if err != nil {
		return err
	}

	const who, role = "linus@acme.com", "Owner"
	s.screen.headline("Behind Terraform's back, %s makes %s an %s and has the directory remove whoever leaves", secondOwner, who, role)
	other := &api{url: s.server.APIURL, key: secondOwnerKey}
	s.screen.request("PATCH", "/api/accounts/{account_id}/account_memberships/{id of "+who+"}")
	if err := other.setRole(ctx, who, role); err != nil {
		return err
	}
	s.screen.request("PATCH", "/api/accounts/{account_id}/sso/directories/{id}")
	if err := other.stopRemembering(ctx); err != nil {
		return err
	}
	changed, err := s.show(ctx)
	if err != nil {
		return err
	}
	if changed.equal(before) {
		return fmt.Errorf("expected the account to have changed, it reads as before:\n%s", strings.Join(changed.lines(), "\n"))
	}

	s.screen.headline("The next plan finds the drift (in CI: exit code %d)", withChanges)
	if err := s.terraform(ctx, withChanges, "plan", "-detailed-exitcode", "-out=tfplan"); err != nil {
		return err
	}
	s.screen.headline("Applying that plan mends it")
	if err := s.terraform(ctx, 0, "apply", "-auto-approve", "tfplan"); err != nil {
		return err
	}
	after, err := s.show(ctx)
	if err != nil {
		return err
	}
	if !after.equal(before) {
		return fmt.Errorf("expected the account to be as before the change:\n%s\nit is:\n%s",
			strings.Join(before.lines(), "\n"), strings.Join(after.lines(), "\n"))
	}
	return nil
}

// close destroys what Terraform manages and stops the server.
func (s *story) close(ctx context.Context) error {
	s.screen.headline("Destroy: directory and domain go, people stay")
	if err := s.terraform(ctx, 0, "destroy", "-auto-approve"); err != nil {
		return err
	}
	left, err := s.show(ctx)
	if err != nil {
		return err
	}
	if len(left.Domains) != 0 {
		return fmt.Errorf("expected no domain after destroy, found %s", strings.Join(left.Domains, ", "))
	}
	s.screen.headline("Stop the server")
	if err := s.server.Stop(); err != nil {
		return err
	}
	s.screen.output("stopped, exit code 0")
	return nil
}

// show reads the account and puts it on the screen.
func (s *story) show(ctx context.Context) (snapshot, error) {
	s.screen.request("GET", "/api/accounts/{account_id}/domains")
	s.screen.request("POST", "/api/accounts/{account_id}/account_memberships/filter")
	got, err := (&api{url: s.server.APIURL, key: terraformKey}).snapshot(ctx)
	if err != nil {
		return snapshot{}, err
	}
	s.screen.output(got.lines()...)
	return got, nil
}

// terraform runs one command, shows it, and holds its exit code against want.
func (s *story) terraform(ctx context.Context, want int, args ...string) error {
	s.screen.command(append([]string{"terraform"}, args...)...)
	began := time.Now()
	output, code, err := s.work.run(ctx, args...)
	if err != nil {
		return fmt.Errorf("terraform %s: %w", args[0], err)
	}
	if code != want {
		return fmt.Errorf("expected exit code %d from terraform %s, got %d:\n%s", want, strings.Join(args, " "), code, output)
	}
	if args[0] == "init" {
		s.screen.output(installed(output)...)
	} else {
		s.screen.output(readable(output)...)
	}
	s.screen.line(s.screen.paint(dim, fmt.Sprintf("   exit code %d, %s", code, since(began))))
	return nil
}
