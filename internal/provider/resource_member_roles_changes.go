package provider

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
)

// What prefectsso_member_role and prefectsso_member_roles share.

// roleInForm returns the role of a membership in the form that the configuration uses.
func roleInForm(written string, row client.Membership) string {
	return inForm(written, row.AccountRoleID, row.AccountRoleName)
}

// inForm returns what an id and a name stand for, in the form that the configuration uses: the id where written is one,
// else the name. An id keeps its case.
func inForm(written, id, name string) string {
	switch {
	case strings.EqualFold(written, id):
		return written
	case uuid.Validate(written) == nil:
		return id
	default:
		return name
	}
}

// roleInUse returns the role that a directory or a mapping gives. One that is gone by now shows as its id: drift that
// the plan mends.
func (p *providerData) roleInUse(ctx context.Context, accountID, id string) (client.AccountRole, error) {
	role, err := p.client.Roles(accountID).Resolve(ctx, id)
	var gone *client.UnknownNameError
	if errors.As(err, &gone) {
		return client.AccountRole{ID: id, Name: id}, nil
	}
	return role, err
}

// waitForMember looks a person up and, where the person is not a member yet, looks again until the time is over.
func waitForMember(ctx context.Context, members *client.Members, email string, atMost time.Duration) (client.Membership, error) {
	member, err := members.ByEmail(ctx, email)
	var absent *client.NotMemberError
	if atMost == 0 || !errors.As(err, &absent) {
		return member, err
	}
	joined, err := poll.Until(ctx, poll.DefaultPace, atMost, func() (joined bool, err error) {
		found, err := members.Refetch(ctx, email)
		member, joined = found[email]
		return joined, err
	})
	if !joined && err == nil {
		err = &notJoinedError{absent, atMost}
	}
	return member, err
}

// notJoinedError is a NotMemberError after a wait.
type notJoinedError struct {
	absent *client.NotMemberError
	waited time.Duration
}

// Error implements error.
func (e *notJoinedError) Error() string {
	return e.absent.Email + " did not become a member of account " + e.absent.AccountID + " within " + e.waited.String() + " (`timeouts.create`). Apply again once they have joined, or wait longer."
}

// roleChange is one person's change to another account role.
type roleChange struct {
	member client.Membership
	role   client.AccountRole
}

// email returns the person's normalized address.
func (c roleChange) email() string {
	if c.member.Email == nil {
		return ""
	}
	return normalized.Email.Key(*c.member.Email)
}

// apply makes the changes by the rules of setRoles. Changes of one phase go side by side, within the client's bound.
// leaveOut says how to leave somebody out whose role a mapping gives. Thousands take minutes, and the log says meanwhile how
// far they are.
func (p *providerData) apply(ctx context.Context, account string, changes []roleChange, at path.Path, leaveOut string, diags *diag.Diagnostics) {
	members := p.client.Members(account)
	job := progress.Start("roles changed", len(changes), func(message string) { tflog.Info(ctx, message) })
	defer job.End()
	reported := false
	err := p.setRoles(ctx, account, changes, func(ctx context.Context, changes []roleChange) error {
		var mu sync.Mutex
		var group errgroup.Group
		group.SetLimit(applyAtOnce)
		for _, change := range changes {
			group.Go(func() error {
				err := members.SetRole(ctx, change.member, change.role)
				if err == nil {
					job.Done(1)
				} else {
					job.Failed(1)
					rejection := p.roleFailure(ctx, account, at, "Could not change role of "+change.email(), change.member, leaveOut, err)
					mu.Lock()
					defer mu.Unlock()
					diags.Append(rejection)
					reported = true
				}
				return err
			})
		}
		return group.Wait()
	})
	if err != nil && !reported {
		diags.Append(roleRejection(at, "Could not change roles", err))
	}
}

// setRole makes one change by the rules of setRoles.
func (p *providerData) setRole(ctx context.Context, account string, change roleChange) error {
	return p.setRoles(ctx, account, []roleChange{change}, func(ctx context.Context, _ []roleChange) error {
		return p.client.Members(account).SetRole(ctx, change.member, change.role)
	})
}

// applyAtOnce bounds the goroutines of apply; how many requests are under way is the client's business.
const applyAtOnce = 64

// promotionsFirst splits changes into those that give `bypass:sso` and the rest.
func promotionsFirst(changes []roleChange) [2][]roleChange {
	var phases [2][]roleChange
	for _, change := range changes {
		phase := 1
		if change.role.Has(client.PermissionBypassSSO) {
			phase = 0
		}
		phases[phase] = append(phases[phase], change)
	}
	return phases
}
