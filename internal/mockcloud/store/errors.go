package store

import (
	"errors"
	"fmt"
	"strings"
)

// NotFound says that there is no such thing, or none that the caller may know of.
type NotFound struct{ What string }

func (e *NotFound) Error() string { return e.What + " not found" }

// Conflict says that a change goes against the state as it is.
type Conflict struct {
	Reason string
	// ExistingID is what is in the way of a create, where the caller may see it; empty where it is not one thing.
	ExistingID string
}

func (e *Conflict) Error() string { return e.Reason }

// Forbidden says which permissions the caller lacks.
type Forbidden struct {
	// Missing are the permissions; none where no permission would help.
	Missing []Permission
	// Reason is said instead, where it is not a permission that is missing.
	Reason string
}

func (e *Forbidden) Error() string {
	if e.Reason != "" {
		return e.Reason
	}
	names := make([]string, len(e.Missing))
	for i, p := range e.Missing {
		names[i] = string(p)
	}
	if len(names) == 1 {
		return "Missing permission: " + names[0]
	}
	return "Missing permissions: " + strings.Join(names, ", ")
}

// PlanLimit says that the account's plan does not have a feature, and which has.
type PlanLimit struct {
	Feature Feature
	Plan    string
}

func (e *PlanLimit) Error() string {
	return fmt.Sprintf("The feature %q requires the %s plan", e.Feature, e.Plan)
}

// Problem is one thing that is wrong with what was sent.
type Problem struct {
	// In says where it was sent: body unless said, else path or query.
	In string
	// Loc leads there: field names (string) and positions in lists (int).
	Loc []any
	// Msg is for people, Type is for programs (pydantic's names).
	Msg, Type string
}

// Invalid lists everything that is wrong with what was sent.
type Invalid struct{ Problems []Problem }

func (e *Invalid) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = fmt.Sprintf("%v: %s", p.Loc, p.Msg)
	}
	return strings.Join(parts, "; ")
}

func invalid(msg string, loc ...any) error {
	return &Invalid{Problems: []Problem{{Loc: loc, Msg: "Value error, " + msg, Type: "value_error"}}}
}

// PreconditionFailed says that the thing is no longer what the caller has seen.
type PreconditionFailed struct{ What string }

func (e *PreconditionFailed) Error() string {
	return e.What + " changed since you read it; read it again"
}

// Unavailable says that no change can be kept any more. Only the log is told why, once
// and by the journal.
type Unavailable struct{ Cause error }

func (*Unavailable) Error() string {
	return "The server can keep no more changes, and this one was not made; reads go on. Its log says why; start it again once that is mended"
}

func (e *Unavailable) Unwrap() error { return e.Cause }

// IsUnavailable reports whether a change failed only because none can be kept any more.
// What is noted beside a read must not make it fail for that.
func IsUnavailable(err error) bool {
	var unavailable *Unavailable
	return errors.As(err, &unavailable)
}

// Unauthenticated says that a key is missing, unknown or expired. It does not
// say which.
type Unauthenticated struct{}

func (*Unauthenticated) Error() string { return "Invalid authentication credentials" }
