package fetch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

const (
	// serviceAccountPrefix is how the ids of service accounts begin in the audit trail.
	serviceAccountPrefix = "prefect-cloud.service-account."
	// serviceAccountCreated is the event that tells who made a service account.
	serviceAccountCreated = serviceAccountPrefix + "created"
	// eventsPerSpan is far more than there are service accounts.
	eventsPerSpan = 5000
)

// MaxCreationSpans is how often the audit trail is asked who made service accounts, unless it is said how far back to
// look.
const MaxCreationSpans = 5

func (r reader) serviceAccounts(ctx context.Context) (fill, error) {
	rows, err := r.client.ListBots(ctx, r.account)
	p, err := part(mapped(rows, func(row client.Bot) access.ServiceAccount {
		return access.ServiceAccount{
			ID: strings.ToLower(row.ID), ActorID: strings.ToLower(row.ActorID), Name: row.Name, RoleName: row.AccountRoleName,
			KeyExpires: row.APIKey.Expiration, Created: row.Created,
		}
	}), nil, err)
	return into(p, err, func(w *access.World, p access.Part[[]access.ServiceAccount]) { w.ServiceAccounts = p })
}

// creators finds out who made service accounts.
func (r reader) creators(ctx context.Context, w access.World, earliest time.Time) (fill, error) {
	found := map[string]access.Creator{}
	spans, beyond := creationSpans(w.ServiceAccounts.Or(nil), earliest)
	unknown := access.WhyNotRecorded
	for _, span := range spans {
		events, err := r.client.ListEvents(ctx, r.account, client.EventQuery{Since: span.since, Until: span.until, Names: []string{serviceAccountCreated}, Limit: eventsPerSpan})
		if client.IsForbidden(err) || client.IsNotOffered(err) {
			unknown = why(err)
			break
		}
		if err != nil {
			return nil, err
		}
		for _, event := range events {
			if actor := event.Actor(); actor != nil {
				id := strings.ToLower(strings.TrimPrefix(event.Resource[client.LabelResourceID], serviceAccountPrefix))
				found[id] = access.Creator{ID: actor[client.LabelResourceID], Name: actor[client.LabelResourceName]}
			}
		}
	}
	return func(w access.World) access.World {
		rows := slices.Clone(w.ServiceAccounts.Or(nil))
		for i := range rows {
			creator, reported := found[rows[i].ID]
			switch {
			case reported:
				rows[i].Creator = access.Known(creator)
			case slices.Contains(beyond, rows[i].ID):
				rows[i].Creator = access.Unknown[access.Creator](access.WhyTooLongAgo)
			default:
				rows[i].Creator = access.Unknown[access.Creator](unknown)
			}
		}
		w.ServiceAccounts = access.Known(rows)
		return w
	}, nil
}

// timeSpan is no longer than the API answers at once.
type timeSpan struct{ since, until time.Time }

// creationSpans returns the spans of the audit trail that tell who made service accounts: only those in which one was
// made, newest first, so that one that was made years ago costs one request and not fifty. beyond are the service
// accounts that are in none of them.
func creationSpans(rows []access.ServiceAccount, earliest time.Time) (spans []timeSpan, beyond []string) {
	const slack = time.Minute // between a service account's time and its event's
	var dated []access.ServiceAccount
	for _, row := range rows {
		if row.Created == nil {
			beyond = append(beyond, row.ID)
			continue
		}
		dated = append(dated, row)
	}
	slices.SortStableFunc(dated, func(a, b access.ServiceAccount) int { return b.Created.Compare(*a.Created) })
	for _, row := range dated {
		if row.Created.Before(earliest) {
			beyond = append(beyond, row.ID)
			continue
		}
		since, until := row.Created.Add(-slack), row.Created.Add(slack)
		if last := len(spans) - 1; last >= 0 && spans[last].until.Sub(since) <= client.EventWindow {
			spans[last].since = since
			continue
		}
		if earliest.IsZero() && len(spans) == MaxCreationSpans {
			beyond = append(beyond, row.ID)
			continue
		}
		spans = append(spans, timeSpan{since, until})
	}
	return spans, beyond
}
