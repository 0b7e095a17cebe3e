package sameorigin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sameorigin"
)

func TestForeign(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		site, origin string
		want         bool
	}{
		{"", "", false},
		{"same-origin", "http://127.0.0.1:8788", false},
		{"none", "", false},
		{"", "http://127.0.0.1:8788", false},
		{"same-site", "", true},
		{"cross-site", "", true},
		{"", "http://127.0.0.1:9999", true},
		{"", "null", true},
		{"", "https://evil.example", true},
		{"same-origin", "https://evil.example", true},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8788/directory", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": tt.site, "Origin": tt.origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if got := sameorigin.Foreign(r); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestIsJSON(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true,
		"": false, "text/plain": false, "application/x-www-form-urlencoded": false, "text/plain; application/json": false,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Content-Type", kind)
		if got := sameorigin.IsJSON(r); got != want {
			t.Errorf("%q: %v", kind, got)
		}
	}
}
