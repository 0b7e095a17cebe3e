package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// Whatever happens to the answers of a create, in the end there is one thing, it is the one that the state has, and nothing
// is left over when it is destroyed.
func TestCreateHeals(t *testing.T) {
	t.Parallel()
	type breaks = []func(*http.Request) fault
	for name, test := range map[string]struct {
		breaks func() breaks
		// fails are what the first apply finds; none: it succeeds.
		fails string
		// kept says that the state has the thing, tainted, after an apply that failed; made that it was made.
		kept, made bool
	}{
		"the answer is lost once":                          {func() breaks { return breaks{creates(lost, 1)} }, "", false, true},
		"the request is lost once":                         {func() breaks { return breaks{creates(dropped, 1)} }, "", false, true},
		"an error after the write":                         {func() breaks { return breaks{creates(failed, 1)} }, "", false, true},
		"lost over all tries, and found":                   {func() breaks { return breaks{creates(lost, 0)} }, "", false, true},
		"errors after the write over all tries":            {func() breaks { return breaks{creates(failed, 0)} }, "", false, true},
		"errors before the write over all tries":           {func() breaks { return breaks{creates(refused, 0)} }, "Could not create", false, false},
		"errors before the write, and no answer":           {func() breaks { return breaks{creates(refused, 0), questions(refused)} }, "outcome-unknown", true, false},
		"requests lost over all tries":                     {func() breaks { return breaks{creates(dropped, 0)} }, "outcome-unknown", true, false},
		"requests lost over all tries, and no answer":      {func() breaks { return breaks{creates(dropped, 0), questions(dropped)} }, "outcome-unknown", true, false},
		"answers lost over all tries, and no answer":       {func() breaks { return breaks{creates(lost, 0), questions(lost)} }, "outcome-unknown", true, true},
		"errors after the write, and errors for an answer": {func() breaks { return breaks{creates(failed, 0), questions(refused)} }, "outcome-unknown", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
				srv := r.line.srv
				r.line.breaks(test.breaks()...)
				found := r.apply(t, m.config)
				if got := errorsIn(found); (got > 0) != (test.fails != "") {
					t.Fatalf("%d errors: %s", got, detailsOf(found))
				}
				if test.fails != "" && !strings.Contains(detailsOf(found), test.fails) {
					t.Errorf("the error is %s", detailsOf(found))
				}
				if (r.value != nil) != (test.kept || test.fails == "") || r.tainted != test.kept {
					t.Errorf("in the state %t, tainted %t", r.value != nil, r.tainted)
				}
				if got := m.ids(srv, before); (len(got) == 1) != test.made || len(got) > 1 {
					t.Errorf("there are %v", got)
				}
				if test.fails != "" && strings.Contains(detailsOf(found), "secret-0123456789") {
					t.Error("the error has the secret")
				}
				first := m.ids(srv, before)

				// While nothing answers, the refresh fails and loses nothing.
				if test.kept {
					r.line.breaks(questions(refused))
					if got := r.refresh(t); errorsIn(got) != 1 || r.value == nil {
						t.Errorf("a refresh without an answer: %s", detailsOf(got))
					}
				}
				r.line.breaks()
				found = r.apply(t, m.config)
				if errorsIn(found) > 0 {
					t.Fatalf("the second apply: %s", detailsOf(found))
				}
				after := m.ids(srv, before)
				if len(after) != 1 || r.text(t, "id") != after[0] || r.tainted {
					t.Fatalf("there are %v, the state has %s, tainted %t", after, r.text(t, "id"), r.tainted)
				}
				if replaced := test.kept && test.made; replaced != (len(first) == 1 && first[0] != after[0]) {
					t.Errorf("first %v, then %v", first, after)
				}
				posts := r.line.posts
				if found := r.apply(t, m.config); errorsIn(found) > 0 || r.line.posts != posts || r.text(t, "id") != after[0] {
					t.Errorf("a third apply makes %d requests more: %s", r.line.posts-posts, detailsOf(found))
				}
				if found := r.apply(t, nil); errorsIn(found) > 0 {
					t.Errorf("destroy: %s", detailsOf(found))
				}
				if left := m.ids(srv, before); len(left) != 0 {
					t.Errorf("left over are %v", left)
				}
			})
		})
	}
}

func detailsOf(diagnostics []*tfprotov6.Diagnostic) string {
	var lines []string
	for _, d := range diagnostics {
		lines = append(lines, d.Severity.String()+" "+d.Summary+": "+d.Detail)
	}
	return strings.Join(lines, "\n")
}

// A create with an unknown outcome is destroyed without a refresh: what it made, and nothing else.
func TestUncertainCreateIsDestroyed(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]fault{"made": lost, "not made": dropped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
				r.line.breaks(creates(how, 0), questions(dropped))
				if found := r.apply(t, m.config); errorsIn(found) != 1 || !r.tainted {
					t.Fatalf("tainted %t: %s", r.tainted, detailsOf(found))
				}
				if found := r.destroy(t); errorsIn(found) != 1 || r.value == nil {
					t.Errorf("destroyed without an answer: %s", detailsOf(found))
				}
				r.line.breaks()
				made := m.ids(r.line.srv, before)
				if found := r.destroy(t); errorsIn(found) > 0 {
					t.Errorf("destroy: %s", detailsOf(found))
				}
				if left := m.ids(r.line.srv, before); len(left) > 0 || !slices.Equal(r.line.deleted, made) {
					t.Errorf("made %v, deleted %v, left %v", made, r.line.deleted, left)
				}
			})
		})
	}
}

// Who unmarks it as tainted keeps what was made, as where a replacement cannot come before the destruction.
func TestUncertainCreateIsKept(t *testing.T) {
	t.Parallel()
	forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
		r.line.breaks(creates(lost, 0), questions(dropped))
		if found := r.apply(t, m.config); errorsIn(found) != 1 || !r.tainted {
			t.Fatalf("tainted %t: %s", r.tainted, detailsOf(found))
		}
		r.line.breaks()
		r.tainted = false // terraform untaint
		made, posts := m.ids(r.line.srv, before), r.line.posts
		wantFindings(t, r.refresh(t), warns("made-after-all", "id"))
		for range 2 {
			if found := r.apply(t, m.config); errorsIn(found) > 0 {
				t.Fatal(detailsOf(found))
			}
		}
		if now := m.ids(r.line.srv, before); !slices.Equal(now, made) || r.text(t, "id") != made[0] || r.line.posts != posts || len(r.line.deleted) > 0 {
			t.Errorf("there was %v, and is %v, the state has %s; deleted %v", made, now, r.text(t, "id"), r.line.deleted)
		}
		if found := r.apply(t, nil); errorsIn(found) > 0 || len(m.ids(r.line.srv, before)) > 0 {
			t.Errorf("destroy leaves %v: %s", m.ids(r.line.srv, before), detailsOf(found))
		}
	})
}

// What fails after a connection was made does not cost it: an activation whose answers are lost has taken effect, and one that
// could not be seen to become active is kept.
func TestConnectionOutlivesItsActivation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		activation, state string
		breaks            func(*http.Request) fault
		warning           string
	}{
		"the answer is lost": {"immediate", "active", func(r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, "/activate") {
				return lost
			}
			return passes
		}, ""},
		"nobody can be seen to log in": {"first_login", "validating", func(r *http.Request) fault {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/sso/connections/") {
				return refused
			}
			return passes
		}, "Could not wait for the first login"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
			_, issuer := acctest.StartIdP(t, srv)
			m := allMade(srv, issuer)[0]
			r := &tracked{typeName: m.typeName, line: newLine(t, srv), key: acctest.ServiceKey}
			r.line.breaks(test.breaks)
			found := r.apply(t, with(m.config, "activation", test.activation))
			if errorsIn(found) > 0 || r.tainted || r.text(t, "state") != test.state {
				t.Errorf("it is %s, tainted %t: %s", r.text(t, "state"), r.tainted, detailsOf(found))
			}
			if test.warning != "" && !strings.Contains(detailsOf(found), test.warning) {
				t.Errorf("no warning: %s", detailsOf(found))
			}
			if made := m.ids(srv, nil); len(made) != 1 || made[0] != r.text(t, "id") {
				t.Errorf("there are %v, the state has %s", made, r.text(t, "id"))
			}
		})
	}
}

// After Terraform was killed no state has what was made: the error has the import line, and that is enough.
func TestKilledCreateIsImported(t *testing.T) {
	t.Parallel()
	forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
		srv := r.line.srv
		if found := r.apply(t, m.config); errorsIn(found) > 0 {
			t.Fatal(detailsOf(found))
		}
		r.value, r.private = nil, nil // it was killed before it could write the state
		made := m.ids(srv, before)
		found := r.apply(t, m.config)
		id := acctest.AccountID + "/" + m.importID(made[0])
		if errorsIn(found) != 1 || r.value != nil || !strings.Contains(detailsOf(found), "terraform import "+m.typeName+`.<name> "`+id+`"`) {
			t.Fatalf("after the kill: %s", detailsOf(found))
		}
		p := r.run(t)
		imported, err := p.server.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: m.typeName, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		noErrors(t, imported.Diagnostics)
		r.value, r.private = imported.ImportedResources[0].State, imported.ImportedResources[0].Private
		for range 2 {
			if found := r.apply(t, m.config); errorsIn(found) > 0 {
				t.Fatalf("after the import: %s", detailsOf(found))
			}
		}
		if after := m.ids(srv, before); !slices.Equal(after, made) || r.text(t, "id") != made[0] {
			t.Errorf("made %v, after the import %v, the state has %s", made, after, r.text(t, "id"))
		}
		if found := r.apply(t, nil); errorsIn(found) > 0 || len(m.ids(srv, before)) > 0 {
			t.Errorf("destroy leaves %v: %s", m.ids(srv, before), detailsOf(found))
		}
	})
}

// What a colleague made with equal values, and what another state made with the same configuration and the same key of the
// API, is neither taken over nor destroyed, whatever happens to the answers.
func TestEqualThingsOfOthersStay(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"a colleague's": acctest.SecondOwnerKey, "of the same key": acctest.ServiceKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, breaks := range map[string][]func(*http.Request) fault{
				"all goes well": nil, "requests are lost": {creates(dropped, 0)}, "no answer at all": {creates(dropped, 0), questions(dropped)},
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
						m.byHand(r.line.srv, key)
						theirs := m.ids(r.line.srv, before)
						r.line.breaks(breaks...)
						for range 3 {
							if found := r.apply(t, m.config); errorsIn(found) != 1 {
								t.Errorf("an apply beside it: %s", detailsOf(found))
							}
							r.line.breaks()
						}
						if found := r.apply(t, nil); errorsIn(found) > 0 {
							t.Errorf("destroy: %s", detailsOf(found))
						}
						if left := m.ids(r.line.srv, before); !slices.Equal(left, theirs) || len(theirs) != 1 || len(r.line.deleted) > 0 {
							t.Errorf("there was %v, and is %v; deleted %v", theirs, left, r.line.deleted)
						}
					})
				})
			}
		})
	}
}

// Two states with one configuration and one key of the API: the second one's create fails, and its destroy, after a create with
// an unknown outcome too, takes nothing from the first.
func TestTwoStatesOfOneConfiguration(t *testing.T) {
	t.Parallel()
	forAllMade(t, func(t *testing.T, m made, first *tracked, before []string) {
		if found := first.apply(t, m.config); errorsIn(found) > 0 {
			t.Fatal(detailsOf(found))
		}
		made := m.ids(first.line.srv, before)
		second := &tracked{typeName: m.typeName, line: newLine(t, first.line.srv), key: first.key}
		second.line.breaks(creates(dropped, 0), questions(refused))
		if found := second.apply(t, m.config); errorsIn(found) != 1 || !second.tainted {
			t.Errorf("tainted %t: %s", second.tainted, detailsOf(found))
		}
		second.line.breaks()
		if found := second.apply(t, m.config); errorsIn(found) != 1 || second.value != nil {
			t.Errorf("the second state has it, too: %s", detailsOf(found))
		}
		if found := second.apply(t, nil); errorsIn(found) > 0 || len(second.line.deleted) > 0 {
			t.Errorf("deleted %v: %s", second.line.deleted, detailsOf(found))
		}
		posts := first.line.posts
		if found := first.apply(t, m.config); errorsIn(found) > 0 || first.line.posts != posts || !slices.Equal(m.ids(first.line.srv, before), made) {
			t.Errorf("there was %v, and is %v: %s", made, m.ids(first.line.srv, before), detailsOf(found))
		}
	})
}

// A rotation of a token with an unknown outcome is found by its key: it has happened, or happens in the next apply.
func TestUncertainRotation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		how  fault
		made bool
	}{"made": {lost, true}, "not made": {dropped, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory)
			m := allMade(srv, "")[2]
			before := m.ids(srv, nil)
			r := &tracked{typeName: m.typeName, line: newLine(t, srv), key: acctest.ServiceKey}
			// The scenario's own token leaves no room for a rotation.
			srv.Call(acctest.OwnerKey, http.MethodDelete, m.at+"/"+before[0], nil, nil)
			if found := r.apply(t, m.config); errorsIn(found) > 0 {
				t.Fatal(detailsOf(found))
			}
			old := r.text(t, "id")
			next := with(with(m.config, "token_wo", scimSecret(7)), "token_wo_version", 2)
			r.line.breaks(creates(test.how, 0), questions(dropped))
			found := r.apply(t, next)
			if errorsIn(found) != 1 || r.tainted || r.text(t, "id") != old || !strings.Contains(detailsOf(found), "outcome-unknown") {
				t.Fatalf("the state has %s, not %s; tainted %t: %s", r.text(t, "id"), old, r.tainted, detailsOf(found))
			}
			r.line.breaks()
			posts := r.line.posts
			if found := r.apply(t, next); errorsIn(found) > 0 {
				t.Fatalf("the next apply: %s", detailsOf(found))
			}
			if repeated := r.line.posts > posts; repeated == test.made {
				t.Errorf("rotated by the first apply %t, again by the second %t", test.made, repeated)
			}
			p := r.run(t)
			state := p.object(t, p.resourceType(r.typeName), r.value)
			rotated := r.text(t, "id")
			if live := m.ids(srv, before); len(live) != 2 || !slices.Contains(live, old) || !slices.Contains(live, rotated) || rotated == old || !state["token_wo_version"].Equal(tftypes.NewValue(tftypes.Number, 2)) {
				t.Errorf("live are %v, before %s, the state has %s of version %s", live, old, rotated, state["token_wo_version"])
			}
			if found := r.apply(t, nil); errorsIn(found) > 0 || len(m.ids(srv, before)) > 0 {
				t.Errorf("destroy leaves %v: %s", m.ids(srv, before), detailsOf(found))
			}
		})
	}
}

// What is set the same by the next apply needs no key: whatever happens to the answers, the next apply sets what the
// configuration says, and a destroy ends it.
func TestWritesWithoutKeysHeal(t *testing.T) {
	t.Parallel()
	role := func(want string) func(*acctest.Server) error {
		return func(srv *acctest.Server) error { return srv.WantRole("ada@acme.com", want) }
	}
	domains := func(want ...string) func(*acctest.Server) error {
		return func(srv *acctest.Server) error { return srv.WantDomains(want...) }
	}
	inWorkspace := func(want string) func(*acctest.Server) error {
		return func(srv *acctest.Server) error {
			if got := srv.TeamRoles(srv.TeamID("Crew"))["production"]; got != want {
				return fmt.Errorf("the team is %q, want %q", got, want)
			}
			return nil
		}
	}
	policy := func(want int) func(*acctest.Server) error {
		return func(srv *acctest.Server) error {
			var settings struct {
				Seconds *int `json:"auth_expiration_seconds"`
			}
			srv.Call(acctest.OwnerKey, http.MethodGet, "", nil, &settings)
			if settings.Seconds == nil || *settings.Seconds != want {
				return fmt.Errorf("a login is recent for %v, want %d", settings.Seconds, want)
			}
			return nil
		}
	}
	for kind, test := range map[string]struct {
		config         object
		set, destroyed func(*acctest.Server) error
	}{
		"prefectsso_domain":              {object{"name": "acme.example"}, domains("acme.com", "acme.example"), domains("acme.com")},
		"prefectsso_domains":             {object{"names": []string{"acme.com", "acme.example"}}, domains("acme.com", "acme.example"), domains()},
		"prefectsso_member_role":         {object{"email": "ada@acme.com", "role": "Admin", "on_destroy": "reset"}, role("Admin"), role("Member")},
		"prefectsso_member_roles":        {object{"roles": map[string]string{"ada@acme.com": "Admin"}}, role("Admin"), role("Admin")},
		"prefectsso_role_members":        {object{"role": "Auditor", "members": []string{"ada@acme.com"}}, role("Auditor"), role("Auditor")},
		"prefectsso_team_workspace_role": {object{"team": object{"name": "Crew"}, "workspace": "production", "role": "Viewer"}, inWorkspace("Viewer"), inWorkspace("")},
		"prefectsso_session_policy":      {object{"auth_expiration_seconds": 3600}, policy(3600), policy(3600)},
	} {
		for name, how := range map[string]fault{"answers are lost": lost, "requests are lost": dropped, "errors after the write": failed, "errors": refused} {
			if testing.Short() && how != lost {
				continue
			}
			for name, times := range map[string]int{name + " once": 1, name + " over all tries": 0} {
				t.Run(kind+", "+name, func(t *testing.T) {
					t.Parallel()
					srv := acctest.Start(t, acctest.WithDirectory)
					srv.AddTeam("Crew")
					r := &tracked{typeName: kind, line: newLine(t, srv), key: acctest.ServiceKey}
					r.line.breaks(writes(how, times))
					first := r.apply(t, test.config)
					r.line.breaks()
					if found := r.apply(t, test.config); errorsIn(found) > 0 {
						t.Fatalf("the second apply: %s\nafter the first: %s", detailsOf(found), detailsOf(first))
					}
					if err := test.set(srv); err != nil {
						t.Error(err)
					}
					if r.tainted || r.value == nil {
						t.Errorf("tainted %t, in the state %t", r.tainted, r.value != nil)
					}
					if found := r.apply(t, nil); errorsIn(found) > 0 {
						t.Errorf("destroy: %s", detailsOf(found))
					}
					if err := test.destroyed(srv); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// writes is a fault of the next changes, all of them for times 0.
func writes(f fault, times int) func(*http.Request) fault {
	var struck atomic.Int32
	return func(r *http.Request) fault {
		if r.Method != http.MethodPut && r.Method != http.MethodPatch || int(struck.Add(1)) > times && times > 0 {
			return passes
		}
		return f
	}
}

// A create lets go first what another resource of its run has begun to delete, as where a key of a for_each is renamed; for
// what is only planned it does not wait.
func TestCreateWaitsForADeletionUnderWay(t *testing.T) {
	t.Parallel()
	forAllMade(t, func(t *testing.T, m made, r *tracked, before []string) {
		if found := r.apply(t, m.config); errorsIn(found) > 0 {
			t.Fatal(detailsOf(found))
		}
		old := m.ids(r.line.srv, before)
		waits := make(chan struct{}, 1)
		run := func() *protocol { // a run whose waits never time out
			return inProcessWith(t, func(time.Duration) <-chan time.Time {
				waits <- struct{}{}
				return nil
			}, object{"endpoint": r.line.url + "/api", "api_key": r.key, "account_id": acctest.AccountID, "max_retries": 1})
		}
		create := func(p *protocol) []*tfprotov6.Diagnostic {
			plan, given, null := p.plan(t, m.typeName, m.config)
			done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: m.typeName, PriorState: null, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate})
			if err != nil {
				t.Fatal(err)
			}
			return done.Diagnostics
		}

		p := run()
		if planned, _ := p.change(t, m.typeName, r.value, nil); errorsIn(planned.Diagnostics) > 0 {
			t.Fatal(detailsOf(planned.Diagnostics))
		}
		if found := create(p); errorsIn(found) != 1 || len(waits) > 0 {
			t.Errorf("beside what is only planned it waits %d times: %s", len(waits), detailsOf(found))
		}

		p = run()
		held, goOn := make(chan struct{}), make(chan struct{})
		proceed := sync.OnceFunc(func() { close(goOn) })
		defer proceed()
		r.line.breaks(func(r *http.Request) fault {
			if r.Method == http.MethodDelete {
				close(held)
				<-goOn
			}
			return passes
		})
		deleted := make(chan []*tfprotov6.Diagnostic, 1)
		go func() {
			null := p.null(t, p.resourceType(m.typeName))
			done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{TypeName: m.typeName, PriorState: r.value, PlannedState: null, Config: null, PlannedPrivate: r.private})
			if err != nil {
				t.Error(err)
				deleted <- nil
				return
			}
			deleted <- done.Diagnostics
		}()
		<-held
		created := make(chan struct{})
		go func() { // the deletion goes on when the create waits for it, or has not done so
			select {
			case <-waits:
			case <-created:
			}
			proceed()
		}()
		found := create(p)
		close(created)
		if done := <-deleted; errorsIn(done) > 0 {
			t.Errorf("the deletion: %s", detailsOf(done))
		}
		if now := m.ids(r.line.srv, before); errorsIn(found) > 0 || len(now) != 1 || slices.Equal(now, old) {
			t.Errorf("there was %v, and is %v: %s", old, now, detailsOf(found))
		}
	})
}

// A server without the managed configuration, as today's Prefect Cloud, makes nothing by a request with a key: nothing is
// sent there, no question is asked, and the state has nothing that is not there.
func TestPublishedOnlyCreatesAreCertain(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory, acctest.PublishedOnly)
	line := newLine(t, srv)
	var asked atomic.Int32
	line.breaks(creates(dropped, 0), func(r *http.Request) fault {
		if r.URL.Query().Has("idempotency_key") {
			asked.Add(1)
		}
		return passes
	})
	const directory = "directory_01KABCDEFGHJKMNPQRSTVWXYZ0"
	for kind, config := range map[string]object{
		identityProvider:                {"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"}, "oidc": object{"issuer": "https://idp.example", "client_id": "prefect"}},
		"prefectsso_scim_directory":     {"name": "Entra", "type": "azure scim v2.0"},
		"prefectsso_scim_token":         {"directory_id": directory, "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1},
		"prefectsso_scim_client":        {"directory_id": directory, "name": "ping", "secret_wo": scimSecret(2), "secret_wo_version": 1},
		"prefectsso_group_role_mapping": {"directory_id": directory, "match": object{"group_name": "Staff"}, "role": "Auditor", "priority": 1},
	} {
		r := &tracked{typeName: kind, line: line, key: acctest.ServiceKey}
		if found := r.apply(t, config); errorsIn(found) == 0 || r.value != nil || strings.Contains(detailsOf(found), "outcome-unknown") {
			t.Errorf("%s: in the state %t: %s", kind, r.value != nil, detailsOf(found))
		}
	}
	if line.posts > 0 || asked.Load() > 0 {
		t.Errorf("%d creates were sent, %d questions asked", line.posts, asked.Load())
	}
}
