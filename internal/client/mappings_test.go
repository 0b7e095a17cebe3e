package client

import (
	"context"
	"reflect"
	"testing"
	"time"
)

func TestMappingRequests(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const at = "/sso/directories/directory_1/group_role_mappings"
	const row = `{"id":"m1","match":{"group_name":"Engineers"},"account_role_id":"r1","priority":10,"status":"dangling","created":"2026-11-22T00:00:00Z","created_by":"actor-1","updated":"2026-11-22T00:00:00Z"}`
	mapping := GroupRoleMapping{
		Origin: Origin{ptr(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), ptr("actor-1")},
		ID:     "m1", Match: MappingMatch{GroupName: "Engineers"}, AccountRoleID: "r1", Priority: 10, Status: MappingDangling,
	}
	for name, test := range map[string]struct {
		status int
		answer string
		call   func(c *Client) (any, error)
		want   sent
		result any
	}{
		"list": {
			200, "[" + row + "]",
			func(c *Client) (any, error) { return c.ListGroupRoleMappings(ctx, "a", "directory_1") },
			sent{"GET", at, ""},
			[]GroupRoleMapping{mapping},
		},
		"read": {
			200, row,
			func(c *Client) (any, error) { return c.GetGroupRoleMapping(ctx, "a", "directory_1", "m1") },
			sent{"GET", at + "/m1", ""},
			&mapping,
		},
		"create, by attribute": {
			201, row,
			func(c *Client) (any, error) {
				return c.CreateGroupRoleMapping(ctx, "a", "directory_1", "key", GroupRoleMappingWrite{
					Match: &MappingMatch{Attribute: "title", Equals: "CTO"}, AccountRoleID: "r1", Priority: ptr(int64(0)),
				})
			},
			sent{"POST", at, `{"match":{"attribute":"title","equals":"CTO"},"account_role_id":"r1","priority":0}`},
			&mapping,
		},
		"change the priority": {
			200, row,
			func(c *Client) (any, error) {
				return c.UpdateGroupRoleMapping(ctx, "a", "directory_1", "m1", GroupRoleMappingWrite{Priority: ptr(int64(5))})
			},
			sent{"PATCH", at + "/m1", `{"priority":5}`},
			&mapping,
		},
		"delete": {
			204, "",
			func(c *Client) (any, error) { return nil, c.DeleteGroupRoleMapping(ctx, "a", "directory_1", "m1") },
			sent{"DELETE", at + "/m1", ""},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var came []sent
			result, err := test.call(recorder(t, test.status, test.answer, &came))
			if err != nil || !reflect.DeepEqual(result, test.result) {
				t.Errorf("got %+v, %v; want %+v", result, err, test.result)
			}
			if len(came) != 1 || came[0] != test.want {
				t.Errorf("sent %+v, want %+v", came, test.want)
			}
		})
	}
}
