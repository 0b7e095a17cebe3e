package client

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	apiError := &APIError{Status: 403, Message: "Enterprise only", Method: "GET", Path: "/api/x", RequestID: "req-1"}
	for want, err := range map[string]error{
		"GET /api/x answered 403 Forbidden: Enterprise only (request id req-1)":                                                        apiError,
		`the plan of account a does not have the feature "sso": GET /api/x answered 403 Forbidden: Enterprise only (request id req-1)`: &PlanLimitError{Feature: "sso", AccountID: "a", Err: apiError},
		"PUT /x answered 429 Too Many Requests; it asked to wait 3m0s, and the client waits 2m0s at most (7 attempts)":                 &APIError{Status: 429, Method: "PUT", Path: "/x", Attempts: 7, RetryAfter: 3 * time.Minute},
		"GET /x answered 599": &APIError{Status: 599, Method: "GET", Path: "/x", Attempts: 1},
		"GET /x got no answer: connection refused (2 attempts)":                                                 &ConnectionError{Method: "GET", Path: "/x", Why: "connection refused", Attempts: 2},
		"GET /x got an answer that is not the API's (200 OK, text/html): the answer is not JSON (request id r)": &UnexpectedAnswerError{Method: "GET", Path: "/x", Status: 200, ContentType: "text/html", Why: "the answer is not JSON", RequestID: "r"},
		"the server keeps sending pages of members without an end (stopped after 3)":                            &EndlessPageError{What: "members", Pages: 3},
		"ada@acme.com is not a member of account a":                                                             &NotMemberError{AccountID: "a", Email: "ada@acme.com"},
		`account a has no role "Boss"; it has Admin, Owner`:                                                     &UnknownNameError{AccountID: "a", What: "role", Name: "Boss", Existing: []string{"Admin", "Owner"}},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(error) bool{
		"forbidden": IsForbidden, "not found": IsNotFound,
		"conflict": IsConflict, "precondition failed": IsPreconditionFailed, "plan limit": IsPlanLimit,
	}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{nil, nil},
		{errors.New("404"), nil},
		{&APIError{Status: 401}, nil},
		{&APIError{Status: 403}, []string{"forbidden"}},
		{&APIError{Status: 404}, []string{"not found"}},
		{&APIError{Status: 409}, []string{"conflict"}},
		{&APIError{Status: 412}, []string{"precondition failed"}},
		{&NotMemberError{}, []string{"not found"}},
		{&PlanLimitError{Err: &APIError{Status: 403}}, []string{"forbidden", "plan limit"}},
		{&UnexpectedAnswerError{Status: 404}, nil},
	} {
		want := map[string]bool{}
		for _, kind := range c.want {
			want[kind] = true
		}
		for kind, is := range kinds {
			wrapped := c.err
			if wrapped != nil {
				wrapped = fmt.Errorf("while reading: %w", c.err)
			}
			if got := is(wrapped); got != want[kind] {
				t.Errorf("%T %v: %s is %t", c.err, c.err, kind, got)
			}
		}
	}
}
