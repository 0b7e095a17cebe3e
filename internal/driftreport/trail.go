package driftreport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// fact is one thing that changed behind Terraform's back.
type fact struct {
	difference
	gone bool           // the whole thing is no longer there
	was  map[string]any // its attributes before that
	now  map[string]any // and after it; nil where it is gone
}

func (f fact) text(attribute string) string {
	text, _ := f.was[attribute].(string)
	return text
}

func (f fact) account() string { return f.text("account_id") }

// trail says where the audit trail tells of a resource type.
type trail struct {
	kind string // of the things in the trail: prefect-cloud.{kind}.{uuid}
	// ids and name are how the trail calls what a fact is about. Where it does by
	// neither, all events of the kind are asked for, and says finds those.
	ids  func(f fact) []string
	name func(f fact) string
	says func(f fact, e client.Event) evidence
}

// evidence is what an event says of a fact.
type evidence int

const (
	contradicts evidence = iota // it tells of something else
	silent                      // it is about that thing, and does not say what changed
	agrees                      // it tells of exactly this
)

// trails are the resource types whose events are known, and where they are.
var trails = map[string]trail{
	"prefectsso_domain":              {"account-domain-names", byAccount, noName, domainSays},
	"prefectsso_domains":             {"account-domain-names", byAccount, noName, domainSays},
	"prefectsso_group_role_mapping":  {"group-role-mapping", byID, noName, thingSays},
	"prefectsso_identity_provider":   {"sso-connection", byID, noName, thingSays},
	"prefectsso_member_role":         {"account-membership", byID, byEmail, membershipSays},
	"prefectsso_member_roles":        {"account-membership", noIDs, byKey, membershipSays},
	"prefectsso_role_members":        {"account-membership", noIDs, byKey, membershipSays},
	"prefectsso_scim_client":         {"scim-client", byID, noName, thingSays},
	"prefectsso_scim_directory":      {"directory", byID, noName, thingSays},
	"prefectsso_scim_token":          {"scim-token", byID, noName, thingSays},
	"prefectsso_session_policy":      {"account", byAccount, noName, thingSays},
	"prefectsso_team_workspace_role": {"workspace-access", nil, nil, teamRoleSays},
}

func noIDs(fact) []string       { return nil }
func noName(fact) string        { return "" }
func byEmail(f fact) string     { return f.text("email") }
func byKey(f fact) string       { return f.key }
func byAccount(f fact) []string { return uuids(f.account()) }

// byID takes the id that the thing had, and the one that it has now.
func byID(f fact) []string {
	ids := uuids(f.text("id"))
	if after, ok := f.after.(string); ok && f.path == "id" {
		ids = append(ids, uuids(after)...)
	}
	return ids
}

// uuids returns the UUID of an id: itself, or what a ULID with a prefix, such as
// conn_01J…, stands for; none for an id of any other kind.
func uuids(id string) []string {
	if uuid.Validate(id) == nil {
		return []string{strings.ToLower(id)}
	}
	digits := id[strings.LastIndexByte(id, '_')+1:]
	const crockford, base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789abcdefghijklmnopqrstuv"
	number, ok := new(big.Int).SetString(strings.Map(func(r rune) rune {
		if at := strings.IndexRune(crockford, r); at >= 0 {
			return rune(base32[at])
		}
		return '?' // no digit: SetString refuses it
	}, digits), len(base32))
	if !ok || len(digits) != 26 || number.BitLen() > 128 {
		return nil
	}
	var out uuid.UUID
	number.FillBytes(out[:])
	return []string{out.String()}
}

// prefix begins the ids of a kind of things in the trail, and the names of events about them.
func (t trail) prefix() string { return "prefect-cloud." + t.kind + "." }

// resourceIDs returns ids as events have them.
func (t trail) resourceIDs(f fact) []string {
	var out []string
	if t.ids == nil {
		return nil
	}
	for _, id := range t.ids(f) {
		out = append(out, t.prefix()+id)
	}
	return out
}

func action(e client.Event) string { return e.Name[strings.LastIndexByte(e.Name, '.')+1:] }

// The actions of events.
const (
	created = "created"
	deleted = "deleted"
)

// thingSays judges by the fields that an event says it changed, each as an object
// with from and to. Where it says of none, it goes by the event's name.
func thingSays(f fact, e client.Event) evidence {
	switch {
	case f.gone != (action(e) == deleted):
		return contradicts
	case f.gone:
		return agrees
	case action(e) == created: // what it was then is in the state
		return agreesIf(f.path == "id")
	}
	var payload map[string]json.RawMessage
	if json.Unmarshal(e.Payload, &payload) != nil {
		return silent
	}
	if change, changed := changeIn(payload[f.field()]); changed {
		return agreesIf(f.explains(change))
	}
	says := silent
	for field, value := range payload {
		if _, changed := changeIn(value); changed {
			says = contradicts // it was something else
		}
		if strings.HasPrefix(field, f.attr+".") {
			return silent // it has other names for what is below
		}
	}
	return says
}

// fields are names that events have for attributes, where those are others.
var fields = map[string]string{
	"certificates": "saml.idp_certificates",
	"default_role": "default_account_role",
	enabled:        "state",
	"role":         "account_role",
}

// enabled is what a directory is that is not unlinked.
const enabled, unlinked = "enabled", "unlinked"

// field returns the name that events have for what a fact is about.
func (f fact) field() string { return cmp.Or(fields[f.attr], f.path) }

// fieldChange is what an event says of a field.
type fieldChange struct{ From, To any }

// changeIn reads a change of a field; told is false for a field that did not change.
func changeIn(value json.RawMessage) (change fieldChange, changed bool) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(value, &keys) != nil || keys["from"] == nil || keys["to"] == nil {
		return change, false
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber() // as in the plan
	return change, decoder.Decode(&change) == nil
}

// explains reports whether a change of the field can be what made the fact.
func (f fact) explains(change fieldChange) bool {
	role, _ := f.after.(string)
	switch {
	case f.hidden || isID(role): // the event has the role's name
		return true
	case f.attr == enabled:
		return (change.From == unlinked) != (change.To == unlinked) && f.after == (change.To != unlinked)
	case f.element:
		return has(change.From, f.key) != has(change.To, f.key) && has(change.To, f.key) == (f.after != nil)
	case f.after == nil:
		return change.To == nil || change.To == ""
	default:
		return reflect.TypeOf(f.after) != reflect.TypeOf(change.To) || reflect.DeepEqual(f.after, change.To)
	}
}

// has reports whether a list has a domain or another text, in any spelling of it.
func has(list any, text string) bool {
	values, _ := list.([]any)
	return slices.ContainsFunc(values, func(value any) bool { return sameText(plain(value), text) })
}

func sameText(a, b string) bool {
	one, err := client.NormalizeDomain(a)
	other, err2 := client.NormalizeDomain(b)
	return a == b || err == nil && err2 == nil && one == other
}

// domainSays judges by the domains that an event says it added and removed. One that is released is gone, one that is
// kept after all is back.
func domainSays(f fact, e client.Event) evidence {
	var payload struct {
		Added    []string `json:"added"`
		Kept     []string `json:"kept"`
		Removed  []string `json:"removed"`
		Released []string `json:"released"`
	}
	if json.Unmarshal(e.Payload, &payload) != nil {
		return silent
	}
	come, gone := slices.Concat(payload.Added, payload.Kept), slices.Concat(payload.Removed, payload.Released)
	if len(come)+len(gone) == 0 {
		return silent
	}
	names := come
	if f.gone || f.after == nil {
		names = gone
	}
	domain, err := client.NormalizeDomain(cmp.Or(f.key, f.text("name")))
	if err == nil && slices.Contains(names, domain) {
		return agrees
	}
	return contradicts
}

// membershipSays judges by the role or the state that an event says a member got.
func membershipSays(f fact, e client.Event) evidence {
	var payload struct {
		Role   json.RawMessage `json:"account_role"`
		Active *bool           `json:"active"`
	}
	if len(e.Payload) > 0 && json.Unmarshal(e.Payload, &payload) != nil {
		return silent
	}
	var role struct{ From, To string }
	hasRole := json.Unmarshal(payload.Role, &role) == nil || json.Unmarshal(payload.Role, &role.To) == nil
	lost, got := roleChange(f)
	removed := f.after == nil && (f.attr == "roles" || f.attr == "members")
	switch {
	case action(e) == deleted:
		return agreesIf(f.gone || removed)
	case f.gone || removed && lost == "":
		return contradicts
	case f.attr == "active" && payload.Active != nil:
		return agreesIf(f.after == *payload.Active)
	case lost == "" && got == "" && f.attr != "active":
		return silent
	case hasRole && f.attr == "active", !hasRole && payload.Active != nil:
		return contradicts // the one where the other changed
	case !hasRole || isID(lost) || isID(got):
		return silent
	case lost != "":
		return agreesIf(role.From == lost)
	default:
		return agreesIf(role.To == got)
	}
}

// roleChange returns the role that a fact says a member lost, or else the one that
// they got; neither where it is about something else.
func roleChange(f fact) (lost, got string) {
	switch {
	case f.attr == "members" && f.after == nil:
		return f.text("role"), ""
	case f.attr == "members":
		return "", f.text("role")
	case f.attr == "role" || f.attr == "roles":
		got, _ = f.after.(string)
	}
	return "", got
}

// teamRoleSays judges by the team, the workspace and the role that an event names.
// The trail knows the place of a team in a workspace by an id that is its own.
func teamRoleSays(f fact, e client.Event) evidence {
	var payload struct {
		Team      string          `json:"team_id"`
		Workspace string          `json:"workspace_id"`
		Role      json.RawMessage `json:"workspace_role"`
	}
	if json.Unmarshal(e.Payload, &payload) != nil || payload.Team == "" || payload.Workspace == "" ||
		payload.Team != f.text("team_id") || payload.Workspace != f.text("workspace_id") {
		return contradicts
	}
	var role struct{ From, To string }
	hasRole := json.Unmarshal(payload.Role, &role) == nil || json.Unmarshal(payload.Role, &role.To) == nil
	got, _ := f.now["role"].(string)
	switch {
	case f.gone || action(e) == deleted:
		return thingSays(f, e)
	case !hasRole || isID(got) || f.attr != "role" && f.attr != "role_id":
		return silent
	default:
		return agreesIf(role.To == got)
	}
}

func agreesIf(yes bool) evidence {
	if yes {
		return agrees
	}
	return contradicts
}

// isID says that a role is written as its id, while events have its name.
func isID(role string) bool { return uuid.Validate(role) == nil }
