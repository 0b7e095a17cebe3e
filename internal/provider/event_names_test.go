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
		"known":              {types.StringValue("prefect-cloud.account-membership.updated"), 0, 0},
		"refused":            {types.StringValue("prefect-cloud.request.access-denied.sso"), 0, 0},
		"a pattern":          {types.StringValue("prefect-cloud.account-role.*"), 0, 0},
		"a short pattern":    {types.StringValue("prefect-cloud.*"), 0, 0},
		"everything":         {types.StringValue("*"), 0, 0},
		"posted":             {types.StringValue("acme.deploy.done"), 0, 0},
		"unknown yet":        {types.StringUnknown(), 0, 0},
		"no such thing":      {types.StringValue("prefect-cloud.acount-role.updated"), 1, 0},
		"no such action":     {types.StringValue("prefect-cloud.account-role.renamed"), 1, 0},
		"no action":          {types.StringValue("prefect-cloud.account-role"), 1, 0},
		"no prefix":          {types.StringValue("account-role.updated"), 1, 0},
		"empty":              {types.StringValue(""), 1, 0},
		"an unheard pattern": {types.StringValue("prefect-cloud.automation.*"), 0, 1},
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
