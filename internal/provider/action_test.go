package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// invoked plans an action and invokes it in another run, as Terraform from 1.14 on does; older ones have none, so that this
// is in process only. It returns what the action says, and what the step that failed, or the last one, finds.
func invoked(t *testing.T, block map[string]any, kind string, config object) (said []string, found []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, step := range []string{"validate", "plan", "invoke"} {
		if said, found = actionStep(t, inProcessAs(t, block), step, kind, config); errorsIn(found) > 0 {
			return said, found
		}
	}
	return said, found
}

// actionStep takes one step of an action's way: "validate", "plan" or "invoke".
func actionStep(t *testing.T, p *protocol, step, kind string, config object) (said []string, found []*tfprotov6.Diagnostic) {
	t.Helper()
	actions, ok := p.server.(tfprotov6.ProviderServerWithActions) //nolint:staticcheck // tfprotov6.ProviderServer, which is to have its methods, has none of them yet
	if !ok {
		t.Fatal("the provider has no actions")
	}
	given := p.value(t, p.schemas.ActionSchemas[kind].Schema.ValueType(), config)
	switch step {
	case "validate":
		resp, err := actions.ValidateActionConfig(context.Background(), &tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		return nil, resp.Diagnostics
	case "plan":
		resp, err := actions.PlanAction(context.Background(), &tfprotov6.PlanActionRequest{ActionType: kind, Config: given})
		if err != nil {
			t.Fatal(err)
		}
		return nil, resp.Diagnostics
	}
	stream, err := actions.InvokeAction(context.Background(), &tfprotov6.InvokeActionRequest{ActionType: kind, Config: given})
	if err != nil {
		t.Fatal(err)
	}
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			said = append(said, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			found = event.Diagnostics
		}
	}
	return said, found
}

// A token or client that an action revokes is rejected from then on, others go on; revoking it once more is success.
func TestRevokeActions(t *testing.T) {
	t.Parallel()
	for kind, test := range map[string]struct {
		resource string
		config   func(*acctest.Server) object
		at       string // its collection
	}{
		"prefectsso_scim_token_revoke":  {"prefectsso_scim_token", tokenOf(nil), "tokens"},
		"prefectsso_scim_client_revoke": {"prefectsso_scim_client", clientOf(nil), "clients"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			left := func() int {
				var rows []struct{ ID string }
				srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/"+test.at, nil, &rows)
				return len(rows)
			}
			before := left()
			p := inProcess(t, srv)
			made := p.create(t, test.resource, test.config(srv))
			id := textOf(t, p.object(t, p.resourceType(test.resource), made.NewState)["id"])
			config := object{"directory_id": srv.DirectoryID(), "id": strings.ToUpper(id)}
			for n, want := range []string{"is revoked", "nothing to revoke"} {
				said, found := invoked(t, sessionOf(srv), kind, config)
				if len(found) > 0 || len(said) != 1 || !strings.Contains(said[0], want) {
					t.Errorf("time %d: it says %q, and finds %s", n+1, said, detailsOf(found))
				}
				if after := left(); after != before {
					t.Errorf("time %d: %d are left, want %d", n+1, after, before)
				}
			}
			if read := inProcess(t, srv).read(t, test.resource, made.NewState, made.NewIdentity); !isNull(t, p, test.resource, read.NewState) {
				t.Error("the resource is still in the state")
			}
			// A key that may not is told by the plan, and refused when it is invoked.
			block := sessionOf(srv)
			block["api_key"] = "pnu_grace"
			if _, found := invoked(t, block, kind, config); errorsIn(found) == 0 {
				t.Errorf("a Member may revoke: %s", detailsOf(found))
			}
			block["plan_permissions"] = "error"
			if _, found := invoked(t, block, kind, config); !has(found, "permission-missing") {
				t.Errorf("the plan does not say what is missing: %s", detailsOf(found))
			}
			if _, found := invoked(t, sessionOf(srv), kind, object{"directory_id": "", "id": id}); errorsIn(found) == 0 {
				t.Error("an empty id of a directory is accepted")
			}
		})
	}
}

// Metadata that is refreshed is what the identity provider serves now; what cannot be taken over is an error that says why,
// and changes nothing.
func TestRefreshAction(t *testing.T) {
	t.Parallel()
	const kind = "prefectsso_identity_provider_refresh"
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
	var served atomic.Pointer[string]
	serve := func(text string) { served.Store(&text) }
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte(*served.Load())); err != nil {
			t.Log(err) // the server has gone away
		}
	}))
	t.Cleanup(web.Close)
	certificates := func() (n int) {
		var rows []struct {
			SAML struct {
				Certificates []struct{ SHA256 string } `json:"idp_certificates"`
			}
		}
		srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &rows)
		return len(rows[0].SAML.Certificates)
	}
	one, two := bareCertificate(t), bareCertificate(t)
	serve(idpXML("https://idp.example", "", one))
	p := inProcess(t, srv)
	made := p.create(t, identityProvider, object{"name": "Corp", "connection_type": "GenericSAML", "domains": []string{"acme.com"}, "saml": object{"metadata_url": web.URL}})
	config := object{"id": textOf(t, p.object(t, p.resourceType(identityProvider), made.NewState)["id"])}

	serve(strings.Replace(idpXML("https://idp.example", "", one), "<md:SingleSignOnService", keyDescriptor(two)+"<md:SingleSignOnService", 1))
	said, found := invoked(t, sessionOf(srv), kind, config)
	if len(found) > 0 || len(said) != 1 || strings.Count(said[0], "certificate until") != 2 || certificates() != 2 {
		t.Errorf("it says %q, finds %s, and %d certificates are there", said, detailsOf(found), certificates())
	}
	serve("<no metadata/>")
	srv.Advance("2m")
	if _, found := invoked(t, sessionOf(srv), kind, config); errorsIn(found) == 0 || certificates() != 2 {
		t.Errorf("what is no metadata: %s, and %d certificates are there", detailsOf(found), certificates())
	}
	if _, found := invoked(t, sessionOf(srv), kind, object{"id": "conn_01KABCDEFGHJKMNPQRSTVWXYZ0"}); errorsIn(found) == 0 {
		t.Error("a connection that is not there is refreshed")
	}
}

// keyDescriptor is a further certificate of metadata.
func keyDescriptor(certificate string) string {
	return fmt.Sprintf(`<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`, certificate)
}

// Each action has an example of its own type, which parses and gives every required argument.
func TestActionExamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "examples", "actions")
	for kind, declared := range inProcess(t, acctest.Start(t)).schemas.ActionSchemas {
		file := filepath.Join(root, kind, "action.tf")
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, problems := hclsyntax.ParseConfig(content, file, hcl.InitialPos)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		body, ok := parsed.Body.(*hclsyntax.Body)
		if !ok || len(body.Blocks) != 1 || body.Blocks[0].Type != "action" || body.Blocks[0].Labels[0] != kind {
			t.Errorf("%s has no action of its type", file)
			continue
		}
		config := body.Blocks[0].Body.Blocks[0].Body
		for _, attribute := range declared.Schema.Block.Attributes {
			if _, given := config.Attributes[attribute.Name]; attribute.Required && !given {
				t.Errorf("%s does not give %s", file, attribute.Name)
			}
		}
	}
}

// Where the server does not offer what an action does, that is said, and nothing happens.
func TestActionsPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PublishedOnly)
	const directory = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
	for kind, config := range map[string]object{
		"prefectsso_member_sessions_end":       {"email": "ada@acme.com"},
		scimProbeRun:                           {"directory_id": directory, "email_domain": "acme.com"},
		"prefectsso_scim_token_revoke":         {"directory_id": directory, "id": "0c1f1d2e-0000-4000-8000-00000000000a"},
		"prefectsso_scim_client_revoke":        {"directory_id": directory, "id": "0c1f1d2e-0000-4000-8000-00000000000a"},
		"prefectsso_identity_provider_refresh": {"id": "conn_01KABCDEFGHJKMNPQRSTVWXYZ0"},
	} {
		srv.ResetRequests()
		if said, found := invoked(t, sessionOf(srv), kind, config); errorsIn(found) == 0 || len(said) > 0 {
			t.Errorf("%s says %q, and finds %s", kind, said, detailsOf(found))
		}
	}
}
