package provider

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestEventNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value            types.String
		errors, warnings int
	}{
		"the account's own":         {types.StringValue("prefect-cloud.account-membership.updated"), 0, 0},
		"of a longer name":          {types.StringValue("prefect-cloud.request.access-denied.sso"), 0, 0},
		"newer than this provider":  {types.StringValue("prefect-cloud.incident.declared"), 0, 0},
		"a pattern":                 {types.StringValue("prefect-cloud.account-role.*"), 0, 0},
		"all of the account's own":  {types.StringValue("prefect-cloud.*"), 0, 0},
		"a pattern of less":         {types.StringValue("prefect*"), 0, 0},
		"everything":                {types.StringValue("*"), 0, 0},
		"unknown yet":               {types.StringUnknown(), 0, 0},
		"null":                      {types.StringNull(), 0, 0},
		"no prefix":                 {types.StringValue("account-role.updated"), 0, 1},
		"a pattern without prefix":  {types.StringValue("account-role.*"), 0, 1},
		"another prefix":            {types.StringValue("prefect-cloudy.account-role.updated"), 0, 1},
		"half a prefix, no pattern": {types.StringValue("prefect-cloud"), 0, 1},
		"posted":                    {types.StringValue("acme.deploy.done"), 0, 1},
		"empty":                     {types.StringValue(""), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			eventNameValidator{}.ValidateString(context.Background(), validator.StringRequest{ConfigValue: test.value}, &resp)
			if resp.Diagnostics.ErrorsCount() != test.errors || resp.Diagnostics.WarningsCount() != test.warnings {
				t.Errorf("got %v, want %d errors and %d warnings", resp.Diagnostics, test.errors, test.warnings)
			}
		})
	}
}
