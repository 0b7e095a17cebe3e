package driftreport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

const (
	anAccount = "0c1f1d2e-0000-4000-8000-000000000001"
	aMember   = "ed0d119b-df3f-57d3-91e7-adf1c2d5a27a"
)

func TestUUIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][]string{
		strings.ToUpper(aMember):               {aMember},
		"conn_7ZZZZZZZZZZZZZZZZZZZZZZZZZ":      {"ffffffff-ffff-ffff-ffff-ffffffffffff"},
		"conn_00000000000000000000000000":      {"00000000-0000-0000-0000-000000000000"},
		"directory_01ARZ3NDEKTSV4RRFFQ69G5FAV": {"01563e3a-b5d3-d676-4c61-efb99302bd5b"},
		"conn_8ZZZZZZZZZZZZZZZZZZZZZZZZZ":      nil, // more than 128 bits
		"conn_0000000000000000000000000U":      nil, // no digit of a ULID
		"conn_000000000000000000000000000":     nil,
		"conn_-0000000000000000000000000":      nil,
		"":                                     nil, "acme.com": nil,
	} {
		if got := uuids(id); !slices.Equal(got, want) {
			t.Errorf("uuids(%q) = %v, want %v", id, got, want)
		}
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	role := fact{difference: difference{path: "role", attr: "role", before: "Admin", after: "Member"}}
	roleByID := fact{difference: difference{path: "role", attr: "role", before: "Admin", after: aMember}}
	active := fact{difference: difference{path: "active", attr: "active", before: true, after: false}}
	otherID := fact{difference: difference{path: "id", attr: "id", before: aMember, after: anAccount}}
	gone := fact{gone: true}
	inMap := fact{difference: difference{path: "roles", attr: "roles", key: "a@x.io", before: "Member", after: "Owner"}}
	outOfMap := fact{difference: difference{path: "roles", attr: "roles", key: "a@x.io", before: "Member"}}
	owner := map[string]any{"role": "Owner"}
	joined := fact{was: owner, difference: difference{attr: "members", key: "a@x.io", after: "a@x.io", element: true}}
	left := fact{was: owner, difference: difference{attr: "members", key: "a@x.io", before: "a@x.io", element: true}}
	domainGone := fact{gone: true, was: map[string]any{"name": "Acme.com."}}
	domainBack := fact{was: map[string]any{"name": "acme.com"}, difference: difference{path: "id", attr: "id", before: "1", after: "2"}}
	domainMore := fact{difference: difference{path: "names", attr: "names", key: "bücher.example", after: "bücher.example", element: true}}
	domainLess := fact{difference: difference{path: "names", attr: "names", key: "acme.com", before: "acme.com", element: true}}
	inTeam := map[string]any{"team_id": "t", "workspace_id": "w"}
	teamRole := fact{was: inTeam, now: map[string]any{"role": "Owner"}, difference: difference{path: "role_id", attr: "role_id", after: anAccount}}
	teamGone := fact{was: inTeam, gone: true}

	text := func(name string, before, after any) fact {
		return fact{difference: difference{path: name, attr: name, before: before, after: after}}
	}
	for i, tc := range []struct {
		of      func(fact, client.Event) evidence
		f       fact
		action  string
		payload string
		want    evidence
	}{
		{membershipSays, role, "updated", `{"account_role":{"from":"Admin","to":"Member"}}`, agrees},
		{membershipSays, role, "updated", `{"account_role":{"from":"Admin","to":"Owner"}}`, contradicts},
		{membershipSays, role, "updated", `{"active":false}`, contradicts},
		{membershipSays, role, "updated", `{}`, silent},
		{membershipSays, role, "updated", ``, silent},
		{membershipSays, role, "updated", `"words"`, silent},
		{membershipSays, role, "deleted", `{}`, contradicts},
		{membershipSays, role, "created", `{"account_role":"Member"}`, agrees},
		{membershipSays, roleByID, "updated", `{"account_role":{"from":"Admin","to":"Member"}}`, silent},
		{membershipSays, active, "updated", `{"active":false}`, agrees},
		{membershipSays, active, "updated", `{"active":true}`, contradicts},
		{membershipSays, active, "updated", `{"account_role":{"from":"Admin","to":"Member"}}`, contradicts},
		{membershipSays, active, "updated", `{}`, silent},
		{membershipSays, otherID, "created", `{"account_role":"Member"}`, silent},
		{membershipSays, gone, "deleted", ``, agrees},
		{membershipSays, gone, "updated", `{"active":false}`, contradicts},
		{membershipSays, inMap, "updated", `{"account_role":{"from":"Member","to":"Owner"}}`, agrees},
		{membershipSays, inMap, "updated", `{"account_role":{"from":"Owner","to":"Member"}}`, contradicts},
		{membershipSays, outOfMap, "deleted", ``, agrees},
		{membershipSays, outOfMap, "updated", `{"account_role":{"from":"Owner","to":"Member"}}`, contradicts},
		{membershipSays, joined, "updated", `{"account_role":{"from":"Member","to":"Owner"}}`, agrees},
		{membershipSays, joined, "created", `{"account_role":"Owner"}`, agrees},
		{membershipSays, joined, "created", `{"account_role":"Member"}`, contradicts},
		{membershipSays, joined, "deleted", ``, contradicts},
		{membershipSays, left, "updated", `{"account_role":{"from":"Owner","to":"Member"}}`, agrees},
		{membershipSays, left, "updated", `{"account_role":{"from":"Member","to":"Owner"}}`, contradicts},
		{membershipSays, left, "deleted", ``, agrees},
		{membershipSays, left, "created", `{"account_role":"Owner"}`, contradicts},
		{domainSays, domainGone, "updated", `{"added":null,"removed":["acme.com"]}`, agrees},
		{domainSays, domainGone, "updated", `{"added":["acme.com"],"removed":null}`, contradicts},
		{domainSays, domainGone, "updated", `{"added":null,"removed":null,"released":["acme.com"]}`, agrees},
		{domainSays, domainBack, "updated", `{"added":null,"removed":null,"kept":["acme.com"]}`, agrees},
		{domainSays, domainGone, "updated", `{}`, silent},
		{domainSays, domainBack, "updated", `{"added":["acme.com"]}`, agrees},
		{domainSays, domainMore, "updated", `{"added":["xn--bcher-kva.example"]}`, agrees},
		{domainSays, domainLess, "updated", `{"removed":["acme.com"]}`, agrees},
		{domainSays, domainLess, "updated", `{"removed":["other.example"]}`, contradicts},
		{teamRoleSays, teamRole, "updated", `{"team_id":"t","workspace_id":"w","workspace_role":{"from":"Viewer","to":"Owner"}}`, agrees},
		{teamRoleSays, teamRole, "created", `{"team_id":"t","workspace_id":"w","workspace_role":"Owner"}`, agrees},
		{teamRoleSays, teamRole, "updated", `{"team_id":"t","workspace_id":"w","workspace_role":{"from":"Owner","to":"Viewer"}}`, contradicts},
		{teamRoleSays, teamRole, "updated", `{"team_id":"t","workspace_id":"w"}`, silent},
		{teamRoleSays, teamRole, "deleted", `{"team_id":"t","workspace_id":"w","workspace_role":"Viewer"}`, contradicts},
		{teamRoleSays, teamRole, "updated", `{"team_id":"u","workspace_id":"w","workspace_role":{"from":"Viewer","to":"Owner"}}`, contradicts},
		{teamRoleSays, teamRole, "updated", `{"team":"Data","workspace_role":{"from":"Viewer","to":"Owner"}}`, contradicts},
		{teamRoleSays, teamGone, "deleted", `{"team_id":"t","workspace_id":"w","workspace_role":"Viewer"}`, agrees},
		{teamRoleSays, teamGone, "updated", `{"team_id":"t","workspace_id":"w","workspace_role":"Viewer"}`, contradicts},
		{thingSays, gone, "deleted", ``, agrees},
		{thingSays, gone, "updated", ``, contradicts},
		{thingSays, otherID, "updated", `{"state":"active"}`, silent},
		{thingSays, otherID, "updated", `{"state":{"from":"draft","to":"active"}}`, contradicts},
		{thingSays, otherID, "created", `{}`, agrees},
		{thingSays, text("status", "dangling", "applied"), "created", `{}`, contradicts},
		{thingSays, text("status", "dangling", "applied"), "updated", `{"priority":{"from":1,"to":2}}`, contradicts},
		{thingSays, text("name", "a", "b"), "updated", `{"name":{"from":"a","to":"b"},"state":{"from":"x","to":"y"}}`, agrees},
		{thingSays, text("name", "a", "b"), "updated", `{"name":{"from":"b","to":"a"}}`, contradicts},
		{thingSays, text("name", "a", "b"), "updated", `{"name":"b"}`, silent},
		{thingSays, text("name", "a", "b"), "updated", `[]`, silent},
		{thingSays, text("link", "a", nil), "updated", `{"link":{"from":"a","to":null}}`, agrees},
		{thingSays, text("link", "a", nil), "updated", `{"link":{"from":"a","to":"b"}}`, contradicts},
		{thingSays, text("auth_expiration_seconds", nil, json.Number("60")), "updated", `{"auth_expiration_seconds":{"from":null,"to":60}}`, agrees},
		{thingSays, text("auth_expiration_seconds", nil, json.Number("60")), "updated", `{"auth_expiration_seconds":{"from":null,"to":30}}`, contradicts},
		{thingSays, text("auth_expiration_seconds", nil, json.Number("60")), "updated", `{"name":{"from":"a","to":"b"}}`, contradicts},
		{thingSays, text("enabled", true, false), "updated", `{"state":{"from":"linked","to":"unlinked"}}`, agrees},
		{thingSays, text("enabled", true, false), "updated", `{"state":{"from":"unlinked","to":"linked"}}`, contradicts},
		{thingSays, text("enabled", false, true), "updated", `{"state":{"from":"validating","to":"linked"}}`, contradicts},
		{thingSays, text("default_role", "Member", "Owner"), "updated", `{"default_account_role":{"from":"Member","to":"Owner"}}`, agrees},
		{thingSays, text("default_role", "Member", aMember), "updated", `{"default_account_role":{"from":"Member","to":"Owner"}}`, agrees},
		{thingSays, text("default_role", "Member", "Admin"), "updated", `{"default_account_role":{"from":"Member","to":"Owner"}}`, contradicts},
		{thingSays, fact{difference: difference{path: "saml.entity_id", attr: "saml", after: "x"}}, "updated", `{"name":{"from":"a","to":"b"},"saml.idp_entity_id":{"from":"","to":"x"}}`, silent},
		{thingSays, fact{difference: difference{path: "oidc.issuer", attr: "oidc", after: "x"}}, "updated", `{"oidc.client_id":{"from":"a","to":"b"},"oidc.issuer":{"from":"","to":"x"}}`, agrees},
		{thingSays, domainLess, "updated", `{"names":{"from":["acme.com","b.example"],"to":["b.example"]}}`, agrees},
		{thingSays, domainLess, "updated", `{"names":{"from":["acme.com"],"to":["acme.com","b.example"]}}`, contradicts},
		{thingSays, domainMore, "updated", `{"names":{"from":null,"to":["xn--bcher-kva.example"]}}`, agrees},
		{thingSays, otherID, "deleted", ``, contradicts},
	} {
		e := client.Event{Name: "prefect-cloud.thing." + tc.action, Payload: json.RawMessage(tc.payload)}
		if got := tc.of(tc.f, e); got != tc.want {
			t.Errorf("case %d (%+v, %s %s): %d, want %d", i, tc.f, tc.action, tc.payload, got, tc.want)
		}
	}
}

// fakeTrail answers every query with the events that it asks for by name prefix.
type fakeTrail struct {
	queries []client.EventQuery
	events  []client.Event
	err     error
}

func (a *fakeTrail) ListEvents(_ context.Context, _ string, q client.EventQuery) ([]client.Event, error) {
	a.queries = append(a.queries, q)
	var out []client.Event
	for _, e := range a.events {
		if strings.HasPrefix(e.Name, q.NamePrefixes[0]) {
			out = append(out, e)
		}
	}
	return out, a.err
}

func roleEvent(minute int, id, email, payload, actor string) client.Event {
	return client.Event{
		ID: fmt.Sprint(minute), Name: "prefect-cloud.account-membership.updated",
		Occurred: time.Date(2026, 11, 22, 8, minute, 0, 0, time.UTC), Payload: json.RawMessage(payload),
		Resource: map[string]string{client.LabelResourceID: "prefect-cloud.account-membership." + id, client.LabelResourceName: email},
		Related: []map[string]string{{
			client.LabelResourceRole: "actor", client.LabelResourceName: actor, client.LabelResourceID: "prefect-cloud.user." + actor,
		}},
	}
}

func driftOf(resource string, was map[string]any, diffs ...difference) *found {
	was["account_id"] = anAccount
	d := drifted{address: resource + ".this", resource: resource, by: make([]culprit, len(diffs)), remedies: make([]string, len(diffs))}
	for _, diff := range diffs {
		d.facts = append(d.facts, fact{difference: diff, was: was})
	}
	return &found{drifted: []drifted{d}}
}

// The newest event that tells of it counts; one that tells of something else, or
// of somebody else, does not, however new it is.
func TestWho(t *testing.T) {
	t.Parallel()
	toMember := `{"account_role":{"from":"Admin","to":"Member"}}`
	diff := difference{path: "role", attr: "role", before: "Admin", after: "Member"}
	for name, tc := range map[string]struct {
		events []client.Event
		want   string
	}{
		"none":          {nil, "by whom is unknown: no event since 2026-11-08 08:00:00 UTC tells of it"},
		"one":           {[]client.Event{roleEvent(1, aMember, "ada@x.io", toMember, "eve")}, "by eve, 2026-11-22 08:01:00 UTC"},
		"by email only": {[]client.Event{roleEvent(1, anAccount, "Ada@x.io", toMember, "eve")}, "by eve, 2026-11-22 08:01:00 UTC"},
		"the newer of two": {
			[]client.Event{roleEvent(1, aMember, "ada@x.io", toMember, "bob"), roleEvent(2, aMember, "ada@x.io", toMember, "eve")},
			"by eve, 2026-11-22 08:02:00 UTC",
		},
		"a newer one about the opposite": {
			[]client.Event{roleEvent(1, aMember, "ada@x.io", toMember, "eve"), roleEvent(2, aMember, "ada@x.io", `{"account_role":{"from":"Member","to":"Admin"}}`, "bob")},
			"by eve, 2026-11-22 08:01:00 UTC",
		},
		"only about somebody else": {
			[]client.Event{roleEvent(1, anAccount, "bob@x.io", toMember, "eve")},
			"by whom is unknown: no event since 2026-11-08 08:00:00 UTC tells of it",
		},
		"one that does not say": {
			[]client.Event{roleEvent(1, aMember, "ada@x.io", `{}`, "eve")},
			"last changed by eve, 2026-11-22 08:01:00 UTC; the event does not say what",
		},
		"several that do not say": {
			[]client.Event{roleEvent(1, aMember, "ada@x.io", `{}`, "eve"), roleEvent(2, aMember, "ada@x.io", `{}`, "bob"), roleEvent(3, aMember, "ada@x.io", `{}`, "eve")},
			"by one of these, the events do not say which: eve, 2026-11-22 08:03:00 UTC; bob, 2026-11-22 08:02:00 UTC",
		},
		"one that tells and a later one that does not say": {
			[]client.Event{roleEvent(0, aMember, "ada@x.io", `{}`, "zoe"), roleEvent(1, aMember, "ada@x.io", toMember, "eve"), roleEvent(2, aMember, "ada@x.io", `{}`, "bob")},
			"by one of these, the events do not say which: bob, 2026-11-22 08:02:00 UTC; eve, 2026-11-22 08:01:00 UTC",
		},
		"one person who tells and then does not say": {
			[]client.Event{roleEvent(1, aMember, "ada@x.io", toMember, "eve"), roleEvent(2, aMember, "ada@x.io", `{}`, "eve")},
			"by eve, 2026-11-22 08:01:00 UTC",
		},
		"an event without an actor": {
			[]client.Event{{
				Name: "prefect-cloud.account-membership.updated", Payload: json.RawMessage(toMember),
				Resource: map[string]string{client.LabelResourceID: "prefect-cloud.account-membership." + aMember},
			}},
			"by an actor whom the event does not name, 0001-01-01 00:00:00 UTC",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := driftOf("prefectsso_member_role", map[string]any{"id": aMember, "email": "ADA@x.io"}, diff)
			until := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
			r.name(look(context.Background(), &fakeTrail{events: tc.events}, r, until.Add(-client.EventWindow), until, progress.Silent{}))
			if got := r.drifted[0].by[0].words(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// Where there are more events than are read, the report does not claim to know the rest.
func TestWhoBehindTheBound(t *testing.T) {
	t.Parallel()
	events := slices.Repeat([]client.Event{roleEvent(3, anAccount, "bob@x.io", `{}`, "bob")}, maxEvents)
	r := driftOf("prefectsso_member_role", map[string]any{"id": aMember}, difference{path: "role", attr: "role", after: "Member"})
	r.name(look(context.Background(), &fakeTrail{events: events}, r, time.Time{}, time.Time{}, progress.Silent{}))
	if got, want := r.drifted[0].by[0].unknown, "no event since 2026-11-22 08:03:00 UTC tells of it"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for want, actor := range map[string]map[string]string{
		"an actor whom the event does not name": nil,
		"eve@x.io":                              {client.LabelResourceID: "prefect-cloud.user.1", client.LabelResourceName: "eve@x.io"},
		"ci (service account)":                  {client.LabelResourceID: "prefect-cloud.service-account.1", client.LabelResourceName: "ci"},
		"Okta (directory)":                      {client.LabelResourceID: "prefect-cloud.directory.1", client.LabelResourceName: "Okta"},
		"prefect-cloud.user.2":                  {client.LabelResourceID: "prefect-cloud.user.2"},
	} {
		if got := nameOf(actor); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The same person in another account is somebody else.
func TestWhoInAnotherAccount(t *testing.T) {
	t.Parallel()
	diff := difference{path: "role", attr: "role", before: "Admin", after: "Member"}
	r := driftOf("prefectsso_member_role", map[string]any{"email": "ada@x.io"}, diff)
	l := look(context.Background(), &fakeTrail{events: []client.Event{roleEvent(1, aMember, "ada@x.io", `{}`, "eve")}}, r, time.Time{}, time.Time{}, progress.Silent{})
	for account, want := range map[string]string{"": "the plan does not say which account it is in", aMember: "no event since "} {
		f := fact{difference: diff, was: map[string]any{"email": "ada@x.io", "account_id": account}}
		if got := l.who(typedFact{f, "prefectsso_member_role"}).unknown; !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestWhoUnknown(t *testing.T) {
	t.Parallel()
	diff := difference{path: "role", attr: "role", before: "Admin", after: "Member"}
	for name, tc := range map[string]struct {
		resource string
		err      error
		want     string
	}{
		"another provider's": {"random_pet", nil, "which events tell of this resource type is not known"},
		"no permission":      {"prefectsso_member_role", &client.APIError{Status: 403}, "the key may not read the audit trail (read:audit_event)"},
		"no such feature":    {"prefectsso_member_role", &client.PlanLimitError{Err: &client.APIError{Status: 403}}, "the account's plan has no audit trail"},
		"no answer":          {"prefectsso_member_role", errors.New("no\x1b route"), "the audit trail could not be read: no route"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &fakeTrail{err: tc.err}
			r := driftOf(tc.resource, map[string]any{"id": aMember, "email": "ada@x.io"}, diff)
			r.name(look(context.Background(), api, r, time.Time{}, time.Time{}, progress.Silent{}))
			if got := r.drifted[0].by[0].unknown; got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if len(api.queries) > 1 {
				t.Errorf("%d queries after a refusal, want 1", len(api.queries))
			}
		})
	}
}

// 1,000 people are asked about in few requests, each person once; of one map, only those who are shown.
func TestLookAsksForManyAtOnce(t *testing.T) {
	t.Parallel()
	var diffs []difference
	for i := range 1000 {
		diffs = append(diffs, difference{path: "roles", attr: "roles", key: fmt.Sprintf("P%d@x.io", i%500), before: "Member", after: "Owner"})
	}
	r := driftOf("prefectsso_member_roles", map[string]any{}, diffs...)
	for name, tc := range map[string]struct {
		facts           []typedFact
		queries, people int
	}{
		"all":   {allFacts(r), 5, 500},
		"shown": {r.facts(), 1, maxFacts},
	} {
		asked := map[string]int{}
		got := queries(tc.facts)
		for _, q := range got {
			for _, name := range q.ResourceNames {
				asked[name]++
			}
		}
		if len(got) != tc.queries || len(asked) != 2*tc.people || asked["p7@x.io"] != 1 || asked["P7@x.io"] != 1 {
			t.Errorf("%s: %d queries about %d spellings, want %d about 2 of %d people", name, len(got), len(asked), tc.queries, tc.people)
		}
	}
}

func allFacts(r *found) []typedFact {
	var out []typedFact
	for _, f := range r.drifted[0].facts {
		out = append(out, typedFact{f, r.drifted[0].resource})
	}
	return out
}

// noTrail are resources of which nothing can drift: a link that is dead soon, and a measurement.
var noTrail = []string{"prefectsso_setup_link", "prefectsso_scim_probe"}

func TestTrailsOfAllResources(t *testing.T) {
	t.Parallel()
	for _, newResource := range provider.New("test")().Resources(t.Context()) {
		var got resource.MetadataResponse
		newResource().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "prefectsso"}, &got)
		if _, known := trails[got.TypeName]; !known && !slices.Contains(noTrail, got.TypeName) {
			t.Errorf("%s has no row in trails, so nobody is named who changes one", got.TypeName)
		}
	}
}
