package access

import "fmt"

// Part is a part of a world, or a fact in it, that may be unknown. The zero value has not been asked for yet.
type Part[T any] struct {
	value T
	state partState
	why   string
}

type partState uint8

const (
	partMissing partState = iota
	partUnknown
	partKnown
)

// Known returns a part whose value is known.
func Known[T any](value T) Part[T] { return Part[T]{value: value, state: partKnown} }

// Unknown returns a part that was asked for and that the API does not report. why says so in a word or a sentence.
func Unknown[T any](why string) Part[T] { return Part[T]{state: partUnknown, why: why} }

// Get returns the value, and whether it is known.
func (p Part[T]) Get() (value T, known bool) { return p.value, p.state == partKnown }

// Or returns the value, or another one where it is not known.
func (p Part[T]) Or(other T) T {
	if p.state == partKnown {
		return p.value
	}
	return other
}

// IsKnown reports whether the value is known.
func (p Part[T]) IsKnown() bool { return p.state == partKnown }

// IsMissing reports whether the part has not been asked for yet.
func (p Part[T]) IsMissing() bool { return p.state == partMissing }

// Why returns why an unknown part is unknown.
func (p Part[T]) Why() string { return p.why }

// String implements fmt.Stringer.
func (p Part[T]) String() string {
	switch p.state {
	case partKnown:
		return fmt.Sprintf("%+v", p.value)
	case partUnknown:
		return "unknown (" + p.why + ")"
	}
	return "not read"
}

// is reports whether the value is known and equals another one.
func is[T comparable](p Part[T], value T) bool { return p.state == partKnown && p.value == value }

// derive makes a part of another one: unknown where that is.
func derive[T, U any](p Part[T], of func(T) U) Part[U] {
	if p.state == partKnown {
		return Known(of(p.value))
	}
	return Part[U]{state: p.state, why: p.why}
}

// Shift is a fact before and after a change.
type Shift[T any] struct{ Before, After Part[T] }

// changed reports whether a fact is another one afterwards; known is false where that cannot be told.
func changed[T comparable](s Shift[T]) (different, known bool) {
	before, knownBefore := s.Before.Get()
	after, knownAfter := s.After.Get()
	return before != after, knownBefore && knownAfter
}
