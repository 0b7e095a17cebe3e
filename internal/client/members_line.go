package client

import (
	"cmp"
	"context"
	"time"
)

// gatherWindow is how long a round waits for company: until no caller has come
// for quiet, and no longer than most. Once as many wait as ever waited at once
// no other caller is likely to come, because concurrent callers have a bound
// on it; then enough takes the place of quiet.
type gatherWindow struct {
	quiet, enough, max time.Duration
}

// line is those who wait in Members.ByEmail, and the one goroutine that serves
// them, round by round. It begins with the first who waits, and ends when
// there is none. Its fields are under Members.mu.
type line struct {
	ctx     context.Context // of its requests
	end     context.CancelFunc
	people  map[string]*person // queued or in the round under way, by key
	queue   []*person
	waiters int           // callers who have not been answered and not left
	arrived chan struct{} // a newcomer knocks; holds one knock
}

// person is a user who is asked for, by one caller or several.
type person struct {
	key     string
	waiters int
	done    chan struct{} // closed when member and err say the answer
	member  *Membership   // nil: not a member
	err     error
}

// queue puts a caller in line for a user. m.mu is held.
func (m *Members) queue(ctx context.Context, key string) (*line, *person) {
	l := m.line
	if l == nil {
		l = &line{people: map[string]*person{}, arrived: make(chan struct{}, 1)}
		l.ctx, l.end = m.c.sharedContext(ctx)
		m.line = l
		go m.serve(l)
	}
	who, ok := l.people[key]
	if !ok {
		who = &person{key: key, done: make(chan struct{})}
		l.people[key] = who
		l.queue = append(l.queue, who)
		select {
		case l.arrived <- struct{}{}:
		default: // one knock is enough
		}
	}
	who.waiters++
	l.waiters++
	return l, who
}

// leave takes a caller out who gave up. The request goes on for the others; if
// there are none it ends, and the next caller begins another line.
func (m *Members) leave(l *line, who *person) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.people[who.key] != who {
		return // answered at the same moment
	}
	who.waiters--
	l.waiters--
	if l.waiters == 0 {
		l.end()
		if m.line == l {
			m.line = nil
		}
	}
}

// besides is how many come with the first question of a plan: Terraform asks for ten resources side by side, unless it is
// told otherwise.
const besides = 9

// serve answers the line round by round until it is empty.
func (m *Members) serve(l *line) {
	defer l.end()
	if m.isFirst() && !m.serveFirst(l) {
		return
	}
	for {
		m.gather(l)
		round := m.nextRound(l)
		if round == nil {
			return
		}
		m.answer(l, round, m.fetch(l.ctx, round))
	}
}

func (m *Members) isFirst() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lookups == 0
}

// serveFirst sends the first question alone and at once, and those that come with it as soon as they are there, whether
// the first is answered or not. It reports whether the line goes on.
func (m *Members) serveFirst(l *line) bool {
	first := m.nextRound(l)
	if first == nil {
		return false
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		m.answer(l, first, m.fetch(l.ctx, first))
	}()
	defer func() { <-answered }()
	if !m.gatherBesides(l, answered) {
		return true
	}
	second := m.nextRound(l)
	if second == nil {
		return false
	}
	m.answer(l, second, m.fetch(l.ctx, second))
	return true
}

// gatherBesides waits for those who come with the first question. It reports whether as many as Terraform asks for at once
// were there before that was answered.
func (m *Members) gatherBesides(l *line, answered <-chan struct{}) bool {
	quiet := time.NewTimer(m.c.gather.max)
	defer quiet.Stop()
	for {
		select {
		case <-l.arrived:
			quiet.Reset(m.c.gather.enough)
		case <-quiet.C:
			m.mu.Lock()
			all := m.lookups > 0 && len(l.queue) >= besides
			m.mu.Unlock()
			if all {
				return true
			}
			quiet.Reset(m.c.gather.max)
		case <-answered:
			return false
		case <-l.ctx.Done():
			return false
		}
	}
}

// gather waits for company where there is reason to expect it: several are in
// line, or were in the last round. A lone caller is never delayed.
func (m *Members) gather(l *line) {
	m.mu.Lock()
	expect := m.lookups > 0 && (m.company || len(l.queue) > 1)
	m.mu.Unlock()
	if !expect {
		return
	}
	latest := time.NewTimer(m.c.gather.max)
	defer latest.Stop()
	quiet := time.NewTimer(m.gatherTimeout(l))
	defer quiet.Stop()
	for {
		select {
		case <-l.arrived:
			quiet.Reset(m.gatherTimeout(l))
		case <-quiet.C:
			return
		case <-latest.C:
			return
		case <-l.ctx.Done():
			return
		}
	}
}

// gatherTimeout returns how long to wait for the next newcomer.
func (m *Members) gatherTimeout(l *line) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(l.queue) < cmp.Or(m.peak, besides) {
		return m.c.gather.quiet
	}
	return m.c.gather.enough
}

// nextRound takes the people of the next round out of the queue, those left
// out whom no caller waits for any more. nil says that the line has ended.
func (m *Members) nextRound(l *line) []*person {
	m.mu.Lock()
	defer m.mu.Unlock()
	room := pageSize
	if m.lookups == 0 {
		room = 1
	}
	var round []*person
	for len(l.queue) > 0 && room > 0 {
		who := l.queue[0]
		if who.waiters == 0 {
			l.queue = l.queue[1:]
			delete(l.people, who.key)
			continue
		}
		room -= len(EmailSpellings(who.key))
		if room < 0 && len(round) > 0 {
			break // one spelling too many: in the next round
		}
		l.queue = l.queue[1:]
		round = append(round, who)
	}
	if round != nil {
		if m.lookups > 0 { // the first goes out alone and says nothing of the others
			m.peak = max(m.peak, len(round))
		}
		m.company = len(round) > 1
	} else if m.line == l {
		m.line = nil
	}
	return round
}

// fetch brings the people of a round into the memory, by the listing if that
// is worth it by now and by a lookup for whom that leaves.
func (m *Members) fetch(ctx context.Context, round []*person) error {
	if err := m.listIfWorth(ctx); err != nil {
		return err
	}
	var missing []string
	m.mu.Lock()
	for _, who := range round {
		if _, ok := m.known[who.key]; !ok {
			missing = append(missing, who.key)
		}
	}
	if len(missing) > 0 {
		m.lookups++
	}
	m.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	_, err := m.lookup(ctx, missing)
	return err
}

// listIfWorth takes the listing as soon as P ≤ n + 3 − L; see Members.
func (m *Members) listIfWorth(ctx context.Context) error {
	m.mu.Lock()
	decided, count := m.listed || m.lookups < 2, m.count
	m.mu.Unlock()
	if decided {
		return nil
	}
	if count == unasked {
		var err error
		if count, err = m.c.CountMemberships(ctx, m.accountID, MembershipQuery{OnlyUsers: true}); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.count = count
	worth := pagesOf(count) <= len(m.asked)+3-m.lookups
	m.mu.Unlock()
	if !worth {
		return nil
	}
	return m.list(ctx, count)
}

// answer tells the people of a round, and everybody in the queue whom the
// round happened to bring, what came of it. An error goes to all of the round
// whom the memory does not know.
func (m *Members) answer(l *line, round []*person, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, who := range round {
		m.answerPerson(l, who, err)
	}
	waiting := l.queue
	l.queue = nil
	for _, who := range waiting {
		if _, ok := m.known[who.key]; ok {
			m.answerPerson(l, who, nil)
		} else {
			l.queue = append(l.queue, who)
		}
	}
}

// answerPerson answers every caller that waits for a person. m.mu is held.
func (m *Members) answerPerson(l *line, who *person, err error) {
	if member, ok := m.known[who.key]; ok {
		who.member = &member
	} else {
		who.err = err
	}
	delete(l.people, who.key)
	l.waiters -= who.waiters
	close(who.done)
}
