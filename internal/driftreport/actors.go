package driftreport

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

const (
	// maxEvents bounds what one look into the trail reads.
	maxEvents = 5000
	// maxIDs bounds how many things one request asks about.
	maxIDs = 200
	// slack is how long after a plan's time an event may have come before it: that
	// time has whole seconds, things are read after it, and clocks differ.
	slack = 10 * time.Second
)

// culprit is who changed something, as far as the audit trail tells.
type culprit struct {
	actors  []actor // several where the trail does not say which of them; newest first
	certain bool    // the event tells of exactly this change
	unknown string  // why no actor is named; "" where one is
}

// actor is who acted, at the time of their last event.
type actor struct {
	who string
	at  time.Time
}

func unknownCulprit(why string) culprit { return culprit{unknown: why} }

// lookup answers who did what, from events that were read beforehand.
type lookup struct {
	events map[subject][]client.Event
	since  time.Time         // no event before this was looked at
	failed map[string]string // account → why its trail could not be read
	off    string            // why nothing was looked up at all
}

// subject is a thing in an account's trail, by its id or by its id's prefix and
// its name; or, by the prefix alone, all things of a kind.
type subject struct{ account, name string }

// lister is the part of the client that is needed here.
type lister interface {
	ListEvents(ctx context.Context, accountID string, q client.EventQuery) ([]client.Event, error)
}

// look reads the events of all that is in the report, in as few requests as it
// takes. A trail that cannot be read leaves a gap in the report, not none.
func look(ctx context.Context, api lister, r *found, since, until time.Time, told progress.Counter) lookup {
	out := lookup{since: since, failed: map[string]string{}, events: map[subject][]client.Event{}}
	const what = "lookups in the audit trail"
	asked := queries(r.facts())
	told.Expect(what, len(asked))
	for _, q := range asked {
		if out.failed[q.account] == "" {
			out.ask(ctx, api, q, since, until)
		}
		told.Done(what, 1)
	}
	return out
}

// ask reads the events of one query.
func (l *lookup) ask(ctx context.Context, api lister, q query, since, until time.Time) {
	q.Since, q.Until, q.Limit = since, until, maxEvents
	events, err := api.ListEvents(ctx, q.account, q.EventQuery)
	if err != nil {
		l.failed[q.account] = explain(err)
		return
	}
	if oldest := len(events) - 1; oldest == maxEvents-1 && events[oldest].Occurred.After(l.since) {
		l.since = events[oldest].Occurred // there may be more behind it
	}
	for _, e := range events {
		id, name := e.Resource[client.LabelResourceID], e.Resource[client.LabelResourceName]
		prefix := id[:strings.LastIndexByte(id, '.')+1]
		l.add(q.account, prefix, e)
		l.add(q.account, id, e)
		if name != "" {
			l.add(q.account, prefix+client.EmailKey(name), e)
		}
	}
}

func (l lookup) add(account, name string, e client.Event) {
	key := subject{account, name}
	l.events[key] = append(l.events[key], e)
}

// of returns the events about the thing that a fact is about, newest first.
func (l lookup) of(t trail, f fact) []client.Event {
	if t.name == nil {
		return l.events[subject{f.account(), t.prefix()}]
	}
	var out []client.Event
	for _, id := range t.resourceIDs(f) {
		out = append(out, l.events[subject{f.account(), id}]...)
	}
	if name := t.name(f); name != "" {
		out = append(out, l.events[subject{f.account(), t.prefix() + client.EmailKey(name)}]...)
	}
	slices.SortStableFunc(out, func(a, b client.Event) int { return b.Occurred.Compare(a.Occurred) })
	return out
}

func explain(err error) string {
	switch {
	case client.IsPlanLimit(err):
		return "the account's plan has no audit trail"
	case client.IsForbidden(err):
		return "the key may not read the audit trail (read:audit_event)"
	default:
		return "the audit trail could not be read: " + report.Printable(err.Error())
	}
}

type query struct {
	account string
	client.EventQuery
}

// queries asks for the things by id, and for people by their email, too: a
// person who left and came back has another id. The order is that of the facts.
func queries(facts []typedFact) []query {
	type about struct {
		account, prefix string
		byName          bool
	}
	wanted := map[about][]string{}
	var order []about
	add := func(key about, values []string) {
		if len(values) > 0 && wanted[key] == nil {
			order = append(order, key)
		}
		wanted[key] = append(wanted[key], values...)
	}
	for _, f := range facts {
		of, known := trails[f.resource]
		if !known || f.account() == "" {
			continue
		}
		in := f.account()
		add(about{in, of.prefix(), false}, of.resourceIDs(f.fact))
		if of.name == nil {
			add(about{in, of.prefix(), false}, []string{""})
		} else if name := of.name(f.fact); name != "" {
			add(about{in, of.prefix(), true}, append(client.EmailSpellings(client.EmailKey(name)), name)) // the API looks for exactly these
		}
	}
	var out []query
	for _, key := range order {
		values := wanted[key]
		slices.Sort(values)
		for chunk := range slices.Chunk(slices.Compact(values), maxIDs) {
			q := query{account: key.account}
			q.NamePrefixes = []string{key.prefix}
			switch {
			case key.byName:
				q.ResourceNames = chunk
			case chunk[0] != "":
				q.Resources = chunk
			}
			out = append(out, q)
		}
	}
	return out
}

// who returns the newest event that tells of a fact. Events after it that do not say
// what they changed may tell of it, too: then it is one of all their actors.
func (l lookup) who(f typedFact) culprit {
	of, known := trails[f.resource]
	switch {
	case l.off != "":
		return unknownCulprit(l.off)
	case !known:
		return unknownCulprit("which events tell of this resource type is not known")
	case f.account() == "":
		return unknownCulprit("the plan does not say which account it is in")
	case l.failed[f.account()] != "":
		return unknownCulprit(l.failed[f.account()])
	}
	var found culprit
	for _, e := range l.of(of, f.fact) {
		says := of.says(f.fact, e)
		if says == contradicts {
			continue
		}
		one := actor{nameOf(e.Actor()), e.Occurred}
		if !slices.ContainsFunc(found.actors, func(other actor) bool { return other.who == one.who }) {
			found.actors = append(found.actors, one)
		}
		if says == agrees {
			if found.certain = len(found.actors) == 1; found.certain {
				found.actors[0].at = one.at
			}
			break
		}
	}
	if found.actors != nil {
		return found
	}
	return unknownCulprit("no event since " + report.Clock(l.since) + " tells of it")
}

// nameOf returns an actor as people know them.
func nameOf(actor map[string]string) string {
	id := actor[client.LabelResourceID]
	name := report.Printable(cmp.Or(actor[client.LabelResourceName], id))
	switch {
	case name == "":
		return "an actor whom the event does not name"
	case strings.HasPrefix(id, "prefect-cloud.service-account."):
		return name + " (service account)"
	case strings.HasPrefix(id, "prefect-cloud.directory."):
		return name + " (directory)"
	default:
		return name
	}
}

// words returns who it was, or why that is not known.
func (c culprit) words() string {
	switch {
	case c.unknown != "":
		return "by whom is unknown: " + c.unknown
	case c.certain:
		return "by " + c.names(report.Printable)
	default:
		return c.names(report.Printable)
	}
}

// markdown returns words, with the names set apart: an email address would otherwise
// become a link, a name with @ a mention.
func (c culprit) markdown() string {
	if c.unknown != "" {
		return "unknown: " + report.Escape(c.unknown)
	}
	return c.names(report.Code)
}

func (c culprit) names(set func(string) string) string {
	var who []string
	for _, one := range c.actors {
		who = append(who, set(one.who)+", "+report.Clock(one.at))
	}
	switch {
	case c.certain:
		return who[0]
	case len(who) == 1:
		return "last changed by " + who[0] + "; the event does not say what"
	default:
		return "by one of these, the events do not say which: " + strings.Join(who, "; ")
	}
}
