package provider

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

const someAccount = "0c1f1d2e-0000-4000-8000-000000000001"

func TestNewSession(t *testing.T) {
	for name, test := range map[string]struct {
		model providerModel
		env   map[string]string
		want  []string // parts of each error's summary and detail, in order
	}{
		"all from the environment": {env: map[string]string{settings.EnvAPIKey: "pnu_x", settings.EnvAccountID: someAccount, settings.EnvEndpoint: "https://api.example/api"}},
		"arguments win": {
			model: providerModel{APIKey: types.StringValue("pnu_x"), Endpoint: types.StringValue("https://api.example/api")},
			env:   map[string]string{settings.EnvEndpoint: "nonsense"},
		},
		"no key":             {want: []string{"Missing API key|" + settings.EnvAPIKey}},
		"no UUID":            {model: providerModel{APIKey: types.StringValue("k"), AccountID: types.StringValue("acme")}, want: []string{`Invalid account id|"acme" is no UUID`}},
		"no UUID in the env": {model: providerModel{APIKey: types.StringValue("k")}, env: map[string]string{settings.EnvAccountID: "acme"}, want: []string{"Invalid account id|" + settings.EnvAccountID}},
		"no scheme":          {model: providerModel{APIKey: types.StringValue("k"), Endpoint: types.StringValue("api.example/api")}, want: []string{"Invalid endpoint|scheme"}},
		"plain http":         {model: providerModel{APIKey: types.StringValue("k"), Endpoint: types.StringValue("http://api.example/api")}, want: []string{"Invalid endpoint|allow_insecure_http"}},
		"plain http on loopback": {
			model: providerModel{APIKey: types.StringValue("k"), Endpoint: types.StringValue("http://127.0.0.1:8080/api")},
		},
		"plain http allowed": {
			model: providerModel{APIKey: types.StringValue("k"), Endpoint: types.StringValue("http://api.example/api"), AllowInsecureHTTP: types.BoolValue(true)},
		},
		"an account in the address": {
			model: providerModel{APIKey: types.StringValue("k"), Endpoint: types.StringValue("https://api.example/api/accounts/" + someAccount)},
		},
		"another account in the address": {
			model: providerModel{
				APIKey: types.StringValue("k"), AccountID: types.StringValue("0c1f1d2e-0000-4000-8000-000000000002"),
				Endpoint: types.StringValue("https://api.example/api/accounts/" + someAccount),
			},
			want: []string{"Two different accounts|" + someAccount + "|0c1f1d2e-0000-4000-8000-000000000002"},
		},
		"a header of null": {
			model: providerModel{APIKey: types.StringValue("k"), CustomHeaders: headers(map[string]attr.Value{"X-A": types.StringNull(), "X-B": types.StringValue("b")})},
		},
		"a proxy that is none": {
			model: providerModel{APIKey: types.StringValue("k")}, env: map[string]string{"HTTPS_PROXY": "http://ada:hun ter2@proxy"},
			want: []string{"Invalid provider configuration|HTTPS_PROXY"},
		},
		"everything at once": {
			model: providerModel{
				Profile: types.StringValue("gone"), ProfilesFile: types.StringValue("/nowhere/profiles.toml"),
				CustomHeaders: headers(map[string]attr.Value{"Host": types.StringValue("x"), "X-A": types.StringValue("a\nb")}),
				Endpoint:      types.StringValue("x"), AccountID: types.StringValue("y"), RequestTimeout: types.StringValue("soon"),
				MaxRetries: types.Int64Value(99), MaxConcurrentRequests: types.Int64Value(0),
				AcknowledgeLockout: types.SetValueMust(types.StringType, []attr.Value{types.StringValue("everybody")}),
			},
			env:  map[string]string{settings.EnvSystemCertificates: "/nowhere/ca.pem"},
			want: []string{"Profiles file cannot be used|/nowhere/profiles.toml", "Invalid endpoint", "Invalid account id", "Invalid custom header|Host", "Invalid custom header|X-A|line break", "Certificates cannot be read|/nowhere/ca.pem", "Invalid request timeout|\"soon\"", "Number out of range|max_retries", "Number out of range|max_concurrent_requests", "Invalid acknowledgement|everybody"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			setOnly(t, test.env)
			s, diags := newProviderData(test.model, "test", "1.11.4", time.After, nil)
			compareErrors(t, diags.Errors(), test.want)
			if (s.client == nil) != (len(test.want) > 0) {
				t.Errorf("client there: %t, want %t", s.client != nil, len(test.want) == 0)
			}
		})
	}
}

// setOnly leaves of the environment that the provider reads only this. There are no profiles but those that it names.
func setOnly(t *testing.T, env map[string]string) {
	t.Helper()
	for _, variable := range []string{
		settings.EnvAPIKey, settings.EnvAccountID, settings.EnvEndpoint, settings.EnvProfile, settings.EnvProfilesFile,
		settings.EnvCustomHeaders, settings.EnvCertificates, settings.EnvSystemCertificates, "TF_APPEND_USER_AGENT", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
	} {
		t.Setenv(variable, env[variable])
	}
	t.Setenv(settings.EnvHome, t.TempDir())
}

func compareErrors(t *testing.T, got diag.Diagnostics, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("errors %v, want %q", got, want)
	}
	for i, parts := range want {
		for _, part := range strings.Split(parts, "|") {
			if text := got[i].Summary() + " " + got[i].Detail(); !strings.Contains(text, part) {
				t.Errorf("error %q, want %q in it", text, part)
			}
		}
	}
}

// While something is unknown there is no client, the rest is checked all the same, and what needs the API says why.
func TestNewSessionUnknown(t *testing.T) {
	s, diags := newProviderData(providerModel{APIKey: types.StringUnknown(), AccountID: types.StringValue(someAccount)}, "test", "1.11.4", time.After, nil)
	if diags.HasError() || s.client != nil || !slices.Equal(s.unknown, []string{"api_key"}) {
		t.Fatalf("client %v, unknown %v, %v; want no client, api_key, no error", s.client, s.unknown, diags)
	}
	if s.ready(&diags) || !strings.Contains(diags.Errors()[0].Detail(), "`api_key`") {
		t.Errorf("not named what is unknown: %v", diags)
	}
	var warned diag.Diagnostics
	if s.canPlan(&warned) || warned.HasError() || warned.WarningsCount() != 1 {
		t.Errorf("planning gives %v, want one warning", warned)
	}
}

func headers(elements map[string]attr.Value) types.Map {
	return types.MapValueMust(types.StringType, elements)
}

// Each of the arguments that settings come from may be unknown. Then it is not known which account counts where only
// they could tell, and no plan decides it.
func TestNewSessionUnknownSettings(t *testing.T) {
	key := types.StringValue("k")
	for name, test := range map[string]struct {
		model     providerModel
		unknown   string
		noAccount bool
	}{
		"the endpoint": {providerModel{APIKey: key, Endpoint: types.StringUnknown()}, "endpoint", true},
		"the profile":  {providerModel{Profile: types.StringUnknown()}, "profile", true},
		"the file":     {providerModel{ProfilesFile: types.StringUnknown()}, "profiles_file", true},
		"all headers":  {providerModel{APIKey: key, CustomHeaders: types.MapUnknown(types.StringType)}, "custom_headers", false},
		"one header":   {providerModel{APIKey: key, CustomHeaders: headers(map[string]attr.Value{"Host": types.StringValue("x"), "X-A": types.StringUnknown()})}, "custom_headers", false},
	} {
		t.Run(name, func(t *testing.T) {
			setOnly(t, nil)
			s, diags := newProviderData(test.model, "test", "1.11.4", time.After, nil)
			if diags.HasError() || s.client != nil || !slices.Equal(s.unknown, []string{test.unknown}) || s.noAccount != test.noAccount {
				t.Errorf("client %v, unknown %v, no account %t, %v", s.client, s.unknown, s.noAccount, diags)
			}
		})
	}
}

func TestParseRequestTimeout(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": defaultRequestTimeout, "45s": 45 * time.Second, "2m": 2 * time.Minute, "90": 90 * time.Second, "0.5": 500 * time.Millisecond} {
		var diags diag.Diagnostics
		if got := parseRequestTimeout(types.StringValue(text), &diags); got != want || diags.HasError() {
			t.Errorf("%q is %s, %v; want %s", text, got, diags, want)
		}
	}
	for _, text := range []string{"soon", "-1s", "0"} {
		var diags diag.Diagnostics
		if parseRequestTimeout(types.StringValue(text), &diags); !diags.HasError() {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	p := newPolicy(providerModel{AcknowledgeLockout: types.SetValueMust(types.StringType, []attr.Value{
		types.StringValue("Ada@Acme.com"), types.StringValue("*@Other.example"), types.StringValue("ada@acme.com"),
	})}, noEnvironment, &diags)
	if diags.HasError() || !p.Protect || !slices.Equal(p.Acknowledged, []string{"*@other.example", "ada@acme.com"}) {
		t.Errorf("policy %+v, %v", p, diags)
	}
	if p = newPolicy(providerModel{LockoutProtection: types.BoolValue(false)}, noEnvironment, &diags); p.Protect {
		t.Error("it protects, though nobody wants that")
	}
	newPolicy(providerModel{AcknowledgeLockout: types.SetValueMust(types.StringType, []attr.Value{types.StringValue("acme.com")})}, noEnvironment, &diags)
	if !diags.HasError() {
		t.Error("a domain without *@ is accepted")
	}
}

func noEnvironment(string) string { return "" }

// The environment is the default of lockout_protection and no more: what the block says counts.
func TestPolicyFromEnvironment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		env   string
		block types.Bool
		want  bool
		fails bool
	}{
		{"", types.BoolNull(), true, false},
		{"false", types.BoolNull(), false, false},
		{"0", types.BoolNull(), false, false},
		{"true", types.BoolNull(), true, false},
		{"false", types.BoolValue(true), true, false},
		{"false", types.BoolUnknown(), true, false},
		{"true", types.BoolValue(false), false, false},
		{"off", types.BoolNull(), true, true},
	} {
		var diags diag.Diagnostics
		p := newPolicy(providerModel{LockoutProtection: tc.block}, func(name string) string {
			if name == "PREFECTSSO_LOCKOUT_PROTECTION" {
				return tc.env
			}
			return ""
		}, &diags)
		if p.Protect != tc.want || diags.HasError() != tc.fails {
			t.Errorf("%q and %s: protects %t, %v", tc.env, tc.block, p.Protect, diags)
		}
	}
}
