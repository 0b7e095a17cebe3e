package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// childVariable makes the test's program be the server: some things can only be
// done to a process of its own.
const childVariable = "MOCKCLOUD_TEST_CHILD"

// beServer is main in a child.
func beServer() {
	if err := limitFileSize(os.Getenv(limitVariable)); err != nil {
		panic(err)
	}
	main()
}

// child is a server in a process of its own.
type child struct {
	t       testing.TB
	process *exec.Cmd
	stderr  *lockedBuilder
	client  *http.Client
	ready   time.Duration

	URL string `json:"url"`
}

// startChild starts a server and waits until it is ready.
func startChild(t testing.TB, env []string, args ...string) *child {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{
		t: t, stderr: &lockedBuilder{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}},
		process: exec.CommandContext(t.Context(), program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...),
	}
	c.process.Env = append(append(os.Environ(), childVariable+"=1"), env...)
	c.process.Stderr = c.stderr
	stdout, err := c.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no ready line: %v\n%s", err, c.stderr)
	}
	c.ready = time.Since(began)
	if err := json.Unmarshal(line, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// kill ends the server as kill -9 does: it learns nothing of it.
func (c *child) kill() {
	if c.process.ProcessState == nil {
		// It fails only when the process has ended already.
		_ = c.process.Process.Kill()
		_ = c.process.Wait()
	}
	c.client.CloseIdleConnections()
}

// call returns the status and the body of an answer, or why there is none.
func (c *child) call(method, path, body string) (int, string, error) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer pnu_owner")
	r.Header.Set("Content-Type", "application/json")
	w, err := c.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	raw, err := io.ReadAll(w.Body)
	return w.StatusCode, string(raw), errors.Join(err, w.Body.Close())
}

// must is call for what has to succeed.
func (c *child) must(method, path, body string) string {
	c.t.Helper()
	status, answer, err := c.call(method, path, body)
	if err != nil || status >= 300 {
		c.t.Fatalf("%s %s: status %d, %v: %s", method, path, status, err, answer)
	}
	return answer
}

const (
	account = "/api/accounts/0c1f1d2e-0000-4000-8000-000000000001"
	writers = 32
)

// addTeams lets many add teams until one of them gets no answer or a refusal, and
// gives the names of those that were acknowledged.
func (c *child) addTeams(prefix string, acknowledged func(n int)) (names []string) {
	var mu sync.Mutex
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s %d %d", prefix, writer, n)
				status, _, err := c.call("POST", account+"/teams/", `{"name":"`+name+`"}`)
				if err != nil || status != http.StatusCreated {
					return
				}
				mu.Lock()
				names = append(names, name)
				acknowledged(len(names))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return names
}

// teams returns the names of all teams that were added, and how many events say so.
func (c *child) teams() (names []string, events int) {
	c.t.Helper()
	var state struct {
		Teams  []struct{ Name string }
		Events []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(c.must("GET", "/_mockcloud/snapshot", "")), &state); err != nil {
		c.t.Fatal(err)
	}
	for _, team := range state.Teams {
		names = append(names, team.Name)
	}
	for _, e := range state.Events {
		if e.Name == "prefect-cloud.team.created" {
			events++
		}
	}
	return names, events
}

// What TestKill does: how often, and by which seed.
const (
	killsVariable = "MOCKCLOUD_TEST_KILLS"
	seedVariable  = "MOCKCLOUD_TEST_SEED"
)

// numberFrom reads a number from the environment, which says how a test runs.
func numberFrom(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	given := os.Getenv(variable)
	if given == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(given, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKill: whatever was acknowledged before kill -9 is there after a restart,
// with its event, and what was not is there whole or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := int(numberFrom(t, killsVariable, 20))
	if testing.Short() {
		kills = 3
	}
	seed := numberFrom(t, seedVariable, time.Now().UnixNano())
	t.Logf("%s=%d %s=%d", killsVariable, kills, seedVariable, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	state := filepath.Join(t.TempDir(), "state.db")
	acknowledged := make(map[string]bool)
	c := startChild(t, nil, "--state", state)
	for round := range kills {
		last := 1 + random.IntN(150)
		names := c.addTeams(fmt.Sprint("round ", round), func(n int) {
			if n == last {
				_ = c.process.Process.Kill() // while others wait for their answers
			}
		})
		c.kill()
		for _, name := range names {
			acknowledged[name] = true
		}
		c = startChild(t, nil, "--state", state)
		restored, events := c.teams()
		missing := maps.Clone(acknowledged)
		for _, name := range restored {
			delete(missing, name)
		}
		if len(missing) > 0 {
			t.Errorf("round %d: %v were acknowledged and are gone", round, slices.Sorted(maps.Keys(missing)))
		}
		if limit := len(acknowledged) + writers*(round+1); len(restored) > limit {
			t.Errorf("round %d: %d teams are there, %d were acknowledged, at most %d asked for", round, len(restored), len(acknowledged), limit)
		}
		if events != len(restored) {
			t.Errorf("round %d: %d events tell of %d teams", round, events, len(restored))
		}
		if strings.Contains(c.stderr.String(), "damaged") {
			t.Errorf("round %d: kill -9 damaged the file: %s", round, c.stderr)
		}
	}
	before := c.must("GET", "/_mockcloud/snapshot", "")
	c.kill()
	if after := startChild(t, nil, "--state", state).must("GET", "/_mockcloud/snapshot", ""); after != before {
		t.Error("the state is another one after a restart")
	}
}

// TestDiskFull: once a write fails the server says so, shows no change that is
// not in the file, and takes none; another start goes on from there.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if !canLimitFileSize {
		t.Skip("this system has no limit of a file's size")
	}
	state := filepath.Join(t.TempDir(), "state.db")
	c := startChild(t, []string{limitVariable + "=200000"}, "--state", state)
	acknowledged := c.addTeams("team", func(int) {})
	if len(acknowledged) == 0 {
		t.Fatal("nothing was kept at all")
	}
	for _, request := range [][3]string{
		{"POST", account + "/teams/", `{"name":"late"}`},
		{"PATCH", account + "/domains", `{"domain_names":["late.example"]}`},
	} {
		status, answer, err := c.call(request[0], request[1], request[2])
		if status != http.StatusServiceUnavailable || !strings.Contains(answer, "can keep no more changes") {
			t.Errorf("%s: status %d, %v: %s", request[1], status, err, answer)
		}
	}
	if status, answer, err := c.call("POST", "/_mockcloud/reset", ""); status != http.StatusServiceUnavailable || !strings.Contains(answer, state) {
		t.Errorf("reset: status %d, %v: %s", status, err, answer)
	}
	if log := c.stderr.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, "state.db cannot be written") {
		t.Errorf("the log does not say why once: %s", log)
	}
	shown := c.must("GET", "/_mockcloud/snapshot", "")
	c.kill()
	restarted := startChild(t, nil, "--state", state)
	if after := restarted.must("GET", "/_mockcloud/snapshot", ""); after != shown {
		t.Error("what was shown after the failure is not what is in the file")
	}
	restored, _ := restarted.teams()
	slices.Sort(acknowledged)
	slices.Sort(restored)
	if !slices.Equal(restored, acknowledged) {
		t.Errorf("%d teams are kept, %d were acknowledged", len(restored), len(acknowledged))
	}
	restarted.must("POST", account+"/teams/", `{"name":"late"}`)
}

// TestState: a file goes from one server to the next; a scenario counts only for
// a new one; what is no state file is refused.
func TestState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, other := filepath.Join(dir, "state.db"), filepath.Join(dir, "scenario.yaml")
	if err := os.WriteFile(other, []byte("accounts: [{handle: other, users: [{email: o@other.com, role: Owner, api_key: pnu_other}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped := func(r *running) {
		t.Helper()
		r.stop()
		if code := <-r.code; code != 0 {
			t.Errorf("exit code %d: %s", code, r.stderr)
		}
	}
	status := func(r *running, key string) int { return r.get(r.APIURL+"/me", "Authorization", "Bearer "+key) }
	first := start(t, "", "--listen", "127.0.0.1:0", "--state", file)
	var stderr strings.Builder
	if code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--state", file}, noEnvironment, strings.NewReader(""), io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), file+": it is in use") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	stopped(first)

	second := start(t, "", "--listen", "127.0.0.1:0", "--state", file, "--scenario", other)
	if status(second, "pnu_owner") != http.StatusOK || status(second, "pnu_other") != http.StatusUnauthorized {
		t.Error("the scenario took the place of the state")
	}
	if !strings.Contains(second.stderr.String(), "continuing from the state file") {
		t.Errorf("the log does not say so: %s", second.stderr)
	}
	answer, err := second.client.Post(second.URL+"/_mockcloud/reset", "application/json", http.NoBody)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Errorf("%v, %v", answer, err)
	}
	if err == nil {
		_ = answer.Body.Close() // it is empty
	}
	stopped(second)

	third := start(t, "", "--listen", "127.0.0.1:0", "--state", file)
	if status(third, "pnu_other") != http.StatusOK {
		t.Error("the reset did not last")
	}
	stopped(third)

	stderr.Reset()
	if code := run(t.Context(), []string{"serve", "--listen", "127.0.0.1:0", "--state", other}, noEnvironment, strings.NewReader(""), io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), other+": it is not a state file") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// TestStateNew: an emptied file is refused while its key is there, wherever that is, and
// begins anew only when that is asked for.
func TestStateNew(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"a key file": "", "a key from outside": "sixteen-characters-or-more"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state.db")
			getenv := func(variable string) string {
				if variable == keyVariable {
					return key
				}
				return ""
			}
			// serveOnce ends the server once it is ready.
			serveOnce := func(args ...string) (code int, stderr string) {
				var out strings.Builder
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				code = run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0", "--state", file}, args...), getenv,
					strings.NewReader(""), writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), &out)
				return code, out.String()
			}
			if code, stderr := serveOnce(); code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if code, stderr := serveOnce("--state-new"); code != 1 || !strings.Contains(stderr, "has a state") {
				t.Errorf("a file with a state: exit code %d: %s", code, stderr)
			}
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, size := range []int64{int64(len(whole)) / 2, 0} {
				if err := os.Truncate(file, size); err != nil {
					t.Fatal(err)
				}
				if code, stderr := serveOnce(); code != 1 || !strings.Contains(stderr, "--state-new") || !strings.Contains(stderr, file) {
					t.Errorf("cut to %d: exit code %d: %s", size, code, stderr)
				}
				if info, err := os.Stat(file); err != nil || info.Size() != size {
					t.Errorf("the refused file was changed: %v, %v", info, err)
				}
				if code, stderr := serveOnce("--state-new"); code != 0 {
					t.Errorf("begun anew: exit code %d: %s", code, stderr)
				}
				if code, stderr := serveOnce(); code != 0 || !strings.Contains(stderr, "continuing from the state file") {
					t.Errorf("gone on: exit code %d: %s", code, stderr)
				}
			}
			if damaged, err := os.ReadFile(file + ".damaged-1"); err != nil || len(damaged) != len(whole)/2 {
				t.Errorf("what was left of the file: %d bytes, %v", len(damaged), err)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
