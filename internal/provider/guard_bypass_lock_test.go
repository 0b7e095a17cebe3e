package provider_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// crew is an account of six people whose first two are Owners.
const crewSize = 6

func crewMember(i int) string { return fmt.Sprintf("p%d@acme.com", i) }

func startCrew(t *testing.T) *acctest.Server {
	t.Helper()
	var users strings.Builder
	for i := range crewSize {
		role, key := "Member", ""
		if i < 2 {
			role = "Owner"
		}
		if i == 0 {
			key = ", api_key: " + acctest.OwnerKey
		}
		fmt.Fprintf(&users, "      - {email: %s, first_name: P, last_name: N, role: %s%s}\n", crewMember(i), role, key)
	}
	srv := acctest.Start(t, acctest.Scenario(`
accounts:
  - id: `+acctest.AccountID+`
    handle: acme
    name: Acme
    features: [sso]
    rate_limit_per_minute: 0
    users:
`+users.String()+`    service_accounts: [{name: terraform, role: Owner, api_key: `+acctest.ServiceKey+`}]
`))
	return srv.As(acctest.ServiceKey)
}

// watched returns a server behind a proxy that counts the conflicts: what the account had to refuse itself.
func watched(t *testing.T, srv *acctest.Server) (at string, conflicts *atomic.Int64) {
	t.Helper()
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	conflicts = &atomic.Int64{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusConflict {
				conflicts.Add(1)
			}
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL, conflicts
}

// op is one resource's change in a plan.
type op struct {
	typeName string
	prior    *tfprotov6.DynamicValue // nil: it is made
	config   map[string]any          // nil: it is destroyed
	roles    map[string]string       // what it makes of whom
}

// promotes reports whether it gives anybody bypass:sso.
func (o op) promotes(now map[string]string) bool {
	for email, role := range o.roles {
		if role == "Owner" && now[email] != "Owner" {
			return true
		}
	}
	return false
}

// run plans all operations in one run and applies them in another, some side by side, in random order, as Terraform does.
type run struct {
	t         *testing.T
	url       string
	atOnce    int
	random    *rand.Rand
	promoters atomic.Int64

	mu     sync.Mutex
	timers []chan time.Time
}

func (r *run) session() *protocol {
	return inProcessWith(r.t, r.after, map[string]any{"endpoint": r.url + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})
}

// after never ends, but when no promotion can come any more.
func (r *run) after(time.Duration) <-chan time.Time {
	timer := make(chan time.Time, 1)
	r.mu.Lock()
	r.timers = append(r.timers, timer)
	r.mu.Unlock()
	r.expire()
	return timer
}

func (r *run) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	// With few workers, those who wait may take the place of those they wait for.
	if r.promoters.Load() > 0 && r.atOnce > crewSize {
		return
	}
	for _, timer := range r.timers {
		timer <- time.Time{}
	}
	r.timers = nil
}

// errorsOf returns the errors among diagnostics.
func errorsOf(diagnostics []*tfprotov6.Diagnostic) []string {
	return textsOf(diagnostics, tfprotov6.DiagnosticSeverityError)
}

func textsOf(diagnostics []*tfprotov6.Diagnostic, severity tfprotov6.DiagnosticSeverity) (texts []string) {
	for _, d := range diagnostics {
		if d.Severity == severity {
			texts = append(texts, d.Summary+": "+d.Detail)
		}
	}
	return texts
}

// outcome is what was said when planning, and what was refused when applying.
type outcome struct {
	planErrors, warnings, applyErrors []string
}

// warnedOfNoBypass reports whether the plan said that nobody might be left.
func (o outcome) warnedOfNoBypass() bool {
	return slices.ContainsFunc(o.warnings, func(text string) bool { return strings.Contains(text, "Guard: bypass-nobody-left") })
}

// execute plans and, unless that is refused, applies.
func (r *run) execute(ops []op, now map[string]string) (out outcome) {
	p := r.session()
	for _, i := range r.random.Perm(len(ops)) {
		warned := r.plan(p, ops[i]).Diagnostics
		out.planErrors = append(out.planErrors, errorsOf(warned)...)
		out.warnings = append(out.warnings, textsOf(warned, tfprotov6.DiagnosticSeverityWarning)...)
	}
	if len(out.planErrors) > 0 {
		return out
	}
	p = r.session()
	for _, o := range ops {
		if o.promotes(now) {
			r.promoters.Add(1)
		}
	}
	queue := make(chan op, len(ops))
	for _, i := range r.random.Perm(len(ops)) {
		queue <- ops[i]
	}
	close(queue)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for range r.atOnce {
		workers.Go(func() {
			for o := range queue {
				errors := r.apply(p, o)
				if o.promotes(now) {
					r.promoters.Add(-1)
					r.expire()
				}
				mu.Lock()
				out.applyErrors = append(out.applyErrors, errors...)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return out
}

func (r *run) plan(p *protocol, o op) *tfprotov6.PlanResourceChangeResponse {
	if o.prior == nil {
		plan, _, _ := p.plan(r.t, o.typeName, o.config)
		return plan
	}
	plan, _ := p.change(r.t, o.typeName, o.prior, o.config)
	return plan
}

// apply plans once more, as Terraform does but for deletions, and applies.
func (r *run) apply(p *protocol, o op) (errors []string) {
	typ := p.resourceType(o.typeName)
	prior, given := o.prior, p.null(r.t, typ)
	if prior == nil {
		prior = given
	}
	request := &tfprotov6.ApplyResourceChangeRequest{TypeName: o.typeName, PriorState: prior, PlannedState: given, Config: given}
	if o.config != nil {
		plan := r.plan(p, o)
		if errors := errorsOf(plan.Diagnostics); len(errors) > 0 {
			return errors
		}
		request.Config, request.PlannedState, request.PlannedPrivate = p.value(r.t, typ, o.config), plan.PlannedState, plan.PlannedPrivate
	}
	done, err := p.server.ApplyResourceChange(context.Background(), request)
	if err != nil {
		return []string{err.Error()}
	}
	return errorsOf(done.Diagnostics)
}

// randomOps returns changes of distinct people, spread over the resources that give roles.
func randomOps(t *testing.T, random *rand.Rand, p *protocol, now map[string]string) (ops []op) {
	t.Helper()
	roles := []string{"Owner", "Admin", "Member"}
	people := random.Perm(crewSize)
	for len(people) > 0 {
		n := 1 + random.IntN(min(2, len(people)))
		o := op{typeName: "prefectsso_member_roles", roles: map[string]string{}}
		for _, i := range people[:n] {
			o.roles[crewMember(i)] = roles[random.IntN(len(roles))]
		}
		o.config = map[string]any{"roles": o.roles}
		switch {
		case random.IntN(3) == 0:
			o = randomHolders(random, people[:n], now)
		case n == 1:
			email := crewMember(people[0])
			o.typeName = "prefectsso_member_role"
			o.config = map[string]any{"email": email, "role": o.roles[email]}
			switch random.IntN(3) {
			case 0: // it is there, and is destroyed
				o.prior = p.create(t, o.typeName, map[string]any{"email": email, "role": now[email], "on_destroy": "reset"}).NewState
				o.config, o.roles = nil, map[string]string{email: "Member"}
			case 1: // it is there, and changes
				o.prior = p.create(t, o.typeName, map[string]any{"email": email, "role": now[email]}).NewState
			}
		}
		ops = append(ops, o)
		people = people[n:]
	}
	return ops
}

// randomHolders makes some of the people all who hold a role, and ignores everybody else.
func randomHolders(random *rand.Rand, people []int, now map[string]string) op {
	role, removed := "Owner", []string{"Admin", "Member"}[random.IntN(2)]
	if random.IntN(4) == 0 {
		role, removed = "Admin", "Member"
	}
	o := op{typeName: "prefectsso_role_members", roles: map[string]string{}}
	members, ignored := []string{}, []string{}
	for i := range crewSize {
		email := crewMember(i)
		switch {
		case !slices.Contains(people, i):
			ignored = append(ignored, email)
		case random.IntN(4) == 0:
			members = append(members, email)
			o.roles[email] = role
		case now[email] == role:
			o.roles[email] = removed
		}
	}
	o.config = map[string]any{"role": role, "members": members, "ignore_emails": ignored, "removed_role": removed}
	return o
}

// after returns what operations make of roles.
func after(now map[string]string, ops ...op) map[string]string {
	then := maps.Clone(now)
	for _, o := range ops {
		maps.Copy(then, o.roles)
	}
	return then
}

// owners returns those of a map of roles.
func owners(roles map[string]string) (emails []string) {
	for email, role := range roles {
		if role == "Owner" {
			emails = append(emails, email)
		}
	}
	return emails
}

// Random plans, applied in random order by one to ten workers: never is the account asked to give up the last who gets
// in without single sign-on, and either the plan is carried out or an error says why not. Where nobody would be left, the
// plan says so.
func TestBypassLockRandomPlans(t *testing.T) {
	t.Parallel()
	const seed = 20261122
	random := rand.New(rand.NewPCG(seed, 0))
	srv := startCrew(t)
	at, conflicts := watched(t, srv)
	carriedOut, rejected, partly := 0, 0, 0
	plans := 200
	if testing.Short() {
		plans = 40
	}
	for n := range plans {
		now := map[string]string{}
		for i := range crewSize {
			m, _ := srv.Member(crewMember(i))
			now[m.Email] = m.Role
		}
		if len(owners(now)) == 0 {
			t.Fatalf("plan %d begins without an Owner", n)
		}
		r := &run{t: t, url: at, random: random, atOnce: []int{1, 3, 10}[n%3]}
		ops := randomOps(t, random, r.session(), now)
		result := r.execute(ops, now)
		planErrors, applyErrors := result.planErrors, result.applyErrors
		wanted := after(now, ops...)
		// What a destroyed resource resets is no part of a plan.
		planned := slices.DeleteFunc(slices.Clone(ops), func(o op) bool { return o.config == nil })
		remain, promotes := len(owners(after(now, planned...))) > 0, slices.ContainsFunc(planned, func(o op) bool { return o.promotes(now) })
		// Such a resource has to be planned after who comes, which only depends_on makes sure of.
		takesAllAlone := slices.ContainsFunc(ops, func(o op) bool { return takesAll(o, now) })
		describe := fmt.Sprintf("seed %d, plan %d, %d at once: %v → %v", seed, n, r.atOnce, now, wanted)
		for _, text := range append(slices.Clone(planErrors), applyErrors...) {
			if !strings.Contains(text, "without single sign-on") || !strings.Contains(text, "depends_on") {
				t.Errorf("%s: %s", describe, text)
			}
		}
		switch {
		case len(planErrors) > 0:
			rejected++
			if !takesAllAlone {
				t.Errorf("%s: no resource takes the last one away on its own, but the plan was refused: %s", describe, planErrors)
			}
		case len(applyErrors) > 0:
			partly++
			if r.atOnce > crewSize && len(owners(wanted)) > 0 && !takesAllAlone {
				t.Errorf("%s: somebody remains, but the apply failed: %s", describe, applyErrors)
			}
		default:
			carriedOut++
			for email, role := range wanted {
				if err := srv.WantRole(email, role); err != nil {
					t.Errorf("%s: %v", describe, err)
				}
			}
		}
		if !remain && len(planErrors) == 0 && !result.warnedOfNoBypass() {
			t.Errorf("%s: nobody was to remain, and the plan did not say so", describe)
		}
		if remain && !promotes && result.warnedOfNoBypass() {
			t.Errorf("%s: somebody remains, but the plan said otherwise: %s", describe, result.warnings)
		}
		if len(owners(wanted)) == 0 && len(planErrors)+len(applyErrors) == 0 {
			t.Errorf("%s: nobody was to remain, and nothing was said", describe)
		}
		if t.Failed() {
			return
		}
		for i := range crewSize / 2 { // so that the next plan has something to lose
			if role := []string{"Owner", "Member"}[random.IntN(2)]; i > 0 {
				srv.SetRole(crewMember(i), role)
			} else {
				srv.SetRole(crewMember(i), "Owner")
			}
		}
	}
	if n := conflicts.Load(); n > 0 {
		t.Errorf("the account had to refuse %d changes itself", n)
	}
	t.Logf("%d plans were carried out, %d refused, %d stopped on the way", carriedOut, rejected, partly)
	if carriedOut < plans/10 || rejected+partly < plans/10 {
		t.Error("that is too few of one kind to prove anything")
	}
}

// takesAll reports whether a resource alone would take bypass:sso from everybody who has it.
func takesAll(o op, now map[string]string) bool {
	return len(owners(after(now, o))) == 0
}

// Two Owners go and somebody comes, each by a resource of its own: whoever goes last waits for the one who comes.
func TestBypassLockWaits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		comes bool
		want  string
	}{
		"somebody comes": {comes: true},
		"nobody comes":   {want: "Guard: bypass-nobody-left"},
	} {
		for _, destroys := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, destroys %t", name, destroys), func(t *testing.T) {
				t.Parallel()
				srv := startCrew(t)
				waits, timer := make(chan time.Duration, 1), make(chan time.Time)
				p := inProcessWith(t, func(d time.Duration) <-chan time.Time {
					waits <- d
					return timer
				}, map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})
				r := &run{t: t}
				role := func(i int, role string) op {
					return op{typeName: "prefectsso_member_role", config: map[string]any{"email": crewMember(i), "role": role}}
				}
				last := role(1, "Member")
				if destroys {
					last = op{typeName: "prefectsso_member_role", prior: inProcess(t, srv).create(t, "prefectsso_member_role", map[string]any{"email": crewMember(1), "role": "Owner", "on_destroy": "reset"}).NewState}
				}
				if errors := r.apply(p, role(0, "Member")); len(errors) > 0 {
					t.Fatal(errors)
				}
				ended := make(chan []string)
				go func() { ended <- r.apply(p, last) }()
				if d := <-waits; d != 30*time.Second {
					t.Errorf("it waits %s", d)
				}
				if test.comes {
					if errors := r.apply(p, role(2, "Owner")); len(errors) > 0 {
						t.Error(errors)
					}
				} else {
					timer <- time.Time{}
				}
				errors := <-ended
				if test.want == "" && len(errors) > 0 || test.want != "" && (len(errors) != 1 || !strings.HasSuffix(errors[0], test.want) || !strings.Contains(errors[0], crewMember(1))) {
					t.Errorf("got %q, want %q", errors, test.want)
				}
				if err := srv.WantRole(crewMember(1), map[bool]string{true: "Member", false: "Owner"}[test.comes]); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Whoever a mapping gives bypass:sso is waited for, too.
func TestBypassLockWaitsForAMapping(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory).As(acctest.ServiceKey)
	srv.PushGroup("Staff", srv.PushUser("ada@acme.com"))
	waits := make(chan time.Duration, 1)
	p := inProcessWith(t, func(d time.Duration) <-chan time.Time {
		waits <- d
		return nil // for ever
	}, map[string]any{"endpoint": srv.URL + "/api", "api_key": acctest.ServiceKey, "account_id": acctest.AccountID})
	r := &run{t: t}
	goes := func(email string) []string {
		return r.apply(p, op{typeName: "prefectsso_member_role", config: map[string]any{"email": email, "role": "Member"}})
	}
	if errors := goes("owner@acme.com"); len(errors) > 0 {
		t.Fatal(errors)
	}
	ended := make(chan []string)
	go func() { ended <- goes("second.owner@acme.com") }()
	<-waits
	comes := op{typeName: "prefectsso_group_role_mapping", config: map[string]any{"directory_id": srv.DirectoryID(), "match": matchGroup("Staff"), "role": "Owner", "priority": 1}}
	if errors := r.apply(p, comes); len(errors) > 0 {
		t.Error(errors)
	}
	if errors := <-ended; len(errors) > 0 {
		t.Error(errors)
	}
	for email, role := range map[string]string{"ada@acme.com": "Owner", "second.owner@acme.com": "Member"} {
		if err := srv.WantRole(email, role); err != nil {
			t.Error(err)
		}
	}
}
