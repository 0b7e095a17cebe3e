package client

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
)

func TestListBotAccess(t *testing.T) {
	t.Parallel()
	var got []sent
	c := recorder(t, http.StatusOK, `[{"id":"x","workspace_id":"w","workspace_role_id":"r","actor_id":"a1","bot_id":"b1","bot_name":"deploy"}]`, &got)
	rows, err := c.ListBotAccess(t.Context(), "a", "w")
	if want := []BotAccess{{ID: "x", BotID: "b1", RoleID: "r"}}; err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("got %+v, %v", rows, err)
	}
	if want := []sent{{"POST", "/workspaces/w/bot_access/filter", `{"limit":200,"offset":0}`}}; !reflect.DeepEqual(got, want) {
		t.Errorf("sent %v", got)
	}
}

// A route that is not there is another thing than a workspace that is gone, and than an account that is not there.
func TestBotAccessNotOffered(t *testing.T) {
	t.Parallel()
	const there, gone, hidden = http.StatusOK, http.StatusNotFound, http.StatusForbidden
	for name, test := range map[string]struct {
		route, workspace, account int
		want                      string
	}{
		"no route":                     {gone, there, there, "not offered"},
		"no such method":               {http.StatusMethodNotAllowed, there, there, "not offered"},
		"no route, workspace hidden":   {gone, hidden, there, "not offered"},
		"workspace gone":               {gone, gone, there, "not found"},
		"workspace gone, no method":    {http.StatusMethodNotAllowed, gone, there, "not found"},
		"another account":              {gone, gone, gone, "no account"},
		"refused":                      {hidden, there, there, "forbidden"},
		"workspace cannot be read now": {gone, http.StatusUnprocessableEntity, there, "something else"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				status := map[string]int{
					"/api/accounts/a/workspaces/w/bot_access/filter": test.route, "/api/accounts/a/workspaces/w": test.workspace, "/api/accounts/a": test.account,
				}[r.URL.Path]
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`{"detail":"no","id":"a"}`)) // the client sees what arrives
			}))
			_, err := c.ListBotAccess(t.Context(), "a", "w")
			var elsewhere *AccountNotFoundError
			got := "something else"
			switch {
			case err == nil:
				got = "no error"
			case IsNotOffered(err):
				got = "not offered"
			case IsNotFound(err):
				got = "not found"
			case errors.As(err, &elsewhere):
				got = "no account"
			case IsForbidden(err):
				got = "forbidden"
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}
