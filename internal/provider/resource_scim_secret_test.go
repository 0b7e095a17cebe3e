package provider_test

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A directory that a plan does not know yet may be another one, for which the secret that the server has would not do: the
// plan says so while there is time to bring another.
func TestSecretWhereTheDirectoryIsNotKnown(t *testing.T) {
	t.Parallel()
	for typeName, row := range map[string]struct {
		config, rotated func(*acctest.Server) object
		at              string
	}{
		"prefectsso_scim_token":  {tokenOf(nil), tokenOf(object{"token_wo": scimSecret(2), "token_wo_version": 2}), "WARNING token_wo_version"},
		"prefectsso_scim_client": {clientOf(nil), clientOf(object{"secret_wo": scimSecret(2), "secret_wo_version": 2}), "WARNING secret_wo_version"},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			state := inProcess(t, srv).create(t, typeName, row.config(srv)).NewState
			plan, _ := inProcess(t, srv).change(t, typeName, state, with(row.config(srv), "directory_id", tftypes.UnknownValue))
			if got := told(plan.Diagnostics); !slices.Equal(got, []string{row.at}) {
				t.Errorf("with the old secret: %q: %v", got, plan.Diagnostics)
			}
			plan, _ = inProcess(t, srv).change(t, typeName, state, with(row.rotated(srv), "directory_id", tftypes.UnknownValue))
			noErrors(t, plan.Diagnostics)
			if len(plan.Diagnostics) > 0 {
				t.Errorf("with a new secret: %v", plan.Diagnostics)
			}
		})
	}
}

// Of two clients of one name in one run, one is made.
func TestSCIMClientsOfOneName(t *testing.T) {
	t.Parallel()
	const typeName = "prefectsso_scim_client"
	srv := acctest.Start(t, acctest.WithDirectory)
	p := inProcess(t, srv)
	errors := 0
	for version := 1; version <= 2; version++ {
		plan, given, null := inProcess(t, srv).plan(t, typeName, clientOf(object{"secret_wo": scimSecret(version)})(srv))
		noErrors(t, plan.Diagnostics)
		done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
		if err != nil {
			t.Fatal(err)
		}
		errors += len(done.Diagnostics)
		if version == 2 && !slices.Equal(told(done.Diagnostics), []string{"ERROR name"}) {
			t.Errorf("%v", done.Diagnostics)
		}
	}
	if made := scimClients(srv); errors != 1 || len(made) != 1 {
		t.Errorf("%d errors, %d clients", errors, len(made))
	}
}
