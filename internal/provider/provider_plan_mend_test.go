package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// What another resource of the run may still make is a warning of the plan, unless it was planned before, and an error of the
// apply.
func TestWhatMayStillComeIsAWarning(t *testing.T) {
	t.Parallel()
	const absent = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
	connection := map[string]any{
		"name": "Corp", "connection_type": "GenericSAML", "domains": []string{"acme.com", "New.example"}, "activation": "none",
		"saml": object{"metadata_xml": idpXML("https://idp.example/", "", bareCertificate(t))},
	}
	directory := map[string]any{"name": "Entra", "type": "azure scim v2.0", "allowed_domains": []string{"new.example"}}
	enables := map[string]map[string]any{"prefectsso_domain": {"name": "new.example"}, "prefectsso_domains": {"names": []string{"acme.com", "new.example"}}}
	for name, test := range map[string]struct {
		options  []acctest.Option
		before   string // a resource type of enables that is planned before
		typeName string
		config   map[string]any
		want     finding
		passes   bool // the apply makes it
	}{
		"a connection's domain":                          {typeName: "prefectsso_identity_provider", config: connection, want: warns("domain-not-enabled", "domains")},
		"a connection's domain that was planned":         {typeName: "prefectsso_identity_provider", config: connection, before: "prefectsso_domain"},
		"a connection's domain that was planned of many": {typeName: "prefectsso_identity_provider", config: connection, before: "prefectsso_domains"},
		"a connection's enabled domain":                  {typeName: "prefectsso_identity_provider", config: with(connection, "domains", []string{"acme.com"}), passes: true},
		"a directory's domain":                           {typeName: "prefectsso_scim_directory", config: directory, want: warns("domain-not-enabled", "allowed_domains")},
		"a directory's domain that was planned":          {typeName: "prefectsso_scim_directory", config: directory, before: "prefectsso_domain"},
		"a mapping's directory":                          {typeName: "prefectsso_group_role_mapping", config: map[string]any{"directory_id": absent, "match": matchGroup("Staff"), "role": "Auditor", "priority": 1}, want: warns("directory-absent", "directory_id")},
		"a token's directory":                            {typeName: "prefectsso_scim_token", config: map[string]any{"directory_id": absent, "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1}, want: warns("directory-absent", "directory_id")},
		"a client's directory":                           {typeName: "prefectsso_scim_client", config: map[string]any{"directory_id": absent, "name": "okta", "secret_wo": scimSecret(1), "secret_wo_version": 1}, want: warns("directory-absent", "directory_id")},
		"a connection that nobody has configured":        {options: []acctest.Option{acctest.PublishedOnly}, typeName: "prefectsso_identity_provider", config: with(connection, "domains", []string{"acme.com"}), want: warns("nothing-to-adopt", "name")},
		"a directory that nobody has configured":         {options: []acctest.Option{acctest.PublishedOnly}, typeName: "prefectsso_scim_directory", config: with(directory, "allowed_domains", nil), want: warns("nothing-to-adopt", "name")},
		"a directory that somebody has configured":       {options: []acctest.Option{acctest.PublishedOnly}, typeName: "prefectsso_scim_directory", config: map[string]any{"name": "Okta", "type": "okta scim v2.0"}, passes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, append(test.options, acctest.WithDirectory)...)
			p := inProcess(t, srv)
			if test.before != "" {
				plan, _, _ := p.plan(t, test.before, enables[test.before])
				noErrors(t, plan.Diagnostics)
			}
			plan, given, null := p.plan(t, test.typeName, test.config)
			noErrors(t, plan.Diagnostics)
			var said []*tfprotov6.Diagnostic
			for _, id := range []string{"domain-not-enabled", "directory-absent", "nothing-to-adopt"} {
				said = append(said, onlyOf(id, plan.Diagnostics)...)
			}
			var want []finding
			if test.want.ID != "" {
				want = append(want, test.want)
			}
			wantFindings(t, said, want...)
			done, err := inProcess(t, srv).server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: test.typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
			})
			if err != nil {
				t.Fatal(err)
			}
			if passed := len(errorsOf(done.Diagnostics)) == 0; passed != test.passes {
				t.Errorf("the apply passes: %t, want %t: %v", passed, test.passes, done.Diagnostics)
			}
		})
	}
}

// Domains that a directory gets later are looked at as well, by the one read of the domains that a run makes; where none is
// new to the directory, or another resource enables it, they are not read.
func TestAllowedDomainThatComesLater(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_scim_directory"
	config := func(domains ...string) map[string]any {
		return map[string]any{"name": "Entra", "type": "azure scim v2.0", "allowed_domains": domains}
	}
	missing := warns("domain-not-enabled", "allowed_domains")
	for name, test := range map[string]struct {
		before string // is planned before
		config map[string]any
		want   []finding
		reads  int  // of the domains
		passes bool // the apply makes it
	}{
		"one more, not enabled":      {config: config("acme.com", "new.example"), want: []finding{missing}, reads: 1},
		"one more, enabled":          {config: config("acme.com", "acme.example"), reads: 1, passes: true},
		"one more, that was planned": {before: "new.example", config: config("acme.com", "new.example")},
		"one not enabled instead":    {config: config("new.example"), want: []finding{missing}, reads: 1},
		"another spelling":           {config: config("ACME.com."), passes: true},
		"another name":               {config: with(config("acme.com"), "name", "Other"), passes: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t)
			srv.SetDomains("acme.com", "acme.example")
			made := inProcess(t, srv).create(t, typeName, config("acme.com"))
			p := inProcess(t, srv)
			if test.before != "" {
				plan, _, _ := p.plan(t, "prefectsso_domain", map[string]any{"name": test.before})
				noErrors(t, plan.Diagnostics)
			}
			srv.ResetRequests()
			plan, given := p.change(t, typeName, made.NewState, test.config)
			noErrors(t, plan.Diagnostics)
			wantFindings(t, onlyOf("domain-not-enabled", plan.Diagnostics), test.want...)
			if n := srv.Requests().Count("GET", "/domains"); n != test.reads {
				t.Errorf("the plan read the domains %d times, want %d", n, test.reads)
			}
			done, err := inProcess(t, srv).server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: typeName, PriorState: made.NewState, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
			})
			if err != nil {
				t.Fatal(err)
			}
			if passed := len(errorsOf(done.Diagnostics)) == 0; passed != test.passes {
				t.Errorf("the apply passes: %t, want %t: %v", passed, test.passes, done.Diagnostics)
			}
		})
	}
}
