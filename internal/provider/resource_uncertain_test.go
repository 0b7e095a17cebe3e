package provider_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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

// line is a connection to the server that breaks where a test wants it to: between the two, as no control API of the server
// can.
type line struct {
	srv *acctest.Server
	url string

	mu      sync.Mutex
	broken  []func(*http.Request) fault
	posts   int // those that make something
	deleted []string
}

// fault is what happens to a request.
type fault int

const (
	passes  fault = iota
	lost          // it is done, and the answer gets lost
	failed        // it is done, and the answer is 500
	dropped       // it gets lost
	refused       // it gets lost, and the answer is 500
)

func newLine(t *testing.T, srv *acctest.Server) *line {
	t.Helper()
	l := &line{srv: srv}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

// breaks has requests go wrong from now on, as the first one says that they do.
func (l *line) breaks(how ...func(*http.Request) fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = how
}

// creates is a fault of the next requests that make something, all of them for times 0.
func creates(f fault, times int) func(*http.Request) fault {
	var struck atomic.Int32
	return func(r *http.Request) fault {
		if r.Header.Get("Idempotency-Key") == "" || int(struck.Add(1)) > times && times > 0 {
			return passes
		}
		return f
	}
}

// questions is a fault of the questions what a key has made.
func questions(f fault) func(*http.Request) fault {
	return func(r *http.Request) fault {
		if !r.URL.Query().Has("idempotency_key") {
			return passes
		}
		return f
	}
}

// ServeHTTP implements [http.Handler].
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the provider has gone
	}
	l.mu.Lock()
	broken := l.broken
	switch r.Method {
	case http.MethodPost:
		if r.Header.Get("Idempotency-Key") != "" {
			l.posts++
		}
	case http.MethodDelete:
		l.deleted = append(l.deleted, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	}
	l.mu.Unlock()
	how := passes
	for _, f := range broken {
		if how = f(r); how != passes {
			break
		}
	}
	if how != dropped && how != refused {
		req, err := http.NewRequestWithContext(r.Context(), r.Method, l.srv.URL+r.URL.RequestURI(), strings.NewReader(string(body)))
		if err != nil {
			panic(err)
		}
		req.Header = r.Header.Clone()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = resp.Body.Close() }()
		if how == passes {
			for name, values := range resp.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
			return
		}
	}
	if how == lost || how == dropped {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, `{"detail":"Injected"}`)
}

// tracked is a resource as a state has it: its value, nil for none.
type tracked struct {
	typeName string
	line     *line
	key      string // of the API
	value    *tfprotov6.DynamicValue
	private  []byte
	tainted  bool
}

// run returns the provider of another walk.
func (r *tracked) run(t *testing.T) *protocol {
	t.Helper()
	return inProcessAs(t, object{"endpoint": r.line.url + "/api", "api_key": r.key, "account_id": acctest.AccountID, "max_retries": 1})
}

// text returns an attribute; "" where it is null.
func (r *tracked) text(t *testing.T, name string) string {
	t.Helper()
	if r.value == nil {
		return ""
	}
	p := r.run(t)
	value := p.object(t, p.resourceType(r.typeName), r.value)[name]
	if value.IsNull() {
		return ""
	}
	return textOf(t, value)
}

// refresh reads the resource as a plan does.
func (r *tracked) refresh(t *testing.T) []*tfprotov6.Diagnostic {
	t.Helper()
	if r.value == nil {
		return nil
	}
	p := r.run(t)
	resp, err := p.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: r.typeName, CurrentState: r.value, Private: r.private})
	if err != nil {
		t.Fatal(err)
	}
	if errorsIn(resp.Diagnostics) == 0 {
		if r.value, r.private = resp.NewState, resp.Private; isNull(t, p, r.typeName, r.value) {
			r.value, r.private, r.tainted = nil, nil, false
		}
	}
	return resp.Diagnostics
}

// apply does what `terraform apply` does: refresh, plan, plan and apply in another walk. What is tainted is destroyed and
// made anew. It returns the diagnostics of the step that failed, or of the last one.
func (r *tracked) apply(t *testing.T, config object) []*tfprotov6.Diagnostic {
	t.Helper()
	if found := r.refresh(t); errorsIn(found) > 0 {
		return found
	}
	if r.value != nil && (r.tainted || config == nil) {
		if found := r.destroy(t); errorsIn(found) > 0 || config == nil {
			return found
		}
	}
	if config == nil {
		return nil
	}
	var found []*tfprotov6.Diagnostic
	for _, last := range []bool{false, true} {
		p := r.run(t)
		typ := p.resourceType(r.typeName)
		prior, given := p.null(t, typ), p.value(t, typ, config)
		proposed := given
		if r.value != nil {
			prior, proposed = r.value, p.proposed(t, r.typeName, r.value, given)
		}
		plan, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: r.typeName, PriorState: prior, ProposedNewState: proposed, Config: given, PriorPrivate: r.private,
		})
		if err != nil {
			t.Fatal(err)
		}
		if found = plan.Diagnostics; errorsIn(found) > 0 || !last {
			if errorsIn(found) > 0 {
				return found
			}
			continue
		}
		if len(plan.RequiresReplace) > 0 {
			t.Fatalf("it would be replaced because of %v", plan.RequiresReplace)
		}
		done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
			TypeName: r.typeName, PriorState: prior, PlannedState: plan.PlannedState, Config: given, PlannedPrivate: plan.PlannedPrivate,
		})
		if err != nil {
			t.Fatal(err)
		}
		found = done.Diagnostics
		if isNull(t, p, r.typeName, done.NewState) {
			continue // Terraform keeps what it had
		}
		if state := p.object(t, typ, done.NewState); errorsIn(found) == 0 || r.value == nil {
			for name, value := range state {
				if !value.IsFullyKnown() {
					t.Errorf("the state has an unknown %s", name)
				}
			}
		}
		r.tainted = r.value == nil && errorsIn(found) > 0
		r.value, r.private = done.NewState, done.Private
	}
	return found
}

// destroy destroys the resource without a refresh.
func (r *tracked) destroy(t *testing.T) []*tfprotov6.Diagnostic {
	t.Helper()
	p := r.run(t)
	null := p.null(t, p.resourceType(r.typeName))
	plan, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.typeName, PriorState: r.value, ProposedNewState: null, Config: null, PriorPrivate: r.private,
	})
	if err != nil {
		t.Fatal(err)
	}
	if errorsIn(plan.Diagnostics) > 0 {
		return plan.Diagnostics
	}
	done, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.typeName, PriorState: r.value, PlannedState: null, Config: null, PlannedPrivate: r.private,
	})
	if err != nil {
		t.Fatal(err)
	}
	if errorsIn(done.Diagnostics) == 0 {
		r.value, r.private, r.tainted = nil, nil, false
	}
	return done.Diagnostics
}

func isNull(t *testing.T, p *protocol, typeName string, state *tfprotov6.DynamicValue) bool {
	t.Helper()
	value, err := state.Unmarshal(p.resourceType(typeName))
	if err != nil {
		t.Fatal(err)
	}
	return value.IsNull()
}

func errorsIn(diagnostics []*tfprotov6.Diagnostic) (n int) {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			n++
		}
	}
	return n
}

// made is a kind of thing that a resource makes.
type made struct {
	typeName string
	at       string // its collection
	config   object
	// byHand makes one with equal values behind Terraform's back, as key.
	byHand func(srv *acctest.Server, key string)
	// importable is how an import names the thing by its id.
	importID func(id string) string
}

// allMade are all kinds of things with an id of their own.
func allMade(srv *acctest.Server, issuer string) []made {
	directory := srv.DirectoryID()
	within := func(noun string) string { return "/sso/directories/" + directory + "/" + noun }
	inAccount := func(id string) string { return id }
	inDirectory := func(id string) string { return directory + "/" + id }
	post := func(at string, body object) func(*acctest.Server, string) {
		return func(srv *acctest.Server, key string) { srv.Call(key, http.MethodPost, at, body, nil) }
	}
	return []made{
		{
			identityProvider, "/sso/connections",
			object{
				"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
				"oidc": object{"issuer": issuer, "client_id": "prefect", "client_secret_wo": acctest.ClientSecret, "client_secret_wo_version": 1},
			},
			post("/sso/connections", object{
				"name": "Corp", "connection_type": "GenericOIDC", "domains": []string{"acme.com"},
				"oidc": object{"issuer": issuer, "client_id": "prefect", "client_secret": acctest.ClientSecret},
			}), inAccount,
		},
		{
			"prefectsso_scim_directory", "/sso/directories",
			object{"name": "Entra", "type": "azure scim v2.0"},
			post("/sso/directories", object{"name": "Entra", "type": "azure scim v2.0"}), inAccount,
		},
		{
			"prefectsso_scim_token", within("tokens"),
			object{"directory_id": directory, "name": "okta", "token_wo": scimSecret(1), "token_wo_version": 1},
			post(within("tokens"), object{"name": "okta", "token": scimSecret(1)}), inDirectory,
		},
		{
			"prefectsso_scim_client", within("clients"),
			object{"directory_id": directory, "name": "ping", "secret_wo": scimSecret(2), "secret_wo_version": 1},
			post(within("clients"), object{"name": "ping", "client_secret": scimSecret(2)}), inDirectory,
		},
		{
			"prefectsso_group_role_mapping", within("group_role_mappings"),
			object{"directory_id": directory, "match": object{"group_name": "Staff"}, "role": "Auditor", "priority": 1},
			post(within("group_role_mappings"), object{"match": object{"group_name": "Staff"}, "account_role_id": srv.RoleID("Auditor"), "priority": 1}), inDirectory,
		},
	}
}

// ids returns the ids of all things of a collection that were not there at first.
func (m made) ids(srv *acctest.Server, but []string) (ids []string) {
	var rows []struct {
		ID string `json:"id"`
	}
	srv.Call(acctest.OwnerKey, http.MethodGet, m.at, nil, &rows)
	for _, row := range rows {
		if !slices.Contains(but, row.ID) {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

// forAllMade runs a test for each kind, with a server and a line of its own; before are the things that are there.
func forAllMade(t *testing.T, test func(t *testing.T, m made, r *tracked, before []string)) {
	t.Helper()
	kinds := []string{identityProvider, "prefectsso_scim_directory", "prefectsso_scim_token", "prefectsso_scim_client", "prefectsso_group_role_mapping"}
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv := acctest.Start(t, acctest.WithDirectory, acctest.PrivateIssuers)
			issuer := ""
			if kind == identityProvider {
				_, issuer = acctest.StartIdP(t, srv)
			}
			m := allMade(srv, issuer)[i]
			if m.typeName != kind {
				t.Fatalf("row %d is of %s", i, m.typeName)
			}
			before := m.ids(srv, nil)
			if kind == "prefectsso_scim_token" { // the scenario's own leaves room for one only
				srv.Call(acctest.OwnerKey, http.MethodDelete, m.at+"/"+before[0], nil, nil)
			}
			test(t, m, &tracked{typeName: kind, line: newLine(t, srv), key: acctest.ServiceKey}, before)
		})
	}
}

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

// A create of which nobody knows the outcome is destroyed without a refresh: what it made, and nothing else.
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

// Two states with one configuration and one key of the API: the second one's create fails, and its destroy, after a create of
// which nobody knew the outcome too, takes nothing from the first.
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

// A rotation of a token of which nobody knows the outcome is found by its key: it has happened, or happens in the next apply.
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
