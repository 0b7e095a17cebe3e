package provider

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// teamServer answers every question, such as for teams, with these, from the look on that is given.
func teamServer(t *testing.T, from int32, teams ...map[string]any) (*providerData, *atomic.Int32) {
	t.Helper()
	var looks atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rows := []map[string]any{}
		if looks.Add(1) >= from {
			rows = teams
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(rows); err != nil {
			t.Error(err)
		}
	}))
	c, err := client.New(client.Config{Endpoint: server.URL, APIKey: "pnu_test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return &providerData{client: c}, &looks
}

// The group's team arrives while Terraform waits: the third look finds it.
func TestFindTeamWaits(t *testing.T) {
	t.Parallel()
	s, looks := teamServer(t, 3, map[string]any{"id": "t1", "name": "Engineers", "workos_directory_group_id": "directory_group_1"})
	team, err := s.findTeam(t.Context(), "a", &teamRef{DirectoryGroup: types.StringValue("Engineers")}, time.Minute)
	if err != nil || team.ID != "t1" || looks.Load() != 3 {
		t.Errorf("found %+v, %v in %d looks; want t1 in 3", team, err, looks.Load())
	}
}

func TestFindTeam(t *testing.T) {
	t.Parallel()
	byHand := map[string]any{"id": "t1", "name": "Engineers"}
	tied := map[string]any{"id": "t2", "name": "Sales", "workos_directory_group_id": "directory_group_2"}
	for name, test := range map[string]struct {
		ref    teamRef
		teams  []map[string]any
		want   string
		absent string
	}{
		"by name":             {teamRef{Name: types.StringValue("Engineers")}, []map[string]any{byHand}, "t1", ""},
		"by group":            {teamRef{DirectoryGroup: types.StringValue("Sales")}, []map[string]any{tied}, "t2", ""},
		"by group id":         {teamRef{DirectoryGroup: types.StringValue("directory_group_2")}, []map[string]any{byHand, tied}, "t2", ""},
		"by another group id": {teamRef{DirectoryGroup: types.StringValue("directory_group_3")}, []map[string]any{byHand, tied}, "", "directory group \"directory_group_3\" arrived in account a; it has Sales."},
		"a team made by hand": {teamRef{DirectoryGroup: types.StringValue("Engineers")}, []map[string]any{byHand}, "", "it has no such team at all"},
		"nobody's name":       {teamRef{Name: types.StringValue("Nobody")}, nil, "", "account a has no team \"Nobody\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := teamServer(t, 0, test.teams...)
			team, err := s.findTeam(t.Context(), "a", &test.ref, 0)
			var absent *noTeamError
			if team.ID != test.want || errors.As(err, &absent) != (test.absent != "") {
				t.Fatalf("found %+v, %v; want %q", team, err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), test.absent) {
				t.Errorf("got %q, want it to say %q", err, test.absent)
			}
		})
	}
}

// A role that a mapping or a directory gives, and that is gone, is drift and no failure.
func TestRoleInUse(t *testing.T) {
	t.Parallel()
	s, _ := teamServer(t, 0, map[string]any{"id": "0c1f1d2e-0000-4000-8000-0000000000aa", "name": "Auditor"})
	for id, want := range map[string]string{"0c1f1d2e-0000-4000-8000-0000000000aa": "Auditor", "0c1f1d2e-0000-4000-8000-0000000000bb": "0c1f1d2e-0000-4000-8000-0000000000bb"} {
		role, err := s.roleInUse(t.Context(), "a", id)
		if err != nil || role.ID != id || role.Name != want {
			t.Errorf("%s: got %+v, %v; want %s", id, role, err, want)
		}
	}
}
