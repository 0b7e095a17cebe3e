package scim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// get lists by GET; parameters are pairs.
func (w *world) get(below string, parameters ...string) obj {
	w.t.Helper()
	return w.made("GET", below+"?"+query(parameters...), nil)
}

func query(parameters ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return values.Encode()
}

// TestFilters: what is found, by index or by looking, by GET and by POST.
func TestFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.addUser("Ada@acme.com", obj{"externalId": "X1", "title": "Countess", "emails": []obj{{"value": "ada@acme.com", "type": "work"}, {"value": "x@home.example", "type": "home"}}})
	w.clock.Advance(time.Hour)
	bob := w.addUser("bob@acme.com", obj{
		"externalId": "x1", "active": false, "name": obj{"familyName": "Builder"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": obj{"department": "Sites"},
	})
	cy := w.addUser("cy@acme.com", obj{"externalId": "X1"})
	sites := w.addGroup("Sites", ada, bob)
	wide := w.addGroup("Wide", cy, sites)
	w.addGroup("Empty")
	for _, test := range []struct{ at, filter, want string }{
		{"/Users", `userName eq "ada@ACME.com"`, "Ada@acme.com"},
		{"/Users", `urn:ietf:params:scim:schemas:core:2.0:User:userName EQ "ada@acme.com"`, "Ada@acme.com"},
		{"/Users", `userName eq "nobody"`, ""},
		{"/Users", `userName eq "ada@acme.com" and active eq false`, ""},
		{"/Users", `externalId eq "X1"`, "Ada@acme.com cy@acme.com"},
		{"/Users", `externalId eq "x1"`, "bob@acme.com"},
		{"/Users", `externalId eq "X1" and userName eq "cy@acme.com"`, "cy@acme.com"},
		{"/Users", `id eq "` + ada + `"`, "Ada@acme.com"},
		{"/Users", `id eq "` + strings.ToUpper(ada) + `"`, ""},
		{"/Users", `userName eq "ada@acme.com" or externalId eq "x1"`, "Ada@acme.com bob@acme.com"},
		{"/Users", `not (userName eq "ada@acme.com")`, "bob@acme.com cy@acme.com"},
		{"/Users", `userName sw "c" or userName co "OB@"`, "bob@acme.com cy@acme.com"},
		{"/Users", `active eq "False"`, "bob@acme.com"},
		{"/Users", `title pr`, "Ada@acme.com"},
		{"/Users", `name.familyName eq "builder"`, "bob@acme.com"},
		{"/Users", `emails[type eq "work" and value co "@acme"]`, "Ada@acme.com"},
		{"/Users", `emails[type eq "work" and value co "@home"]`, ""},
		{"/Users", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sites"`, "bob@acme.com"},
		{"/Users", `meta.lastModified gt "2026-01-01T12:30:00Z"`, "bob@acme.com cy@acme.com"},
		{"/Users", `meta.resourceType eq "Group"`, ""},
		{"/Users", `groups.value eq "` + sites + `"`, "Ada@acme.com bob@acme.com"},
		{"/Users", `groups[display eq "wide"]`, "Ada@acme.com bob@acme.com cy@acme.com"},
		{"/Users", `groups[display eq "wide" and type eq "direct"]`, "cy@acme.com"},
		{"/Users", `not (groups pr)`, ""},
		{"/Groups", `displayName eq "Sites"`, "Sites"},
		{"/Groups", `displayName eq "SITES"`, "Sites"},
		{"/Groups", `displayName sw "s"`, "Sites"},
		{"/Groups", `id eq "` + sites + `" and members eq "` + ada + `"`, "Sites"},
		{"/Groups", `id eq "` + sites + `" and members eq "` + cy + `"`, ""},
		{"/Groups", `members.value eq "` + ada + `" or members[value eq "` + cy + `"]`, "Sites Wide"},
		{"/Groups", `not (members.value eq "` + ada + `")`, "Wide Empty"},
		{"/Groups", `members pr`, "Sites Wide"},
		{"/Groups", `members[type eq "Group"]`, "Wide"},
		{"/Groups", `members.value eq "` + sites + `"`, "Wide"},
		{"", `displayName co "i" or userName eq "CY@acme.com"`, "cy@acme.com Sites Wide"},
		{"", `meta.resourceType eq "Group" and members eq "` + cy + `"`, "Wide"},
		{"", `id eq "` + wide + `"`, "Wide"},
	} {
		t.Run(test.at+" "+test.filter, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			found := w.get(test.at+"/", "filter", test.filter)
			byPost := w.made("POST", test.at+"/.search", obj{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": test.filter})
			if text(found, "Resources") != text(byPost, "Resources") {
				t.Errorf("by GET %v\nby POST %v", found, byPost)
			}
			got := namesOf(found)
			if strings.Join(got, " ") != test.want || text(found, "totalResults") != strconv.Itoa(len(got)) || text(found, "itemsPerPage") != strconv.Itoa(len(got)) || text(found, "startIndex") != "1" {
				t.Errorf("found %q of %s, want %q", got, text(found, "totalResults"), test.want)
			}
		})
	}
}

// namesOf are the users and groups on a page.
func namesOf(page obj) []string {
	list := page["Resources"]
	out := each(list, "userName")
	for i, name := range each(list, "displayName") {
		if out[i] == "" {
			out[i] = name
		}
	}
	return out
}

// people adds users named 00 and up, and gives the names.
func (w *world) people(n int) []string {
	out := make([]string, n)
	for i := range n {
		out[i] = fmt.Sprintf("%02d@acme.com", i)
		w.addUser(out[i], obj{"title": fmt.Sprint("t", (n-i)/2)})
	}
	return out
}

// TestPages: index by index (RFC 7644, 3.4.2.4).
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := w.people(7)
	for _, filter := range []string{"", `userName co "@"`} {
		for _, test := range []struct{ start, count, begins, has string }{
			{"", "", "1", "0 1 2 3 4 5 6"},
			{"1", "3", "1", "0 1 2"},
			{"4", "3", "4", "3 4 5"},
			{"7", "3", "7", "6"},
			{"8", "3", "8", ""},
			{"-5", "2", "1", "0 1"},
			{"2", "0", "2", ""},
			{"2", "-1", "2", ""},
			{"1", "1000000", "1", "0 1 2 3 4 5 6"},
			{"99999999999999999999", "1", strconv.Itoa(1<<31 - 1), ""},
		} {
			t.Run(filter+test.start+" "+test.count, func(t *testing.T) {
				t.Parallel()
				w := w.in(t)
				parameters := []string{"filter", filter}
				if test.start != "" {
					parameters = append(parameters, "startIndex", test.start, "count", test.count)
				}
				page := w.get("/Users", parameters...)
				var want []string
				for _, i := range strings.Fields(test.has) {
					n, err := strconv.Atoi(i)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, names[n])
				}
				if got := namesOf(page); !slices.Equal(got, want) || text(page, "totalResults") != "7" ||
					text(page, "itemsPerPage") != strconv.Itoa(len(want)) || text(page, "startIndex") != test.begins {
					t.Errorf("%v", page)
				}
			})
		}
	}
}

// TestMostOnAPage: 200, and 100 unless the caller says.
func TestMostOnAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(205)
	for parameter, want := range map[string]string{"": "100", "?count=200": "200", "?count=201": "200", "?cursor": "100", "?cursor=&count=201": "200"} {
		page := w.made("GET", "/Users"+parameter, nil)
		if text(page, "itemsPerPage") != want || text(page, "totalResults") != "205" {
			t.Errorf("%q: %s of %s", parameter, text(page, "itemsPerPage"), text(page, "totalResults"))
		}
	}
}

// TestCursors: page by page, while users come and go (RFC 9865).
func TestCursors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parameters []string
		want       string
	}{
		"all":               {nil, "0 1 | 2 3 | 4 5 | 6 9"},
		"filtered":          {[]string{"filter", `not (userName sw "03")`}, "0 1 | 2 4 | 5 6 | 9"},
		"sorted":            {[]string{"sortBy", "userName"}, "0 1 | 2 3 | 4 5 | 6 9"},
		"sorted by equals":  {[]string{"sortBy", "active"}, "0 1 | 2 3 | 4 5 | 6 9"},
		"sorted descending": {[]string{"sortBy", "userName", "sortOrder", "descending"}, "6 5 | 4 3 | 2 1 | 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.people(7)
			cursor := ""
			var got []string
			for page := 0; ; page++ {
				shown := w.get("/Users", append([]string{"cursor", cursor, "count", "2"}, test.parameters...)...)
				if shown["startIndex"] != nil || text(shown, "totalResults") == "" {
					t.Errorf("%v", shown)
				}
				if page > 0 {
					got = append(got, "|")
				}
				for _, name := range namesOf(shown) {
					got = append(got, strings.TrimPrefix(strings.TrimSuffix(name, "@acme.com"), "0"))
				}
				if cursor = text(shown, "nextCursor"); cursor == "" {
					break
				}
				if page == 0 {
					// The last one shown goes, and a new one comes.
					w.send("DELETE", "/Users/"+each(shown["Resources"], "id")[1], nil).Want(http.StatusNoContent)
					w.addUser("09@acme.com")
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", strings.Join(got, " "), test.want)
			}
		})
	}
}

// TestCursorOfEverything: users come first, then groups.
func TestCursorOfEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(3)
	w.addGroup("a")
	w.addGroup("b")
	var got []string
	for cursor := ""; ; {
		page := w.get("/", "cursor", cursor, "count", "2")
		got = append(got, namesOf(page)...)
		if cursor = text(page, "nextCursor"); cursor == "" {
			break
		}
	}
	if want := []string{"00@acme.com", "01@acme.com", "02@acme.com", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestBadCursors: each is refused with the RFC's type.
func TestBadCursors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(3)
	cursor := text(w.get("/Users", "cursor", "", "count", "1"), "nextCursor")
	other := newWorld(t)
	other.people(2)
	foreign := text(other.get("/Users", "cursor", "", "count", "1"), "nextCursor")
	for name, test := range map[string]struct {
		at, query, scimType string
	}{
		"made up":        {"/Users", query("cursor", "x"), "invalidCursor"},
		"changed":        {"/Users", query("cursor", cursor[1:]), "invalidCursor"},
		"of another":     {"/Users", query("cursor", foreign), "invalidCursor"},
		"another filter": {"/Users", query("cursor", cursor, "filter", "title pr"), "invalidCursor"},
		"another order":  {"/Users", query("cursor", cursor, "sortBy", "userName"), "invalidCursor"},
		"another kind":   {"/Groups", query("cursor", cursor), "invalidCursor"},
		"bad count":      {"/Users", query("cursor", cursor, "count", "x"), "invalidCount"},
		"both ways":      {"/Users", query("cursor", cursor, "startIndex", "1"), "invalidValue"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.failed(w.send("GET", test.at+"?"+test.query, nil), http.StatusBadRequest, test.scimType)
		})
	}
	w.clock.Advance(time.Hour + time.Second)
	w.failed(w.send("GET", "/Users?"+query("cursor", cursor), nil), http.StatusBadRequest, "expiredCursor", "ask for the first page again")
}

// TestSort: RFC 7644, 3.4.2.3.
func TestSort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser("Bob@acme.com", obj{"externalId": "b", "title": "x", "emails": []obj{{"value": "z@acme.com"}, {"value": "a1@acme.com", "primary": true}}})
	w.addUser("ada@acme.com", obj{"externalId": "C", "active": false, "name": obj{"familyName": "z"}})
	w.addUser("cy@acme.com", obj{"externalId": "a", "title": "X", "name": obj{"familyName": "B"}, "emails": []obj{{"value": "B1@acme.com"}, {"value": "c@acme.com"}}})
	for _, test := range []struct{ by, order, want string }{
		{"userName", "", "ada Bob cy"},
		{"USERNAME", "Descending", "cy Bob ada"},
		{"externalId", "", "ada cy Bob"},
		{"title", "", "Bob cy ada"},
		{"title", "descending", "ada Bob cy"},
		{"name.familyName", "ascending", "cy ada Bob"},
		{"emails", "", "Bob cy ada"},
		{"emails.value", "", "Bob cy ada"},
		{"active", "", "ada Bob cy"},
		{"meta.created", "descending", "cy ada Bob"},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "", "Bob ada cy"},
		{"groups.display", "", "Bob ada cy"},
	} {
		page := w.get("/Users", "sortBy", test.by, "sortOrder", test.order)
		if got := strings.ReplaceAll(strings.Join(namesOf(page), " "), "@acme.com", ""); got != test.want {
			t.Errorf("by %s %s: %q, want %q", test.by, test.order, got, test.want)
		}
	}
}

// TestProjection: attributes and excludedAttributes (RFC 7644, 3.9).
func TestProjection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addUser("ada@acme.com", obj{"title": "x", "name": obj{"givenName": "Ada", "familyName": "King"}})
	w.addGroup("team", id)
	for parameters, want := range map[string]string{
		"attributes=userName":                                                  `{"id":"ID","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@acme.com"}`,
		"attributes=name.givenName,TITLE":                                      `{"id":"ID","name":{"givenName":"Ada"},"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"title":"x"}`,
		"attributes=groups.display":                                            `{"groups":[{"display":"team"}],"id":"ID","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
		"excludedAttributes=meta,groups":                                       `{"active":true,"id":"ID","name":{"familyName":"King","givenName":"Ada"},"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"title":"x","userName":"ada@acme.com"}`,
		"attributes=password,%20nonsense":                                      `{"id":"ID","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
		"excludedAttributes=id,schemas,meta,groups,name,title,active,userName": `{"id":"ID","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`,
	} {
		want = strings.Replace(want, "ID", id, 1)
		if got := w.send("GET", "/Users/"+id+"?"+parameters, nil).Body; got != want {
			t.Errorf("%s shows %s, want %s", parameters, got, want)
		}
		if list := w.send("GET", "/Users?"+parameters, nil).Body; !strings.HasSuffix(list, `"Resources":[`+want+`]}`) {
			t.Errorf("%s lists %s, want %s", parameters, list, want)
		}
	}
	made := w.made("POST", "/Users?attributes=id", user("bob@acme.com"))
	if len(made) != 2 {
		t.Errorf("made %v", made)
	}
	found := w.made("POST", "/.search", obj{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": `title eq "x"`,
		"attributes": []string{"title"}, "sortBy": "title", "count": 1, "startIndex": 1,
	})
	if got := text(found, "Resources"); got != strings.Replace(`[{"id":"ID","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"title":"x"}]`, "ID", id, 1) {
		t.Errorf("found %s", got)
	}
}
