// Package scimprobe proves that provisioning works, as an identity provider would see it: a canary arrives over SCIM,
// becomes a member with the expected roles, is deactivated, and loses its access. What a probe made is removed in every
// case, also after an interrupt; what one had to leave behind, because it was killed, the next one removes.
//
// It speaks to the account over the client and knows no Terraform: who asks for a probe says what to expect, and gets
// what was found out as sentences and times.
package scimprobe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

// pace is how often a probe looks for what it waits for.
var pace = poll.Pace{First: 50 * time.Millisecond, Max: time.Second}

// createTime bounds the one call of a probe that an interrupt does not end: the creation of the canary.
const createTime = 30 * time.Second

// Config is what to probe, and what to expect.
type Config struct {
	API       *client.Client
	SCIM      *client.SCIM
	AccountID string
	Endpoint  string // the SCIM endpoint's address, as the account's API has it

	Canary    Canary
	Groups    []string                      // names of groups that the canary joins
	Role      *client.AccountRole           // what it has to become; nil for anything
	Accesses  []Access                      // what it has to get in workspaces
	Bypassing map[string]client.AccountRole // roles, by id, that no canary may have
	Limit     time.Duration                 // of each of the two waits

	// Explain returns what an error of the client means and what to do about it.
	Explain func(error) string
}

// Access is the role that is expected in a workspace.
type Access struct {
	Workspace client.Workspace
	Role      client.WorkspaceRole
}

// Result is what a probe has found out.
type Result struct {
	Provision, Deprovision *time.Duration // nil where it did not come to that
	Differences            []string       // sentences; none means healthy
	Err                    error          // why the probe did not come to its end, if it did not
	Asked                  bool           // for a canary to be created: there was one, or may have been
	Left                   []string       // sentences on what could not be removed again
	Removed                []string       // canaries of earlier probes
	NotRemoved             error          // why those could not be looked for or removed
}

// UnknownGroupError is the error for a group that the directory does not have.
type UnknownGroupError struct{ Name string }

// Error implements error.
func (e *UnknownGroupError) Error() string {
	return fmt.Sprintf("The directory has no group named %q. A probe joins groups that the identity provider has pushed; it makes none. Check the spelling, or push the group first.", e.Name)
}

// probe is one run.
type probe struct {
	Config

	asked  bool            // for the canary to be created: it may exist
	began  time.Time       // when that was
	user   client.SCIMUser // the canary, once the endpoint has said so
	joined []string        // ids of groups that it was put into
	seen   bool            // as a member of the account
}

// Run makes the probe and removes the canary, whatever happens.
func Run(ctx context.Context, config Config) Result {
	p := &probe{Config: config}
	return p.run(ctx)
}

// brokenSCIM is a failed request to the SCIM endpoint: something that a probe finds out, no reason why it could not look.
type brokenSCIM struct {
	doing string
	err   error
}

// Error implements error.
func (e *brokenSCIM) Error() string { return e.doing + " failed: " + e.err.Error() }

// Unwrap returns the failure itself.
func (e *brokenSCIM) Unwrap() error { return e.err }

func (p *probe) run(ctx context.Context) (result Result) {
	defer func() {
		result.Asked, result.Left = p.asked, p.cleanUp(ctx)
		if result.Err == nil {
			result.Removed, result.NotRemoved = p.removeOld(ctx)
		}
	}()
	err := p.measure(ctx, &result)
	var broken *brokenSCIM
	if errors.As(err, &broken) && ctx.Err() == nil {
		result.Differences, err = append(result.Differences, broken.doing+" failed: "+p.Explain(broken.err)), nil
	}
	result.Err = err
	return result
}

func (p *probe) measure(ctx context.Context, result *Result) error {
	groups, err := p.lookFirst(ctx)
	if err != nil {
		return err
	}
	if err := p.arrive(ctx, groups); err != nil {
		return err
	}
	seen, err := p.awaitAccess(ctx, result)
	if err != nil || seen.member == nil || !seen.member.Active {
		return err
	}
	return p.awaitEnd(ctx, result)
}

// lookFirst looks for the canary, as identity providers do before they create a user, and finds the groups.
func (p *probe) lookFirst(ctx context.Context) (groups []client.SCIMGroup, err error) {
	if _, err := p.SCIM.UsersByName(ctx, p.Canary.Name); err != nil {
		return nil, &brokenSCIM{"Looking for users over SCIM", err}
	}
	for _, name := range p.Groups {
		found, err := p.SCIM.GroupsByName(ctx, name)
		if err != nil {
			return nil, &brokenSCIM{"Looking for the group " + name + " over SCIM", err}
		}
		found = slices.DeleteFunc(found, func(g client.SCIMGroup) bool { return g.DisplayName != name })
		if len(found) == 0 {
			return nil, &UnknownGroupError{name}
		}
		groups = append(groups, found...)
	}
	return groups, nil
}

// arrive creates the canary and puts it into its groups. Whether it was created has to be known, so an interrupt lets
// that call come to its end.
func (p *probe) arrive(ctx context.Context, groups []client.SCIMGroup) (err error) {
	creating, cancel := context.WithTimeout(context.WithoutCancel(ctx), createTime)
	defer cancel()
	p.asked, p.began = true, time.Now()
	p.user, err = p.SCIM.CreateUser(creating, p.Canary.user())
	if err != nil {
		var rejected *client.SCIMError
		p.asked = !errors.As(err, &rejected) || rejected.Err.Status >= 500
		return &brokenSCIM{"Creating the canary over SCIM", err}
	}
	if p.user.ID == "" {
		return &brokenSCIM{"Creating the canary over SCIM", errors.New("the answer names no id")}
	}
	for _, group := range groups {
		p.joined = append(p.joined, group.ID)
		if err := p.SCIM.AddMember(ctx, group.ID, p.user.ID); err != nil {
			return &brokenSCIM{"Adding the canary to the group " + group.DisplayName + " over SCIM", err}
		}
	}
	return nil
}

// sighting is what the account's API says of the canary.
type sighting struct {
	member *client.Membership // nil for none
	teams  []client.Team
}

func (p *probe) look(ctx context.Context) (s sighting, err error) {
	rows, err := p.memberships(ctx)
	if err != nil || len(rows) == 0 {
		return s, err
	}
	s.member, p.seen = &rows[0], true
	if len(p.Accesses) > 0 {
		s.teams, err = p.API.ListTeams(ctx, p.AccountID, client.TeamQuery{MemberIDs: []string{s.member.ActorID}})
	}
	return s, err
}

func (p *probe) memberships(ctx context.Context) ([]client.Membership, error) {
	return p.API.ListMemberships(ctx, p.AccountID, client.MembershipQuery{
		OnlyUsers: true, Filter: &client.MembershipFilter{Emails: []string{p.Canary.Name}},
	})
}

// awaitAccess waits until the canary has what is expected, and returns what it saw last.
func (p *probe) awaitAccess(ctx context.Context, result *Result) (seen sighting, err error) {
	var missing []string
	_, err = poll.Until(ctx, pace, p.Limit-time.Since(p.began), func() (bool, error) {
		seen, err = p.look(ctx)
		missing = p.compare(seen)
		return len(missing) == 0 || p.isDangerous(seen), err
	})
	took := time.Since(p.began)
	switch {
	case err != nil:
		return seen, err
	case seen.member == nil:
		missing = append(missing, p.whyAbsent(ctx))
	case len(missing) == 0 && took > p.Limit:
		missing = []string{fmt.Sprintf("The canary had its access only after %s, which is more than `max_seconds`.", roughly(took))}
	case len(missing) == 0:
		result.Provision = &took
	}
	result.Differences = append(result.Differences, missing...)
	return seen, nil
}

// compare returns what is not as expected.
func (p *probe) compare(seen sighting) (differences []string) {
	add := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	m := seen.member
	if m == nil {
		add("Within %s the canary did not become a member of account %s.", p.Limit, p.AccountID)
		return differences
	}
	// A canary that must not stay is not waited for.
	the := "The"
	if !p.isDangerous(seen) {
		the = fmt.Sprintf("After %s the", p.Limit)
	}
	through := ""
	if len(p.Groups) > 0 {
		through = " through " + english.AndCode(p.Groups)
	}
	if role, ok := p.Bypassing[m.AccountRoleID]; ok {
		add("The canary became %s%s, a role that bypasses single sign-on, so the probe stopped at once. Probe groups that do not give such a role.", role.Name, through)
	} else if p.Role != nil && m.AccountRoleID != p.Role.ID {
		add("%s account role is %s%s, expected was %s.", the, m.AccountRoleName, through, p.Role.Name)
	}
	if !m.Active {
		add("%s membership is there, but not active.", the)
	}
	for _, want := range p.Accesses {
		roles := map[string]string{} // of the teams: id → name
		var teams []string
		for _, team := range seen.teams {
			for _, in := range team.Workspaces {
				if in.WorkspaceID == want.Workspace.ID {
					roles[in.RoleID] = in.RoleName
					teams = append(teams, team.Name)
				}
			}
		}
		switch names := slices.Sorted(maps.Values(roles)); {
		case len(roles) == 0:
			add("%s canary gets into workspace %s through no team, expected was %s. It is in %s.", the, want.Workspace.Handle, want.Role.Name, teamsOrNone(seen.teams))
		case len(roles) > 1 || roles[want.Role.ID] == "":
			add("%s role in workspace %s is %s (through %s), expected was %s.", the, want.Workspace.Handle, english.And(names), english.And(teams), want.Role.Name)
		}
	}
	return differences
}

// whyAbsent returns why a canary did not arrive, as far as the managed configuration tells. It is a hint: where that is not
// offered, or the key may not read it, there is the usual advice.
func (p *probe) whyAbsent(ctx context.Context) string {
	const advice = "Is the SCIM endpoint that of a directory of this account, and `email_domain` among the directory's allowed domains?"
	directories, err := p.API.ListDirectories(ctx, p.AccountID)
	if err != nil {
		return advice
	}
	at := slices.IndexFunc(directories, func(d client.Directory) bool { return d.SCIMEndpoint == p.Endpoint })
	if at < 0 {
		return "No directory of this account has the SCIM endpoint " + p.Endpoint + "."
	}
	held, err := p.API.ListDirectoryUsers(ctx, p.AccountID, directories[at].ID, client.DirectoryUserQuery{
		Filter: `externalId eq "` + p.Canary.marker + `"`, Held: true,
	})
	if err != nil || len(held) == 0 || held[0].HeldReason == nil {
		return advice
	}
	return "The directory " + directories[at].Name + " holds it back: " + english.Sentence(*held[0].HeldReason)
}

// isDangerous reports whether the canary has a role that it must not keep for a moment.
func (p *probe) isDangerous(seen sighting) bool {
	if seen.member == nil {
		return false
	}
	_, bypasses := p.Bypassing[seen.member.AccountRoleID]
	return bypasses
}

// awaitEnd deactivates the canary and waits until its access has ended.
func (p *probe) awaitEnd(ctx context.Context, result *Result) error {
	began := time.Now()
	if err := p.SCIM.DeactivateUser(ctx, p.user.ID); err != nil {
		return &brokenSCIM{"Deactivating the canary over SCIM", err}
	}
	var last client.Membership
	ended, err := poll.Until(ctx, pace, p.Limit-time.Since(began), func() (bool, error) {
		rows, err := p.memberships(ctx)
		if err != nil || len(rows) == 0 {
			return err == nil, err
		}
		last = rows[0]
		return !last.Active, nil
	})
	took := time.Since(began)
	switch {
	case err != nil:
		return err
	case !ended:
		result.Differences = append(result.Differences, fmt.Sprintf("%s after its deactivation over SCIM the canary was still an active member, with the role %s.", roughly(took), last.AccountRoleName))
	case took > p.Limit:
		result.Differences = append(result.Differences, fmt.Sprintf("The canary's access ended only %s after its deactivation, which is more than `max_seconds`.", roughly(took)))
	default:
		result.Deprovision = &took
	}
	return nil
}

// roughly is a duration as people say it.
func roughly(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

func teamsOrNone(teams []client.Team) string {
	if len(teams) == 0 {
		return "no team"
	}
	names := make([]string, len(teams))
	for i, team := range teams {
		names[i] = team.Name
	}
	return strings.TrimPrefix(english.Count(len(teams), "team"), "1 ") + " " + english.And(names)
}
