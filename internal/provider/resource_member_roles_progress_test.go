package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// slow is a server in this process that takes its time for each answer, on the clock of a bubble.
type slow struct {
	handler http.Handler
	latency time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s slow) RoundTrip(req *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.latency):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, req)
	return recorder.Result(), nil
}

// TestManyRolesSayHowFar: an apply to many people says every few seconds in Terraform's log, as INFO, how many have their
// role and how long the rest will take; one of a few says nothing.
func TestManyRolesSayHowFar(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typeName string
		people   int
		latency  time.Duration
		config   func(emails []string) map[string]any
		lines    int // at least
	}{
		"thousands in a map": {"prefectsso_member_roles", 4000, 100 * time.Millisecond, func(emails []string) map[string]any {
			roles := map[string]string{}
			for _, email := range emails {
				roles[email] = "Admin"
			}
			return map[string]any{"roles": roles}
		}, 8},
		"hundreds in a set": {"prefectsso_role_members", 400, time.Second, func(emails []string) map[string]any {
			return map[string]any{"role": "Admin", "members": emails}
		}, 8},
		"a few": {"prefectsso_member_roles", 3, 100 * time.Millisecond, func(emails []string) map[string]any {
			return map[string]any{"roles": map[string]string{emails[0]: "Admin", emails[1]: "Admin", emails[2]: "Admin"}}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := mockcloud.Config{Clock: time.Now}
				acctest.Crowd(test.people, "Member")(t, &cfg)
				server, err := mockcloud.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := server.Close(); err != nil {
						t.Error(err)
					}
				}()
				over, err := providerserver.NewProtocol6WithError(provider.NewOver("test", slow{server, test.latency})())()
				if err != nil {
					t.Fatal(err)
				}
				p := configured(t, over, map[string]any{"endpoint": "http://localhost/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})
				emails := make([]string, test.people)
				for i := range emails {
					emails[i] = fmt.Sprintf("person%05d@acme.com", i+1)
				}
				plan, given, null := p.plan(t, test.typeName, test.config(emails))
				noErrors(t, plan.Diagnostics)
				var log bytes.Buffer
				done, err := over.ApplyResourceChange(tflogtest.RootLogger(context.Background(), &log), &tfprotov6.ApplyResourceChangeRequest{
					TypeName: test.typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
				})
				if err != nil {
					t.Fatal(err)
				}
				noErrors(t, done.Diagnostics)
				lines, err := tflogtest.MultilineJSONDecode(&log)
				if err != nil {
					t.Fatal(err)
				}
				said, before, estimates := 0, 0, 0
				for _, line := range lines {
					message := fmt.Sprint(line["@message"])
					var changed, of int
					if n, _ := fmt.Sscanf(message, "%d of %d roles changed", &changed, &of); n < 2 {
						continue
					}
					if line["@level"] != "info" || of != test.people || changed < before {
						t.Errorf("after %d: %v", before, line)
					}
					said, before = said+1, changed
					if strings.Contains(message, "the rest takes") {
						estimates++
					}
				}
				if said < test.lines || test.lines == 0 && said > 0 || test.lines > 0 && (estimates < test.lines-2 || before != test.people) {
					t.Errorf("%d lines, the last of %d, of which %d estimate the rest", said, before, estimates)
				}
			})
		})
	}
}
