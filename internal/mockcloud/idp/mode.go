package idp

import "slices"

// Mode is a way of misbehaving. Each protocol lists its own.
type Mode string

// Honest is no misbehavior at all.
const Honest Mode = ""

// Misbehave makes the provider misbehave in one way from now on; Honest ends it.
// A mode that is none of Modes is like Honest.
func (p *IdP) Misbehave(mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.misbehavior = mode
}

// Modes are all the ways in which the provider can misbehave.
func (p *IdP) Modes() []Mode { return slices.Clone(p.modes) }

func (p *IdP) mode() Mode {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.misbehavior
}
