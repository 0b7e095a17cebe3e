package idp

// Mode is a way of misbehaving. Each protocol lists its own.
type Mode string

// Honest is no misbehavior at all.
const Honest Mode = ""

// Misbehave makes the provider misbehave in one way from now on; Honest ends it.
// A mode that does not exist changes nothing.
func (p *IdP) Misbehave(mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.misbehavior = mode
}

func (p *IdP) mode() Mode {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.misbehavior
}
