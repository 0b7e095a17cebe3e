// Package scimerr is the one kind of error that reading a SCIM request gives:
// what RFC 7644, 3.12 lets a server say in scimType, and a sentence that a
// person can act on. The packages next to it make these errors, the routes
// write them out; nothing here knows of HTTP beyond a status code.
package scimerr

import "fmt"

// Type is a scimType of RFC 7644, table 9, or RFC 9865.
type Type string

// The scimTypes of RFC 7644, table 9.
const (
	InvalidFilter Type = "invalidFilter"
	TooMany       Type = "tooMany"
	Uniqueness    Type = "uniqueness"
	Mutability    Type = "mutability"
	InvalidSyntax Type = "invalidSyntax"
	InvalidPath   Type = "invalidPath"
	NoTarget      Type = "noTarget"
	InvalidValue  Type = "invalidValue"
	InvalidVers   Type = "invalidVers"
	Sensitive     Type = "sensitive"
)

// The scimTypes of RFC 9865, 2.3.
const (
	InvalidCursor Type = "invalidCursor"
	ExpiredCursor Type = "expiredCursor"
	InvalidCount  Type = "invalidCount"
)

// Error is a request that a SCIM server has to refuse.
type Error struct {
	ScimType Type
	Detail   string
	// Position is the character of the filter or path at which reading stopped,
	// counted from 1; 0 where there is no such place.
	Position int
}

// New is an error without a position. Its detail is formatted as by fmt.Sprintf.
func New(t Type, format string, args ...any) *Error {
	return &Error{ScimType: t, Detail: fmt.Sprintf(format, args...)}
}

// Error is the detail as the answer carries it, with the position if there is one.
func (e *Error) Error() string {
	if e.Position == 0 {
		return e.Detail
	}
	return fmt.Sprintf("%s (at character %d)", e.Detail, e.Position)
}

// Status is the HTTP status that goes with the type: 409 for a duplicate
// (RFC 7644, 3.3), 403 for what must not be in a URI (7.5.2), else 400.
func (e *Error) Status() int {
	switch e.ScimType {
	case Uniqueness:
		return 409
	case Sensitive:
		return 403
	default:
		return 400
	}
}
