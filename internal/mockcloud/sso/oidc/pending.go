package oidc

import (
	"container/list"
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"
)

// DefaultMaxPending is how many logins are kept between Begin and Finish.
const DefaultMaxPending = 10_000

// pendingLife is how long a person has for logging in.
const pendingLife = 10 * time.Minute

// digest is all that is kept of a state or a browser's secret, so that neither a
// dump of memory nor the time of a look-up tells them.
type digest [sha256.Size]byte

func digestOf(secret string) digest { return sha256.Sum256([]byte(secret)) }

// pending is a login between Begin and Finish.
type pending struct {
	connection  string
	issuer      string
	clientID    string
	redirectURI string
	returnTo    string
	nonce       string
	verifier    string // PKCE
	browser     digest
	expires     time.Time
	used        bool
}

// pendings are the logins that have begun, by state. There are never more than
// most of them: the oldest make room, whether they are finished or not. Used ones
// stay until then or until they expire, to tell a replay from an invention.
type pendings struct {
	clock func() time.Time
	limit int

	mu      sync.Mutex
	byState map[digest]*list.Element // of *stated
	byAge   list.List
}

type stated struct {
	state digest
	pending
}

func (p *pendings) add(state string, login pending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	login.expires = now.Add(pendingLife)
	for front := p.byAge.Front(); front != nil; front = p.byAge.Front() {
		oldest, ok := front.Value.(*stated)
		if ok && p.byAge.Len() < p.limit && now.Before(oldest.expires.Add(pendingLife)) {
			break
		}
		p.byAge.Remove(front)
		if ok {
			delete(p.byState, oldest.state)
		}
	}
	key := digestOf(state)
	p.byState[key] = p.byAge.PushBack(&stated{state: key, pending: login})
}

// take returns the login behind a state to the browser that began it. Whatever
// comes of it, the state cannot be used again. Where the state is known, the connection is
// returned with a refusal, too.
func (p *pendings) take(state, browser string) (pending, *Refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var login *stated
	if found := p.byState[digestOf(state)]; found != nil {
		login, _ = found.Value.(*stated) // nothing else is put there
	}
	if login == nil {
		return pending{}, reject(StateUnknown, "This login was not begun here, or too long ago. Please start again.")
	}
	taken := login.pending
	// The secrets are of no more use; connection and expiry tell a replay.
	login.used, login.nonce, login.verifier = true, "", ""
	hash := digestOf(browser)
	switch {
	case taken.used:
		return taken, reject(StateReplayed, "This login is over already. Please start again.")
	case !p.clock().Before(taken.expires):
		return taken, reject(StateExpired, "This login took more than ten minutes. Please start again.")
	case subtle.ConstantTimeCompare(hash[:], taken.browser[:]) != 1:
		return taken, reject(BrowserMismatch, "This login was begun in another browser, or another was begun since. Please start again.")
	}
	return taken, nil
}

func (p *pendings) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byState)
}
