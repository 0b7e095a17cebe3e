package export

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

const someAccount = "0c1f1d2e-0000-4000-8000-000000000001"

// blocksOf parses what was written and returns how many resources and imports there are. Each label stands once.
func blocksOf(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, files map[string][]byte,
) map[string]int {
	t.Helper()
	counts, seen := map[string]int{}, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".tf") {
			continue
		}
		parsed, diags := hclsyntax.ParseConfig(files[name], name, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%v in\n%s", diags, files[name])
		}
		body, ok := parsed.Body.(*hclsyntax.Body)
		if !ok {
			t.Fatalf("%s has another structure", name)
		}
		for _, block := range body.Blocks {
			if key := strings.Join(block.Labels, "."); block.Type == "resource" && seen[key] {
				t.Fatalf("%s stands twice", key)
			} else {
				seen[key] = true
			}
			counts[block.Type]++
		}
		for _, line := range strings.Split(string(files[name]), "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Fatalf("%s has blanks at the end of %q", name, line)
			}
		}
	}
	return counts
}

// A connection of which the server shows neither protocol is named, with the way to adopt it.
func TestWhatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	a := &account{
		id: someAccount, info: client.Account{Name: "<b>@all `x`"}, decided: map[string]decision{"m1": unsure},
		connections: []client.Connection{{ID: "conn_1", Name: "Okta `x`", ConnectionType: "OktaOIDC", Domains: []client.ConnectionDomain{{Domain: "acme.com"}}}},
		members:     []client.Membership{{ID: "m1"}},
	}
	files, b := build(a, nil)
	if got := blocksOf(t, files); !maps.Equal(got, map[string]int{"terraform": 1, "provider": 1}) {
		t.Errorf("the blocks are %v", got)
	}
	if len(files) != 2 || b.summary() != "There is nothing to write of account "+someAccount+"." {
		t.Errorf("%d files: %s", len(files), b.summary())
	}
	readme := string(files["README.md"])
	for _, want := range []string{
		`# Account &lt;b&gt;&#64;all &#96;x&#96; (`, `identity provider "Okta 'x'": this server does not show its ` + "`oidc` or `saml`", "the first apply adopts it by its name",
		"1 person: the API does not say whether a directory decides about their role",
	} {
		if !strings.Contains(readme, want) {
			t.Errorf("%q is missing in\n%s", want, readme)
		}
	}
}

// Names that Terraform takes for one, because it composes all texts, are told apart by their ids.
func TestNamesThatTerraformTakesForOne(t *testing.T) {
	t.Parallel()
	a := &account{id: someAccount, managed: true, roles: map[string]string{"r": "Member"}, info: client.Account{Name: "Acme"}}
	for i, name := range []string{"Café", "Cafe\u0301", "a", "b", "c", "d", "e"} {
		id := string(rune('a' + i))
		a.teams = append(a.teams, client.Team{ID: id, Name: name, Workspaces: []client.TeamWorkspace{{Handle: "production", RoleName: "Viewer"}}})
	}
	d := directory{Directory: client.Directory{ID: "directory_1", Name: "Okta", Type: "okta scim v2.0", DefaultAccountRoleID: "r"}}
	for i, name := range []string{"Café", "Cafe\u0301", "a", "b", "c", "d"} {
		d.mappings = append(d.mappings, client.GroupRoleMapping{ID: string(rune('1' + i)), Match: client.MappingMatch{GroupName: name}, AccountRoleID: "r"})
	}
	a.directories = []directory{d}
	files, _ := build(a, nil)
	// teams: five alike and two by id; mappings: five alike and one
	if got := blocksOf(t, files); got["resource"] != 1+2+1+2 || got["import"] != got["resource"] {
		t.Errorf("the blocks are %v in\n%s%s", got, files["teams.tf"], files["directories.tf"])
	}
	for _, want := range []string{`team      = { id = "a" }`, `team      = { id = "b" }`} {
		if !strings.Contains(string(files["teams.tf"]), want) {
			t.Errorf("%s is missing in\n%s", want, files["teams.tf"])
		}
	}
}

// Whatever the things of an account are called, the files parse, no resource stands twice, and each has its import.
func TestAnyNamesMakeFiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringN(1, 12, -1), 1, 8, rapid.ID[string]).Draw(t, "names")
		a := &account{id: someAccount, managed: true, info: client.Account{Name: hostile().Draw(t, "account")}, roles: map[string]string{"r": hostile().Draw(t, "role")}}
		for i, name := range names {
			id := string(rune('a' + i))
			issuer := &client.ConnectionOIDC{Issuer: hostile().Draw(t, "issuer"), ClientID: name}
			a.connections = append(a.connections, client.Connection{ID: id, Name: name, ConnectionType: "OktaOIDC", OIDC: issuer, Domains: []client.ConnectionDomain{{Domain: "acme.com"}}})
			a.teams = append(a.teams, client.Team{ID: id, Name: name, Workspaces: []client.TeamWorkspace{{Handle: "production", RoleName: "Viewer"}}})
			a.directories = append(a.directories, directory{
				Directory: client.Directory{ID: id, Name: name, Type: "okta scim v2.0", DefaultAccountRoleID: "r"},
				mappings:  []client.GroupRoleMapping{{ID: id, Match: client.MappingMatch{GroupName: name}, AccountRoleID: "r"}},
			})
		}
		files, _ := build(a, nil)
		got := blocksOf(t, files)
		if got["import"] != got["resource"] || got["resource"] < 4 {
			t.Errorf("the blocks are %v", got)
		}
	})
}
