package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const reviewConfig = `data "prefectsso_access_review" "this" {}` + "\n"

func reviewed(check knownvalue.Check, at ...string) statecheck.StateCheck {
	path := tfjsonpath.New(at[0])
	for _, key := range at[1:] {
		path = path.AtMapKey(key)
	}
	return statecheck.ExpectKnownValue("data.prefectsso_access_review.this", path, check)
}

// exactFindings returns all the findings of a review, each with its severity.
func exactFindings(findings map[string]string) statecheck.StateCheck {
	checks := map[string]knownvalue.Check{}
	for id, severity := range findings {
		checks[id] = knownvalue.ObjectPartial(map[string]knownvalue.Check{"severity": knownvalue.StringExact(severity), "message": knownvalue.NotNull()})
	}
	return reviewed(knownvalue.MapExact(checks), "findings")
}

func reviewText(text string, at ...string) statecheck.StateCheck {
	return reviewed(knownvalue.StringExact(text), at...)
}

func TestAccAccessReview(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	srv.AddTeam("Crew") // something else in the audit trail
	srv.AddMapping("Engineers", "Auditor", 10)
	dangling := srv.AddMapping("Nobody", "Member", 5)
	srv.PushGroup("Engineers", srv.PushUser("ada@acme.com"))
	srv.PushUser("new@acme.com")
	srv.Call(acctest.SecondOwnerKey, http.MethodPost, "/bots/", map[string]any{"name": "nightly", "account_role_id": srv.RoleID("Admin")}, nil)
	srv.Call(acctest.OwnerKey, http.MethodPost, "/bots/", map[string]any{"name": "reader", "account_role_id": srv.RoleID("Auditor"), "api_key_expiration": "2099-01-01T00:00:00Z"}, nil)
	srv.RemoveMember("second.owner@acme.com")
	var tokens []struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, "/sso/directories/"+srv.DirectoryID()+"/tokens", nil, &tokens)

	runSteps(t, resource.TestStep{
		Config: srv.Provider() + reviewConfig,
		ConfigStateChecks: []statecheck.StateCheck{
			exactFindings(map[string]string{
				"sso-not-enforced:acme":                       "medium",
				"member-bypasses-sso:owner@acme.com":          "low",
				"member-administrates-sso:owner@acme.com":     "info",
				"member-not-in-directory:owner@acme.com":      "medium",
				"member-not-in-directory:grace@acme.com":      "medium",
				"member-never-logged-in:owner@acme.com":       "low",
				"member-never-logged-in:ada@acme.com":         "low",
				"member-never-logged-in:grace@acme.com":       "low",
				"member-never-logged-in:new@acme.com":         "low",
				"service-account-privileged:terraform":        "medium",
				"service-account-administrates-sso:terraform": "info",
				"service-account-key-never-expires:terraform": "high",
				"service-account-privileged:nightly":          "medium",
				"service-account-administrates-sso:nightly":   "info",
				"service-account-key-never-expires:nightly":   "high",
				"service-account-creator-gone:nightly":        "high",
				"mapping-dangling:" + dangling:                "low",
				"scim-token-never-expires:" + tokens[0].ID:    "low",
			}),
			reviewed(knownvalue.MapExact(map[string]knownvalue.Check{
				"high": knownvalue.Int64Exact(3), "medium": knownvalue.Int64Exact(5), "low": knownvalue.Int64Exact(7), "info": knownvalue.Int64Exact(3),
			}), "counts"),
			reviewed(knownvalue.Bool(true), "configurable"),
			reviewed(knownvalue.MapSizeExact(4), "people"),
			reviewText("Auditor", "people", "ada@acme.com", "role"),
			reviewText("mapping", "people", "ada@acme.com", "role_source"),
			reviewed(knownvalue.StringRegexp(spread("Engineers")), "people", "ada@acme.com", "mapping"),
			reviewText("Okta", "people", "ada@acme.com", "directory"),
			reviewText("default", "people", "new@acme.com", "role_source"),
			reviewText("manual", "people", "grace@acme.com", "role_source"),
			reviewText("no", "people", "grace@acme.com", "in_directory"),
			reviewText("no", "people", "grace@acme.com", "outside_sso_domains"),
			reviewText("second.owner@acme.com", "service_accounts", "nightly", "created_by"),
			reviewText("no", "service_accounts", "nightly", "creator_is_member"),
			reviewText("yes", "service_accounts", "reader", "creator_is_member"),
			reviewText("2099-01-01T00:00:00Z", "service_accounts", "reader", "key_expires"),
			reviewText("unknown", "service_accounts", "terraform", "created_by"), // nobody made it: it was there from the start
			reviewed(knownvalue.MapSizeExact(0), "left_out"),
		},
	}, resource.TestStep{Config: srv.Provider() + reviewConfig, PlanOnly: true})
}

// On today's Prefect Cloud what cannot be known is unknown, and nothing is asked for that it does not have.
func TestAccAccessReviewPublishedOnly(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PublishedOnly)
	p := inProcess(t, srv)
	srv.ResetRequests()
	p.readData(t, "prefectsso_access_review", nil)
	// The 13th asks whether it is the account API that answers, where its first 404 comes before any other answer.
	if got := srv.Requests(); got.Total > 13 || got.Writes() > 0 {
		t.Errorf("%d requests: %+v", got.Total, got.Routes)
	}
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + reviewConfig,
		ConfigStateChecks: []statecheck.StateCheck{
			reviewed(knownvalue.Bool(false), "configurable"),
			reviewText("unknown", "people", "ada@acme.com", "role_source"),
			reviewText("unknown", "people", "ada@acme.com", "in_directory"),
			reviewText("no", "people", "ada@acme.com", "outside_sso_domains"),
			reviewed(knownvalue.MapExact(map[string]knownvalue.Check{"directories": knownvalue.StringRegexp(spread("does not tell"))}), "left_out"),
			exactFindings(map[string]string{
				"sso-not-enforced:acme":                          "medium",
				"member-bypasses-sso:owner@acme.com":             "low",
				"member-bypasses-sso:second.owner@acme.com":      "low",
				"member-administrates-sso:owner@acme.com":        "info",
				"member-administrates-sso:second.owner@acme.com": "info",
				"member-never-logged-in:owner@acme.com":          "low",
				"member-never-logged-in:second.owner@acme.com":   "low",
				"member-never-logged-in:ada@acme.com":            "low",
				"member-never-logged-in:grace@acme.com":          "low",
				"service-account-privileged:terraform":           "medium",
				"service-account-administrates-sso:terraform":    "info",
				"service-account-key-never-expires:terraform":    "high",
			}),
		},
	})
}

// A key that may see little gets a review that says what it left out.
func TestAccAccessReviewLeftOut(t *testing.T) {
	t.Parallel()
	const account = `
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: Acme
    features: [sso, scim, audit_logs, custom_roles]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}]
    custom_roles:
      - {name: People, permissions: ["read:account", "read:account_membership", "read:account_role"]}
      - {name: Bots, permissions: ["read:account", "read:account_membership", "read:account_role", "administrate:sso", "read:bot"]}
      - {name: Nothing, permissions: ["read:account"]}
    service_accounts:
      - {name: people, role: People, api_key: pnb_people}
      - {name: bots, role: Bots, api_key: pnb_bots}
      - {name: nothing, role: Nothing, api_key: pnb_nothing}
`
	leftOut := func(reasons map[string]string) statecheck.StateCheck {
		checks := map[string]knownvalue.Check{}
		for part, why := range reasons {
			checks[part] = knownvalue.StringRegexp(spread(why))
		}
		return reviewed(knownvalue.MapExact(checks), "left_out")
	}
	for name, test := range map[string]struct {
		key    string
		checks []statecheck.StateCheck
	}{
		"only people": {"pnb_people", []statecheck.StateCheck{
			leftOut(map[string]string{"directories": "administrate:sso", "service_accounts": "read:bot"}),
			reviewText("unknown", "people", "owner@acme.com", "role_source"),
			reviewed(knownvalue.MapSizeExact(0), "service_accounts"),
		}},
		"no audit trail": {"pnb_bots", []statecheck.StateCheck{
			leftOut(map[string]string{"service_account_creators": "read:audit_event", "service_account_workspaces": "read:workspace"}),
			reviewed(knownvalue.Null(), "service_accounts", "people", "workspaces"),
			reviewText("manual", "people", "owner@acme.com", "role_source"),
			reviewText("unknown", "service_accounts", "people", "created_by"),
			reviewText("unknown", "service_accounts", "people", "creator_is_member"),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.Scenario(account))
			config := srv.ProviderAs(test.key) + reviewConfig + `output "left_out" { value = data.prefectsso_access_review.this.left_out }`
			runSteps(t, resource.TestStep{Config: config, ConfigStateChecks: test.checks})
		})
	}
	t.Run("not even people", func(t *testing.T) {
		t.Parallel()
		srv := acctest.Start(t, acctest.Scenario(account))
		runSteps(t, resource.TestStep{Config: srv.ProviderAs("pnb_nothing") + reviewConfig, ExpectError: spread(`Could not review access.*read:account_`)})
	})
}

func TestAccAccessReviewBadInput(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	var refused refusals
	for name, test := range map[string]struct{ argument, want string }{
		"no time":          {`events_since = "yesterday"`, `Invalid time.*RFC 3339`},
		"in the future":    {`events_since = "2999-01-01T00:00:00Z"`, `A time in the future.*has passed`},
		"no days":          {`stale_after_days = 0`, `stale_after_days`},
		"more than a year": {`sync_within_hours = 100000`, `sync_within_hours`},
	} {
		refused.add(name, resource.TestStep{Config: srv.Provider() + "data \"prefectsso_access_review\" \"this\" {\n" + test.argument + "\n}", ExpectError: spread(test.want)}, nil)
	}
	refused.run(t)
}

// offices is an account with service accounts that get into its workspaces by every way.
const offices = `
accounts:
  - id: ` + acctest.AccountID + `
    handle: acme
    name: Acme
    features: [sso, scim, teams, audit_logs, custom_roles]
    users: [{email: owner@acme.com, first_name: Account, last_name: Owner, role: Owner, api_key: pnu_owner}]
    custom_roles:
      - {name: Reader, permissions: ["read:account", "read:account_membership", "read:account_role", "read:bot", "read:workspace", "read:workspace_role", "read:team"]}
    service_accounts:
      - {name: terraform, role: Owner, api_key: pnb_terraform}
      - {name: deploy, workspaces: {production: Runner}}
      - {name: reader, role: Reader, api_key: pnb_reader}
    workspaces: [{handle: production}, {handle: staging}, {handle: attic}]
    teams: [{name: Data, users: [owner@acme.com], service_accounts: [deploy], workspaces: {staging: Developer, production: Viewer}}]
`

// Which workspaces service accounts get into, and how, is what today's Prefect Cloud tells, too.
func TestAccAccessReviewWorkspaces(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Scenario(offices), acctest.PublishedOnly)
	srv.Call(acctest.OwnerKey, http.MethodPatch, "/workspaces/"+srv.WorkspaceID("attic"), map[string]any{"default_workspace_role_id": srv.WorkspaceRoleID("Viewer")}, nil)
	directoryPath := func(role, defaultRole knownvalue.Check, administrates bool, teams map[string]knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"role": role, "default_role": defaultRole, "administrates": knownvalue.Bool(administrates), "teams": knownvalue.MapExact(teams),
		})
	}
	none, is := knownvalue.Null(), knownvalue.StringExact
	runSteps(t, resource.TestStep{
		Config: srv.Provider() + reviewConfig,
		ConfigStateChecks: []statecheck.StateCheck{
			reviewed(knownvalue.MapExact(map[string]knownvalue.Check{
				"production": directoryPath(is("Runner"), none, false, map[string]knownvalue.Check{"Data": is("Viewer")}),
				"staging":    directoryPath(none, none, false, map[string]knownvalue.Check{"Data": is("Developer")}),
				"attic":      directoryPath(none, is("Viewer"), false, nil),
			}), "service_accounts", "deploy", "workspaces"),
			reviewed(knownvalue.MapExact(map[string]knownvalue.Check{
				"production": directoryPath(none, none, true, nil), "staging": directoryPath(none, none, true, nil), "attic": directoryPath(none, is("Viewer"), true, nil),
			}), "service_accounts", "terraform", "workspaces"),
			reviewed(knownvalue.MapExact(map[string]knownvalue.Check{"attic": directoryPath(none, is("Viewer"), false, nil)}), "service_accounts", "reader", "workspaces"),
		},
	})
	srv.ResetRequests()
	inProcess(t, srv).readData(t, "prefectsso_access_review", nil)
	got := map[string]int{}
	for _, route := range srv.Requests().Routes {
		got[route.Route] += route.Count
	}
	for route, want := range map[string]int{
		"/api/accounts/{account_id}/workspaces/filter": 1, "/api/accounts/{account_id}/teams/filter": 1, "/api/accounts/{account_id}/workspace_roles/filter": 1,
		"/api/accounts/{account_id}/workspaces/{workspace_id}/bot_access/filter": 3,
	} {
		if got[route] != want {
			t.Errorf("%d requests of %s, want %d", got[route], route, want)
		}
	}
}

// A server that does not tell who is in which workspace, and a key that may not see it: that part is not known, all else is.
func TestAccAccessReviewWorkspacesUnknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int    // of the route; 0: as it is
		key    string // whose review it is
		why    string
	}{
		"no route":  {http.StatusNotFound, acctest.ServiceKey, "does not offer"},
		"no method": {http.StatusMethodNotAllowed, acctest.ServiceKey, "does not offer"},
		"no scope":  {0, "pnb_reader", "see_workspace_service_accounts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, asked := older(t, acctest.Start(t, acctest.Scenario(offices)), test.status)
			config := srv.ProviderAs(test.key) + reviewConfig
			runSteps(t, resource.TestStep{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					reviewed(knownvalue.Null(), "service_accounts", "deploy", "workspaces"),
					reviewed(knownvalue.Null(), "service_accounts", "terraform", "workspaces"),
					reviewText("Owner", "service_accounts", "terraform", "role"),
					reviewed(knownvalue.StringRegexp(spread(test.why)), "left_out", "service_account_workspaces"),
				},
			})
			asked.Store(0)
			inProcessAs(t, map[string]any{"endpoint": srv.URL + "/api", "api_key": test.key, "account_id": acctest.AccountID}).readData(t, "prefectsso_access_review", nil)
			if n := asked.Load(); n != 1 {
				t.Errorf("the route that answers no was asked %d times", n)
			}
		})
	}
}

// older returns the server behind something that answers for the workspaces of service accounts with this status, or
// not at all where it is 0, and counts.
func older(t *testing.T, srv *acctest.Server, status int) (*acctest.Server, *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host = target.Host; strings.Contains(r.URL.Path, "/bot_access/") {
			asked.Add(1)
			if status != 0 {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"detail":"Not Found"}`)) // the client sees what arrives
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	behind := *srv
	behind.URL = front.URL
	return &behind, &asked
}

// reviewedCrowd returns an account with many people whom a directory has brought, and a few service accounts.
func reviewedCrowd(t testing.TB, people int) *acctest.Server {
	t.Helper()
	srv := acctest.Start(t, acctest.WithDirectory)
	for i := range people {
		srv.PushUser(fmt.Sprintf("person%05d@acme.com", i+1))
	}
	for _, name := range []string{"nightly", "hourly", "weekly"} {
		srv.Call(acctest.OwnerKey, http.MethodPost, "/bots/", map[string]any{"name": name}, nil)
	}
	srv.ResetRequests()
	return srv
}

// A page of members has 200, one of a directory 1,000; the rest is a handful.
func maxReviewRequests(people int) int {
	return (people+4+199)/200 + (people+999)/1000 + 13
}

func TestAccessReviewRequests(t *testing.T) {
	t.Parallel()
	const people = 1500
	srv := reviewedCrowd(t, people)
	inProcess(t, srv).readData(t, "prefectsso_access_review", nil)
	if got, most := srv.Requests(), maxReviewRequests(people); got.Total > most || got.Writes() > 0 {
		t.Errorf("%d requests for %d people, at most %d are wanted: %+v", got.Total, people, most, got.Routes)
	}
}

// A review of 10,000 people, at most 75 requests, over the plugin protocol in process.
func BenchmarkAccessReview(b *testing.B) {
	const people, most = 10000, 75
	srv := reviewedCrowd(b, people)
	for b.Loop() {
		inProcess(b, srv).readData(b, "prefectsso_access_review", nil)
	}
	each := float64(srv.Requests().Total) / float64(b.N)
	if each > most {
		b.Errorf("%.0f requests for %d people, at most %d are wanted: %+v", each, people, most, srv.Requests().Routes)
	}
	b.ReportMetric(each, "requests/review")
}
