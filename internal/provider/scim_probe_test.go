package provider

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

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
	production := []reach{{client.Workspace{ID: "w1", Handle: "production"}, client.WorkspaceRole{ID: "Developer", Name: "Developer"}}}
	refuse := func(method, path string, status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			hit := r.Method == method && strings.HasPrefix(r.URL.Path, path)
			if hit {
				fakeAnswer(w, status, map[string]any{"detail": "no", "scimType": "mutability"})
			}
			return hit
		}
	}
	for name, c := range map[string]struct {
		cloud       *fakeCloud
		groups      []string
		role        *client.AccountRole
		reaches     []reach
		took        [2]bool // whether provision and deprovision are known
		differences []string
		failed      string
		least, most time.Duration
	}{
		"healthy": {
			cloud: &fakeCloud{role: "Member", arrives: 3 * time.Second, ends: 2 * time.Second, groups: []string{"Dev"}, teams: developers("production", "Developer")},
			role:  member, reaches: production, groups: []string{"Dev"},
			took: [2]bool{true, true}, least: 5 * time.Second, most: 8 * time.Second,
		},
		"nobody arrives": {
			cloud:       &fakeCloud{never: true},
			differences: []string{"Within 10s the canary did not become a member of account " + fakeAccount, "Is the SCIM endpoint"},
			least:       10 * time.Second, most: 11 * time.Second,
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
			least:       10 * time.Second, most: 11 * time.Second,
		},
		"another role": {
			cloud: &fakeCloud{role: "Admin", groups: []string{"Dev"}}, role: member, groups: []string{"Dev"},
			took: [2]bool{false, true}, differences: []string{"After 10s the account role is Admin through `Dev`, expected was Member."},
			least: 10 * time.Second, most: 11 * time.Second,
		},
		"a role that bypasses single sign-on": {
			cloud: &fakeCloud{role: "Owner"},
			took:  [2]bool{false, true}, differences: []string{"The canary became Owner, a role that bypasses single sign-on"},
		},
		"no team": {
			cloud: &fakeCloud{role: "Member"}, reaches: production, took: [2]bool{false, true},
			differences: []string{"After 10s the canary gets into workspace production through no team, expected was Developer. It is in no team."},
			least:       10 * time.Second, most: 11 * time.Second,
		},
		"another workspace role": {
			cloud: &fakeCloud{role: "Member", teams: developers("production", "Viewer")}, reaches: production, took: [2]bool{false, true},
			differences: []string{"After 10s the role in workspace production is Viewer (through Developers), expected was Developer."},
			least:       10 * time.Second, most: 11 * time.Second,
		},
		"access goes on": {
			cloud: &fakeCloud{role: "Member", ends: time.Hour}, took: [2]bool{true, false},
			differences: []string{"10s after its deactivation over SCIM the canary was still an active member, with the role Member."},
			least:       10 * time.Second, most: 11 * time.Second,
		},
		"a token that is revoked": {
			cloud:       &fakeCloud{before: refuse("GET", "/scim/", 401)},
			differences: []string{"Looking for users over SCIM failed: GET /scim/Users answered 401 Unauthorized: no, scimType mutability. The SCIM token was not accepted"},
		},
		"a canary that is refused": {
			cloud:       &fakeCloud{before: refuse("POST", "/scim/", 403)},
			differences: []string{"Creating the canary over SCIM failed: POST /scim/Users answered 403"},
		},
		"a group that refuses": {
			cloud:       &fakeCloud{role: "Member", groups: []string{"Dev"}, before: refuse("PATCH", "/scim/Groups/", 404)},
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
				p := cloud.probe(t)
				p.groups, p.role, p.reaches = c.groups, c.role, c.reaches
				began := time.Now()
				got := p.run(t.Context())
				if took := time.Since(began); took < c.least || c.most > 0 && took > c.most || c.most == 0 && took > time.Second {
					t.Errorf("it took %s", took)
				}
				if (got.provision != nil) != c.took[0] || (got.deprovision != nil) != c.took[1] {
					t.Errorf("provision %v, deprovision %v", got.provision, got.deprovision)
				}
				if len(got.differences) != len(c.differences) {
					t.Errorf("differences %q", got.differences)
				}
				for i, want := range c.differences {
					if i < len(got.differences) && !strings.HasPrefix(got.differences[i], want) {
						t.Errorf("difference %q, want %q", got.differences[i], want)
					}
				}
				if (got.failed != nil) != (c.failed != "") || got.failed != nil && !strings.Contains(got.failed.Error(), c.failed) {
					t.Errorf("failed with %v, want %q", got.failed, c.failed)
				}
				if got.left != nil {
					t.Errorf("left: %q", got.left)
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
			cloud := &fakeCloud{role: "Member", arrives: time.Second, ends: time.Second, groups: []string{"Dev"}, inGroups: map[string]string{}}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cloud.before = func(http.ResponseWriter, *http.Request) bool {
				if len(cloud.requests) == at {
					cancel()
				}
				return false
			}
			p := cloud.probe(t)
			p.groups = cloud.groups
			got := p.run(ctx)
			ended = got.failed == nil
			if !ended && !errors.Is(got.failed, context.Canceled) {
				t.Errorf("interrupted at request %d, it says %v", at, got.failed)
			}
			if got.left != nil {
				t.Errorf("interrupted at request %d, left are %q", at, got.left)
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
		got := cloud.probe(t).run(t.Context())
		if len(got.differences) != 1 || !strings.Contains(got.differences[0], "502 Bad Gateway") || got.left != nil {
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
		p := cloud.probe(t)
		result := p.run(t.Context())
		var diags diag.Diagnostics
		report(p.canary, result, true, &diags)
		if diags.ErrorsCount() != 1 {
			t.Fatalf("got %v", diags)
		}
		detail := diags.Errors()[0].Detail()
		for _, want := range []string{p.canary.name, "DELETE of Users/u1 at its SCIM endpoint", "still a member of account " + fakeAccount, "not you"} {
			if !strings.Contains(detail, want) {
				t.Errorf("%q is missing in %s", want, detail)
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
			user("old", canaryPrefix+a+"@acme.com", markerPrefix+a, time.Hour),
			user("running", canaryPrefix+b+"@acme.com", markerPrefix+b, time.Minute),
			user("person", canaryPrefix+d+"@acme.com", "E-12345", time.Hour),
			user("other marker", canaryPrefix+d+"x@acme.com", markerPrefix+a, time.Hour),
		}, members: []*fakeMember{
			row("m-old", canaryPrefix+a+"@acme.com", time.Hour),
			row("m-running", canaryPrefix+b+"@acme.com", time.Minute),
			row("m-alone", canaryPrefix+"cccccccccccccccc@acme.example", time.Hour),
			row("m-other", "not-"+canaryPrefix+a+"@acme.com", time.Hour),
			row("m-person", canaryPrefix+d+"@acme.com", time.Hour),
			{id: "m-active", email: canaryPrefix + "eeeeeeeeeeeeeeee@acme.com", role: "Member", created: time.Now().Add(-time.Hour)},
		}}
		got := cloud.probe(t).run(t.Context())
		if want := []string{canaryPrefix + a + "@acme.com", canaryPrefix + "cccccccccccccccc@acme.example"}; !slices.Equal(got.removed, want) || got.notRemoved != nil {
			t.Errorf("removed %q, %v, want %q", got.removed, got.notRemoved, want)
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
	c := newCanary("acme.com")
	if !isCanary(client.SCIMUser{UserName: c.name, ExternalID: c.marker}) {
		t.Errorf("%+v is no canary", c)
	}
	if _, err := client.NormalizeEmail(c.name); err != nil {
		t.Error(err)
	}
	if newCanary("acme.com") == c {
		t.Error("two canaries are the same")
	}
}
