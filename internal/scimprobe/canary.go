package scimprobe

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/poll"
)

const (
	// CanaryPrefix is how the addresses of canaries begin.
	CanaryPrefix = "prefectsso-probe-"
	// CanaryAge is how old a canary is that no running probe can have made.
	CanaryAge = 30 * time.Minute

	// cleanupTime bounds the removal of a canary, which goes on after an interrupt.
	cleanupTime  = time.Minute
	markerPrefix = "prefectsso-scim-probe/"
)

// Canary is the person that a probe makes up. Both its address and its external id say what it is, so that a later probe
// knows one that was left behind.
type Canary struct {
	Name   string // user name and email address
	marker string // external id
}

// NewCanary returns a canary that was never made before, with an address in the domain.
func NewCanary(domain string) Canary {
	id := uuid.New()
	text := fmt.Sprintf("%x", id[:8])
	return Canary{CanaryPrefix + text + "@" + domain, markerPrefix + text}
}

func (c Canary) user() client.NewSCIMUser {
	return client.NewSCIMUser{UserName: c.Name, ExternalID: c.marker, GivenName: "Provisioning", FamilyName: "Probe"}
}

var canaryName = regexp.MustCompile(`^` + CanaryPrefix + `([0-9a-f]{16})@`)

// isCanary reports whether a user of the directory is a canary, of whichever probe.
func isCanary(u client.SCIMUser) bool {
	name := canaryName.FindStringSubmatch(u.UserName)
	return name != nil && u.ExternalID == markerPrefix+name[1]
}

// cleanUp removes the canary: its user over SCIM, its membership through the account's API. An interrupt does not end
// it. What it gives are sentences that name what is left, why, and how to remove it.
func (p *probe) cleanUp(ctx context.Context) (left []string) {
	if !p.asked {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	add := func(err error, format string, args ...any) {
		if err != nil {
			left = append(left, fmt.Sprintf(format, args...)+" "+p.Explain(err))
		}
	}
	if p.user.ID == "" { // asked for, but the answer did not come
		found, err := p.SCIM.UsersByName(ctx, p.Canary.Name)
		add(err, "Whether the directory has the user %s is not known.", p.Canary.Name)
		for _, user := range found {
			if user.ExternalID == p.Canary.marker {
				p.user = user
			}
		}
	}
	if p.user.ID != "" {
		for _, group := range p.joined {
			add(p.SCIM.RemoveMember(ctx, group, p.user.ID), "The group %s may still name the user %s.", group, p.user.ID)
		}
		add(p.SCIM.DeleteUser(ctx, p.user.ID), "The directory still has the user %s; a DELETE of Users/%s at its SCIM endpoint removes it.", p.Canary.Name, p.user.ID)
	}
	var rows []client.Membership
	_, err := poll.Until(ctx, pace, min(p.Limit-time.Since(p.began), cleanupTime/2), func() (done bool, err error) {
		rows, err = p.memberships(ctx)
		// Who was created but not seen yet may be on the way into the account.
		return len(rows) > 0 || p.seen || p.user.ID == "", err
	})
	add(err, "Whether %s is still a member of account %s is not known.", p.Canary.Name, p.AccountID)
	for _, row := range rows {
		add(p.API.DeleteMembership(ctx, p.AccountID, row.ID), "%s is still a member of account %s; an administrator of its members has to remove it.", p.Canary.Name, p.AccountID)
	}
	return left
}

// removeOld removes canaries that earlier probes had to leave behind, such as one that was killed, and returns their names.
// How old one is says the server's clock: it is compared with the canary of this probe. A membership has no marker, so
// only one that is over counts, and none of a user that is no canary.
func (p *probe) removeOld(ctx context.Context) (removed []string, err error) {
	if p.user.Meta.Created.IsZero() {
		return nil, nil
	}
	isOld := func(created time.Time) bool { return created.Before(p.user.Meta.Created.Add(-CanaryAge)) }
	users, err := p.SCIM.UsersByPrefix(ctx, CanaryPrefix)
	if err != nil {
		return nil, err
	}
	people := map[string]bool{}
	for _, user := range users {
		if !isCanary(user) || !isOld(user.Meta.Created) {
			people[client.EmailKey(user.UserName)] = true
			continue
		}
		if err := p.SCIM.DeleteUser(ctx, user.ID); err != nil {
			return removed, err
		}
		removed = append(removed, user.UserName)
	}
	active := false
	rows, err := p.API.ListMemberships(ctx, p.AccountID, client.MembershipQuery{
		OnlyUsers: true, Active: &active, Filter: &client.MembershipFilter{EmailLike: CanaryPrefix},
	})
	if err != nil {
		return removed, err
	}
	for _, row := range rows {
		if row.Email == nil || !canaryName.MatchString(*row.Email) || people[client.EmailKey(*row.Email)] {
			continue
		}
		member, err := p.API.GetMembershipDetails(ctx, p.AccountID, row.ID)
		if client.IsNotFound(err) || err == nil && !isOld(member.Created) {
			continue
		}
		if err == nil {
			err = p.API.DeleteMembership(ctx, p.AccountID, row.ID)
		}
		if err != nil {
			return removed, err
		}
		removed = append(removed, *row.Email)
	}
	slices.Sort(removed)
	return slices.Compact(removed), nil
}
