package scimprobe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// nothingLeft fails the test if anything of the canary is still there.
func (f *fakeCloud) nothingLeft(t *testing.T) {
	t.Helper()
	if len(f.users) != 0 || len(f.members) != 0 || len(f.inGroups) != 0 {
		t.Errorf("left are %d users, %d members, groups %v", len(f.users), len(f.members), f.inGroups)
	}
}

func developers(handle, role string) []client.Team {
	return []client.Team{{ID: "t1", Name: "Developers", Workspaces: []client.TeamWorkspace{{WorkspaceID: "w1", Handle: handle, RoleID: role, RoleName: role}}}}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	member := &client.AccountRole{ID: "Member", Name: "Member"}
	production := []Access{{client.Workspace{ID: "w1", Handle: "production"}, client.WorkspaceRole{ID: "Developer", Name: "Developer"}}}
	reject := func(method, path string, status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			hit := r.Method == method && strings.HasPrefix(r.URL.Path, path)
			if hit {
				fakeAnswer(w, status, map[string]any{"detail": "no", "scimType": "mutability"})
			}
			return hit
		}
	}
	for name, c := range map[string]struct {
		cloud                    *fakeCloud
		groups                   []string
		role                     *client.AccountRole
		accesses                 []Access
		took                     [2]bool // whether provision and deprovision are known
		differences              []string
		failed                   string
		minDuration, maxDuration time.Duration
	}{
		"healthy": {
			cloud: &fakeCloud{role: "Member", arrives: 3 * time.Second, deprovisioning: 2 * time.Second, groups: []string{"Dev"}, teams: developers("production", "Developer")},
			role:  member, accesses: production, groups: []string{"Dev"},
			took: [2]bool{true, true}, minDuration: 5 * time.Second, maxDuration: 8 * time.Second,
		},
		"nobody arrives": {
			cloud:       &fakeCloud{never: true},
			differences: []string{"Within 10s the canary did not become a member of account " + fakeAccount, "Is the SCIM endpoint"},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"nobody arrives here": {
			cloud: &fakeCloud{never: true, before: func(w http.ResponseWriter, r *http.Request) bool {
				listed := strings.HasSuffix(r.URL.Path, "/sso/directories")
				if listed {
					fakeAnswer(w, http.StatusOK, []map[string]any{{"id": "directory_1", "scim_endpoint": "http://localhost/another"}})
				}
				return listed
			}},
			differences: []string{"Within 10s the canary did not become", "No directory of this account has the SCIM endpoint http://localhost/scim."},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"another role": {
			cloud: &fakeCloud{role: "Admin", groups: []string{"Dev"}}, role: member, groups: []string{"Dev"},
			took: [2]bool{false, true}, differences: []string{"After 10s the account role is Admin through `Dev`, expected was Member."},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"a role that bypasses single sign-on": {
			cloud: &fakeCloud{role: "Owner"},
			took:  [2]bool{false, true}, differences: []string{"The canary became Owner, a role that bypasses single sign-on"},
		},
		"no team": {
			cloud: &fakeCloud{role: "Member"}, accesses: production, took: [2]bool{false, true},
			differences: []string{"After 10s the canary gets into workspace production through no team, expected was Developer. It is in no team."},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"another workspace role": {
			cloud: &fakeCloud{role: "Member", teams: developers("production", "Viewer")}, accesses: production, took: [2]bool{false, true},
			differences: []string{"After 10s the role in workspace production is Viewer (through Developers), expected was Developer."},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"access goes on": {
			cloud: &fakeCloud{role: "Member", deprovisioning: time.Hour}, took: [2]bool{true, false},
			differences: []string{"10s after its deactivation over SCIM the canary was still an active member, with the role Member."},
			minDuration: 10 * time.Second, maxDuration: 11 * time.Second,
		},
		"a token that is revoked": {
			cloud:       &fakeCloud{before: reject("GET", "/scim/", 401)},
			differences: []string{"Looking for users over SCIM failed: GET /scim/Users answered 401 Unauthorized: no, scimType mutability, explained."},
		},
		"a canary that is refused": {
			cloud:       &fakeCloud{before: reject("POST", "/scim/", 403)},
			differences: []string{"Creating the canary over SCIM failed: POST /scim/Users answered 403"},
		},
		"a group that refuses": {
			cloud:       &fakeCloud{role: "Member", groups: []string{"Dev"}, before: reject("PATCH", "/scim/Groups/", 404)},
			groups:      []string{"Dev"},
			differences: []string{"Adding the canary to the group Dev over SCIM failed: PATCH /scim/Groups/Dev answered 404"},
		},
		"a group that is not there": {
			cloud: &fakeCloud{groups: []string{"dev"}}, groups: []string{"Dev"}, failed: `no group named "Dev"`,
		},
		"an account that cannot be read": {
			cloud: &fakeCloud{role: "Member", before: func() func(w http.ResponseWriter, r *http.Request) bool {
				reads := 0
				return func(w http.ResponseWriter, r *http.Request) bool {
					if strings.HasSuffix(r.URL.Path, "/account_memberships/filter") {
						if reads++; reads == 1 {
							fakeAnswer(w, http.StatusForbidden, map[string]any{"detail": "read:account_membership is missing"})
							return true
						}
					}
					return false
				}
			}()},
			failed: "read:account_membership is missing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := c.cloud
				cloud.inGroups = map[string]string{}
				p := cloud.config(t)
				p.Groups, p.Role, p.Accesses = c.groups, c.role, c.accesses
				began := time.Now()
				got := Run(t.Context(), p)
				if took := time.Since(began); took < c.minDuration || c.maxDuration > 0 && took > c.maxDuration || c.maxDuration == 0 && took > time.Second {
					t.Errorf("it took %s", took)
				}
				if (got.Provision != nil) != c.took[0] || (got.Deprovision != nil) != c.took[1] {
					t.Errorf("provision %v, deprovision %v", got.Provision, got.Deprovision)
				}
				if len(got.Differences) != len(c.differences) {
					t.Errorf("differences %q", got.Differences)
				}
				for i, want := range c.differences {
					if i < len(got.Differences) && !strings.HasPrefix(got.Differences[i], want) {
						t.Errorf("difference %q, want %q", got.Differences[i], want)
					}
				}
				if (got.Err != nil) != (c.failed != "") || got.Err != nil && !strings.Contains(got.Err.Error(), c.failed) {
					t.Errorf("failed with %v, want %q", got.Err, c.failed)
				}
				if got.Left != nil {
					t.Errorf("left: %q", got.Left)
				}
				cloud.nothingLeft(t)
			})
		})
	}
}

// An interrupt ends the probe at any request, and the canary is removed nevertheless.
func TestProbeInterrupted(t *testing.T) {
	t.Parallel()
	for at := 1; at < 100; at++ {
		ended := false
		synctest.Test(t, func(t *testing.T) {
			cloud := &fakeCloud{role: "Member", arrives: time.Second, deprovisioning: time.Second, groups: []string{"Dev"}, inGroups: map[string]string{}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cloud.before = func(http.ResponseWriter, *http.Request) bool {
				if len(cloud.requests) == at {
					cancel()
				}
				return false
			}
			p := cloud.config(t)
			p.Groups = cloud.groups
			got := Run(ctx, p)
			ended = got.Err == nil
			if !ended && !errors.Is(got.Err, context.Canceled) {
				t.Errorf("interrupted at request %d, it says %v", at, got.Err)
			}
			if got.Left != nil {
				t.Errorf("interrupted at request %d, left are %q", at, got.Left)
			}
			cloud.nothingLeft(t)
		})
		if ended {
			if at < 10 {
				t.Errorf("only %d requests were interrupted", at)
			}
			return
		}
	}
	t.Error("the probe never came to its end")
}

// The answer to the creation is lost: the canary is looked for and removed.
func TestProbeWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := &fakeCloud{role: "Member"}
		cloud.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost || r.URL.Path != "/scim/Users" {
				return false
			}
			cloud.before = nil
			cloud.mu.Unlock()
			cloud.ServeHTTP(nowhere{}, r)
			cloud.mu.Lock()
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		got := Run(t.Context(), cloud.config(t))
		if len(got.Differences) != 1 || !strings.Contains(got.Differences[0], "502 Bad Gateway") || got.Left != nil {
			t.Errorf("got %+v", got)
		}
		if !slices.Contains(cloud.requests, "DELETE /Users/u1") {
			t.Errorf("requests %q", cloud.requests)
		}
		cloud.nothingLeft(t)
	})
}

type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

// What cannot be removed is named, with the way to remove it.
func TestProbeLeavesACanary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := &fakeCloud{role: "Member"}
		cloud.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				fakeAnswer(w, http.StatusForbidden, map[string]any{"detail": "not you"})
			}
			return r.Method == http.MethodDelete
		}
		p := cloud.config(t)
		got := Run(t.Context(), p)
		if got.Err != nil || !got.Asked || len(got.Left) != 2 {
			t.Fatalf("got %+v", got)
		}
		for i, wants := range [][]string{
			{p.Canary.Name, "DELETE of Users/u1 at its SCIM endpoint", "not you, explained."},
			{p.Canary.Name, "still a member of account " + fakeAccount, "not you, explained."},
		} {
			for _, want := range wants {
				if !strings.Contains(got.Left[i], want) {
					t.Errorf("%q is missing in %s", want, got.Left[i])
				}
			}
		}
	})
}

// A probe removes what killed ones have left behind, and nothing else.
func TestProbeRemovesOldCanaries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const a, b, d = "0123456789abcdef", "aaaaaaaaaaaaaaaa", "dddddddddddddddd"
		user := func(id, name, marker string, age time.Duration) *fakeUser {
			return &fakeUser{ID: id, UserName: name, ExternalID: marker, created: time.Now().Add(-age)}
		}
		row := func(id, email string, age time.Duration) *fakeMember {
			return &fakeMember{id: id, email: email, role: "Member", created: time.Now().Add(-age), inactive: true}
		}
		cloud := &fakeCloud{role: "Member", users: []*fakeUser{
			user("old", CanaryPrefix+a+"@acme.com", markerPrefix+a, time.Hour),
			user("running", CanaryPrefix+b+"@acme.com", markerPrefix+b, time.Minute),
			user("person", CanaryPrefix+d+"@acme.com", "E-12345", time.Hour),
			user("other marker", CanaryPrefix+d+"x@acme.com", markerPrefix+a, time.Hour),
		}, members: []*fakeMember{
			row("m-old", CanaryPrefix+a+"@acme.com", time.Hour),
			row("m-running", CanaryPrefix+b+"@acme.com", time.Minute),
			row("m-alone", CanaryPrefix+"cccccccccccccccc@acme.example", time.Hour),
			row("m-other", "not-"+CanaryPrefix+a+"@acme.com", time.Hour),
			row("m-person", CanaryPrefix+d+"@acme.com", time.Hour),
			{id: "m-active", email: CanaryPrefix + "eeeeeeeeeeeeeeee@acme.com", role: "Member", created: time.Now().Add(-time.Hour)},
		}}
		got := Run(t.Context(), cloud.config(t))
		if want := []string{CanaryPrefix + a + "@acme.com", CanaryPrefix + "cccccccccccccccc@acme.example"}; !slices.Equal(got.Removed, want) || got.NotRemoved != nil {
			t.Errorf("removed %q, %v, want %q", got.Removed, got.NotRemoved, want)
		}
		var left []string
		for _, u := range cloud.users {
			left = append(left, u.ID)
		}
		for _, m := range cloud.members {
			left = append(left, m.id)
		}
		if want := []string{"running", "person", "other marker", "m-running", "m-other", "m-person", "m-active"}; !slices.Equal(left, want) {
			t.Errorf("left %q, want %q", left, want)
		}
	})
}

func TestCanaryNames(t *testing.T) {
	t.Parallel()
	c := NewCanary("acme.com")
	if !isCanary(client.SCIMUser{UserName: c.Name, ExternalID: c.marker}) {
		t.Errorf("%+v is no canary", c)
	}
	if _, err := client.NormalizeEmail(c.Name); err != nil {
		t.Error(err)
	}
	if NewCanary("acme.com") == c {
		t.Error("two canaries are the same")
	}
}
