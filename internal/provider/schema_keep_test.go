package provider_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

type object = map[string]any

// An update leaves known what it does not decide, and what others change between its plan and its apply is a warning, never
// an inconsistent result.
func TestUpdatesKeepWhatTheyDoNotDecide(t *testing.T) {
	t.Parallel()
	ada := object{"email": "ada@acme.com", "role": "Member", "on_destroy": "forget"}
	directory := object{"name": "Okta", "type": "okta scim v2.0", "enabled": true, "deprovision_action": "deactivate"}
	certificates := []string{rsaCertificate(t, time.Now().AddDate(1, 0, 0)), rsaCertificate(t, time.Now().AddDate(2, 0, 0))}
	for name, test := range map[string]struct {
		typeName      string
		before        func(*testing.T, *acctest.Server, *protocol) *tfprotov6.DynamicValue // nil: it is made
		config, after func(*acctest.Server) object
		unknown       []string              // what the update decides, and no one knows yet
		meanwhile     func(*acctest.Server) // between plan and apply
		warned        []string              // what was planned otherwise
	}{
		"a member's other argument": {
			typeName: "prefectsso_member_role",
			config:   func(*acctest.Server) object { return ada },
			after:    func(*acctest.Server) object { return with(ada, "on_destroy", "reset") },
			meanwhile: func(srv *acctest.Server) {
				srv.SCIM(http.MethodPatch, "/Users/"+srv.PushUser("ada@acme.com"), object{
					"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
					"Operations": []object{{"op": "replace", "value": object{"active": false}}},
				}, nil)
			},
			warned: []string{"active"},
		},
		"a member's role": {
			typeName:  "prefectsso_member_role",
			config:    func(*acctest.Server) object { return ada },
			after:     func(*acctest.Server) object { return with(ada, "role", "Auditor") },
			unknown:   []string{"managed_by"},
			meanwhile: func(srv *acctest.Server) { srv.RemoveMember("ada@acme.com"); srv.PushUser("ada@acme.com") },
			warned:    []string{"id"},
		},
		"a directory": {
			typeName: "prefectsso_scim_directory",
			before: func(t *testing.T, srv *acctest.Server, p *protocol) *tfprotov6.DynamicValue {
				t.Helper()
				return p.imported(t, "prefectsso_scim_directory", object{"id": srv.DirectoryID()})
			},
			after:   func(*acctest.Server) object { return with(directory, "deprovision_action", "delete") },
			unknown: []string{"created_by"}, // the API names none
			meanwhile: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/directories/"+srv.DirectoryID(), object{"state": "unlinked"}, nil)
			},
			warned: []string{"enabled", "state"},
		},
		"a directory is switched off": {
			typeName: "prefectsso_scim_directory",
			before: func(t *testing.T, srv *acctest.Server, p *protocol) *tfprotov6.DynamicValue {
				t.Helper()
				return p.imported(t, "prefectsso_scim_directory", object{"id": srv.DirectoryID()})
			},
			after:   func(*acctest.Server) object { return with(directory, "enabled", false) },
			unknown: []string{"created_by", "state"},
		},
		"a connection's name": {
			typeName: "prefectsso_identity_provider",
			config:   func(*acctest.Server) object { return samlOf(certificates[:1]) },
			after:    func(*acctest.Server) object { return with(samlOf(certificates[:1]), "name", "Okta 2") },
			meanwhile: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+connectionID(srv), object{"saml": object{"idp_certificates": certificates}}, nil)
			},
			warned: []string{"certificates", "saml"},
		},
		"a connection's certificates": {
			typeName: "prefectsso_identity_provider",
			config:   func(*acctest.Server) object { return samlOf(certificates[:1]) },
			after:    func(*acctest.Server) object { return samlOf(certificates) },
			unknown:  []string{"certificates", "want_authn_requests_signed"},
			meanwhile: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPost, "/sso/connections/"+connectionID(srv)+"/activate", nil, nil)
			},
			warned: []string{"state"},
		},
		"a connection's metadata, which writes all of it": {
			typeName: "prefectsso_identity_provider",
			config:   metadataOf(idpXML("https://idp.example/", "", certificates[0])),
			after:    metadataOf(idpXML("https://idp.example/2", "", certificates[0])),
			unknown:  []string{"certificates", "want_authn_requests_signed"},
			meanwhile: func(srv *acctest.Server) {
				srv.Call(acctest.OwnerKey, http.MethodPatch, "/sso/connections/"+connectionID(srv), object{"saml": object{"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"}}, nil)
			},
		},
		"a mapping's priority": {
			typeName:  "prefectsso_group_role_mapping",
			config:    mappingOf("Staff", 1),
			after:     mappingOf("Staff", 2),
			meanwhile: func(srv *acctest.Server) { srv.PushGroup("Staff") },
			warned:    []string{"status"},
		},
		"a mapping's group": {typeName: "prefectsso_group_role_mapping", config: mappingOf("Staff", 1), after: mappingOf("Crew", 1), unknown: []string{"status"}},
		"a team's role": {
			typeName: "prefectsso_team_workspace_role",
			config:   teamRoleOf("Viewer"),
			after:    teamRoleOf("Developer"),
		},
		"a token's expiry": {
			typeName: "prefectsso_scim_token",
			config:   tokenOf(object{"expires_in": "720h"}),
			after:    tokenOf(object{"expires_in": "900h"}),
		},
		"a client's overlap": {
			typeName: "prefectsso_scim_client",
			config:   clientOf(object{"overlap": "1h"}),
			after:    clientOf(object{"overlap": "2h"}),
		},
		"a client's secret": {
			typeName: "prefectsso_scim_client",
			config:   clientOf(nil),
			after:    clientOf(object{"secret_wo": scimSecret(2), "secret_wo_version": 2, "overlap": "1h"}),
			unknown:  []string{"secret_created", "suffix"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			if test.typeName == "prefectsso_team_workspace_role" {
				srv.AddTeam("Crew")
			}
			p := inProcess(t, srv)
			var prior *tfprotov6.DynamicValue
			if test.before != nil {
				prior = test.before(t, srv, p)
			} else {
				prior = p.create(t, test.typeName, test.config(srv)).NewState
			}
			prior = p.read(t, test.typeName, prior, nil).NewState
			plan, given := inProcess(t, srv).change(t, test.typeName, prior, test.after(srv))
			noErrors(t, plan.Diagnostics)
			typ := p.resourceType(test.typeName)
			planned := p.object(t, typ, plan.PlannedState)
			var unknown []string
			for name, value := range planned {
				if !value.IsKnown() {
					unknown = append(unknown, name)
				}
			}
			if slices.Sort(unknown); !slices.Equal(unknown, test.unknown) {
				t.Errorf("unknown are %q, want %q", unknown, test.unknown)
			}
			if test.meanwhile != nil {
				test.meanwhile(srv)
			}
			fresh := inProcess(t, srv)
			done, err := fresh.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: test.typeName, PriorState: prior, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
			if err != nil {
				t.Fatal(err)
			}
			noErrors(t, done.Diagnostics)
			var warned []string
			for _, f := range findingsOf(done.Diagnostics) {
				if f.ID == "changed-since-plan" {
					warned = append(warned, f.At)
				}
			}
			if slices.Sort(warned); !slices.Equal(warned, test.warned) {
				t.Errorf("warned of %q, want %q", warned, test.warned)
			}
			got := p.object(t, typ, done.NewState)
			for name, want := range planned {
				wantAsPlanned(t, name, want, got[name])
			}
		})
	}
}

func samlOf(certificates []string) object {
	return object{
		"name": "Okta", "connection_type": "GenericSAML", "domains": []string{"acme.com"}, "activation": "none", "take_over_domains": false,
		"saml": object{"entity_id": "https://idp.example/", "sso_url": "https://idp.example/sso", "certificates": certificates, "allow_idp_initiated": false, "sign_requests": true},
	}
}

func metadataOf(xml string) func(*acctest.Server) object {
	return func(*acctest.Server) object {
		return object{"name": "Okta", "connection_type": "GenericSAML", "domains": []string{"acme.com"}, "activation": "none", "saml": object{"metadata_xml": xml}}
	}
}

func connectionID(srv *acctest.Server) string {
	var all []struct{ ID string }
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/connections", nil, &all)
	return all[0].ID
}

func mappingOf(group string, priority int) func(*acctest.Server) object {
	return func(srv *acctest.Server) object {
		return object{"directory_id": srv.DirectoryID(), "match": object{"group_name": group}, "role": "Auditor", "priority": priority}
	}
}

func teamRoleOf(role string) func(*acctest.Server) object {
	return func(*acctest.Server) object {
		return object{"team": object{"name": "Crew"}, "workspace": "production", "role": role}
	}
}

func clientOf(more object) func(*acctest.Server) object {
	return func(srv *acctest.Server) object {
		c := object{"directory_id": srv.DirectoryID(), "name": "okta", "secret_wo": scimSecret(1), "secret_wo_version": 1, "overlap": "1h"}
		maps.Copy(c, more)
		return c
	}
}

func tokenOf(more object) func(*acctest.Server) object {
	return func(srv *acctest.Server) object {
		token := object{"directory_id": srv.DirectoryID(), "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1}
		maps.Copy(token, more)
		return token
	}
}
