package settings

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

const (
	accountA  = "0c1f1d2e-0000-4000-8000-00000000000a"
	accountB  = "0c1f1d2e-0000-4000-8000-00000000000b"
	workspace = "7d2f1d2e-0000-4000-8000-000000000001"
	cloud     = "https://api.prefect.cloud/api"
	inA       = cloud + "/accounts/" + accountA + "/workspaces/" + workspace
	inB       = cloud + "/accounts/" + accountB + "/workspaces/" + workspace
)

// env returns an environment whose home directory is empty unless it says otherwise.
func env(t *testing.T, variables map[string]string) func(string) string {
	t.Helper()
	all := map[string]string{"HOME": t.TempDir()}
	maps.Copy(all, variables)
	return func(name string) string { return all[name] }
}

// file writes a file and gives its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profiles.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// compare wants exactly these problems, each given as "argument|part of its words|…".
func compare(t *testing.T, problems []Problem, want []string) {
	t.Helper()
	if len(problems) != len(want) {
		t.Fatalf("problems %+v, want %q", problems, want)
	}
	for i, parts := range want {
		argument, rest, _ := strings.Cut(parts, "|")
		p := problems[i]
		if got := strings.Repeat("~", boolToInt(p.Warning)) + p.Argument; got != argument {
			t.Errorf("problem %+v, want it on %s", p, argument)
		}
		for _, part := range strings.Split(rest, "|") {
			if text := p.Summary + ": " + p.Detail; !strings.Contains(text, part) {
				t.Errorf("problem %q, want %q in it", text, part)
			}
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Arguments come first, then the environment, then the profile; each setting on its own.
func TestOrder(t *testing.T) {
	t.Parallel()
	profiles := file(t, `
active = "work"
[profiles.work]
PREFECT_API_URL = "`+inA+`"
PREFECT_API_KEY = "pnu_work"
PREFECT_CLIENT_CUSTOM_HEADERS = '{"X-From": "profile"}'
[profiles.other]
PREFECT_API_KEY = "pnu_other"
`)
	for name, test := range map[string]struct {
		args Arguments
		env  map[string]string
		want Settings
		from string // what the header X-From says
	}{
		"the active profile":   {want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_work"}, AccountID: accountA}, from: "profile"},
		"a profile by name":    {args: Arguments{Profile: "other"}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_other"}}},
		"a profile by env":     {env: map[string]string{EnvProfile: "other"}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_other"}}},
		"the argument profile": {args: Arguments{Profile: "work"}, env: map[string]string{EnvProfile: "gone"}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_work"}, AccountID: accountA}, from: "profile"},
		"the environment": {
			env:  map[string]string{EnvAPIKey: "pnu_env", EnvEndpoint: "https://gateway.example", EnvCustomHeaders: `{"X-From": "env"}`, EnvAccountID: accountB},
			want: Settings{Config: client.Config{Endpoint: "https://gateway.example/api", APIKey: "pnu_env"}, AccountID: accountB}, from: "env",
		},
		"the key alone":     {env: map[string]string{EnvAPIKey: "pnu_env"}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_env"}, AccountID: accountA}, from: "profile"},
		"the address alone": {env: map[string]string{EnvEndpoint: inB}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_work"}, AccountID: accountB}, from: "profile"},
		"arguments": {
			args: Arguments{APIKey: "pnu_arg", Endpoint: "https://arg.example/api/", AccountID: accountB, CustomHeaders: map[string]string{"X-From": "argument"}},
			env:  map[string]string{EnvAPIKey: "pnu_env", EnvEndpoint: "nonsense", EnvCustomHeaders: "nonsense", EnvAccountID: "nonsense"},
			want: Settings{Config: client.Config{Endpoint: "https://arg.example/api", APIKey: "pnu_arg"}, AccountID: accountB}, from: "argument",
		},
		"no headers by argument": {args: Arguments{CustomHeaders: map[string]string{}}, want: Settings{Config: client.Config{Endpoint: cloud, APIKey: "pnu_work"}, AccountID: accountA}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{EnvProfilesFile: profiles}
			maps.Copy(variables, test.env)
			got, problems := Resolve(test.args, env(t, variables))
			compare(t, problems, nil)
			if got.Config.Endpoint != test.want.Config.Endpoint || got.Config.APIKey != test.want.Config.APIKey || got.AccountID != test.want.AccountID || got.AccountUnknown {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got.Config.CustomHeaders["X-From"] != test.from {
				t.Errorf("headers %v, want those of %q", got.Config.CustomHeaders, test.from)
			}
		})
	}
}

// The account in the address counts where none is named; two that differ are no matter for a guess.
func TestAccount(t *testing.T) {
	t.Parallel()
	inProfile := file(t, "active = \"a\"\n[profiles.a]\nPREFECT_API_URL = \""+inA+"\"\n")
	for name, test := range map[string]struct {
		args Arguments
		env  map[string]string
		id   string
		want []string
	}{
		"in the argument's address":          {args: Arguments{Endpoint: inA}, id: accountA},
		"in the environment's address":       {env: map[string]string{EnvEndpoint: inA}, id: accountA},
		"in the profile's address":           {env: map[string]string{EnvProfilesFile: inProfile}, id: accountA},
		"nowhere":                            {id: ""},
		"said twice, in another case":        {args: Arguments{Endpoint: inA, AccountID: strings.ToUpper(accountA)}, id: strings.ToUpper(accountA)},
		"argument and its address differ":    {args: Arguments{Endpoint: inA, AccountID: accountB}, want: []string{"account_id|Two different accounts|" + accountA + "|" + accountB + "|the argument `endpoint`"}},
		"argument and env's address differ":  {args: Arguments{AccountID: accountB}, env: map[string]string{EnvEndpoint: inA}, want: []string{"account_id|" + accountA + "|" + accountB + "|environment variable PREFECT_API_URL"}},
		"environment and argument's differ":  {args: Arguments{Endpoint: inA}, env: map[string]string{EnvAccountID: accountB}, want: []string{"account_id|" + accountA + "|" + accountB + "|PREFECT_CLOUD_ACCOUNT_ID"}},
		"the variable goes before its URL":   {env: map[string]string{EnvEndpoint: inA, EnvAccountID: accountB}, id: accountB},
		"the argument goes before a profile": {args: Arguments{AccountID: accountB}, env: map[string]string{EnvProfilesFile: inProfile}, id: accountB},
		"the variable goes before a profile": {env: map[string]string{EnvProfilesFile: inProfile, EnvAccountID: accountB}, id: accountB},
		"no UUID":                            {args: Arguments{AccountID: "acme", Endpoint: inA}, want: []string{`account_id|"acme" is no UUID`}},
		"no UUID in the environment":         {env: map[string]string{EnvAccountID: "acme"}, want: []string{"account_id|the environment variable PREFECT_CLOUD_ACCOUNT_ID"}},
		"the browser's address":              {args: Arguments{Endpoint: "https://app.prefect.cloud/account/" + accountA + "/workspace/" + workspace}, want: []string{"endpoint|Invalid endpoint|browser|" + cloud + "/accounts/" + accountA}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{EnvAPIKey: "pnu_x"}
			maps.Copy(variables, test.env)
			got, problems := Resolve(test.args, env(t, variables))
			compare(t, problems, test.want)
			if test.want == nil && got.AccountID != test.id {
				t.Errorf("account %q, want %q", got.AccountID, test.id)
			}
		})
	}
}

// Where the profiles are looked for, and what becomes of a file that cannot be used.
func TestProfilesFile(t *testing.T) {
	t.Parallel()
	const work = "active = \"work\"\n[profiles.work]\nPREFECT_API_KEY = \"pnu_canary\"\n"
	home := t.TempDir()
	for path, content := range map[string]string{
		".prefect/profiles.toml":  work,
		"elsewhere/profiles.toml": strings.ReplaceAll(work, "work", "elsewhere"),
		"named.toml":              "\uFEFF" + strings.ReplaceAll(work, "\n", "\r\n"), // as Windows writes it
		"unquoted.toml":           "active = \"work\"\n[profiles.work]\nPREFECT_API_KEY = pnu_canary\n",
		"twice.toml":              work + "[profiles.work]\nPREFECT_API_KEY = \"pnu_canary\"\n",
		"list.toml":               "profiles = [\"work\"]\n",
		"number.toml":             "active = \"work\"\n[profiles.work]\nPREFECT_API_KEY = 5\nPREFECT_API_URL = true\n",
		"keyless.toml":            "active = \"work\"\n[profiles.work]\nPREFECT_API_URL = \"" + inA + "\"\n[profiles.home]\n",
		"ephemeral.toml":          "active = \"ephemeral\"\n",
		"selfhosted.toml":         "active = \"local\"\n[profiles.local]\nPREFECT_API_KEY = \"pnu_canary\"\nPREFECT_API_URL = \"http://prefect.internal:4200/api\"\n",
		"empty.toml":              "",
	} {
		path = filepath.Join(home, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(home, name) }
	for name, test := range map[string]struct {
		args Arguments
		env  map[string]string
		key  string
		want []string
	}{
		"in the home directory":    {env: map[string]string{"HOME": home}, key: "pnu_canary"},
		"on Windows":               {env: map[string]string{"HOME": "", "USERPROFILE": home}, key: "pnu_canary"},
		"in PREFECT_HOME":          {args: Arguments{Profile: "elsewhere"}, env: map[string]string{"HOME": home, EnvHome: "~/elsewhere"}, key: "pnu_canary"},
		"by PREFECT_PROFILES_PATH": {env: map[string]string{EnvProfilesFile: at("named.toml"), EnvHome: "/nowhere"}, key: "pnu_canary"},
		"by argument":              {args: Arguments{ProfilesFile: "~/named.toml"}, env: map[string]string{"HOME": home, EnvProfilesFile: "/nowhere"}, key: "pnu_canary"},

		"not there, not asked for": {env: map[string]string{EnvAPIKey: "pnu_env", EnvHome: "/nowhere"}, key: "pnu_env"},
		"no home":                  {env: map[string]string{EnvAPIKey: "pnu_env", "HOME": ""}, key: "pnu_env"},
		"a home that is no folder": {env: map[string]string{EnvAPIKey: "pnu_env", "HOME": at("empty.toml")}, key: "pnu_env"},
		"no home, but a profile":   {args: Arguments{Profile: "work"}, env: map[string]string{"HOME": ""}, want: []string{"profile|No profiles file|\"work\"|profiles_file"}},
		"not there, a profile":     {args: Arguments{Profile: "work"}, env: map[string]string{EnvAPIKey: "pnu_env"}, want: []string{"profiles_file|profiles.toml does not exist|prefect cloud login"}},
		"not there, the file":      {args: Arguments{ProfilesFile: at("gone.toml")}, env: map[string]string{EnvAPIKey: "pnu_env"}, want: []string{"profiles_file|gone.toml does not exist"}},
		"a folder":                 {args: Arguments{ProfilesFile: home}, want: []string{"profiles_file|" + home + " cannot be used: |is a directory"}},

		"no such profile":          {args: Arguments{Profile: "wurk"}, env: map[string]string{EnvProfilesFile: at("keyless.toml")}, want: []string{`profile|No such profile|"wurk"|it has "home", "work"|argument`}},
		"no such profile by env":   {env: map[string]string{EnvProfilesFile: at("keyless.toml"), EnvProfile: "wurk"}, want: []string{`profile|"wurk"|it has "home", "work"|variable PREFECT_PROFILE`}},
		"no profiles at all":       {args: Arguments{Profile: "work", ProfilesFile: at("empty.toml")}, want: []string{"profile|it has no profiles"}},
		"a profile without a key":  {env: map[string]string{EnvProfilesFile: at("keyless.toml")}, want: []string{`api_key|Missing API key|The profile "work" in ` + at("keyless.toml") + " has no PREFECT_API_KEY"}},
		"an active one elsewhere":  {env: map[string]string{EnvProfilesFile: at("ephemeral.toml")}, want: []string{`api_key|Missing API key|"ephemeral" is not in`}},
		"one elsewhere, and a key": {env: map[string]string{EnvProfilesFile: at("ephemeral.toml"), EnvAPIKey: "pnu_env"}, key: "pnu_env"},
		"no TOML":                  {args: Arguments{ProfilesFile: at("unquoted.toml")}, want: []string{"profiles_file|line 3, column 19"}},
		"no TOML, but a key":       {args: Arguments{ProfilesFile: at("unquoted.toml")}, env: map[string]string{EnvAPIKey: "pnu_env"}, want: []string{"profiles_file|line 3, column 19"}},
		"a table twice":            {args: Arguments{ProfilesFile: at("twice.toml")}, want: []string{"profiles_file|line 4, column"}},
		"another form":             {args: Arguments{ProfilesFile: at("list.toml")}, want: []string{"profiles_file|line 1, column"}},
		"no text":                  {args: Arguments{ProfilesFile: at("number.toml"), APIKey: "k"}, want: []string{"profile|PREFECT_API_URL of the profile \"work\"|is no text", "profile|PREFECT_API_KEY of"}},
		"for another server":       {args: Arguments{ProfilesFile: at("selfhosted.toml")}, want: []string{"endpoint|plain http|PREFECT_API_URL of the profile \"local\"|name one for Prefect Cloud"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := Resolve(test.args, env(t, test.env))
			compare(t, problems, test.want)
			if test.want == nil && got.Config.APIKey != test.key {
				t.Errorf("key %q, want %q", got.Config.APIKey, test.key)
			}
			for _, p := range problems {
				if strings.Contains(p.Summary+p.Detail, "canary") || p.Err != nil && strings.Contains(p.Err.Error(), "canary") {
					t.Errorf("the key is in %+v", p)
				}
			}
		})
	}
}

// A broken file that was not asked for is in the way only where a key is missing.
func TestBrokenFileByTheWay(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "profiles.toml"), []byte("active = work"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, problems := Resolve(Arguments{}, env(t, map[string]string{EnvHome: home, EnvAPIKey: "pnu_env"}))
	compare(t, problems, []string{"~profiles_file|line 1, column 10|name an empty one with PREFECT_PROFILES_PATH"})
	if got.Config.APIKey != "pnu_env" || got.Config.Endpoint != DefaultEndpoint {
		t.Errorf("got %+v", got)
	}
	_, problems = Resolve(Arguments{}, env(t, map[string]string{EnvHome: home}))
	compare(t, problems, []string{"profiles_file|line 1, column 10"})
}

func TestCustomHeaders(t *testing.T) {
	t.Parallel()
	const canary = "canary\nvalue"
	fromProfile := func(headers string) map[string]string {
		return map[string]string{EnvProfilesFile: file(t, "active = \"a\"\n[profiles.a]\nPREFECT_CLIENT_CUSTOM_HEADERS = "+headers+"\n")}
	}
	fromEnv := func(text string) map[string]string { return map[string]string{EnvCustomHeaders: text} }
	for name, test := range map[string]struct {
		args map[string]string
		env  map[string]string
		got  map[string]string
		want []string
	}{
		"argument":                   {args: map[string]string{"X-A": "1"}, got: map[string]string{"X-A": "1"}},
		"environment":                {env: fromEnv(`{"X-A": "1", "x-b": ""}`), got: map[string]string{"X-A": "1", "x-b": ""}},
		"an empty object":            {env: fromEnv(`{}`)},
		"a profile's text":           {env: fromProfile(`'{"X-A": "1"}'`), got: map[string]string{"X-A": "1"}},
		"a profile's table":          {env: fromProfile(`{X-A = "1"}`), got: map[string]string{"X-A": "1"}},
		"a profile's number":         {env: fromProfile(`5`), want: []string{"custom_headers|neither text nor a table"}},
		"a number in a table":        {env: fromProfile(`{X-A = 1}`), want: []string{`custom_headers|the value of "X-A" is no text`}},
		"no JSON":                    {env: fromEnv(`{"X-A": canary}`), want: []string{"custom_headers|PREFECT_CLIENT_CUSTOM_HEADERS is no JSON object|character 9"}},
		"a list":                     {env: fromEnv(`["X-A: canary"]`), want: []string{"custom_headers|not an object"}},
		"null":                       {env: fromEnv(`null`), want: []string{"custom_headers|not an object"}},
		"a number":                   {env: fromEnv(`{"X-A": 5}`), want: []string{`custom_headers|"X-A" is no text`}},
		"several numbers":            {env: fromEnv(`{"X-C": 5, "X-B": 5, "X-A": 5, "X-D": 5}`), want: []string{`custom_headers|the value of "X-A" is no text`}},
		"a null":                     {env: fromEnv(`{"X-A": null}`), want: []string{`custom_headers|"X-A" is no text`}},
		"twice":                      {env: fromEnv(`{"X-A": "X-A", "X-B": "X-A", "X-A": "canary"}`), want: []string{`custom_headers|"X-A" is there twice`}},
		"twice, in another case":     {env: fromEnv(`{"X-A": "1", "x-a": "canary"}`), want: []string{`custom_headers|"x-a" is there twice|"X-A"`}},
		"a line break":               {args: map[string]string{"X-A": canary}, want: []string{`custom_headers|"X-A" has a line break|argument`}},
		"a line break in the name":   {args: map[string]string{"X-A\r\nX-B": "canary"}, want: []string{`custom_headers|"X-A\r\nX-B" has no valid name`}},
		"a zero byte":                {env: fromEnv(`{"X-A": "canary\u0000"}`), want: []string{`custom_headers|control character`}},
		"an empty name":              {args: map[string]string{"": "canary"}, want: []string{"custom_headers|no valid name"}},
		"a name with a colon":        {args: map[string]string{"X-A:": "canary"}, want: []string{"custom_headers|no valid name"}},
		"the key's header":           {args: map[string]string{"authorization": "Bearer canary"}, want: []string{"custom_headers|\"authorization\" cannot be set|API key"}},
		"the key's header in env":    {env: fromEnv(`{"Authorization": "Bearer canary"}`), want: []string{"custom_headers|\"Authorization\" cannot be set"}},
		"those of the connection":    {args: map[string]string{"Host": "x", "content-length": "0", "Transfer-Encoding": "x"}, want: []string{"custom_headers|Host", "custom_headers|Transfer-Encoding", "custom_headers|content-length"}},
		"an own User-Agent":          {args: map[string]string{"User-Agent": "x"}, want: []string{"custom_headers|User-Agent|TF_APPEND_USER_AGENT"}},
		"what Prefect's tools leave": {env: fromEnv(`{"User-Agent": "x", "prefect-csrf-token": "y", "X-A": "1"}`), got: map[string]string{"X-A": "1"}, want: []string{"~custom_headers|User-Agent", "~custom_headers|prefect-csrf-token"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{EnvAPIKey: "pnu_x"}
			maps.Copy(variables, test.env)
			got, problems := Resolve(Arguments{CustomHeaders: test.args}, env(t, variables))
			compare(t, problems, test.want)
			if (test.got != nil || test.want == nil) && !maps.Equal(got.Config.CustomHeaders, test.got) {
				t.Errorf("headers %v, want %v", got.Config.CustomHeaders, test.got)
			}
			for _, p := range problems {
				if strings.Contains(p.Detail, "canary") {
					t.Errorf("a value is in %+v", p)
				}
			}
		})
	}
}

// What is not known yet is neither settled nor judged, and the rest is.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args           Arguments
		env            map[string]string
		accountUnknown bool
		want           []string
	}{
		"the key":                         {args: Arguments{Unknown: []string{ArgAPIKey}, AccountID: accountA}},
		"the account":                     {args: Arguments{Unknown: []string{ArgAccountID}, APIKey: "k", Endpoint: inA}, accountUnknown: true},
		"the endpoint":                    {args: Arguments{Unknown: []string{ArgEndpoint}, APIKey: "k"}, accountUnknown: true},
		"the endpoint, not the account":   {args: Arguments{Unknown: []string{ArgEndpoint}, APIKey: "k", AccountID: accountA}},
		"the profile":                     {args: Arguments{Unknown: []string{ArgProfile}}, accountUnknown: true},
		"the file":                        {args: Arguments{Unknown: []string{ArgProfilesFile}, Profile: "gone"}, accountUnknown: true},
		"the profile, but an endpoint":    {args: Arguments{Unknown: []string{ArgProfile}}, env: map[string]string{EnvEndpoint: cloud}},
		"the headers":                     {args: Arguments{Unknown: []string{ArgCustomHeaders}, APIKey: "k"}, env: map[string]string{EnvCustomHeaders: "nonsense"}},
		"whether http is allowed":         {args: Arguments{Unknown: []string{ArgAllowInsecureHTTP}, APIKey: "k", Endpoint: "http://h/api"}},
		"the key; the endpoint is wrong":  {args: Arguments{Unknown: []string{ArgAPIKey}, Endpoint: "h/api"}, want: []string{"endpoint|no scheme"}},
		"the profile; the rest is wrong":  {args: Arguments{Unknown: []string{ArgProfile}, AccountID: "acme", Endpoint: "h/api", CustomHeaders: map[string]string{"Host": "h"}}, want: []string{"endpoint|no scheme", "account_id|no UUID", "custom_headers|Host"}},
		"nothing, and everything missing": {want: []string{"api_key|Missing API key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := Resolve(test.args, env(t, test.env))
			compare(t, problems, test.want)
			if got.AccountUnknown != test.accountUnknown {
				t.Errorf("the account is unknown: %t, want %t", got.AccountUnknown, test.accountUnknown)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	key := file(t, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n")
	inProfile := file(t, "active = \"a\"\n[profiles.a]\nPREFECT_API_SSL_CERT_FILE = \"/nowhere/profile.pem\"\n")
	for name, test := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"none":                      {nil, nil},
		"Prefect's, not there":      {map[string]string{EnvCertificates: "/nowhere/ca.pem", EnvSystemCertificates: key}, []string{"|cannot be read|PREFECT_API_SSL_CERT_FILE|/nowhere/ca.pem"}},
		"a profile's, not there":    {map[string]string{EnvProfilesFile: inProfile, EnvSystemCertificates: key}, []string{"|cannot be read|profile \"a\"|/nowhere/profile.pem"}},
		"the system's, not there":   {map[string]string{EnvSystemCertificates: "/nowhere/ca.pem"}, []string{"|cannot be read|SSL_CERT_FILE"}},
		"a file without any":        {map[string]string{EnvSystemCertificates: key}, []string{"|No certificates|" + key + "|SSL_CERT_FILE"}},
		"a folder instead of files": {map[string]string{EnvSystemCertificates: filepath.Dir(key)}, []string{"|is a directory"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{EnvAPIKey: "pnu_x"}
			maps.Copy(variables, test.env)
			got, problems := Resolve(Arguments{}, env(t, variables))
			compare(t, problems, test.want)
			if got.Config.RootCAs != nil {
				t.Error("there are authorities of no file")
			}
		})
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	for added, want := range map[string]string{
		"": "own/1", "  ": "own/1", "ci/2": "own/1 ci/2", " ci/2  (x) ": "own/1 ci/2 (x)",
		"a\r\nX-Evil: 1": "own/1 a X-Evil: 1", "é\x00\x7fz": "own/1 z",
	} {
		got := UserAgent("own/1", func(name string) string { return map[string]string{"TF_APPEND_USER_AGENT": added}[name] })
		if got != want {
			t.Errorf("%q gives %q, want %q", added, got, want)
		}
	}
}

// Everything that is wrong comes at once, in the order of the arguments.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := Resolve(Arguments{Endpoint: "h", AccountID: "acme", ProfilesFile: "/nowhere/profiles.toml", CustomHeaders: map[string]string{"Host": "h", "X": "\n"}},
		env(t, map[string]string{EnvSystemCertificates: "/nowhere/ca.pem"}))
	var on []string
	for _, p := range problems {
		on = append(on, p.Argument)
	}
	if want := []string{ArgProfilesFile, ArgEndpoint, ArgAccountID, ArgCustomHeaders, ArgCustomHeaders, ""}; !slices.Equal(on, want) {
		t.Errorf("problems with %q, want %q: %+v", on, want, problems)
	}
}
