package account_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
func eventID(n int) string               { return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)).String() }

func at(minute int) string {
	return noon.Add(time.Duration(minute-60) * time.Minute).Format(time.RFC3339)
}

func labels(id string, more ...string) obj {
	return pairs(append([]string{"prefect.resource.id", id}, more...))
}

func pairs(kv []string) obj {
	out := obj{}
	for i := 0; i+1 < len(kv); i += 2 {
		out[kv[i]] = kv[i+1]
	}
	return out
}

type eventRow struct {
	ID, Event, Occurred, Received, Account string
	Resource                               map[string]string
	Related                                []map[string]string
	Payload                                map[string]any
	Follows                                *string
}

type eventPage struct {
	Events   []eventRow
	Total    int
	NextPage *string `json:"next_page"`
}

func (p eventPage) names() string {
	var names []string
	for _, e := range p.Events {
		names = append(names, e.Event)
	}
	return strings.Join(names, " ")
}

// withEvents is a server at noon, with five events in the hour before.
func withEvents(t *testing.T) (*mocktest.Server, *clock) {
	t.Helper()
	c := &clock{}
	s := mocktest.Start(t, mockcloud.Config{Clock: c.now})
	s.Call("POST", root+"/events", mocktest.Owner, []obj{
		{"id": eventID(1), "occurred": at(1), "event": "deploy.started", "resource": labels("app.web", "prefect.resource.name", "Web", "tier", "front")},
		{"id": eventID(3), "occurred": at(3), "event": "deploy.failed", "resource": labels("app.db", "tier", "back"), "payload": obj{"error": "Connection Timeout"}, "follows": eventID(1)},
		{"id": eventID(2), "occurred": at(2), "event": "deploy.started", "resource": labels("app.db", "tier", "back")},
		{"id": eventID(4), "occurred": at(4), "event": "login", "resource": labels("user.ada"), "related": []obj{labels("app.web", "prefect.resource.role", "target", "zone", "a"), labels("app.db", "prefect.resource.role", "backend")}},
		{"id": eventID(5), "occurred": at(5), "event": "logout", "resource": labels("user.ada"), "related": []obj{labels("app.db", "prefect.resource.role", "target")}},
	}).Want(204)
	return s, c
}

func TestEventFilter(t *testing.T) {
	t.Parallel()
	s, _ := withEvents(t)
	const all = "logout login deploy.failed deploy.started deploy.started"
	tests := []struct {
		name   string
		filter any
		want   string
		total  int
	}{
		{"nothing asked", nil, all, 5},
		{"oldest first", obj{"order": "ASC"}, "deploy.started deploy.started deploy.failed login logout", 5},
		{"name", obj{"event": obj{"name": []string{"login", "logout"}}}, "logout login", 2},
		{"no name", obj{"event": obj{"name": []string{}}}, "", 0},
		{"prefix", obj{"event": obj{"prefix": []string{"deploy.", "logi"}}}, "login deploy.failed deploy.started deploy.started", 4},
		{"not the prefix", obj{"event": obj{"exclude_prefix": []string{"deploy."}}}, "logout login", 2},
		{"not the name", obj{"event": obj{"prefix": []string{"deploy."}, "exclude_name": []string{"deploy.failed"}}}, "deploy.started deploy.started", 2},
		{"span, both ends", obj{"occurred": obj{"since": at(2), "until": at(4)}}, "login deploy.failed deploy.started", 3},
		{"span without an end", obj{"occurred": obj{"since": at(4)}}, "logout login", 2},
		{"span without a beginning", obj{"occurred": obj{"until": at(1)}}, "deploy.started", 1},
		{"empty span", obj{"occurred": obj{"since": at(10), "until": at(10)}}, "", 0},
		{"resource", obj{"resource": obj{"id": []string{"app.web", "user.ada"}}}, "logout login deploy.started", 3},
		{"resource prefix", obj{"resource": obj{"id_prefix": []string{"app."}}}, "deploy.failed deploy.started deploy.started", 3},
		{"resource labels", obj{"resource": obj{"labels": obj{"tier": []string{"back", "middle"}}}}, "deploy.failed deploy.started", 2},
		{"resource name", obj{"resource": obj{"labels": obj{"tier": "front", "prefect.resource.name": "Web"}}}, "deploy.started", 1},
		{"labels that nothing has", obj{"resource": obj{"labels": obj{"tier": "front", "zone": "a"}}}, "", 0},
		{"each resource once", obj{"resource": obj{"distinct": true}}, "logout deploy.failed deploy.started", 3},
		{"each resource's first", obj{"resource": obj{"distinct": true}, "order": "ASC"}, "deploy.started deploy.started login", 3},
		{"related", obj{"related": obj{"id": []string{"app.db"}}}, "logout login", 2},
		{"related in a role", obj{"related": obj{"id": []string{"app.db"}, "role": []string{"target"}}}, "logout", 1},
		{"related pairs", obj{"related": obj{"resources_in_roles": [][]string{{"app.web", "target"}, {"app.db", "x"}}}}, "login", 1},
		{"related labels", obj{"related": obj{"labels": obj{"zone": "a"}}}, "login", 1},
		{"each of several related", obj{"related": []obj{{"id": []string{"app.db"}}, {"role": []string{"backend"}}}}, "login", 1},
		{"any resource", obj{"any_resource": obj{"id": []string{"app.web"}}}, "login deploy.started", 2},
		{"each of several of any", obj{"any_resource": []obj{{"id_prefix": []string{"user."}}, {"labels": obj{"zone": "a"}}}}, "login", 1},
		{"id", obj{"id": obj{"id": []string{eventID(3), eventID(9)}}}, "deploy.failed", 1},
		{"this account", obj{"scope": obj{"account": mocktest.Account}}, all, 5},
		{"another account", obj{"scope": obj{"account": eventID(1)}}, "", 0},
		{"a workspace", obj{"scope": obj{"workspace": []string{eventID(1)}}}, "", 0},
		{"text", obj{"text": obj{"query": "timeout LOGIN"}}, "login deploy.failed", 2},
		{"phrase", obj{"text": obj{"query": `"connection timeout"`}}, "deploy.failed", 1},
		{"required and excluded", obj{"text": obj{"query": "+app.db -started -user.ada"}}, "deploy.failed", 1},
		{"first of all", obj{"limit": 2}, "logout login", 5},
		{"all but the first", obj{"offset": 3}, "deploy.started deploy.started", 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var page eventPage
			s.In(t).Call("POST", root+"/events/filter", mocktest.Owner, obj{"filter": tt.filter}).Want(200).Into(&page)
			if page.names() != tt.want || page.Total != tt.total || page.NextPage != nil {
				t.Errorf("%q of %d (next page: %v), want %q of %d", page.names(), page.Total, page.NextPage, tt.want, tt.total)
			}
		})
	}
}

func TestEventShape(t *testing.T) {
	t.Parallel()
	s, c := withEvents(t)
	var page eventPage
	s.Call("POST", root+"/events/filter", mocktest.Owner, obj{"filter": obj{"id": obj{"id": []string{eventID(3)}}}}).Want(200).Into(&page)
	e := page.Events[0]
	if e.Occurred != at(3) || e.Received < noon.Format(time.DateTime) || e.Account != mocktest.Account || *e.Follows != eventID(1) ||
		e.Resource["tier"] != "back" || e.Resource["prefect.resource.id"] != "app.db" || e.Payload["error"] != "Connection Timeout" || e.Related == nil {
		t.Errorf("%+v", e)
	}
	// What the server tells of itself has the same form.
	c.advance(time.Minute)
	s.Call("PATCH", root+"/domains", mocktest.Terraform, obj{"domain_names": []string{"acme.com"}}).Want(204)
	page = eventPage{}
	s.Call("POST", root+"/events/filter", mocktest.Owner, nil).Want(200).Into(&page)
	e = page.Events[0]
	if e.Event != "prefect-cloud.account-domain-names.updated" || e.Resource["prefect.resource.id"] != "prefect-cloud.account-domain-names."+mocktest.Account ||
		e.Related[0]["prefect.resource.role"] != "actor" || e.Related[0]["prefect.resource.name"] != "terraform" || e.Follows != nil || page.Total != 6 {
		t.Errorf("%+v", e)
	}
}

func TestEventPages(t *testing.T) {
	t.Parallel()
	s, c := withEvents(t)
	ask := func(body obj) (page eventPage) {
		s.Call("POST", root+"/events/filter", mocktest.Owner, body).Want(200).Into(&page)
		return page
	}
	next := func(page eventPage) (after eventPage) {
		t.Helper()
		path, found := strings.CutPrefix(*page.NextPage, s.URL)
		if !found {
			t.Fatalf("the next page is elsewhere: %s", *page.NextPage)
		}
		s.Call("GET", path, mocktest.Owner, nil).Want(200).Into(&after)
		return after
	}
	for _, order := range []string{"ASC", "DESC"} {
		var got []string
		page := ask(obj{"limit": 2, "filter": obj{"order": order, "offset": 1}})
		// What happens meanwhile does not move the pages.
		c.advance(time.Minute)
		s.Call("POST", root+"/events", mocktest.Owner, []obj{{"id": eventID(10 + len(order)), "occurred": c.now(), "event": "later", "resource": labels("x")}}).Want(204)
		for {
			got = append(got, page.names())
			if page.NextPage == nil {
				break
			}
			page = next(page)
		}
		want := []string{"deploy.started deploy.failed", "login logout"}
		if order == "DESC" {
			want = []string{"logout login", "deploy.failed deploy.started", "deploy.started"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", order, got, want)
		}
	}
	first := ask(obj{"limit": 2, "filter": obj{"limit": 3, "order": "ASC"}})
	if second := next(first); first.names() != "deploy.started deploy.started" || second.names() != "deploy.failed" || second.NextPage != nil {
		t.Errorf("a limit over all pages: %q, %q", first.names(), second.names())
	}
	if none := ask(obj{"limit": 0}); len(none.Events) != 0 || none.Total != 7 || none.NextPage != nil {
		t.Errorf("%+v", none)
	}
}

// TestEventPageTokens: a token opens the next page of its own account, for a while.
func TestEventPageTokens(t *testing.T) {
	t.Parallel()
	c := &clock{}
	const other = "0c1f1d2e-0000-4000-8000-000000000002"
	s := mocktest.Start(t, mockcloud.Config{Clock: c.now, Scenario: mocktest.Scenario(t, `
accounts:
  - {id: `+mocktest.Account+`, handle: acme, features: [audit_logs], users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}, {email: ada@acme.com, api_key: pnu_ada}]}
  - {id: `+other+`, handle: globex, features: [audit_logs], users: [{email: owner@acme.com, role: Owner}]}
`)})
	for n := range 3 {
		s.Call("POST", root+"/events", mocktest.Owner, []obj{{"id": eventID(n), "occurred": c.now(), "event": "x", "resource": labels("x")}}).Want(204)
	}
	var page eventPage
	s.Call("POST", root+"/events/filter", mocktest.Owner, obj{"limit": 1}).Want(200).Into(&page)
	path := strings.TrimPrefix(*page.NextPage, s.URL)
	address, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	token := address.Query().Get("page-token")
	refused := func(path, why string) {
		t.Helper()
		s.Call("GET", path, mocktest.Owner, nil).Want(422, `"loc":["query","page-token"]`, why)
	}
	s.Call("GET", path, mocktest.Owner, nil).Want(200, `"total":3`)
	s.Call("GET", path, mocktest.Member, nil).Want(200)
	s.Call("GET", path, "", nil).Want(401)
	const next = "/events/filter/next"
	refused(root+next, "missing")
	refused(root+next+"?page-token=", "not one that this account was given")
	refused(root+next+"?page-token=x.y", "not one that this account was given")
	refused(root+next+"?page-token="+token[1:], "not one")
	refused(root+next+"?page-token="+token[:len(token)-2]+"AA", "not one")
	refused("/api/accounts/"+other+next+"?page-token="+token, "not one that this account was given")
	c.advance(time.Hour + time.Second)
	refused(path, "expired")
}

func TestEventMistakes(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := mocktest.Start(t, mockcloud.Config{Clock: c.now})
	filter := root + "/events/filter"
	occurred := func(since, until any) obj {
		out := obj{}
		if since != nil {
			out["since"] = since
		}
		if until != nil {
			out["until"] = until
		}
		return obj{"filter": obj{"occurred": out}}
	}
	post := func(e obj) []obj { return []obj{e} }
	walk(t, s, []step{
		{"14 days are fine", "POST", filter, "", occurred(noon.AddDate(0, 0, -14), noon), 200, nil},
		{"more are not", "POST", filter, "", occurred(noon.AddDate(0, 0, -15), noon), 422, says(`"loc":["body","filter","occurred"]`, "14 days")},
		{"nor to now", "POST", filter, "", occurred(noon.AddDate(0, 0, -15), nil), 422, says("14 days")},
		{"long ago", "POST", filter, "", occurred(nil, noon.AddDate(-1, 0, 0)), 200, says(`"total":0`)},
		{"in the future", "POST", filter, "", occurred(noon.Add(time.Minute), nil), 422, says(`"loc":["body","filter","occurred","since"]`, "future")},
		{"into the future", "POST", filter, "", occurred(noon, noon.Add(time.Minute)), 200, nil},
		{"turned around", "POST", filter, "", occurred(noon, noon.Add(-time.Minute)), 422, says(`"loc":["body","filter","occurred","until"]`)},
		{"no time", "POST", filter, "", occurred("yesterday", nil), 422, says(`"loc":["body","filter","occurred","since"]`, "datetime_from_date_parsing")},
		{"no such criterion", "POST", filter, "", obj{"filter": obj{"events": 1, "resource": obj{"name": "x"}}}, 422, says(`["body","filter","events"]`, `["body","filter","resource","name"]`, "extra_forbidden")},
		{"no such order", "POST", filter, "", obj{"filter": obj{"order": "asc"}}, 422, says(`["body","filter","order"]`, "'ASC' or 'DESC'")},
		{"too many", "POST", filter, "", obj{"limit": 201, "filter": obj{"limit": -1, "offset": 5001}}, 422, says(`["body","limit"]`, `["body","filter","limit"]`, `["body","filter","offset"]`)},
		{"no pair", "POST", filter, "", obj{"filter": obj{"related": []obj{{"resources_in_roles": [][]string{{"a"}}}}}}, 422, says(`["body","filter","related",0,"resources_in_roles",0]`, "too_short")},
		{"no text", "POST", filter, "", obj{"filter": obj{"text": obj{}}}, 422, says(`["body","filter","text","query"]`, "missing")},
		{"long text", "POST", filter, "", obj{"filter": obj{"text": obj{"query": strings.Repeat("x", 201)}}}, 422, says("string_too_long")},
		{"a member reads", "POST", filter, mocktest.Member, nil, 200, nil},
		{"a member writes", "POST", root + "/events", mocktest.Member, []obj{}, 403, says("create:audit_event")},
		{"none", "POST", root + "/events", "", []obj{}, 204, nil},
		{"no list", "POST", root + "/events", "", obj{}, 422, says(`"loc":["body"]`, "list_type")},
		{"bare", "POST", root + "/events", "", post(obj{}), 422, says(`["body",0,"id"]`, `["body",0,"occurred"]`, `["body",0,"event"]`, `["body",0,"resource"]`)},
		{"a name of the server's", "POST", root + "/events", "", post(obj{"id": eventID(1), "occurred": noon, "event": "prefect-cloud.account.deleted", "resource": labels("x")}), 422, says(`["body",0,"event"]`, "prefect-cloud.")},
		{"resource without an id", "POST", root + "/events", "", post(obj{"id": eventID(1), "occurred": noon, "event": "x", "resource": obj{"a": "b"}}), 422, says(`["body",0,"resource"]`, "prefect.resource.id")},
		{"related without a role", "POST", root + "/events", "", post(obj{"id": eventID(1), "occurred": noon, "event": "x", "resource": labels("x"), "related": []obj{labels("y")}}), 422, says(`["body",0,"related",0]`, "prefect.resource.role")},
		{"labels are texts", "POST", root + "/events", "", post(obj{"id": eventID(1), "occurred": noon, "event": "x", "resource": obj{"prefect.resource.id": 1}}), 422, says(`["body",0,"resource","prefect.resource.id"]`, "string_type")},
		{"one bad spoils all", "POST", root + "/events", "", []obj{
			{"id": eventID(1), "occurred": noon, "event": "x", "resource": labels("x")}, {"id": eventID(2), "occurred": noon, "event": "prefect-cloud.x", "resource": labels("x")},
		}, 422, says(`["body",1,"event"]`)},
		{"none of it stays", "POST", filter, "", nil, 200, says(`{"events":[],"total":0,"next_page":null}`)},
	})
}

// TestEventsNeedThePlan: sending events is for all, reading the trail is not.
func TestEventsNeedThePlan(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - {id: `+mocktest.Account+`, handle: acme, plan: hobby, users: [{email: owner@acme.com, role: Owner, api_key: pnu_owner}]}
`)})
	walk(t, s, []step{
		{"send", "POST", root + "/events", "", []obj{}, 204, nil},
		{"read", "POST", root + "/events/filter", "", nil, 403, says("audit_logs", "Enterprise")},
		{"read on", "GET", root + "/events/filter/next?page-token=x", "", nil, 403, says("audit_logs")},
	})
}

// TestTokensOutliveTheServer: what a server signed and the links that it gave are
// good after a restart.
func TestTokensOutliveTheServer(t *testing.T) {
	t.Parallel()
	cfg := mockcloud.Config{StateFile: filepath.Join(t.TempDir(), "state.db")}
	var nextPage, link string
	t.Run("before", func(t *testing.T) {
		s := mocktest.Start(t, cfg)
		for n := range 2 {
			s.Call("POST", root+"/events", mocktest.Owner, []obj{{"id": eventID(n), "occurred": time.Now(), "event": "x", "resource": labels("x", "tier", "front")}}).Want(204)
		}
		var page eventPage
		s.Call("POST", root+"/events/filter", mocktest.Owner, obj{"limit": 1}).Want(200).Into(&page)
		nextPage = strings.TrimPrefix(*page.NextPage, s.URL)
		s.Call("GET", root+"/sso/setup_url", mocktest.Owner, nil).Want(200).Into(&link)
		link = strings.TrimPrefix(link, s.URL)
	})
	s := mocktest.Start(t, cfg)
	s.Call("GET", nextPage, mocktest.Owner, nil).Want(200, `"total":2`, `"tier":"front"`)
	s.Call("GET", link, "", nil).Want(200, "Set up single sign-on")
}
