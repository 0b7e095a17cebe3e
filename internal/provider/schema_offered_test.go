package provider_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
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
