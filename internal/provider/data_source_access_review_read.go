package provider

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What the review says where the answer may be unknown.
const (
	reviewYes     = "yes"
	reviewNo      = "no"
	reviewUnknown = "unknown"
)

type reviewedPerson struct {
	Role              string       `tfsdk:"role"`
	RoleSource        string       `tfsdk:"role_source"`
	Mapping           types.String `tfsdk:"mapping"`
	InDirectory       string       `tfsdk:"in_directory"`
	Directory         types.String `tfsdk:"directory"`
	BypassesSSO       bool         `tfsdk:"bypasses_sso"`
	AdministratesSSO  bool         `tfsdk:"administrates_sso"`
	OutsideSSODomains string       `tfsdk:"outside_sso_domains"`
	Active            bool         `tfsdk:"active"`
	LastLogin         types.String `tfsdk:"last_login"`
}

type reviewedServiceAccount struct {
	ID              string                       `tfsdk:"id"`
	Role            string                       `tfsdk:"role"`
	Privileged      bool                         `tfsdk:"privileged"`
	KeyExpires      types.String                 `tfsdk:"key_expires"`
	CreatedBy       string                       `tfsdk:"created_by"`
	CreatorIsMember string                       `tfsdk:"creator_is_member"`
	Workspaces      map[string]reviewedWorkspace `tfsdk:"workspaces"` // nil: not known
}

// reviewedWorkspace is how a service account gets into a workspace. What the ways allow adds up.
type reviewedWorkspace struct {
	Role          types.String      `tfsdk:"role"`
	Teams         map[string]string `tfsdk:"teams"`
	DefaultRole   types.String      `tfsdk:"default_role"`
	Administrates bool              `tfsdk:"administrates"`
}

type reviewFinding struct {
	Severity string `tfsdk:"severity"`
	Kind     string `tfsdk:"kind"`
	Subject  string `tfsdk:"subject"`
	Message  string `tfsdk:"message"`
}

// readReview reads what a review is made of. The account, people and roles must be readable; what else the key may not see
// is unknown. since is how far back to look for who made service accounts.
func (p *providerData) readReview(ctx context.Context, account string, since time.Time) (access.World, error) {
	return p.world.FillFresh(ctx, access.World{AccountID: account}, access.NeedsReview(since))
}

// fill puts a review into the model. Nothing in it tells the time of the review, so that the same account gives the same
// state.
func (m *accessReviewModel) fill(w access.World, limits access.Limits) {
	review := access.Review(w, limits)
	m.Configurable = types.BoolValue(w.Offered.Or(true))
	m.People = make(map[string]reviewedPerson, len(review.People))
	for name, person := range review.People {
		m.People[name] = reviewedPersonOf(person)
	}
	m.ServiceAccounts = make(map[string]reviewedServiceAccount, len(review.ServiceAccounts))
	for name, account := range review.ServiceAccounts {
		m.ServiceAccounts[name] = reviewedServiceAccountOf(account)
	}
	m.Findings, m.Counts = map[string]reviewFinding{}, map[string]int64{}
	for _, severity := range []access.Severity{access.High, access.Medium, access.Low, access.Info} {
		m.Counts[string(severity)] = 0
	}
	for _, f := range review.Findings {
		m.Findings[string(f.ID)+":"+f.Key] = reviewFinding{string(f.Severity), string(f.ID), f.Subject, f.Message()}
		m.Counts[string(f.Severity)]++
	}
	m.LeftOut = leftOut(w)
}

func reviewedPersonOf(p access.ReviewedPerson) reviewedPerson {
	out := reviewedPerson{
		Role: p.Role.Name, RoleSource: string(p.Source.Or(reviewUnknown)), InDirectory: yesNoUnknown(p.InDirectory), Directory: textOrNull(p.Directory),
		BypassesSSO: p.Role.Bypasses(), AdministratesSSO: p.Role.Has(access.PermissionAdministrateSSO), OutsideSSODomains: yesNoUnknown(p.Outside),
		Active: p.Active.Or(true), LastLogin: timeOrNull(p.LastLogin), Mapping: textOrNull(p.MappingID),
	}
	if p.Mapping != nil {
		out.Mapping = types.StringValue(p.Mapping.Match.String())
	}
	return out
}

func reviewedServiceAccountOf(s access.ReviewedServiceAccount) reviewedServiceAccount {
	out := reviewedServiceAccount{
		ID: s.ID, Role: s.Role.Name, Privileged: s.Privileged, KeyExpires: timeOrNull(s.KeyExpires),
		CreatedBy: reviewUnknown, CreatorIsMember: yesNoUnknown(s.CreatorIsMember),
	}
	if creator, known := s.Creator.Get(); known {
		out.CreatedBy = cmp.Or(creator.Name, creator.ID)
	}
	reached, known := s.Workspaces.Get()
	if !known {
		return out
	}
	out.Workspaces = make(map[string]reviewedWorkspace, len(reached))
	for handle, how := range reached {
		out.Workspaces[handle] = reviewedWorkspace{textOrNull(how.Role), how.Teams, textOrNull(how.DefaultRole), how.Administrates}
	}
	return out
}

func yesNoUnknown(p access.Part[bool]) string {
	yes, known := p.Get()
	switch {
	case !known:
		return reviewUnknown
	case yes:
		return reviewYes
	}
	return reviewNo
}

// leftOut returns what is not in a review, and why.
func leftOut(w access.World) map[string]string {
	out := map[string]string{}
	leave := func(part, what, why string) { out[part] = what + " " + english.Sentence(why) }
	if !w.Domains.IsKnown() {
		leave("domains", "Whose address is outside of the enabled domains.", w.Domains.Why())
	}
	if why, known := whyDirectoriesUnknown(w); !known {
		leave("directories", "Why people have their roles, who is in a directory, and whether directories still sync.", why)
	}
	if !w.ServiceAccounts.IsKnown() {
		leave("service_accounts", "Service accounts.", w.ServiceAccounts.Why())
		return out
	}
	old := 0
	for _, s := range w.ServiceAccounts.Or(nil) {
		switch why := s.Creator.Why(); why {
		case "", access.WhyNotRecorded:
		case access.WhyTooLongAgo:
			old++
		default:
			leave("service_account_creators", "Who made service accounts.", why)
		}
	}
	if _, failed := out["service_account_creators"]; old > 0 && !failed {
		out["service_account_creators"] = fmt.Sprintf("Who made %s: that is longer ago than the review looks back. `events_since` says how far it does.", english.Count(old, "service account"))
	}
	if why := w.WhyUnreachable(); why != "" {
		leave("service_account_workspaces", "Which workspaces service accounts reach.", why)
	}
	return out
}

// whyDirectoriesUnknown returns why it is not known who is in directories; known is true where it is.
func whyDirectoriesUnknown(w access.World) (why string, known bool) {
	directories, known := w.Directories.Get()
	if !known {
		return w.Directories.Why(), false
	}
	for _, d := range directories {
		for _, why := range []string{d.Users.Why(), d.Mappings.Why(), d.Tokens.Why(), d.Clients.Why()} {
			switch {
			case why == "":
			case !w.Offered.Or(true):
				return "the server does not tell this over its API", false
			default:
				return why, false
			}
		}
	}
	return "", true
}
