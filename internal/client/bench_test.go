package client

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// BenchmarkByEmails is what the second plan of a map of 10,000 people asks of
// the client, over loopback: without latency, and with 50 ms a request.
func BenchmarkByEmails(b *testing.B) {
	const people = 10000
	for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			api := &fakeAPI{latency: latency}
			api.populate(people)
			emails := make([]string, people)
			for i := range emails {
				emails[i] = personEmail(i)
			}
			requests := 0
			for b.Loop() {
				client := newNetworkClient(b, api)
				found, err := client.Members(testAccount).ByEmails(b.Context(), emails)
				if err != nil || len(found) != people {
					b.Fatalf("%d found, %v", len(found), err)
				}
				requests = len(api.seen())
			}
			b.ReportMetric(float64(requests), "requests/op")
		})
	}
}

// BenchmarkByEmail is the refresh of 250 single resources, ten at a time.
func BenchmarkByEmail(b *testing.B) {
	for _, people := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			api := &fakeAPI{}
			api.populate(people)
			requests := 0
			for b.Loop() {
				members := newNetworkClient(b, api).Members(testAccount)
				inParallel(10, 250, func(i int) {
					if _, err := members.ByEmail(b.Context(), personEmail(i*people/250)); err != nil {
						b.Error(err)
					}
				})
				requests = len(api.seen())
			}
			b.ReportMetric(float64(requests), "requests/op")
		})
	}
}

func BenchmarkEscapePath(b *testing.B) {
	b.ReportAllocs()
	elements := []string{"accounts", testAccount, "account_memberships", "0c1f1d2e-0000-4000-8000-000000000002"}
	for b.Loop() {
		if _, err := escapePath(elements); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDo is what the client adds to a call: no network under it.
func BenchmarkDo(b *testing.B) {
	b.ReportAllocs()
	client := newTestClient(b, inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, Account{ID: testAccount, Features: []string{"sso"}})
	})})
	for b.Loop() {
		if _, err := client.GetAccount(b.Context(), testAccount); err != nil {
			b.Fatal(err)
		}
	}
}
