package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

func TestAccFunctions(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short leaves out what starts terraform")
	}
	for _, test := range []struct{ function, argument, want, fails string }{
		{function: "email_domain", argument: "Ada@Acme.com", want: "acme.com"},
		{function: "email_domain", argument: "ada@bücher.example", want: "xn--bcher-kva.example"},
		{function: "email_domain", argument: "ada", fails: `no "@"`},
		{function: "normalize_domain", argument: "Bücher.Example.", want: "xn--bcher-kva.example"},
		{function: "normalize_domain", argument: "ACME.com", want: "acme.com"},
		{function: "normalize_domain", argument: "https://acme.com", fails: `is a URL`},
	} {
		t.Run(test.function+" "+test.argument, func(t *testing.T) {
			t.Parallel()
			step := resource.TestStep{Config: fmt.Sprintf("output \"x\" {\n  value = provider::prefectsso::%s(%q)\n}", test.function, test.argument)}
			if test.fails != "" {
				step.ExpectError = spread(test.fails)
			} else {
				step.ConfigStateChecks = []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("x", knownvalue.StringExact(test.want))}
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: []resource.TestStep{step}})
		})
	}
}
