package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// deniedBySSO is the one event that is not named by a thing and what happened to it.
const deniedBySSO = resourcePrefix + "request.access-denied.sso"

// eventKinds are the things that the audit trail tells of.
var eventKinds = []string{
	"account", "account-domain-names", "account-invitation", "account-membership", "account-role", "account-settings", "api-key",
	"directory", "directory-group", "directory-user", "group-role-mapping", "scim-token", "service-account", "sso-connection",
	"team", "team-membership", "user", "workspace", "workspace-access", "workspace-role",
}

// eventActions are what can have happened to them.
var eventActions = []string{"accepted", "created", "deleted", "logged-in", "logged-out", "rejected", "rotated", "updated"}

// knownEvent says whether an account's own events may have this name, or begin with it.
func knownEvent(name string, begins bool) bool {
	fits := func(full string) bool { return full == name || begins && strings.HasPrefix(full, name) }
	return fits(deniedBySSO) || slices.ContainsFunc(eventKinds, func(kind string) bool {
		return slices.ContainsFunc(eventActions, func(action string) bool { return fits(resourcePrefix + kind + "." + action) })
	})
}

// eventNameValidator accepts names of events and patterns of them. Names that do not begin like the account's own are
// those of events that somebody has posted, and may be anything.
type eventNameValidator struct{}

// Description implements [validator.Describer].
func (eventNameValidator) Description(context.Context) string {
	return "must be the name of an event, or begin one and end with *"
}

// MarkdownDescription implements [validator.Describer].
func (v eventNameValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

// ValidateString implements [validator.String].
func (eventNameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !known(req.ConfigValue) {
		return
	}
	name, pattern := strings.CutSuffix(req.ConfigValue.ValueString(), "*")
	own := strings.HasPrefix(name, resourcePrefix)
	switch {
	case name == "" && !pattern:
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown event name", "A name is empty. Leave it out to get events of all names.")
	case !own && knownEvent(resourcePrefix+name, false):
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown event name", fmt.Sprintf("The account's own events begin with %q. Write %q.", resourcePrefix, resourcePrefix+name))
	case !own || knownEvent(name, pattern):
	case pattern: // the account may well have events that this provider has not heard of
		resp.Diagnostics.AddAttributeWarning(req.Path, "Unknown event name", fmt.Sprintf("No event that this provider knows begins with %q. %s", name, eventNames()))
	default:
		resp.Diagnostics.AddAttributeError(req.Path, "Unknown event name", fmt.Sprintf("No event is named %q. %s If the account has such events all the same, a pattern finds them: %q.", name, eventNames(), name+"*"))
	}
}

// eventNames says how events are named.
func eventNames() string {
	return fmt.Sprintf("Events are named %s{thing}.{what happened}: a thing is one of %s; what happened is one of %s. There is %s, too.", resourcePrefix, english.And(eventKinds), english.And(eventActions), deniedBySSO)
}
