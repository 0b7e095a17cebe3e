package provider_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestAccSessionPolicy(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, srv *acctest.Server) {
		const address = "prefectsso_session_policy.this"
		config := func(argument string) string {
			return srv.Provider() + "resource \"prefectsso_session_policy\" \"this\" {\n" + argument + "\n}\n"
		}
		is := func(want string) resource.TestCheckFunc {
			return func(*terraform.State) error { return wantExpiration(srv, want) }
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			CheckDestroy:             func(*terraform.State) error { return wantExpiration(srv, "7200") },
			Steps: []resource.TestStep{
				{
					Config: config("auth_expiration_seconds = 3600"),
					ConfigStateChecks: []statecheck.StateCheck{
						statecheck.ExpectKnownValue(address, tfjsonpath.New("auth_expiration_seconds"), knownvalue.Int64Exact(3600)),
						statecheck.ExpectKnownValue(address, tfjsonpath.New("account_id"), knownvalue.StringExact(acctest.AccountID)),
					},
					Check: is("3600"),
				},
				{
					Config:           config(""),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            is("none"),
				},
				{ // changed behind Terraform's back
					PreConfig: func() {
						srv.Call(acctest.OwnerKey, http.MethodPatch, "", map[string]any{"auth_expiration_seconds": 60}, nil)
					},
					Config:           config("auth_expiration_seconds = 7200"),
					ConfigPlanChecks: planned(address, plancheck.ResourceActionUpdate),
					Check:            is("7200"),
				},
				{
					ResourceName:                         address,
					ImportState:                          true,
					ImportStateId:                        acctest.AccountID,
					ImportStateVerify:                    true,
					ImportStateVerifyIdentifierAttribute: "account_id",
				},
			},
		})
	})
}

func wantExpiration(srv *acctest.Server, want string) error {
	var account struct {
		Seconds *int64 `json:"auth_expiration_seconds"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "", nil, &account)
	got := "none"
	if account.Seconds != nil {
		got = fmt.Sprint(*account.Seconds)
	}
	if got != want {
		return fmt.Errorf("auth_expiration_seconds is %s, want %s", got, want)
	}
	return nil
}

func TestAccSessionPolicyTwice(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + `
resource "prefectsso_session_policy" "a" { auth_expiration_seconds = 60 }
resource "prefectsso_session_policy" "b" {
  auth_expiration_seconds = 70
  depends_on              = [prefectsso_session_policy.a]
}`,
		ExpectError: spread(`session policy of the account.*Guard: managed-twice`),
	})
}

func TestAccSessionPolicyBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	runSteps(t, resource.TestStep{
		Config:      srv.Provider() + `resource "prefectsso_session_policy" "this" { auth_expiration_seconds = 0 }`,
		ExpectError: spread(`must be at least 1`),
	})
	if err := wantExpiration(srv, "none"); err != nil {
		t.Error(err)
	}
}
