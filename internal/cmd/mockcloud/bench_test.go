package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// scenarioOf100k writes a scenario with 100,000 members.
func scenarioOf100k(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "large.yaml")
	text := `accounts:
  - id: 0c1f1d2e-0000-4000-8000-000000000001
    handle: acme
    rate_limit_per_minute: 0
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
    generate: {members: 100000, domain: acme.com}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// resident reports how much memory a server has in use, and had at most; its own is without the pages of the state
// file, which the system takes back when it needs them.
func (c *child) resident(b *testing.B) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.process.Process.Pid))
	if err != nil {
		b.Log("memory is measured on Linux only")
		return
	}
	for line := range strings.Lines(string(status)) {
		for prefix, unit := range map[string]string{"VmRSS:": "MiB-resident", "VmHWM:": "MiB-peak", "RssAnon:": "MiB-own"} {
			if fields := strings.Fields(line); fields[0] == prefix {
				kib, err := strconv.Atoi(fields[1])
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(kib)/1024, unit)
			}
		}
	}
}

// BenchmarkStart100k is the start of the program with 100,000 members, until it
// is ready, and the memory that it then has in use.
func BenchmarkStart100k(b *testing.B) {
	scenario, state := scenarioOf100k(b), filepath.Join(b.TempDir(), "state.db")
	startChild(b, nil, "--scenario", scenario, "--state", state).kill()
	for name, args := range map[string][]string{
		"scenario":   {"--scenario", scenario},
		"state file": {"--state", state},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c := startChild(b, nil, args...)
				b.ReportMetric(float64(c.ready.Milliseconds()), "ms-to-ready")
				c.resident(b)
				c.must("POST", account+"/account_memberships/filter", `{"account_memberships":{"email":{"any_":["person54321@acme.com"]}}}`)
				c.kill()
			}
		})
	}
}

// BenchmarkDurableWrites lets 32 writers change the state over HTTP, each change
// on the disk before it is answered.
func BenchmarkDurableWrites(b *testing.B) {
	scenario := filepath.Join(b.TempDir(), "scenario.yaml")
	text := "accounts: [{id: 0c1f1d2e-0000-4000-8000-000000000001, handle: acme, features: [teams], rate_limit_per_minute: 0, " +
		"users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]}]\n"
	if err := os.WriteFile(scenario, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	c := startChild(b, nil, "--scenario", scenario, "--state", filepath.Join(b.TempDir(), "state.db"))
	id := c.must("POST", account+"/teams/", `{"name":"team"}`)
	_, id, _ = strings.Cut(id, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	b.SetParallelism(writers / 2) // times the processors
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			body := fmt.Sprintf(`{"name":"team","description":"%d"}`, n)
			if status, answer, err := c.call("PUT", account+"/teams/"+id, body); err != nil || status >= 300 {
				b.Errorf("status %d, %v: %s", status, err, answer)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

// BenchmarkImport pushes 100,000 users over SCIM, each in a request of its own, as identity providers do: how many a
// second, pusher and server together, and the memory that the server then has in use. Those who write at the same time
// share what a write to the disk costs.
func BenchmarkImport(b *testing.B) {
	const users = 100_000
	const token = "import-token-0123456789-0123456789-abcd"
	scenario := filepath.Join(b.TempDir(), "scenario.yaml")
	text := "accounts: [{id: 0c1f1d2e-0000-4000-8000-000000000001, handle: acme, features: [sso, scim], rate_limit_per_minute: 0, " +
		"domains: [acme.com], users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}], " +
		"directories: [{name: Corp, type: okta scim v2.0, endpoint: corp, token: " + token + "}]}]\n"
	if err := os.WriteFile(scenario, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name    string
		durable bool
		pushers int
	}{
		{"in memory", false, 8},
		{"state file", true, 8},
		{"state file, 64 pushers", true, 64},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				args := []string{"--scenario", scenario}
				if bb.durable {
					args = append(args, "--state", filepath.Join(b.TempDir(), "state.db"))
				}
				c, pushers := startChild(b, nil, args...), bb.pushers
				client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: pushers}}
				began := time.Now()
				var next atomic.Int64
				var group sync.WaitGroup
				for range pushers {
					group.Go(func() {
						for i := next.Add(1); i <= users; i = next.Add(1) {
							if err := pushUser(b.Context(), client, c.URL+"/scim/v2.0/corp/Users", token, i); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				group.Wait()
				b.ReportMetric(users/time.Since(began).Seconds(), "users/s")
				client.CloseIdleConnections()
				c.resident(b)
				c.kill()
			}
		})
	}
}

func pushUser(ctx context.Context, client *http.Client, address, token string, i int64) error {
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"userName":"person%[1]d@acme.com","externalId":"00u%[1]d","active":true,"name":{"givenName":"Person","familyName":"No %[1]d"},`+
		`"emails":[{"value":"person%[1]d@acme.com","type":"work","primary":true}],"title":"Engineer",`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Platform","employeeNumber":"%[1]d"}}`, i)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	a, err := client.Do(r)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(a.Body)
	if err = errors.Join(err, a.Body.Close()); err == nil && a.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%d %s", a.StatusCode, answer)
	}
	return err
}
