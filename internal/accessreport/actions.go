package accessreport

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// What a plan's invocations of actions come to: changes of members as any others, and words for what is none.

// deactivateMembers is the type of the action that takes members' access.
const deactivateMembers = "prefectsso_members_deactivate"

// invocation is an action of this provider that the apply invokes. Its arguments are those of a thing that comes.
type invocation struct {
	*thing
	resource, event string // what triggers it, and when; empty for one that is invoked by hand
}

// before reports whether it comes before the change that triggers it.
func (i invocation) before() bool { return strings.HasPrefix(i.event, "before_") }

var capital = regexp.MustCompile(`\B[A-Z]`)

// addInvocation takes in an action that the apply invokes.
func (in *input) addInvocation(a report.Invocation, account string) {
	t := &thing{ResourceChange: report.ResourceChange{Address: a.Address, Type: a.Type, Provider: a.Provider}, options: options{protect: true}}
	t.module, t.block, _ = in.plan.Configuration.Action(a.Address)
	object, _ := a.ConfigValues.(map[string]any)
	t.after = &values{object, a.ConfigUnknown, a.ConfigSensitive}
	t.after.noteSensitive(in.sensible)
	if fallback := in.provider(t, account); t.after.text("account_id").IsKnown() {
		t.to = t.after.account(fallback)
	}
	i := invocation{thing: t}
	if trigger := a.Lifecycle; trigger != nil { // "BeforeCreate" is before_create of the configuration
		i.resource = trigger.Resource
		i.event = strings.ToLower(capital.ReplaceAllString(trigger.Event, "_$0")) //nolint:forbidigo // a word of Terraform's
	}
	if t.to == "" {
		in.note(unknown{subject: t.Address, attribute: "account_id", why: "which account it is in is not known, so nothing of it is in this report"})
	}
	in.invocations = append(in.invocations, i)
}

// everything returns the things and the invocations of a plan.
func (in *input) everything() []*thing {
	all := slices.Clone(in.things)
	for _, i := range in.invocations {
		all = append(all, i.thing)
	}
	return all
}

// invoke takes in what an invocation does.
func (r *resolver) invoke(i invocation) {
	a := Action{Address: i.Address, Type: i.Type, Resource: i.resource, Event: i.event}
	of := func(attribute, so string) string {
		text, known := i.after.text(attribute).Get()
		if !known {
			r.pending(i.thing, attribute, so)
			return ""
		}
		return text
	}
	directory := func() string {
		id := of("directory_id", ": which directory it is about is not known")
		if d, there := r.world.Directory(id); there && d.Name != "" {
			return d.Name
		}
		return id
	}
	switch i.Type {
	case "prefectsso_members_activate":
		a.Does, a.Concerns = "activates members", true
		r.setActive(i, true, &a)
	case deactivateMembers:
		a.Does, a.Concerns = "deactivates members", true
		r.setActive(i, false, &a)
	case "prefectsso_member_sessions_end":
		a.Does, a.Concerns = "ends sessions that came through the account's connections: whoever they are of has to sign in again, and their API keys with them where single sign-on is enforced", true
		if email := of("email", ": whose sessions end is not known"); email != "" {
			a.People = []string{client.EmailKey(email)}
			r.isMember(i.thing, "email", email)
		}
	case "prefectsso_scim_token_revoke":
		a.Does, a.About, a.Concerns = "ends a SCIM token: the identity provider pushes with it no more", directory(), true
		of("id", ": which token ends is not known")
	case "prefectsso_scim_client_revoke":
		a.Does, a.About, a.Concerns = "ends an OAuth client of SCIM: the identity provider pushes with it no more", directory(), true
		of("id", ": which client ends is not known")
	case "prefectsso_identity_provider_refresh":
		a.Does = "fetches a connection's SAML metadata: what the identity provider serves then counts, such as its certificates"
		a.About = of("id", ": which connection it is about is not known")
		for _, c := range r.world.Connections.Or(nil) {
			if c.ID == a.About && c.Name != "" {
				a.About = c.Name
				break
			}
		}
	case "prefectsso_scim_probe_run":
		a.Does, a.About = "probes provisioning: a canary becomes a member, and goes again", directory()
	default:
		r.unsure(unknown{subject: i.Address, why: "the apply invokes this action, and this version of the provider does not know the type " + i.Type})
		return
	}
	r.actions = append(r.actions, a)
}

// setActive makes the change that activates or deactivates members, all of them or none as the action does.
func (r *resolver) setActive(i invocation, active bool, a *Action) {
	emails, known := i.after.texts("emails").Get()
	if !known {
		r.pending(i.thing, "emails", ": who is activated or deactivated is not known")
		return
	}
	c := access.SetActive{Active: active}
	all := true
	for _, email := range emailKeys(emails) {
		a.People = append(a.People, email)
		p, _ := r.person(email)
		all = r.isMember(i.thing, "emails", email) && all
		c.MembershipIDs = append(c.MembershipIDs, p.ID)
	}
	switch {
	case !all: // the action changes nobody then
	case i.before():
		r.invokedBefore = append(r.invokedBefore, c)
	default:
		r.invokedAfter = append(r.invokedAfter, c)
	}
}

// isMember reports whether a person is a member, and notes it where that is not so.
func (r *resolver) isMember(t *thing, attribute, email string) bool {
	if r.rough {
		return true
	}
	if _, there := r.person(client.EmailKey(email)); there {
		return true
	}
	r.unsure(unknown{subject: t.Address, attribute: attribute, why: r.whyNoMember(email)})
	return false
}

// whyNoMember says why nothing is known of a person whom the plan names.
func (r *resolver) whyNoMember(email string) string {
	if r.world.People.Coverage != access.CoverEveryone {
		return "whether " + email + " is a member of the account is not known"
	}
	return email + " is not a member of the account"
}

// actions hides in actions.
func (h *redactor) actions(all []Action) []Action {
	return each(all, func(a Action) Action {
		a.Address, a.Resource, a.About, a.People = h.text(a.Address), h.text(a.Resource), h.name(a.About), each(a.People, h.email)
		return a
	})
}

// row says when an action is invoked, and what it does.
func (a Action) row(in style) row {
	when := "by hand"
	if a.Resource != "" {
		when = strings.ReplaceAll(a.Event, "_", " ") + " of " + in.set(a.Resource)
	}
	facts := []string{when, a.Does}
	if a.About != "" {
		facts = append(facts, "of "+in.set(a.About))
	}
	if len(a.People) > 0 {
		shown, rest := report.Capped(a.People, 10)
		names := make([]string, len(shown))
		for n, email := range shown {
			names[n] = in.set(email)
		}
		facts = append(facts, strings.TrimSuffix(fmt.Sprintf("%s: %s %s", english.Count(len(a.People), "person"), strings.Join(names, ", "), rest), " "))
	}
	return row{in.set(a.Address), facts}
}
