package sso

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

const (
	// waitingLasts is how long an answer that was judged waits for its browser.
	waitingLasts = 2 * time.Minute
	maxWaiting   = 1000
)

// answered is a SAML answer that was accepted, until its browser continues.
type answered struct {
	account    uuid.UUID
	connection string
	login      *saml.Login
	expires    time.Time
}

// waiting are the answers between /acs and /continue, by a handle that only the
// browser is told. There are never more than maxWaiting: the oldest make room.
type waiting struct {
	clock func() time.Time

	mu       sync.Mutex
	byHandle map[string]*answered
	byAge    []string // handles; those that were taken go when their time comes
}

func (q *waiting) add(a answered) (handle string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock()
	for len(q.byAge) > 0 {
		oldest, there := q.byHandle[q.byAge[0]]
		if there && now.Before(oldest.expires) && len(q.byAge) < maxWaiting {
			break
		}
		delete(q.byHandle, q.byAge[0])
		q.byAge = q.byAge[1:]
	}
	handle, a.expires = rand.Text(), now.Add(waitingLasts)
	q.byHandle[handle] = &a
	q.byAge = append(q.byAge, handle)
	return handle
}

// look returns the answer behind a handle of an account's.
func (q *waiting) look(handle string, account uuid.UUID) (*answered, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.find(handle, account)
}

// take is look that also removes the answer, so that it can be used once.
func (q *waiting) take(handle string, account uuid.UUID) (*answered, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a, ok := q.find(handle, account)
	if ok {
		delete(q.byHandle, handle)
	}
	return a, ok
}

func (q *waiting) find(handle string, account uuid.UUID) (*answered, bool) {
	a, ok := q.byHandle[handle]
	if !ok || a.account != account || !q.clock().Before(a.expires) {
		return nil, false
	}
	return a, true
}
