package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// APIError is an answer of the API that says no. Its texts come from the
// server, shortened and without the key.
type APIError struct {
	Status    int
	Message   string
	Fields    []FieldError // what is wrong where, after a 422
	RequestID string
	Method    string
	Path      string // without the query
	Attempts  int
	// RetryAfter is what the last answer asked to wait, if it did.
	RetryAfter time.Duration
	// ExistingID is what is in the way of a create, after a 409 of the managed
	// configuration that says so.
	ExistingID string

	scimType   string // what a SCIM endpoint says beside its message
	tokenError string // what a token endpoint says
	selfHosted bool   // it has the form of a self-hosted Prefect server's
}

// FieldError is one entry of FastAPI's validation answer.
type FieldError struct {
	Loc     string // "body.domain_names.0"
	Message string
	Type    string
}

// Error implements error.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s answered %s", e.Method, e.Path, statusLine(e.Status))
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, field := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", field.Loc, field.Message)
	}
	if e.RetryAfter > retryAfterCap {
		fmt.Fprintf(&b, "; it asked to wait %s, and the client waits %s at most", e.RetryAfter, retryAfterCap)
	}
	b.WriteString(tail(e.Attempts, e.RequestID))
	return b.String()
}

// ConnectionError is a call that got no answer.
type ConnectionError struct {
	Method   string
	Path     string
	Why      string
	Fix      string // what to do; "" where that is unknown
	Timeout  bool   // the last attempt ran out of time
	Attempts int
	cause
}

// Error implements error.
func (e *ConnectionError) Error() string {
	text := fmt.Sprintf("%s %s got no answer: %s%s", e.Method, e.Path, e.Why, tail(e.Attempts, ""))
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return text
}

// UnexpectedAnswerError is an answer that the API cannot have meant: a page of
// a proxy, a redirect, a body that broke off or is too large, or JSON of
// another form. It says nothing about the thing asked for, not even after 404.
type UnexpectedAnswerError struct {
	Method      string
	Path        string
	Status      int
	ContentType string
	Why         string
	RequestID   string
	Attempts    int
	kind        Stranger // whose it looks like; "" where it may be the API's own
	cause
}

// Error implements error.
func (e *UnexpectedAnswerError) Error() string {
	about := statusLine(e.Status)
	if e.ContentType != "" {
		about += ", " + e.ContentType
	}
	return fmt.Sprintf("%s %s got an answer that is not the API's (%s): %s%s",
		e.Method, e.Path, about, e.Why, tail(e.Attempts, e.RequestID))
}

// EndlessPageError is a listing that does not end: a full page brought nothing
// new, or there were more pages than any account has.
type EndlessPageError struct {
	What  string
	Pages int
}

// Error implements error.
func (e *EndlessPageError) Error() string {
	return fmt.Sprintf("the server keeps sending pages of %s without an end (stopped after %d)", e.What, e.Pages)
}

// PlanLimitError is a refusal because the account's plan lacks a feature.
type PlanLimitError struct {
	Feature   string // as in the account's features: "sso"
	AccountID string
	Err       *APIError
}

// Error implements error.
func (e *PlanLimitError) Error() string {
	return fmt.Sprintf("the plan of account %s does not have the feature %q: %s", e.AccountID, e.Feature, e.Err)
}

// Unwrap returns the refusal itself.
func (e *PlanLimitError) Unwrap() error { return e.Err }

// AccountNotFoundError says that something was not found because its account is
// not there for this key: it does not exist, or the key does not belong to it.
// Whether the thing itself exists is open.
type AccountNotFoundError struct {
	AccountID string
	Err       error
}

// Error implements error.
func (e *AccountNotFoundError) Error() string { return e.Err.Error() }

// Unwrap returns the answer that said so.
func (e *AccountNotFoundError) Unwrap() error { return e.Err }

// SCIMError is a refusal by a directory's SCIM endpoint, where the token and
// not the API key counts (RFC 7644, section 3.12).
type SCIMError struct {
	Type string // the scimType, such as "uniqueness"; "" where it says none
	Err  *APIError
}

// Error implements error.
func (e *SCIMError) Error() string {
	if e.Type == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s, scimType %s", e.Err, e.Type)
}

// Unwrap returns the refusal itself.
func (e *SCIMError) Unwrap() error { return e.Err }

// NotMemberError says that no member of the account has this email.
type NotMemberError struct {
	AccountID string
	Email     string
	// LooksLike is the address of a member whom Email could be taken for, spelled
	// differently: another user's. Often "".
	LooksLike string
}

// Error implements error.
func (e *NotMemberError) Error() string {
	if e.LooksLike != "" {
		return fmt.Sprintf("%s is not a member of account %s; %s (%+q), whose address is spelled differently, is one", e.Email, e.AccountID, e.LooksLike, e.LooksLike)
	}
	return fmt.Sprintf("%s is not a member of account %s", e.Email, e.AccountID)
}

// UnknownNameError says that the account has no such role or workspace.
type UnknownNameError struct {
	AccountID string
	What      string   // "role", "workspace role" or "workspace"
	Name      string   // the name or id that was asked for
	Existing  []string // names, sorted
}

// Error implements error.
func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("account %s has no %s %q; it has %s", e.AccountID, e.What, e.Name, strings.Join(e.Existing, ", "))
}

// LostWriteError is a change of the account's domains that other writers came
// before, or undid, until its time was over.
type LostWriteError struct {
	AccountID string
	Domains   []string // the names of the change
	Tries     int
	Since     time.Time // when it was first tried
	Waited    time.Duration
}

// Error implements error.
func (e *LostWriteError) Error() string {
	return fmt.Sprintf("the domains of account %s are being changed by others at the same time: the change of %s was lost %d times within %s",
		e.AccountID, strings.Join(e.Domains, ", "), e.Tries, e.Waited.Round(time.Second))
}

// IsNotFound reports that the thing does not exist (404), or that no member has
// the email. Where it is the route or the account that does not exist it is
// false.
func IsNotFound(err error) bool {
	var absent *NotMemberError
	var notOffered *NotOfferedError
	var account *AccountNotFoundError
	if errors.As(err, &notOffered) || errors.As(err, &account) || IsPlanLimit(err) {
		return false
	}
	return errors.As(err, &absent) || hasStatus(err, http.StatusNotFound)
}

// isNoAccount reports that the account is not there for the key.
func isNoAccount(err error) bool {
	var account *AccountNotFoundError
	return errors.As(err, &account)
}

// IsConflict reports 409.
func IsConflict(err error) bool { return hasStatus(err, http.StatusConflict) }

// IsPreconditionFailed reports 412.
func IsPreconditionFailed(err error) bool { return hasStatus(err, http.StatusPreconditionFailed) }

// IsForbidden reports 403, a plan's limit included.
func IsForbidden(err error) bool { return hasStatus(err, http.StatusForbidden) }

// IsMethodNotAllowed reports 405: the server has no such route.
func IsMethodNotAllowed(err error) bool { return hasStatus(err, http.StatusMethodNotAllowed) }

// IsUnauthorized reports 401: the API does not know the key.
func IsUnauthorized(err error) bool { return hasStatus(err, http.StatusUnauthorized) }

// IsPlanLimit reports a refusal because the account's plan lacks a feature.
func IsPlanLimit(err error) bool {
	var limit *PlanLimitError
	return errors.As(err, &limit)
}

// IsNotOffered reports that the server has no managed configuration.
func IsNotOffered(err error) bool {
	var missing *NotOfferedError
	return errors.As(err, &missing)
}

// cause is what failed underneath an error. It answers errors.Is and errors.As
// but is never unwrapped, because its own text may repeat the key.
type cause struct{ err error }

// Is implements the interface of errors.Is.
func (c cause) Is(target error) bool { return errors.Is(c.err, target) }

// As implements the interface of errors.As.
func (c cause) As(target any) bool { return errors.As(c.err, target) }

func hasStatus(err error, status int) bool {
	var answer *APIError
	return errors.As(err, &answer) && answer.Status == status
}

func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func tail(attempts int, requestID string) string {
	var about []string
	if attempts > 1 {
		about = append(about, fmt.Sprintf("%d attempts", attempts))
	}
	if requestID != "" {
		about = append(about, "request id "+requestID)
	}
	if len(about) == 0 {
		return ""
	}
	return " (" + strings.Join(about, ", ") + ")"
}
