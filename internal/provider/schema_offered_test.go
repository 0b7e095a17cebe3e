package provider_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// offers are what descriptions say of Prefect Cloud today, with how the row of the tables in README.md and in the
// index of the documentation begins.
var offers = map[string]string{
	"**On Prefect Cloud today:** works.": "**Works on Prefect Cloud today**",
	"**On Prefect Cloud today:** watches what was configured in the browser. To configure it from here needs mockcloud, or an API that Prefect Cloud does not offer yet.": "**Watches on Prefect Cloud today**",
	"**Not on Prefect Cloud today:** needs mockcloud, or an API that Prefect Cloud does not offer yet.":                                                                   "**Needs mockcloud**",
}

// described is, for the beginning of each row, what has it in its description, sorted: names as the tables write them.
func described(t *testing.T) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	add := func(name, description string) {
		paragraphs := strings.Split(description, "\n\n")
		row, known := offers[paragraphs[len(paragraphs)-1]]
		if !known {
			t.Errorf("the description of %s does not end with what Prefect Cloud offers today: %s", name, paragraphs[len(paragraphs)-1])
		}
		rows[row] = append(rows[row], name)
	}
	schemas := inProcess(t, acctest.Start(t)).schemas
	for _, name := range slices.Sorted(maps.Keys(schemas.ResourceSchemas)) {
		add("`"+name+"`", schemas.ResourceSchemas[name].Block.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.DataSourceSchemas)) {
		add("data source `"+name+"`", schemas.DataSourceSchemas[name].Block.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.EphemeralResourceSchemas)) {
		add("ephemeral `"+name+"`", schemas.EphemeralResourceSchemas[name].Block.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.ListResourceSchemas)) {
		add("list `"+name+"`", schemas.ListResourceSchemas[name].Block.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.ActionSchemas)) {
		add("action `"+name+"`", schemas.ActionSchemas[name].Schema.Block.Description)
	}
	return rows
}

// README.md and the index of the documentation say the same of each as its own page.
func TestTablesOfWhatPrefectCloudOffers(t *testing.T) {
	t.Parallel()
	rows := described(t)
	for _, page := range []string{"README.md", filepath.Join("templates", "index.md.tmpl")} {
		content, err := os.ReadFile(filepath.Join("..", "..", page))
		if err != nil {
			t.Fatal(err)
		}
		for row, names := range rows {
			want := fmt.Sprintf(" | %s |\n", inTable(names))
			found := false
			for line := range strings.Lines(string(content)) {
				found = found || strings.HasPrefix(line, "| "+row) && strings.HasSuffix(line, want)
			}
			if !found {
				t.Errorf("the row of %s that begins with %q has to end with %s", page, row, want)
			}
		}
	}
}

// inTable lists names by their kind: resources, then data sources, then ephemeral resources, lists and actions.
func inTable(names []string) string {
	var resources, sources, ephemerals, lists, actions []string
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "data source "):
			sources = append(sources, strings.TrimPrefix(name, "data source "))
		case strings.HasPrefix(name, "ephemeral "):
			ephemerals = append(ephemerals, strings.TrimPrefix(name, "ephemeral "))
		case strings.HasPrefix(name, "action "):
			actions = append(actions, strings.TrimPrefix(name, "action "))
		case strings.HasPrefix(name, "list "):
			lists = append(lists, strings.TrimPrefix(name, "list "))
		default:
			resources = append(resources, name)
		}
	}
	text := strings.Join(resources, ", ")
	if len(sources) > 0 {
		text += "; data sources " + strings.Join(sources, ", ")
	}
	if len(ephemerals) > 0 {
		text += "; ephemeral " + strings.Join(ephemerals, ", ")
	}
	if len(lists) > 0 {
		text += "; lists of " + strings.Join(lists, ", ")
	}
	if len(actions) > 0 {
		text += "; actions " + strings.Join(actions, ", ")
	}
	return text
}

// What works on Prefect Cloud today can be created on a server that offers no more than it does. What the others do
// there is in the tests of each, and in TestPublishedOnlyCreatesAreCertain.
func TestWhatWorksOnPrefectCloudToday(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"prefectsso_scim_probe"} // its own test has the directory that it needs
	configurations := unsettables()
	for _, name := range described(t)["**Works on Prefect Cloud today**"] {
		typeName := strings.Trim(name, "`")
		row, known := configurations[typeName]
		if strings.Contains(typeName, " ") || slices.Contains(elsewhere, typeName) {
			continue
		}
		if !known {
			t.Errorf("%s has no configuration to try", typeName)
			continue
		}
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.PublishedOnly)
			srv.AddTeam("Crew")
			config := row.base(srv)
			made := inProcess(t, srv).create(t, typeName, config)
			inProcess(t, srv).unchanged(t, typeName, made.NewState, config)
		})
	}
}

// What a resource's page says of the permission to apply it is what its plan looks at.
func TestPagesSayThePermission(t *testing.T) {
	t.Parallel()
	schemas := inProcess(t, acctest.Start(t)).schemas.ResourceSchemas
	want := provider.PermissionsToApply()
	if len(want) != len(schemas) {
		t.Fatalf("%d resource types are planned, and %d have a schema", len(want), len(schemas))
	}
	for name, permission := range want {
		found := false
		for paragraph := range strings.SplitSeq(schemas[name].Block.Description, "\n\n") {
			found = found || strings.HasPrefix(paragraph, "**Permission to apply:** ") && strings.Contains(paragraph, "`"+permission+"`")
		}
		if !found {
			t.Errorf("the description of %s does not say that applying it needs %s", name, permission)
		}
	}
}

// subcategories are what the registry groups pages by.
var subcategories = []string{"Single sign-on", "Directory sync", "Members and roles", "Account"}

// Every page of the reference is in a group.
func TestPagesHaveSubcategories(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, kind := range []string{"resources", "data-sources", "ephemeral-resources", "functions", "list-resources", "actions"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "docs", kind, "*.md"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages of %s: %v", kind, err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		in := slices.ContainsFunc(subcategories, func(name string) bool {
			return strings.Contains(string(content), "\nsubcategory: \""+name+"\"\n")
		})
		if !in {
			t.Errorf("%s is in no group: its name is missing in templates/%s.md.tmpl", page, filepath.Base(filepath.Dir(page)))
		}
	}
}

// Everything in a schema says what it is.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	schemas := inProcess(t, acctest.Start(t)).schemas
	var look func(at string, attributes []*tfprotov6.SchemaAttribute)
	look = func(at string, attributes []*tfprotov6.SchemaAttribute) {
		for _, a := range attributes {
			if a.Description == "" {
				t.Errorf("%s.%s has no description", at, a.Name)
			}
			if a.NestedType != nil {
				look(at+"."+a.Name, a.NestedType.Attributes)
			}
		}
	}
	look("provider", schemas.Provider.Block.Attributes)
	for _, of := range []map[string]*tfprotov6.Schema{schemas.ResourceSchemas, schemas.DataSourceSchemas, schemas.EphemeralResourceSchemas, schemas.ListResourceSchemas} {
		for name, schema := range of {
			look(name, schema.Block.Attributes)
		}
	}
	for name, schema := range schemas.ActionSchemas {
		look(name, schema.Schema.Block.Attributes)
	}
}

// The page of the identity provider has every connection type once, in the column of its protocol.
func TestTableOfConnectionTypes(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "resources", "identity_provider.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(content), "\n## Connection types\n")
	section, _, _ = strings.Cut(section, "\n## ")
	columns := map[int][]string{}
	for line := range strings.Lines(section) {
		for column, cell := range strings.Split(line, "|") {
			if name := strings.TrimSpace(cell); strings.HasPrefix(name, "`") {
				columns[column] = append(columns[column], strings.Trim(name, "`"))
			}
		}
	}
	for column, want := range [][]string{2: provider.OIDCTypes, 3: provider.SAMLTypes} {
		slices.Sort(columns[column])
		if !slices.Equal(columns[column], want) {
			t.Errorf("column %d has %q, want %q", column, columns[column], want)
		}
	}
}
