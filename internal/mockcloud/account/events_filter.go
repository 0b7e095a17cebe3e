package account

import (
	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// readSearch reads Body_read_account_events…: EventFilter and the size of a page.
func readSearch(f *input.Fields) search {
	var out search
	if given := input.Optional(f, "filter", input.Strict(readEventFilter)); given != nil {
		out = *given
	}
	out.Query.Limit = input.Default(f, "limit", input.IntBetween(0, 200), 50)
	return out
}

func readEventFilter(f *input.Fields) search {
	var out search
	q := &out.Query
	q.Filter = eventlog.Filter{
		IDs:         filterPart(f, "id", func(f *input.Fields) []uuid.UUID { return input.OptionalList(f, "id", input.List(input.UUID)) }),
		Related:     input.OptionalList(f, "related", input.OneOrMore(input.Strict(readRelatedFilter))),
		AnyResource: input.OptionalList(f, "any_resource", input.OneOrMore(input.Strict(readResourceFilter))),
	}
	input.Optional(f, "occurred", input.Strict(func(f *input.Fields) struct{} {
		out.since, out.until = input.Optional(f, "since", input.Time), input.Optional(f, "until", input.Time)
		return struct{}{}
	}))
	input.Optional(f, "event", input.Strict(func(f *input.Fields) struct{} {
		q.Filter.Names, q.Filter.ExcludedNames = texts(f, "name"), texts(f, "exclude_name")
		q.Filter.Prefixes, q.Filter.ExcludedPrefixes = texts(f, "prefix"), texts(f, "exclude_prefix")
		return struct{}{}
	}))
	q.Filter.Resource = input.Optional(f, "resource", input.Strict(func(f *input.Fields) eventlog.ResourceFilter {
		q.Filter.Distinct = input.Default(f, "distinct", input.Bool, false)
		return readResourceFilter(f)
	}))
	input.Optional(f, "scope", input.Strict(func(f *input.Fields) struct{} {
		if account := input.Optional(f, "account", input.UUID); account != nil {
			q.Filter.Accounts = []uuid.UUID{*account}
		}
		q.Filter.Workspaces = input.OptionalList(f, "workspace", input.List(input.UUID))
		return struct{}{}
	}))
	input.Optional(f, "text", input.Strict(func(f *input.Fields) struct{} {
		text := input.Required(f, "query", input.StringUpTo(200))
		q.Filter.Text = &text
		return struct{}{}
	}))
	q.OldestFirst = input.Default(f, "order", input.Enum("ASC", "DESC"), "DESC") == "ASC"
	if skip := input.Optional(f, "offset", input.IntBetween(0, 5000)); skip != nil {
		q.Skip = *skip
	}
	out.Left = input.Optional(f, "limit", input.IntBetween(0, 200))
	return out
}

func texts(f *input.Fields, name string) []string {
	return input.OptionalList(f, name, input.List(input.String))
}

// readResourceFilter reads EventAnyResourceFilter, and of EventResourceFilter what
// they have in common.
func readResourceFilter(f *input.Fields) eventlog.ResourceFilter {
	return eventlog.ResourceFilter{IDs: texts(f, "id"), Prefixes: texts(f, "id_prefix"), Labels: readLabels(f)}
}

// readRelatedFilter reads EventRelatedFilter.
func readRelatedFilter(f *input.Fields) eventlog.ResourceFilter {
	pair := func(v input.Value) [2]string {
		var out [2]string
		copy(out[:], input.ListOf(input.String, 2, 2)(v))
		return out
	}
	return eventlog.ResourceFilter{
		IDs: texts(f, "id"), Roles: texts(f, "role"), Labels: readLabels(f),
		InRoles: input.OptionalList(f, "resources_in_roles", input.List(pair)),
	}
}

// readLabels reads ResourceSpecification.
func readLabels(f *input.Fields) map[string][]string {
	if labels := input.Optional(f, "labels", input.Map(input.OneOrMore(input.String))); labels != nil {
		return *labels
	}
	return nil
}
