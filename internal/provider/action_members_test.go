package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

const (
	activateMembers   = "prefectsso_members_activate"
	deactivateMembers = "prefectsso_members_deactivate"
)

// inactive returns who is deactivated.
func inactive(srv *acctest.Server) (emails []string) {
	var rows []struct {
		Email  string
		Active bool
	}
	srv.Call(acctest.ServiceKey, http.MethodPost, "/account_memberships/filter", object{"only_users": true}, &rows)
	for _, row := range rows {
		if !row.Active {
			emails = append(emails, row.Email)
		}
	}
	slices.Sort(emails)
	return emails
}

func emails(names ...string) object { return object{"emails": names} }

// Members are deactivated and activated again, several at a time and in any spelling; who is so already stays so, without a
// request that writes. Today's Prefect Cloud has all that it needs.
func TestMembersActions(t *testing.T) {
	t.Parallel()
	for name, published := range map[string][]acctest.Option{"managed": nil, "published only": {acctest.PublishedOnly}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, append(published, acctest.WithDirectory)...)
			for _, step := range []struct {
				kind     string
				config   object
				says     []string // a part of each message
				inactive []string
				writes   int
			}{
				{deactivateMembers, emails("ADA@acme.com", "grace@ACME.com"), []string{"2 people now inactive: ada@acme.com, grace@acme.com (2 of 2)"}, []string{"ada@acme.com", "grace@acme.com"}, 1},
				{deactivateMembers, emails("ada@acme.com"), []string{"1 person of 1 is inactive already"}, []string{"ada@acme.com", "grace@acme.com"}, 0},
				{activateMembers, emails("ada@acme.com", "owner@acme.com"), []string{"1 person of 2 is active already", "1 person now active: ada@acme.com (1 of 1)"}, []string{"grace@acme.com"}, 1},
				{deactivateMembers, emails("ada@acme.com", "grace@acme.com"), []string{"1 person of 2 is inactive already", "ada@acme.com (1 of 1)"}, []string{"ada@acme.com", "grace@acme.com"}, 1},
			} {
				srv.ResetRequests()
				said, found := invoked(t, sessionOf(srv), step.kind, step.config)
				if len(found) > 0 || len(said) != len(step.says) {
					t.Fatalf("%s %v says %q, and finds %s", step.kind, step.config, said, detailsOf(found))
				}
				for i, says := range step.says {
					if !strings.Contains(said[i], says) {
						t.Errorf("%s %v says %q, want %q", step.kind, step.config, said[i], says)
					}
				}
				if writes := srv.Requests().Count(http.MethodPost, "/account_memberships/set_active"); writes != step.writes {
					t.Errorf("%s %v wrote %d times, want %d", step.kind, step.config, writes, step.writes)
				}
				if got := inactive(srv); !slices.Equal(got, step.inactive) {
					t.Errorf("after %s %v these are inactive: %q, want %q", step.kind, step.config, got, step.inactive)
				}
			}
		})
	}
}

// What is wrong with an argument is said before anything is asked.
func TestMembersActionsValidate(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t)
	for name, config := range map[string]object{
		"nobody": emails(), "the same twice": emails("ada@acme.com", "ADA@ACME.com"), "no address": emails("ada"),
		"too many": emails(strings.Split(strings.Repeat("x@acme.com ", 501), " ")...),
	} {
		if _, found := actionStep(t, inProcess(t, srv), "validate", deactivateMembers, config); errorsIn(found) == 0 {
			t.Errorf("%s is accepted", name)
		}
	}
	unknown := object{"emails": tftypes.UnknownValue}
	_, found := actionStep(t, inProcess(t, srv), "plan", deactivateMembers, unknown)
	wantFindings(t, found, finding{"lockout-not-checked", "warning", "emails", nil})
}

// The guards of all other changes hold: in the plan, and when the action is invoked though the plan was fine.
func TestMembersActionGuards(t *testing.T) {
	t.Parallel()
	const at = "emails"
	owners := []string{"owner@acme.com", "second.owner@acme.com"}
	pushed := func(active bool) func(*acctest.Server) {
		return func(srv *acctest.Server) {
			id := srv.PushUser("lead@acme.com")
			if !active {
				srv.SCIM(http.MethodPatch, "/Users/"+id, object{
					"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
					"Operations": []object{{"op": "replace", "path": "active", "value": false}},
				}, nil)
			}
		}
	}
	for name, test := range map[string]struct {
		kind    string
		emails  []string
		happens func(*acctest.Server) // before the plan; before the invocation where the plan is to be fine
		key     string
		more    object // arguments of the provider block
		options []acctest.Option
		want    finding
		fine    bool // it is a warning, and is done
	}{
		"the last who bypass":    {kind: deactivateMembers, emails: owners, want: finding{"bypass-nobody-left", "error", at, nil}},
		"all but one who bypass": {kind: deactivateMembers, emails: owners[1:], fine: true, want: finding{"bypass-one-left", "warning", at, nil}},
		"oneself":                {kind: deactivateMembers, emails: []string{"owner@acme.com"}, key: acctest.OwnerKey, want: finding{"caller-removed", "error", at, owners[:1]}},
		"oneself, without protection": {
			kind: deactivateMembers, emails: []string{"owner@acme.com"}, key: acctest.OwnerKey, more: object{"lockout_protection": false},
			want: finding{"caller-removed", "error", at, owners[:1]},
		},
		"whom a directory has as active":   {kind: deactivateMembers, emails: []string{"lead@acme.com"}, happens: pushed(true), want: finding{"directory-decides-activity", "error", at, []string{"lead@acme.com"}}},
		"whom a directory has as inactive": {kind: activateMembers, emails: []string{"lead@acme.com"}, happens: pushed(false), want: finding{"directory-decides-activity", "error", at, []string{"lead@acme.com"}}},
		"whom a directory has, where that is not told": {
			kind: deactivateMembers, emails: []string{"lead@acme.com"}, happens: pushed(true), options: []acctest.Option{acctest.PublishedOnly},
			fine: true, want: finding{"directory-decides-activity", "warning", at, []string{"lead@acme.com"}},
		},
		"one who is no member": {kind: deactivateMembers, emails: []string{"ada@acme.com", "nobody@acme.com"}, want: finding{"members-absent", "warning", at, []string{"nobody@acme.com"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, append(test.options, acctest.WithDirectory)...)
			if test.happens != nil {
				test.happens(srv)
			}
			block := sessionOf(srv)
			if test.key != "" {
				block["api_key"] = test.key
			}
			for name, value := range test.more {
				block[name] = value
			}
			before := inactive(srv)
			_, found := actionStep(t, inProcessAs(t, block), "plan", test.kind, emails(test.emails...))
			wantFindings(t, found, test.want)
			immediately := func(time.Duration) <-chan time.Time {
				now := make(chan time.Time, 1)
				now <- time.Time{}
				return now
			}
			_, found = actionStep(t, inProcessWith(t, immediately, block), "invoke", test.kind, emails(test.emails...))
			if test.fine {
				if after := inactive(srv); len(found) > 0 || slices.Equal(after, before) {
					t.Errorf("it is not done: %s", detailsOf(found))
				}
				return
			}
			if !has(found, test.want.ID) {
				t.Errorf("the invocation does not say %s: %s", test.want.ID, detailsOf(found))
			}
			if after := inactive(srv); !slices.Equal(after, before) {
				t.Errorf("%q are inactive, want %q as before", after, before)
			}
		})
	}
}

// An invocation that is for more people than a request takes stops where one fails; what was done stays done, and is said.
func TestMembersActionStops(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.Crowd(250, "Member"))
	var all []string
	for _, m := range srv.Members() {
		if m.Role == "Member" {
			all = append(all, m.Email)
		}
	}
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy, writes := httputil.NewSingleHostReverseProxy(target), 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/set_active") {
			if writes++; writes > 1 {
				http.Error(w, `{"detail":"not this one"}`, http.StatusForbidden)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	block := sessionOf(srv)
	block["endpoint"] = front.URL + "/api"
	said, found := actionStep(t, inProcessAs(t, block), "invoke", deactivateMembers, emails(all...))
	if errorsIn(found) != 1 || len(said) != 2 || !strings.Contains(said[1], fmt.Sprintf("200 of %d are inactive now, and stay so", len(all))) {
		t.Errorf("it says %q, and finds %s", said, detailsOf(found))
	}
	left := func() (n int) {
		srv.Call(acctest.ServiceKey, http.MethodPost, "/account_memberships/count", object{"active": true, "only_users": true}, &n)
		return n
	}
	if got := left(); got != len(all)-200+1 {
		t.Errorf("%d are active, want all but 200", got)
	}
	if said, found = actionStep(t, inProcess(t, srv), "invoke", deactivateMembers, emails(all...)); len(found) > 0 || left() != 1 {
		t.Errorf("the second time it says %q, and finds %s", said, detailsOf(found))
	}
}
