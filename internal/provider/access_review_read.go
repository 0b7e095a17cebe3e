package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

const (
	// serviceAccountCreated is the event that tells who made a service account.
	serviceAccountCreated = resourcePrefix + "service-account.created"
	// mostCreationSpans is how often the audit trail is asked unless the configuration says how far back to look.
	mostCreationSpans = 5
	// eventsPerSpan is far more than there are service accounts.
	eventsPerSpan = 5000
)

// reviewReader reads the facts of a review. Parts that the key may not see, or the account does not have, are left out,
// and the review says so; only the account, people and roles must be readable.
type reviewReader struct {
	*session
	account string
	facts   *reviewFacts
	mu      sync.Mutex // guards leftOut while parts are read side by side
}

// readReview gives the facts, and whether the server offers the configuration of directories. earliest is how far back
// to look for who made service accounts; zero leaves that to the review.
func (s *session) readReview(ctx context.Context, account string, earliest time.Time) (facts *reviewFacts, managed bool, err error) {
	r := &reviewReader{session: s, account: account, facts: &reviewFacts{leftOut: map[string]string{}, creators: map[string]reviewedCreator{}}}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() (err error) {
		r.facts.people, err = s.client.ListMemberships(ctx, account, client.MembershipQuery{OnlyUsers: true})
		return err
	})
	parts.Go(func() (err error) {
		r.facts.roles, err = s.client.Roles(account).List(ctx)
		return err
	})
	parts.Go(func() error { return r.readAccount(ctx) })
	parts.Go(func() (err error) {
		managed, err = r.readDirectories(ctx)
		return err
	})
	parts.Go(func() error { return r.readServiceAccounts(ctx, earliest) })
	err = parts.Wait()
	return r.facts, managed, err
}

// leaveOut notes that a part is not in the review, and why. Errors that are no such reason stay errors.
func (r *reviewReader) leaveOut(part, what string, err error) error {
	if err == nil || !client.IsForbidden(err) && !client.IsNotOffered(err) {
		return err
	}
	r.say(part, what+" "+whyLeftOut(err))
	return nil
}

// whyLeftOut is reason without what differs from request to request: the same account gives the same state.
func whyLeftOut(err error) string {
	var (
		plan    *client.PlanLimitError
		refusal *client.APIError
	)
	switch {
	case errors.As(err, &plan):
		return fmt.Sprintf("The account does not have the feature %q.", plan.Feature)
	case client.IsForbidden(err) && errors.As(err, &refusal):
		return asSentence(refusal.Message)
	}
	return sentence(err)
}

func (r *reviewReader) say(part, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts.leftOut[part] = text
}

func (r *reviewReader) readAccount(ctx context.Context) error {
	account, err := r.client.GetAccount(ctx, r.account)
	if err != nil {
		return err
	}
	r.facts.handle, r.facts.enforced = account.Handle, account.SSOState == client.SSOStateEnabled
	domains, err := r.client.ListDomains(ctx, r.account)
	for _, domain := range domains {
		r.facts.domains = append(r.facts.domains, normalized.Domain.Key(domain.Name))
	}
	r.facts.knowsDomains = err == nil || client.IsPlanLimit(err) // without the feature there are none
	if r.facts.knowsDomains {
		return nil
	}
	return r.leaveOut("domains", "Whose address is outside of the enabled domains.", err)
}

// readDirectories reads directories with what they hold. Where the server does not offer that, as today's Prefect Cloud,
// it asks no further than for which ones there are.
func (r *reviewReader) readDirectories(ctx context.Context) (managed bool, err error) {
	const what = "Why people have their roles, who is in a directory, and whether directories still sync."
	rows, managed, err := r.directories(ctx, r.account)
	switch {
	case client.IsPlanLimit(err): // without the feature there are none
		r.facts.knowsDirectories = true
		return managed, nil
	case err != nil:
		return managed, r.leaveOut("directories", what, err)
	}
	r.facts.directories = make([]reviewedDirectory, len(rows))
	for i, row := range rows {
		r.facts.directories[i].Directory = row
	}
	if !managed {
		r.say("directories", what+" The server does not tell this over its API.")
		return managed, nil
	}
	r.facts.knowsDirectories = true
	for i := range r.facts.directories {
		if err := r.readDirectory(ctx, &r.facts.directories[i]); err != nil {
			return managed, err
		}
	}
	return managed, nil
}

func (r *reviewReader) readDirectory(ctx context.Context, d *reviewedDirectory) (err error) {
	if d.users, err = r.client.ListDirectoryUsers(ctx, r.account, d.ID, client.DirectoryUserQuery{}); err != nil {
		return err
	}
	if d.mappings, err = r.client.ListGroupRoleMappings(ctx, r.account, d.ID); err != nil {
		return err
	}
	d.tokens, err = r.client.ListSCIMTokens(ctx, r.account, d.ID)
	return err
}

func (r *reviewReader) readServiceAccounts(ctx context.Context, earliest time.Time) (err error) {
	if r.facts.bots, err = r.client.ListBots(ctx, r.account); err != nil {
		return r.leaveOut("service_accounts", "Service accounts.", err)
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return r.readCreators(ctx, earliest) })
	parts.Go(func() error { return r.readWorkspaces(ctx) })
	return parts.Wait()
}

func (r *reviewReader) readCreators(ctx context.Context, earliest time.Time) error {
	const part, what = "service_account_creators", "Who made service accounts."
	spans, beyond := creationSpans(r.facts.bots, earliest)
	if beyond > 0 {
		r.say(part, fmt.Sprintf("Who made %s: that is longer ago than the review looks back. `events_since` says how far it does.", plural(beyond, "service account")))
	}
	for _, span := range spans {
		events, err := r.client.ListEvents(ctx, r.account, client.EventQuery{Since: span.since, Until: span.until, Names: []string{serviceAccountCreated}, Limit: eventsPerSpan})
		if err != nil {
			return r.leaveOut(part, what, err)
		}
		for _, event := range events {
			if actor := event.Actor(); actor != nil {
				id := strings.TrimPrefix(event.Resource[client.LabelResourceID], resourcePrefix+"service-account.")
				r.facts.creators[strings.ToLower(id)] = reviewedCreator{actor[client.LabelResourceID], actor[client.LabelResourceName]}
			}
		}
	}
	return nil
}

// timeSpan is no longer than the API answers at once.
type timeSpan struct{ since, until time.Time }

// creationSpans are the spans of the audit trail that tell who made service accounts: only those in which one was made,
// newest first, so that one that was made years ago costs one request and not fifty. beyond is how many service accounts
// are in none of them.
func creationSpans(bots []client.Bot, earliest time.Time) (spans []timeSpan, beyond int) {
	const slack = time.Minute // between a service account's time and its event's
	var created []time.Time
	for _, bot := range bots {
		if bot.Created == nil {
			beyond++
			continue
		}
		created = append(created, *bot.Created)
	}
	slices.SortFunc(created, func(a, b time.Time) int { return b.Compare(a) })
	for _, at := range created {
		if at.Before(earliest) {
			beyond++
			continue
		}
		since, until := at.Add(-slack), at.Add(slack)
		if last := len(spans) - 1; last >= 0 && spans[last].until.Sub(since) <= client.EventWindow {
			spans[last].since = since
			continue
		}
		if earliest.IsZero() && len(spans) == mostCreationSpans {
			beyond++
			continue
		}
		spans = append(spans, timeSpan{since, until})
	}
	return spans, beyond
}
