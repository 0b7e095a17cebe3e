package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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

// resident reports how much memory a server has in use, and had at most.
func (c *child) resident(b *testing.B) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.process.Process.Pid))
	if err != nil {
		b.Log("memory is measured on Linux only")
		return
	}
	for line := range strings.Lines(string(status)) {
		for prefix, unit := range map[string]string{"VmRSS:": "MiB-resident", "VmHWM:": "MiB-peak"} {
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
