package mockcloud_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// BenchmarkStart is what a test pays for a server of its own.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := mockcloud.New(mockcloud.Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func large(b *testing.B, members int) *mockcloud.Server {
	b.Helper()
	s, err := mockcloud.New(mockcloud.Config{Scenario: mocktest.Scenario(b, fmt.Sprintf(`
accounts:
  - id: %s
    handle: acme
    rate_limit_per_minute: 0
    users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]
    generate: {members: %d, domain: acme.com}
`, mocktest.Account, members))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkMembers is a request of each kind at 100,000 members, without the
// network.
func BenchmarkMembers(b *testing.B) {
	const members = 100_000
	s := large(b, members)
	for name, body := range map[string]string{
		"email":        `{"account_memberships":{"email":{"any_":["PERSON54321@acme.com"]}}}`,
		"first page":   `{"sort":"CREATED_ASC","only_users":true}`,
		"last page":    `{"sort":"CREATED_ASC","only_users":true,"offset":99801}`,
		"part of mail": `{"account_memberships":{"email":{"like_":"54321"}}}`,
		"sorted page":  `{"sort":"EMAIL_DESC"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, "http://localhost"+mocktest.Root+"/account_memberships/filter", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer pnu_owner")
				w := httptest.NewRecorder()
				if s.ServeHTTP(w, r); w.Code != http.StatusOK || w.Body.Len() < 100 {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}

// BenchmarkMemory reports what 100,000 members keep in use, and how long it takes
// to make them.
func BenchmarkMemory(b *testing.B) {
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapInuse) / (1 << 20)
	}
	for b.Loop() {
		before := heap()
		s := large(b, 100_000)
		b.ReportMetric(heap()-before, "MiB/100k")
		runtime.KeepAlive(s)
	}
}
