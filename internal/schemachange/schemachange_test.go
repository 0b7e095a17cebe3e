package schemachange_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/schemachange"
)

const released = "released.json"

func today(t *testing.T) schemachange.Schema {
	t.Helper()
	s, err := schemachange.Of(t.Context(), provider.New("test")())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A change of a schema is read in the diff of this file; `make generate` writes it anew.
func TestSchema(t *testing.T) {
	t.Parallel()
	golden.Check(t, filepath.Join("testdata", "schema.json"), today(t).String())
}

// What changed since the newest release is allowed by the changelog. After a release `make baseline` sets
// RELEASED_VERSION, and writes down what it offers.
func TestChangesSinceTheReleaseAreAllowed(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", released)
	if v := os.Getenv("RELEASED_VERSION"); v != "" {
		out := "{\"version\": " + quoted(t, v) + ", \"schema\": " + today(t).String() + "}\n"
		if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var since schemachange.Release
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &since); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join("..", "..", "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	if since.Version == "" {
		if sections := schemachange.Changelog(string(log)); len(sections) != 1 || sections[0].Version != "" {
			t.Fatalf("%s has no release, but CHANGELOG.md has one: run make baseline RELEASED_VERSION=X.Y.Z on its tag", file)
		}
		return // nobody has a configuration that could break
	}
	for _, why := range schemachange.Refused(since, schemachange.Compare(since.Schema, today(t)), schemachange.Changelog(string(log))) {
		t.Error(why)
	}
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What Terraform's own JSON of schemas does not say is there.
func TestFactsOfTheProvider(t *testing.T) {
	t.Parallel()
	s := today(t)
	kinds := map[string]bool{}
	for path := range s {
		kind, _, _ := strings.Cut(path, " ")
		kinds[kind] = true
	}
	for _, want := range []string{"resource", "identity", "data", "ephemeral", "list", "action", "function", "provider", "provider.endpoint"} {
		if !kinds[want] {
			t.Errorf("there is no %s among %v", want, slices.Sorted(maps.Keys(kinds)))
		}
	}
	if f := s["resource prefectsso_domain.name"]; !f.Required || len(f.Replaces) != 1 || f.Type != "tftypes.String" {
		t.Errorf("prefectsso_domain.name is %+v", f)
	}
	if f := s["identity prefectsso_domain.name"]; !f.Required {
		t.Errorf("the identity's name is %+v", f)
	}
	if f := s["resource prefectsso_scim_token.token_wo"]; !f.WriteOnly {
		t.Errorf("prefectsso_scim_token.token_wo is %+v", f)
	}
	if f := s["resource prefectsso_identity_provider.oidc"]; f.Nesting != "Single" {
		t.Errorf("prefectsso_identity_provider.oidc is %+v", f)
	}
	defaults, rules := 0, 0
	for _, f := range s {
		if f.Default != "" {
			defaults++
		}
		rules += len(f.Rules)
	}
	if defaults == 0 || rules == 0 {
		t.Errorf("%d defaults and %d rules were found", defaults, rules)
	}
	var back schemachange.Schema
	if err := json.Unmarshal([]byte(s.String()), &back); err != nil {
		t.Fatal(err)
	}
	if changes := schemachange.Compare(s, back); len(changes) > 0 {
		t.Errorf("what is written and read again differs: %v", changes)
	}
}

const name = "resource p_thing.name"

// with is a resource with one attribute.
func with(f schemachange.Facts) schemachange.Schema {
	return schemachange.Schema{"resource p_thing": {}, name: f}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	optional := schemachange.Facts{Type: "string", Optional: true}
	change := func(f func(*schemachange.Facts)) schemachange.Facts {
		out := optional
		f(&out)
		return out
	}
	type facts = schemachange.Facts
	replaces := change(func(f *facts) { f.Replaces = []string{"is replaced"} })
	ruled := change(func(f *facts) { f.Rules = []string{"one of a, b"} })
	for label, c := range map[string]struct {
		before, after schemachange.Schema
		path          string
		want          schemachange.Kind
	}{
		"resource removed":     {with(optional), schemachange.Schema{}, "resource p_thing", schemachange.Breaking},
		"attribute removed":    {with(optional), schemachange.Schema{"resource p_thing": {}}, name, schemachange.Breaking},
		"type":                 {with(optional), with(change(func(f *facts) { f.Type = "number" })), name, schemachange.Breaking},
		"nesting":              {with(facts{Nesting: "List"}), with(facts{Nesting: "Set"}), name, schemachange.Breaking},
		"optional to required": {with(optional), with(facts{Type: "string", Required: true}), name, schemachange.Breaking},
		"optional to computed": {with(change(func(f *facts) { f.Computed = true })), with(facts{Type: "string", Computed: true}), name, schemachange.Breaking},
		"computed gone":        {with(change(func(f *facts) { f.Computed = true })), with(optional), name, schemachange.Breaking},
		"sensitive":            {with(optional), with(change(func(f *facts) { f.Sensitive = true })), name, schemachange.Breaking},
		"write-only":           {with(optional), with(change(func(f *facts) { f.WriteOnly = true })), name, schemachange.Breaking},
		"default":              {with(change(func(f *facts) { f.Default = "a" })), with(change(func(f *facts) { f.Default = "b" })), name, schemachange.Breaking},
		"replaces":             {with(optional), with(replaces), name, schemachange.Breaking},
		"version back":         {schemachange.Schema{"resource p": {Version: 2}}, schemachange.Schema{"resource p": {Version: 1}}, "resource p", schemachange.Breaking},
		"new and required":     {schemachange.Schema{"resource p_thing": {}}, with(facts{Type: "string", Required: true}), name, schemachange.Breaking},
		"identity grows":       {schemachange.Schema{"identity p": {}}, schemachange.Schema{"identity p": {}, "identity p.id": {Optional: true}}, "identity p.id", schemachange.Breaking},
		"signature":            {schemachange.Schema{"function f": {Type: "(string) bool"}}, schemachange.Schema{"function f": {Type: "(string, string) bool"}}, "function f", schemachange.Breaking},

		"rule added":   {with(optional), with(ruled), name, schemachange.Stricter},
		"rule changed": {with(ruled), with(change(func(f *facts) { f.Rules = []string{"one of a, b, c"} })), name, schemachange.Stricter},

		"resource added":       {schemachange.Schema{}, with(optional), "resource p_thing", schemachange.Added},
		"new and optional":     {schemachange.Schema{"resource p_thing": {}}, with(optional), name, schemachange.Added},
		"required to optional": {with(facts{Type: "string", Required: true}), with(optional), name, schemachange.Added},
		"computed to optional": {with(facts{Type: "string", Computed: true}), with(change(func(f *facts) { f.Computed = true })), name, schemachange.Added},
		"no replacement":       {with(replaces), with(optional), name, schemachange.Added},
		"rule gone":            {with(ruled), with(optional), name, schemachange.Added},
		"deprecated":           {with(optional), with(change(func(f *facts) { f.Deprecated = "use other" })), name, schemachange.Added},
		"upgraded":             {schemachange.Schema{"resource p": {}}, schemachange.Schema{"resource p": {Version: 1}}, "resource p", schemachange.Added},

		"modifier": {with(optional), with(change(func(f *facts) { f.Modifiers = []string{"keeps it"} })), name, schemachange.Compatible},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			changes := schemachange.Compare(c.before, c.after)
			if len(changes) != 1 || changes[0].Path != c.path || changes[0].Kind != c.want {
				t.Errorf("changes are %v, want one of %s, %s", changes, c.path, c.want)
			}
		})
	}
	if changes := schemachange.Compare(with(optional), with(optional)); len(changes) > 0 {
		t.Errorf("nothing changed, but %v", changes)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const old = "\n## [1.2.0] - 2027-01-01\n\n- **Breaking:** `p_thing` lost `name`.\n"
	removed := []schemachange.Change{{Path: name, Kind: schemachange.Breaking, What: "removed"}}
	stricter := []schemachange.Change{{Path: name, Kind: schemachange.Stricter, What: "a rule"}}
	added := []schemachange.Change{{Path: "resource p_new", Kind: schemachange.Added, What: "new"}}
	for label, c := range map[string]struct {
		since     string
		changes   []schemachange.Change
		changelog string
		want      int
	}{
		"not named":                  {"1.2.0", removed, "## [Unreleased]\n" + old, 1},
		"named, not as breaking":     {"1.2.0", removed, "## [Unreleased]\n- `p_thing` lost `name`.\n" + old, 1},
		"another attribute is named": {"1.2.0", removed, "## [Unreleased]\n- **Breaking:** `p_thing` lost `other`.\n" + old, 1},
		"named":                      {"1.2.0", removed, "## [Unreleased]\n- **Breaking:** `p_thing` lost `name`.\n" + old, 0},
		"named by its path":          {"1.2.0", removed, "## [Unreleased]\n- **Breaking:** `p_thing.name` is gone.\n" + old, 0},
		"released as a fix":          {"1.2.0", removed, "## [Unreleased]\n## [1.2.1] - x\n- **Breaking:** `p_thing.name` is gone.\n" + old, 1},
		"released as a minor":        {"1.2.0", removed, "## [Unreleased]\n## [1.3.0] - x\n- **Breaking:** `p_thing.name` is gone.\n" + old, 1},
		"released as a major":        {"1.2.0", removed, "## [Unreleased]\n## [2.0.0] - x\n- **Breaking:** `p_thing.name` is gone.\n" + old, 0},
		"before 1.0 a minor will do": {"0.2.0", removed, "## [0.3.0] - x\n- **Breaking:** `p_thing.name` is gone.\n## [0.2.0] - x\n", 0},
		"before 1.0 a fix will not":  {"0.2.0", removed, "## [0.2.1] - x\n- **Breaking:** `p_thing.name` is gone.\n## [0.2.0] - x\n", 1},
		"a rule that nobody named":   {"1.2.0", stricter, "## [Unreleased]\n" + old, 1},
		"a rule that is named":       {"1.2.0", stricter, "## [Unreleased]\n- `name` of `p_thing` refuses blanks.\n" + old, 0},
		"added as a fix":             {"1.2.0", added, "## [1.2.1] - x\n" + old, 1},
		"added as a minor":           {"1.2.0", added, "## [1.3.0] - x\n" + old, 0},
		"added before 1.0 as a fix":  {"0.2.0", added, "## [0.2.1] - x\n## [0.2.0] - x\n", 0},
		"backwards":                  {"1.2.0", nil, "## [1.1.0] - x\n" + old, 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			why := schemachange.Refused(schemachange.Release{Version: c.since}, c.changes, schemachange.Changelog(c.changelog))
			if len(why) != c.want {
				t.Errorf("refused: %q, want %d reasons", why, c.want)
			}
		})
	}
}
