package client

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Members reads who is in an account, and answers many single questions with
// few requests. It remembers what it was asked and told, for as long as the
// client lives; its own writes correct the memory. That a user is absent is
// never remembered.
//
// ByEmail goes by these rules, where L is the number of lookups by email sent
// so far, n the number of distinct people asked for so far (those waiting
// included), and P = ⌈count/200⌉ the pages of the whole listing:
//
//   - One request is under way at a time. The first question ever goes out
//     alone and at once; those that come while a request is under way queue,
//     and go out together, up to 200 addresses in one lookup, of which a
//     person with an IDN domain takes two. A round that has company
//     waits a moment for more of it (gatherWindow). Only those that come with
//     the first question, as many as Terraform asks for at once, do not wait
//     for its answer: so a plan has its people after three round trips, which
//     are the first lookups, count and the listing.
//   - Before any lookup after the second, count is asked, once.
//   - As soon as P ≤ n + 3 − L the whole listing is taken, oldest first, its
//     pages side by side. Until then lookups go on.
//   - After the listing, answers come from it. A user who is not in it is
//     confirmed by a lookup, since people may join or pages shift meanwhile.
//
// So n people who are there cost at most n + 4 requests, whatever the size of
// the account and the order of the questions, because at the listing
// L + 1 + P ≤ n + 4; and where questions come ten at a time and P is 28 or
// less, the listing is taken within three lookups, which is P + 4 in all.
type Members struct {
	c         *Client
	accountID string

	mu      sync.Mutex
	line    *line                 // those who wait for ByEmail; nil when there are none
	known   map[string]Membership // by EmailKey
	asked   map[string]bool       // everybody ByEmail was asked for: n
	lookups int                   // L
	count   int                   // unasked until the third lookup
	listed  bool                  // the listing has been taken
	rows    []Membership          // the listing that All took, oldest first
	company bool                  // the last round had several people
	peak    int                   // the most people of a round so far, the first one left out

	// A fetch that began before an own write ended may bring the old role.
	// Both take a number from clock, and merge lets the write win.
	clock  uint64
	writes map[string]ownWrite
}

type ownWrite struct {
	role             AccountRole
	active           bool
	roleAt, activeAt uint64 // 0 for what was not written
}

// corrected returns a row with what was written since it was asked for.
func (w ownWrite) corrected(row Membership, asked uint64) Membership {
	if w.roleAt > asked {
		row.AccountRoleID, row.AccountRoleName = w.role.ID, w.role.Name
	}
	if w.activeAt > asked {
		row.Active = w.active
	}
	return row
}

const unasked = -1

// Members returns the account's members; all callers share them.
func (c *Client) Members(accountID string) *Members {
	return perAccount(c, c.members, accountID, func() *Members {
		return &Members{
			c: c, accountID: accountID, count: unasked,
			known: map[string]Membership{}, asked: map[string]bool{}, writes: map[string]ownWrite{},
		}
	})
}

// ByEmail finds one member. No such member is a *NotMemberError, and certain: the
// server was asked for this very email.
func (m *Members) ByEmail(ctx context.Context, email string) (Membership, error) {
	if err := ctx.Err(); err != nil {
		return Membership{}, err
	}
	key := EmailKey(email)
	m.mu.Lock()
	if member, ok := m.known[key]; ok {
		m.mu.Unlock()
		return member, nil
	}
	m.asked[key] = true
	q, who := m.queue(ctx, key)
	m.mu.Unlock()

	select {
	case <-who.done:
	case <-ctx.Done():
		m.leave(q, who)
		return Membership{}, ctx.Err()
	}
	switch {
	case who.err != nil:
		return Membership{}, who.err
	case who.member == nil:
		return Membership{}, &NotMemberError{AccountID: m.accountID, Email: email, LooksLike: m.lookAlike(ctx, email)}
	}
	return *who.member, nil
}

// lookAlike finds another member whom an address could be taken for, among those in
// memory and, where the address is not plain ASCII, by asking for its usual other
// spellings; "" for none. It only makes an error say more, so its own is left out.
func (m *Members) lookAlike(ctx context.Context, email string) string {
	key := LookAlikeKey(email)
	local, domain, _ := strings.Cut(EmailKey(email), "@")
	var others []string
	for _, other := range []string{key, strings.ToUpper(local) + "@" + domain, strings.ToLower(local) + "@" + domain} { //nolint:forbidigo // guesses, of which each is looked up as itself
		if !SameEmail(other, email) {
			others = append(others, EmailKey(other))
		}
	}
	if others != nil {
		_, _ = m.lookup(ctx, distinctKeys(others))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	first := "" // of several, so that an error says the same each time
	for _, member := range m.known {
		if member.Email != nil && LookAlikeKey(*member.Email) == key && !SameEmail(*member.Email, email) && (first == "" || *member.Email < first) {
			first = *member.Email
		}
	}
	return first
}

// ByEmails finds many members at once, by EmailKey; those who are not there
// are missing. Who is not in memory is looked up by email, 200 in a request.
func (m *Members) ByEmails(ctx context.Context, emails []string) (map[string]Membership, error) {
	found := make(map[string]Membership, len(emails))
	var missing []string
	m.mu.Lock()
	for _, key := range distinctKeys(emails) {
		if member, ok := m.known[key]; ok {
			found[key] = member
		} else {
			missing = append(missing, key)
		}
	}
	m.mu.Unlock()
	if err := m.lookupAll(ctx, missing, found); err != nil {
		return nil, err
	}
	return found, nil
}

// All returns every user of the account, oldest first, as the memory knows
// them. Where that is not filled yet it takes the listing, and later questions
// are answered from it.
func (m *Members) All(ctx context.Context) ([]Membership, error) {
	m.mu.Lock()
	rows := m.rows
	m.mu.Unlock()
	if rows == nil {
		began := m.tick()
		var err error
		if rows, err = m.c.ListMemberships(ctx, m.accountID, MembershipQuery{OnlyUsers: true}); err != nil {
			return nil, err
		}
		m.merge(began, rows)
		m.mu.Lock()
		m.rows, m.listed = append([]Membership{}, rows...), true
		m.mu.Unlock()
	}
	return m.corrected(rows), nil
}

// corrected puts what has been learned since a listing into its place.
func (m *Members) corrected(rows []Membership) []Membership {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Membership, 0, len(rows))
	for _, row := range rows {
		if row.Email == nil {
			out = append(out, row)
		} else if known, there := m.known[EmailKey(*row.Email)]; there {
			out = append(out, known)
		}
	}
	return out
}

// Refetch asks the server for these people whatever is in memory, and corrects
// the memory. Those who are not there are missing.
func (m *Members) Refetch(ctx context.Context, emails ...string) (map[string]Membership, error) {
	keys := distinctKeys(emails)
	found := make(map[string]Membership, len(keys))
	if err := m.lookupAll(ctx, keys, found); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		if _, ok := found[key]; !ok {
			delete(m.known, key)
		}
	}
	return found, nil
}

// SetRole gives a member another role and corrects the memory. After an error
// it is open which role holds: the next read asks the server.
func (m *Members) SetRole(ctx context.Context, member Membership, role AccountRole) error {
	err := m.c.UpdateMembershipRole(ctx, m.accountID, member.ID, role.ID)
	if member.Email == nil {
		return err // service accounts are not in the memory
	}
	key := EmailKey(*member.Email)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		delete(m.known, key)
		return err
	}
	m.wrote(key, func(w *ownWrite, at uint64) { w.role, w.roleAt = role, at })
	return nil
}

// SetActive deactivates members, or lets them in again, and corrects the memory: up to [SetActiveAtOnce] of them, all
// or none.
func (m *Members) SetActive(ctx context.Context, members []Membership, active bool) error {
	ids := make([]string, len(members))
	for i, member := range members {
		ids[i] = member.ID
	}
	err := m.c.SetMembershipsActive(ctx, m.accountID, ids, active)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range members {
		switch {
		case member.Email == nil: // service accounts are not in the memory
		case err != nil:
			delete(m.known, EmailKey(*member.Email))
		default:
			m.wrote(EmailKey(*member.Email), func(w *ownWrite, at uint64) { w.active, w.activeAt = active, at })
		}
	}
	return err
}

// wrote notes an own write. m.mu is held.
func (m *Members) wrote(key string, note func(w *ownWrite, at uint64)) {
	before := m.clock
	m.clock++
	write := m.writes[key]
	note(&write, m.clock)
	m.writes[key] = write
	if known, ok := m.known[key]; ok {
		m.known[key] = write.corrected(known, before)
	}
}

// lookupAll looks people up in batches side by side, and adds those who are
// there to found.
func (m *Members) lookupAll(ctx context.Context, keys []string, found map[string]Membership) error {
	var mu sync.Mutex
	batches, ctx := errgroup.WithContext(ctx)
	batches.SetLimit(m.c.concurrent)
	m.c.progress.Expect("people", len(keys))
	for _, batch := range lookupBatches(keys) {
		batches.Go(func() error {
			rows, err := m.lookup(ctx, batch)
			if err != nil {
				return err
			}
			m.c.progress.Done("people", len(batch))
			mu.Lock()
			defer mu.Unlock()
			for key, row := range rows {
				found[key] = row
			}
			return nil
		})
	}
	return batches.Wait()
}

// lookupBatches splits keys so that each part has up to 200 spellings.
func lookupBatches(keys []string) (batches [][]string) {
	room, start := pageSize, 0
	for i, key := range keys {
		room -= len(EmailSpellings(key))
		if room < 0 {
			batches = append(batches, keys[start:i])
			room, start = pageSize-len(EmailSpellings(key)), i
		}
	}
	if start < len(keys) {
		batches = append(batches, keys[start:])
	}
	return batches
}

// lookup asks for people by email in one request, by all spellings, of which
// there are up to 200. One page is enough: each has one user.
func (m *Members) lookup(ctx context.Context, keys []string) (map[string]Membership, error) {
	began := m.tick()
	emails := make([]string, 0, len(keys))
	for _, key := range keys {
		emails = append(emails, EmailSpellings(key)...)
	}
	rows, err := m.c.membershipPage(ctx, m.accountID,
		MembershipQuery{OnlyUsers: true, Filter: &MembershipFilter{Emails: emails}}, page{Limit: pageSize})
	if err != nil {
		return nil, err
	}
	return m.merge(began, rows), nil
}

// list takes the whole listing. The pages that count promises come side by
// side; it reads on only where they show that there are more than promised.
func (m *Members) list(ctx context.Context, count int) error {
	began := m.tick()
	everybody := MembershipQuery{OnlyUsers: true}
	pages := make([][]Membership, pagesOf(count))
	fetches, fetchCtx := errgroup.WithContext(ctx)
	fetches.SetLimit(m.c.concurrent)
	for i := range pages {
		fetches.Go(func() (err error) {
			pages[i], err = m.c.membershipPage(fetchCtx, m.accountID, everybody, page{Limit: pageSize, Offset: i * pageSize})
			return err
		})
	}
	if err := fetches.Wait(); err != nil {
		return err
	}
	rows := slices.Concat(pages...)
	if promised := len(pages) * pageSize; len(pages[len(pages)-1]) >= pageSize && promised > count {
		more, err := m.c.membershipsFrom(ctx, m.accountID, everybody, promised)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	m.merge(began, rows)
	m.mu.Lock()
	m.listed = true
	m.mu.Unlock()
	return nil
}

// pagesOf is P: an empty account has one page, too.
func pagesOf(count int) int {
	return max(1, (count+pageSize-1)/pageSize)
}

func (m *Members) tick() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	return m.clock
}

// merge puts what a fetch brought into the memory and returns it by key. Of
// two rows with one email the first counts.
func (m *Members) merge(began uint64, rows []Membership) map[string]Membership {
	m.mu.Lock()
	defer m.mu.Unlock()
	merged := make(map[string]Membership, len(rows))
	for _, row := range rows {
		if row.Email == nil {
			continue
		}
		key := EmailKey(*row.Email)
		if _, ok := merged[key]; ok {
			continue
		}
		row = m.writes[key].corrected(row, began)
		merged[key], m.known[key] = row, row
	}
	return merged
}

func distinctKeys(emails []string) []string {
	keys := make([]string, 0, len(emails))
	seen := make(map[string]bool, len(emails))
	for _, email := range emails {
		if key := EmailKey(email); key != "" && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}
