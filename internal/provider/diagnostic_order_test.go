package provider

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// Diagnostics come in the same order, and say the same, each time. A map gives its keys in an order of chance, so each of
// these is asked often enough to show it.
const oftenEnough = 50

func TestArgumentsAreReadInOrder(t *testing.T) {
	t.Parallel()
	names := []string{"c", "a", "d", "b"}
	attributes, fields, values := map[string]schema.Attribute{}, map[string]tftypes.Type{}, map[string]tftypes.Value{}
	set := tftypes.Set{ElementType: tftypes.String}
	for _, name := range names {
		attributes[name] = schema.SetAttribute{ElementType: types.StringType, Optional: true}
		fields[name], values[name] = set, tftypes.NewValue(set, tftypes.UnknownValue) // which no slice can hold
	}
	config := tfsdk.Config{Schema: schema.Schema{Attributes: attributes}, Raw: tftypes.NewValue(tftypes.Object{AttributeTypes: fields}, values)}
	var into []string
	var diags diag.Diagnostics
	getArguments(t.Context(), config, &diags, argument{"c", &into}, argument{"a", &into}, argument{"d", &into}, argument{"b", &into})
	if got := pathsOf(diags); !slices.Equal(got, names) {
		t.Errorf("diagnostics on %v, want %v", got, names)
	}
}

func pathsOf(diags diag.Diagnostics) (paths []string) {
	for _, d := range diags {
		at := ""
		if d, ok := d.(diag.DiagnosticWithPath); ok {
			at = d.Path().String()
		}
		paths = append(paths, at)
	}
	return paths
}

func TestCertificatesAreWarnedOfInOrder(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	prints := []string{"aaaa", "bbbb", "cccc", "dddd", "eeee"}
	expiries := map[string]attr.Value{}
	for _, print := range prints {
		expiries[print] = types.StringValue("2026-12-10T00:00:00Z")
	}
	for range oftenEnough {
		var diags diag.Diagnostics
		warnOfExpiry(types.MapValueMust(types.StringType, expiries), now, &diags)
		if len(diags) != len(prints) {
			t.Fatalf("%d warnings, want %d", len(diags), len(prints))
		}
		for i, print := range prints {
			if !strings.Contains(diags[i].Detail(), print) {
				t.Fatalf("warning %d is %s, want that of %s", i, diags[i].Detail(), print)
			}
		}
	}
}

// A refusal of the API lands on the innermost argument that it names.
func TestFailureAtField(t *testing.T) {
	t.Parallel()
	arguments := map[string]path.Path{
		"oidc": path.Root("oidc"), "oidc.issuer": path.Root("oidc").AtName("issuer"), "domains": path.Root("domains"),
	}
	for _, test := range []struct {
		fields []string
		want   string
	}{
		{[]string{"body.oidc.issuer"}, "oidc.issuer"},
		{[]string{"body.oidc.issuer.0"}, "oidc.issuer"},
		{[]string{"body.oidc.scopes"}, "oidc"},
		{[]string{"body.oidc"}, "oidc"},
		{[]string{"body.domains.3"}, "domains"},
		{[]string{"body.domains_of_others"}, ""},
		{[]string{"body.name", "body.domains"}, "domains"},
		{[]string{"body", ""}, ""},
		{nil, ""},
	} {
		apiError := &client.APIError{Status: 422}
		for _, field := range test.fields {
			apiError.Fields = append(apiError.Fields, client.FieldError{Loc: field})
		}
		for range oftenEnough {
			if got := pathsOf(diag.Diagnostics{failureAtField(arguments, "Refused", apiError)}); got[0] != test.want {
				t.Fatalf("%v lands on %q, want %q", test.fields, got[0], test.want)
			}
		}
	}
}

func TestEntraWithTheApplicationTwice(t *testing.T) {
	t.Parallel()
	const address = "https://login.microsoftonline.com/0c1f1d2e-0000-4000-8000-000000000001/federationmetadata/2007-06/federationmetadata.xml"
	for query, without := range map[string]bool{"?appid=&AppID=1": false, "?AppID=&appid=1": false, "?appid=&appid=1": false, "?appid=&AppID=": true, "": true} {
		for range oftenEnough {
			if got := isEntraWithoutApp(address + query); got != without {
				t.Fatalf("%q names no application: %t, want %t", query, got, without)
			}
		}
	}
}
