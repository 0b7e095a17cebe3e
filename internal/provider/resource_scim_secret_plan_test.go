package provider_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

// A directory that is replaced ends what is in it. A token and a client that keep their version then cannot be made anew with
// a secret that an identity provider has used, and the plan says so; with another version, or before any use, they can.
func TestSecretsOfReplacedDirectory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typeName string
		config   func(*acctest.Server) map[string]any
		use      func(*testing.T, *acctest.Server, map[string]tftypes.Value) // as the identity provider does
		after    object
		replaces bool
		want     []string
	}{
		"a token that was used":                 {"prefectsso_scim_token", tokenOf(nil), useToken, nil, true, []string{"ERROR token_wo_version"}},
		"a token that was not":                  {"prefectsso_scim_token", tokenOf(nil), nil, nil, true, []string{"WARNING token_wo_version"}},
		"a token with another version":          {"prefectsso_scim_token", tokenOf(nil), useToken, object{"token_wo": scimSecret(2), "token_wo_version": 2}, true, nil},
		"a token of a directory that may stay":  {"prefectsso_scim_token", tokenOf(nil), useToken, nil, false, []string{"WARNING token_wo_version"}},
		"a client that was used":                {"prefectsso_scim_client", clientOf(nil), askToken, nil, true, []string{"ERROR secret_wo_version"}},
		"a client that was not":                 {"prefectsso_scim_client", clientOf(nil), nil, nil, true, []string{"WARNING secret_wo_version"}},
		"a client with another version":         {"prefectsso_scim_client", clientOf(nil), askToken, object{"secret_wo": scimSecret(2), "secret_wo_version": 2}, true, nil},
		"a client of a directory that may stay": {"prefectsso_scim_client", clientOf(nil), askToken, nil, false, []string{"WARNING secret_wo_version"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			own := inProcess(t, srv)
			state := own.create(t, test.typeName, test.config(srv)).NewState
			if test.use != nil {
				test.use(t, srv, own.object(t, own.resourceType(test.typeName), state))
			}
			const directory = "prefectsso_scim_directory"
			prior := own.imported(t, directory, map[string]any{"id": srv.DirectoryID()})
			p := inProcess(t, srv)
			config := map[string]any{"name": "Okta", "type": "okta scim v2.0"}
			plan, given := p.change(t, directory, prior, config)
			noErrors(t, plan.Diagnostics)
			if test.replaces {
				again, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
					TypeName: directory, PriorState: p.null(t, p.resourceType(directory)), ProposedNewState: given, Config: given, PriorPrivate: plan.PlannedPrivate,
				})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, again.Diagnostics)
			}
			after := with(test.config(srv), "directory_id", tftypes.UnknownValue)
			maps.Copy(after, test.after)
			plan, _ = p.change(t, test.typeName, state, after)
			if got := told(plan.Diagnostics); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q: %v", got, test.want, plan.Diagnostics)
			}
		})
	}
}

// useToken and askToken call the directory as an identity provider does.
func useToken(_ *testing.T, srv *acctest.Server, _ map[string]tftypes.Value) {
	srv.SCIMTo(srv.SCIMURL(), scimSecret(1), http.MethodGet, "/Users", nil, nil)
}

func askToken(t *testing.T, srv *acctest.Server, state map[string]tftypes.Value) {
	t.Helper()
	var id string
	if err := state["client_id"].As(&id); err != nil {
		t.Fatal(err)
	}
	useClient(t, scimClientRow{ID: id, TokenEndpoint: srv.SCIMURL() + "/oauth/token"}, scimSecret(1))
}

// endTokens deletes all tokens of the directory.
func endTokens(srv *acctest.Server) {
	var tokens []struct{ ID string }
	at := "/sso/directories/" + srv.DirectoryID() + "/tokens"
	srv.Call(acctest.OwnerKey, http.MethodGet, at, nil, &tokens)
	for _, token := range tokens {
		srv.Call(acctest.OwnerKey, http.MethodDelete, at+"/"+token.ID, nil, nil)
	}
}

// A second rotation while the overlap of the first goes on has no room, and the plan says so; where somebody else's token is in
// the way, that may go until then.
func TestSecondRotationWithinOverlap(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typeName       string
		first          func(*acctest.Server) map[string]any
		second, third  object
		others, within bool // somebody else's token is there; the first rotation is made
		want           []string
	}{
		"a token":                    {"prefectsso_scim_token", tokenOf(nil), object{"token_wo": scimSecret(2), "token_wo_version": 2}, object{"token_wo": scimSecret(3), "token_wo_version": 3}, false, true, []string{"ERROR token_wo_version"}},
		"a token, the first time":    {"prefectsso_scim_token", tokenOf(nil), object{"token_wo": scimSecret(2), "token_wo_version": 2}, nil, false, false, nil},
		"a token beside another one": {"prefectsso_scim_token", tokenOf(nil), object{"token_wo": scimSecret(2), "token_wo_version": 2}, nil, true, false, []string{"WARNING token_wo_version"}},
		"a client":                   {"prefectsso_scim_client", clientOf(nil), object{"secret_wo": scimSecret(2), "secret_wo_version": 2}, object{"secret_wo": scimSecret(3), "secret_wo_version": 3}, false, true, []string{"ERROR secret_wo_version"}},
		"a client, the first time":   {"prefectsso_scim_client", clientOf(nil), object{"secret_wo": scimSecret(2), "secret_wo_version": 2}, nil, false, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			endTokens(srv) // that with which it begins takes a place
			state := inProcess(t, srv).create(t, test.typeName, test.first(srv)).NewState
			if test.others {
				inProcess(t, srv).create(t, test.typeName, with(tokenOf(object{"token_wo": scimSecret(9)})(srv), "name", "other"))
			}
			config := test.first(srv)
			maps.Copy(config, test.second)
			p := inProcess(t, srv)
			plan, given := p.change(t, test.typeName, state, config)
			if test.within {
				noErrors(t, plan.Diagnostics)
				done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: test.typeName, PriorState: state, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, done.Diagnostics)
				maps.Copy(config, test.third)
				p = inProcess(t, srv)
				next := p.value(t, p.resourceType(test.typeName), config)
				if plan, err = p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
					TypeName: test.typeName, PriorState: done.NewState, ProposedNewState: p.proposed(t, test.typeName, done.NewState, next), Config: next, PriorPrivate: done.Private,
				}); err != nil {
					t.Fatal(err)
				}
			}
			if got := told(plan.Diagnostics); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q: %v", got, test.want, plan.Diagnostics)
			}
		})
	}
}

// A token that has expired is made anew only with another secret: the server does not take the old one again, whether it was
// used or not, and the plan says so. One that was deleted before any use frees its secret.
func TestGoneTokens(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_scim_token"
	for name, test := range map[string]struct {
		expires bool
		after   object
		want    []string
	}{
		"expired":                     {true, nil, []string{"ERROR token_wo_version"}},
		"expired, with a new secret":  {true, object{"token_wo": scimSecret(2), "token_wo_version": 2}, nil},
		"deleted before it was used":  {false, nil, nil},
		"deleted, and a new secret":   {false, object{"token_wo": scimSecret(2), "token_wo_version": 2}, nil},
		"expired, with the same name": {true, object{"token_wo": scimSecret(2)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			config := tokenOf(nil)(srv)
			if test.expires {
				config["expires_in"] = "1s"
			}
			state := inProcess(t, srv).create(t, typeName, config).NewState
			if test.expires {
				srv.Advance("2s")
				if _, err := poll.Until(t.Context(), poll.DefaultPace, time.Minute, func() (bool, error) { // by this machine's clock, too
					own := inProcess(t, srv)
					text := ""
					err := own.object(t, own.resourceType(typeName), state)["expires_at"].As(&text)
					expires, parseErr := time.Parse(time.RFC3339Nano, text)
					return time.Now().After(expires), errors.Join(err, parseErr)
				}); err != nil {
					t.Fatal(err)
				}
			} else {
				endTokens(srv)
			}
			p := inProcess(t, srv)
			if after, err := p.read(t, typeName, state, nil).NewState.Unmarshal(p.resourceType(typeName)); err != nil || !after.IsNull() {
				t.Fatalf("the token is there: %s, %v", after, err)
			}
			maps.Copy(config, test.after)
			plan, _, _ := p.plan(t, typeName, config)
			if got := told(plan.Diagnostics); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q: %v", got, test.want, plan.Diagnostics)
			}
		})
	}
}
