package sso

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestWaiting: an answer waits for its own account's browser, once, for two minutes, and
// no more of them wait than there is room for.
func TestWaiting(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	q := waiting{clock: func() time.Time { return now }, byHandle: make(map[string]*answered)}
	account := uuid.New()
	add := func() string { return q.add(answered{account: account, connection: "conn_1"}) }

	handle := add()
	if _, ok := q.take(handle, uuid.New()); ok {
		t.Error("another account's answer was given")
	}
	if _, ok := q.take("", account); ok {
		t.Error("an answer was given for no handle")
	}
	if a, ok := q.look(handle, account); !ok || a.connection != "conn_1" {
		t.Errorf("%+v", a)
	}
	if _, ok := q.take(handle, account); !ok {
		t.Error("looking used it up")
	}
	if _, ok := q.take(handle, account); ok {
		t.Error("it was given twice")
	}

	late := add()
	now = now.Add(waitingLasts)
	if _, ok := q.take(late, account); ok {
		t.Error("it was given too late")
	}

	oldest := add()
	for range maxWaiting {
		add()
	}
	if _, ok := q.look(oldest, account); ok || len(q.byHandle) != maxWaiting || len(q.byAge) != maxWaiting {
		t.Errorf("%d answers wait, %d handles are kept", len(q.byHandle), len(q.byAge))
	}
}
