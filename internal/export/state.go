package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// The resource types of prefecthq/prefect that manage what resources of this provider do, as its documentation has them, and
// the one beside them that does not.
const (
	typeAccount         = "prefect_account"          // domain_names
	typeMember          = "prefect_account_member"   // email
	typeWorkspaceAccess = "prefect_workspace_access" // accessor_type, accessor_id, workspace_id
	typeTeamAccess      = "prefect_team_access"      // who is in a team
)

// accessorTeam is the accessor_type of a team.
const accessorTeam = "TEAM"

// former is what a state has of prefecthq/prefect.
type former struct {
	domains map[string]bool     // by their names, normalized
	members map[string]bool     // by their keys
	access  map[teamAccess]bool // by the ids of team and workspace
	remove  map[string]bool     // the resources whose instances all go over, without instance keys → their type
	stay    map[string]string   // resources that stay as they are → why
	account map[string]bool     // resources of the type prefect_account that have domain names
}

// instance is an instance of a resource in a state.
type instance struct {
	Resource string // in the configuration, without instance keys
	Type     string
	Values   struct {
		AccountID    string   `json:"account_id"`
		ID           string   `json:"id"`
		Email        string   `json:"email"`
		DomainNames  []string `json:"domain_names"`
		AccessorType string   `json:"accessor_type"`
		AccessorID   string   `json:"accessor_id"`
		WorkspaceID  string   `json:"workspace_id"`
	}
}

// stateFile is a state in either form: the file itself, in its format 4, or what `terraform show -json` prints of one.
type stateFile struct {
	Version       int    `json:"version"`
	FormatVersion string `json:"format_version"`
	Resources     []struct {
		Module    string `json:"module"`
		Mode      string `json:"mode"`
		Type      string `json:"type"`
		Name      string `json:"name"`
		Instances []struct {
			Attributes json.RawMessage `json:"attributes"`
		} `json:"instances"`
	} `json:"resources"`
	Values *struct {
		RootModule stateModule `json:"root_module"`
	} `json:"values"`
}

type stateModule struct {
	Resources []struct {
		Address string          `json:"address"`
		Mode    string          `json:"mode"`
		Type    string          `json:"type"`
		Values  json.RawMessage `json:"values"`
	} `json:"resources"`
	ChildModules []stateModule `json:"child_modules"`
}

// errNotState is how to come by a state.
var errNotState = errors.New("this is no state: give the file that `terraform state pull` or `terraform show -json` prints")

// readState reads what a state has of prefecthq/prefect in an account. Nothing else of a state is looked at: it may hold
// secrets.
func readState(name, account string) (*former, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("could not read the state: %w", err)
	}
	instances, err := instancesOf(report.UTF8(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &former{
		domains: map[string]bool{}, members: map[string]bool{}, access: map[teamAccess]bool{},
		remove: map[string]bool{}, stay: map[string]string{}, account: map[string]bool{},
	}
	for _, i := range instances {
		if why := i.stays(account); why != "" {
			f.stay[i.Resource] = why
		}
	}
	for _, i := range instances {
		if f.stay[i.Resource] == "" { // an instance stays where another one of its resource does
			f.add(i)
		}
	}
	if len(f.remove)+len(f.account)+len(f.stay) == 0 {
		return nil, fmt.Errorf("%s: the state has no %s with domain names, %s or %s", name, typeAccount, typeMember, typeWorkspaceAccess)
	}
	return f, nil
}

// instancesOf reads the managed instances of the types that matter.
func instancesOf(data []byte) ([]instance, error) {
	var s stateFile
	if err := json.Unmarshal(bytes.TrimSpace(data), &s); err != nil {
		return nil, errNotState // the error could repeat what is in it
	}
	var all []instance
	take := func(mode, kind, resource string, values json.RawMessage) error {
		if mode != "managed" || !slices.Contains([]string{typeAccount, typeMember, typeWorkspaceAccess, typeTeamAccess}, kind) {
			return nil
		}
		i := instance{Resource: report.Configured(resource), Type: kind}
		for part := range strings.SplitSeq(i.Resource, ".") {
			if !hclsyntax.ValidIdentifier(part) {
				return fmt.Errorf("%s is no address of a resource", strconv.Quote(report.Printable(resource)))
			}
		}
		if err := json.Unmarshal(values, &i.Values); err != nil {
			return fmt.Errorf("%s has not the form that prefecthq/prefect gives it", resource)
		}
		all = append(all, i)
		return nil
	}
	switch {
	case s.Values != nil && strings.HasPrefix(s.FormatVersion, "1."):
		modules := []stateModule{s.Values.RootModule}
		for len(modules) > 0 {
			m := modules[0]
			modules = append(modules[1:], m.ChildModules...)
			for _, r := range m.Resources {
				if err := take(r.Mode, r.Type, r.Address, r.Values); err != nil {
					return nil, err
				}
			}
		}
	case s.Version == 4:
		for _, r := range s.Resources {
			address := r.Type + "." + r.Name
			if r.Module != "" {
				address = r.Module + "." + address
			}
			for _, i := range r.Instances {
				if err := take(r.Mode, r.Type, address, i.Attributes); err != nil {
					return nil, err
				}
			}
		}
	default:
		return nil, errNotState
	}
	return all, nil
}

// stays returns why a resource stays with prefecthq/prefect, "" where nothing of this instance speaks for it.
func (i instance) stays(account string) string {
	own := i.Values.AccountID
	if i.Type == typeAccount {
		own = i.Values.ID
	}
	switch {
	case own != "" && lower(own) != lower(account):
		return "it is of another account, or has instances of one"
	case i.Type == typeTeamAccess:
		return "it says who is in a team, which no resource of prefectsso does"
	case i.Type == typeWorkspaceAccess && i.Values.AccessorType != accessorTeam:
		return "it gives access to people or service accounts, or has instances that do, and a block `removed` would take those along. Move the instances of teams to a resource of their own first (`moved`)"
	}
	return ""
}

// add notes what becomes of an instance that does not stay.
func (f *former) add(i instance) {
	switch i.Type {
	case typeAccount:
		if len(i.Values.DomainNames) > 0 {
			f.account[i.Resource] = true
		}
		for _, name := range i.Values.DomainNames {
			f.domains[domainKey(name)] = true
		}
	case typeMember:
		f.remove[i.Resource] = true
		f.members[client.EmailKey(i.Values.Email)] = true
	case typeWorkspaceAccess:
		f.remove[i.Resource] = true
		f.access[teamAccess{team: lower(i.Values.AccessorID), workspace: lower(i.Values.WorkspaceID)}] = true
	}
}

func domainKey(name string) string {
	if key, err := client.NormalizeDomain(name); err == nil {
		return key
	}
	return name
}

// lower returns a UUID in the one form that is compared.
func lower(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, id)
}

// keep leaves of an account only what the state has, and notes what the account does not have any more.
func (a *account) keep(f *former) {
	a.connections, a.directories, a.info.AuthExpirationSeconds = nil, nil, nil
	a.left = slices.DeleteFunc(a.left, func(o omission) bool { return !o.refused })
	gone := func(n int, what, whats string) {
		switch {
		case n == 1:
			a.leave(omission{what: "1 " + what, why: "the state has it, and the account does not"})
		case n > 1:
			a.leave(omission{what: fmt.Sprintf("%d %s", n, whats), why: "the state has them, and the account does not"})
		}
	}
	a.domains = slices.DeleteFunc(a.domains, func(d client.Domain) bool { return !f.domains[domainKey(d.Name)] })
	gone(len(f.domains)-len(a.domains), "domain", "domains")
	a.members = slices.DeleteFunc(a.members, func(m client.Membership) bool { return m.Email == nil || !f.members[client.EmailKey(*m.Email)] })
	gone(len(f.members)-len(a.members), "person", "people")
	roles := 0
	for i := range a.teams {
		t := &a.teams[i]
		t.Workspaces = slices.DeleteFunc(t.Workspaces, func(w client.TeamWorkspace) bool {
			return !f.access[teamAccess{team: lower(t.ID), workspace: lower(w.WorkspaceID)}]
		})
		roles += len(t.Workspaces)
	}
	gone(len(f.access)-roles, "role of a team in a workspace", "roles of teams in workspaces")
}

// removed returns the file by which the state forgets what goes over.
func (f *former) removed() []byte {
	var out file
	out.comment("The state forgets these, and they stay as they are in the account. Delete their blocks from the configuration,",
		"and this file after the first apply.")
	out.commented = false
	for _, resource := range slices.Sorted(maps.Keys(f.remove)) {
		out.block("removed", argument{"from", expr(resource)}, emptyLine, argument{nested, "lifecycle {\ndestroy = false\n}"})
	}
	return out.bytes()
}

// notes says what is to be done by hand.
func (f *former) notes() []string {
	var notes []string
	if len(f.remove) > 0 {
		notes = append(notes, "Delete the blocks of "+english.AndCode(slices.Sorted(maps.Keys(f.remove)))+" from the configuration: `prefectsso_removed.tf` has the state forget them, with all their instances, and nothing is destroyed.")
	}
	for _, resource := range slices.Sorted(maps.Keys(f.account)) {
		notes = append(notes, "`"+resource+"` stays, and must leave the domains alone: `lifecycle { ignore_changes = [domain_names] }`. Each update of it resets `auth_expiration_seconds` of the account, because prefecthq/prefect sends null for it: plan again after one, so that `prefectsso_session_policy` sets it anew, or manage name and handle by hand.")
	}
	notes = append(notes, "Add `prefectsso = { source = \"prefectsso/prefectsso\", version = \"~> 0.1\" }` to the `required_providers` of the configuration.")
	return notes
}
