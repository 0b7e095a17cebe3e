package store

import (
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Scope is a right over a workspace (WorkspaceScopeName in the document). A custom
// role may have scopes that the document does not list; they are kept, and allow
// nothing.
type Scope string

// The scopes that the account API asks for.
const (
	SeeWorkspaceUsers       Scope = "see_workspace_users"
	ManageWorkspaceUsers    Scope = "manage_workspace_users"
	SeeWorkspaceBots        Scope = "see_workspace_service_accounts"
	ManageWorkspaceBots     Scope = "manage_workspace_service_accounts"
	ManageWorkspaceTeams    Scope = "manage_workspace_teams"
	WriteWorkspaceSettings  Scope = "write_workspace_settings"
	ManageWorkspaceSettings Scope = "manage_workspace_settings"
)

var scopes = []Scope{
	"see_flows",
	"manage_saved_search",
	"run_flows",
	"manage_flows",
	"run_tasks",
	"see_blocks",
	"see_secret_blocks",
	"manage_blocks",
	"see_deployments",
	"run_deployments",
	"write_deployments",
	"manage_deployments",
	"see_notifications",
	"write_notifications",
	"manage_notifications",
	"see_workspace_settings",
	"write_workspace_settings",
	"manage_workspace_settings",
	"see_workspace_users",
	"manage_workspace_users",
	"see_workspace_service_accounts",
	"manage_workspace_service_accounts",
	"manage_workspace_teams",
	"see_work_queues",
	"write_work_queues",
	"manage_work_queues",
	"see_concurrency_limits",
	"manage_concurrency_limits",
	"see_events",
	"manage_events",
	"see_event_publications",
	"manage_event_publications",
	"see_event_subscriptions",
	"manage_event_subscriptions",
	"see_automations",
	"manage_automations",
	"see_work_pools",
	"write_work_pools",
	"manage_work_pools",
	"see_workers",
	"write_workers",
	"manage_workers",
	"see_artifacts",
	"write_artifacts",
	"manage_artifacts",
	"see_variables",
	"write_variables",
	"manage_variables",
	"manage_acls",
	"see_incidents",
	"write_incidents",
	"manage_incidents",
	"manage_mex_storage",
	"manage_mex_deploy",
	"see_tags",
	"manage_tags",
	"see_assets",
	"write_assets",
	"manage_assets",
	"see_webhooks",
	"manage_webhooks",
}

// Scopes returns all that the document lists, in its order.
func Scopes() []Scope { return slices.Clone(scopes) }

// scopeVerbs are what scopes begin with, the weakest first: each allows what those
// before it allow, too.
var scopeVerbs = []string{"see", "run", "write", "manage"}

// parts returns the verb of a scope and what it is about.
func (s Scope) parts() (verb, object string) {
	verb, object, _ = strings.Cut(string(s), "_")
	return verb, object
}

// Includes returns the scopes that come with a scope: the weaker ones about the same.
func (s Scope) Includes() []Scope {
	verb, object := s.parts()
	var out []Scope
	for _, weaker := range scopeVerbs[:max(slices.Index(scopeVerbs, verb), 0)] {
		if other := Scope(weaker + "_" + object); slices.Contains(scopes, other) {
			out = append(out, other)
		}
	}
	return out
}

// See returns the scope by which one sees what a scope is about; empty for none.
func (s Scope) See() Scope {
	_, object := s.parts()
	if see := Scope("see_" + object); slices.Contains(scopes, see) {
		return see
	}
	return ""
}

// Title says for people what a scope allows beyond those that it includes.
func (s Scope) Title() string {
	verb, object := s.parts()
	does := map[string]string{"see": "See", "run": "Run", "write": "Create and change", "manage": "Manage"}[verb]
	if verb == "manage" && slices.Contains(scopes, Scope("write_"+object)) {
		does = "Delete"
	}
	return does + " " + strings.ReplaceAll(object, "_", " ")
}

// FeatureGroup names what a scope is about, for people.
func (s Scope) FeatureGroup() string {
	_, object := s.parts()
	words := strings.ReplaceAll(object, "_", " ")
	return fold.UpperToken(words[:1]) + words[1:]
}
