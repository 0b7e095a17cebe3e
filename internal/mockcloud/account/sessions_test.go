package account_test

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/account"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scenario"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// withStore is the ready-made account behind the account API, and its store.
func withStore(t *testing.T, clock *mocktest.Clock, log io.Writer) (*mocktest.Server, *store.Store) {
	t.Helper()
	state := store.New(store.Options{Clock: clock.Now})
	if err := state.Reset(scenario.Default().Seed); err != nil {
		t.Fatal(err)
	}
	rt := router.New(router.Options{Store: state, Logger: slog.New(slog.NewTextHandler(log, nil)), Clock: clock.Now})
	t.Cleanup(rt.Close)
	rt.Add(account.Routes(account.Options{})...)
	return mocktest.Serve(t, rt), state
}

// logIn makes a session and returns its id and token.
func logIn(t *testing.T, state *store.Store, email, address, agent string, expires time.Time) (id, token string) {
	t.Helper()
	if err := state.Update(store.Actor{}, func(tx *store.Tx) error {
		u, ok := tx.UserByEmail(email)
		if !ok {
			return fmt.Errorf("nobody is called %s", email)
		}
		s, secret, err := tx.AddSession(store.NewSession{UserID: u.ID, IPAddress: address, UserAgent: agent, Expires: expires})
		if err != nil {
			return err
		}
		id, token = s.ID.String(), secret
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return id, token
}

func TestSessions(t *testing.T) {
	t.Parallel()
	clock := mocktest.NewClock()
	s, state := withStore(t, clock, io.Discard)
	const path, ada = "/api/me/sessions", mocktest.Member
	soon, late := clock.Now().Add(time.Hour), clock.Now().Add(10*time.Hour)
	office, token := logIn(t, state, "ada@acme.com", "192.0.2.1", "Firefox", soon)
	home, homeToken := logIn(t, state, "ada@acme.com", "2001:DB8::1", "", late)
	foreign, _ := logIn(t, state, "grace@acme.com", "192.0.2.9", "", late)

	f := func(filter obj) obj { return obj{"filter": filter} }
	for name, tt := range map[string]struct {
		body any
		want []string
	}{
		"all":             {nil, []string{office, home}},
		"page":            {obj{"limit": 1, "offset": 1}, []string{home}},
		"address":         {f(obj{"ip_address": obj{"any_": []string{"192.0.2.1"}}}), []string{office}},
		"part of it":      {f(obj{"ip_address": obj{"like_": "db8"}}), []string{home}},
		"location":        {f(obj{"location": obj{"like_": "Lo"}}), nil},
		"ends by then":    {f(obj{"expires_at": obj{"before_": soon.Unix()}}), []string{office}},
		"ends from":       {f(obj{"expires_at": obj{"after_": soon.Unix() + 1}}), []string{home}},
		"restricted":      {f(obj{"restricted": obj{"is_restricted_": true}}), nil},
		"not restricted":  {f(obj{"restricted": obj{"is_restricted_": false}}), []string{office, home}},
		"nothing at all":  {f(obj{"ip_address": nil, "restricted": obj{}}), []string{office, home}},
		"nobody's places": {f(obj{"ip_address": obj{"any_": []string{}}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var rows []mocktest.Row
			s.In(t).Call("POST", path+"/filter", ada, tt.body).Want(200).Into(&rows)
			var got []string
			for _, row := range rows {
				got = append(got, row.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	walk(t, s, []step{
		{"list", "GET", path, ada, nil, 200, says(`"ip_address":"192.0.2.1"`, `"user_agent":"Firefox"`, `"user_agent":null`, fmt.Sprintf(`"expires_at":%d`, soon.Unix()), `"restricted":false`)},
		{"a login counts", "GET", "/api/users/" + s.MemberNamed("ada@acme.com").UserID, ada, nil, 200, says(`"last_login":"2026-01-01T12:00:00`)},
		{"a service account", "GET", path, mocktest.Terraform, nil, 403, says("for users")},
		{"bad filter", "POST", path + "/filter", ada, f(obj{"expires_at": obj{"before_": "noon"}}), 422, says(`"loc":["body","filter","expires_at","before_"]`, "int_parsing")},
		{"unknown criterion", "POST", path + "/filter", ada, f(obj{"ip": obj{}}), 422, says(`"loc":["body","filter","ip"]`, "extra_forbidden")},
		{"its token is a key", "GET", root, token, nil, 200, says("acme")},
		{"end another's", "POST", path + "/" + foreign + "/terminate", ada, nil, 404, says("Session not found")},
		{"end an unknown one", "POST", path + "/" + noone + "/terminate", ada, nil, 404, says("Session not found")},
		{"end no id", "POST", path + "/x/terminate", ada, nil, 422, says(`"loc":["path","session_id"]`)},
		{"end", "POST", path + "/" + home + "/terminate", token, nil, 200, says(`"id":"`+home+`"`, fmt.Sprintf(`"expires_at":%d`, clock.Now().Unix()))},
		{"its token is dead", "GET", root, homeToken, nil, 401, nil},
		{"end again", "POST", path + "/" + home + "/terminate", ada, nil, 404, nil},
	})
	clock.Advance(time.Hour)
	s.Call("GET", root, token, nil).Want(401)
	s.Call("GET", path, ada, nil).Want(200, "[]")
	s.Call("POST", path+"/"+office+"/terminate", ada, nil).Want(404)
}
