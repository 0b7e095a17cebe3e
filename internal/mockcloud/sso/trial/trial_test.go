package trial_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/trial"
)

var (
	mine   = uuid.MustParse("00000000-0000-4000-8000-000000000001")
	theirs = uuid.MustParse("00000000-0000-4000-8000-000000000002")
)

// TestBegin: a session's test of a connection has one path for as long as it lasts, and
// another one when the connection was changed.
func TestBegin(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	tests := trial.New(clock.Now)
	test := trial.Test{SetupID: mine, ConnectionID: "conn_1", Version: clock.Now()}
	path := tests.Begin(test)
	if again := tests.Begin(test); again != path || !trial.Is(path) {
		t.Errorf("%s and %s", path, again)
	}
	if found, ok := tests.Find(path); !ok || found != test {
		t.Errorf("%+v %t", found, ok)
	}
	changed := test
	changed.Version = clock.Now().Add(time.Second)
	if other := tests.Begin(changed); other == path {
		t.Error("the changed connection has the same path")
	}
	for _, unknown := range []string{"", trial.Prefix, trial.Prefix + "ABC", strings.TrimPrefix(path, trial.Prefix), "/elsewhere"} {
		if found, ok := tests.Find(unknown); ok {
			t.Errorf("%q finds %+v", unknown, found)
		}
	}
	clock.Advance(30 * time.Minute)
	if _, ok := tests.Find(path); ok {
		t.Error("it lasts for ever")
	}
}

// TestTake: of several who finish a test's login side by side one does, and another only when the first could not.
func TestTake(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	tests := trial.New(clock.Now)
	key := strings.TrimPrefix(tests.Keep(trial.Result{Test: trial.Test{SetupID: mine}}), trial.Prefix)
	if _, ok := tests.Take(key, theirs); ok {
		t.Error("another session takes it")
	}
	for range 2 {
		var taken atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, ok := tests.Take(key, mine); ok {
					taken.Add(1)
				}
			})
		}
		group.Wait()
		if n := taken.Load(); n != 1 {
			t.Errorf("%d take it", n)
		}
		if _, ok := tests.Result(key, mine); !ok {
			t.Error("its page is gone")
		}
		tests.PutBack(key)
	}
	clock.Advance(30 * time.Minute)
	tests.PutBack(key)
	if _, ok := tests.Take(key, mine); ok {
		t.Error("it lasts for ever")
	}
}

// TestNeighbors: however often one session tests, the tests and results of others stay.
func TestNeighbors(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	tests := trial.New(clock.Now)
	path := tests.Begin(trial.Test{SetupID: mine, ConnectionID: "conn_1", Version: clock.Now()})
	result := strings.TrimPrefix(tests.Keep(trial.Result{Test: trial.Test{SetupID: mine}}), trial.Prefix)
	last := ""
	for i := range 2000 {
		tests.Begin(trial.Test{SetupID: theirs, ConnectionID: "conn_2", Version: clock.Now().Add(time.Duration(i))})
		last = strings.TrimPrefix(tests.Keep(trial.Result{Test: trial.Test{SetupID: theirs}}), trial.Prefix)
	}
	if _, ok := tests.Find(path); !ok {
		t.Error("the test is gone")
	}
	if _, ok := tests.Result(result, mine); !ok {
		t.Error("the result is gone")
	}
	if _, ok := tests.Result(last, theirs); !ok {
		t.Error("the last result is gone")
	}
}

// TestResult: what came of a test is its session's own, for a while.
func TestResult(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	tests := trial.New(clock.Now)
	path := tests.Keep(trial.Result{Test: trial.Test{SetupID: mine}, Sentence: "Why.", Attributes: []trial.Attribute{
		{Name: "long", Values: []string{strings.Repeat("é", 300)}}, {Name: "many", Values: make([]string, 30)},
	}})
	key := strings.TrimPrefix(path, trial.Prefix)
	if _, ok := tests.Result(key, theirs); ok {
		t.Error("another session sees it")
	}
	got, ok := tests.Result(key, mine)
	if !ok || got.Sentence != "Why." || tests.IsStale(got) {
		t.Errorf("%+v %t", got, ok)
	}
	if long := got.Attributes[0].Values[0]; len(long) > 410 || !strings.HasSuffix(long, "é…") || len(got.Attributes[1].Values) != 21 {
		t.Errorf("%q, %d", long, len(got.Attributes[1].Values))
	}
	clock.Advance(trial.MaxAge)
	if got, ok := tests.Result(key, mine); !ok || !tests.IsStale(got) {
		t.Errorf("%+v %t", got, ok)
	}
	tests.Drop(key)
	if _, ok := tests.Result(key, mine); ok {
		t.Error("it is not dropped")
	}
}

// TestBounded: many sessions together cannot fill the memory.
func TestBounded(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	tests := trial.New(clock.Now)
	first := tests.Keep(trial.Result{Test: trial.Test{SetupID: mine}})
	begun := tests.Begin(trial.Test{SetupID: mine})
	for i := range 1_000 {
		other := uuid.New()
		tests.Keep(trial.Result{Test: trial.Test{SetupID: other}})
		tests.Begin(trial.Test{SetupID: other, Version: clock.Now().Add(time.Duration(i))})
	}
	if _, ok := tests.Result(strings.TrimPrefix(first, trial.Prefix), mine); ok {
		t.Error("the oldest result makes no room")
	}
	if _, ok := tests.Find(begun); ok {
		t.Error("the oldest test makes no room")
	}
}
