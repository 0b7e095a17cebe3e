package provider_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

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
	more     object // arguments of the provider block beside
	value    *tfprotov6.DynamicValue
	private  []byte
	tainted  bool
}

// run returns the provider of another walk.
func (r *tracked) run(t *testing.T) *protocol {
	t.Helper()
	block := object{"endpoint": r.line.url + "/api", "api_key": r.key, "account_id": acctest.AccountID, "max_retries": 1}
	maps.Copy(block, r.more)
	return inProcessAs(t, block)
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
		if testing.Short() && kind != "prefectsso_scim_directory" {
			continue // what makes one thing makes the others
		}
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
