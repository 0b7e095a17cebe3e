package scim

import (
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// OnComputed has fn called between the computing of each change and its making.
func (s *Server) OnComputed(fn func()) { s.computed = fn }

// Computed computes what POST and PATCH make of resources, and makes nothing: what a
// request is between the reading of its body and the transaction.
type Computed struct{ call *call }

// Computed is for the directory whose token a request carries, as one of a type.
func (s *Server) Computed(r *http.Request, endpoint, secret string, kind store.DirectoryType) (Computed, error) {
	c := Computed{&call{server: s, request: r, endpoint: endpoint, secret: secret, work: patch.NewWork(r.Context()), base: Endpoint("", endpoint)}}
	err := c.call.admit()
	c.call.directoryType = kind
	return c, err
}

// Post gives what is kept of a resource that is sent.
func (c Computed) Post(rt *schema.ResourceType, sent map[string]any) (map[string]any, error) {
	if rt == schema.Group() {
		change, err := readGroup(sent)
		if err != nil {
			return nil, err
		}
		return c.group(&store.DirectoryGroup{}, change), nil
	}
	body, err := readUser(sent, true)
	if err != nil {
		return nil, err
	}
	return body.resource, checkNames(nil, body.resource)
}

// Patch gives what is kept of a resource that is there, once it is patched. A group has to
// be in the store, as its members are looked up there.
func (c Computed) Patch(rt *schema.ResourceType, before, body map[string]any) (map[string]any, error) {
	c.call.work = patch.NewWork(c.call.request.Context())
	operations, err := c.call.operations(rt, body)
	if err != nil {
		return nil, err
	}
	if rt == schema.Group() {
		return c.patchGroup(before, operations)
	}
	after, err := patched(rt.Healed(before), operations, c.call.rules(rt), func(after map[string]any) (userBody, error) {
		return readUser(after, isActive(before))
	})
	if err != nil {
		return nil, err
	}
	return after.resource, checkNames(before, after.resource)
}

func (c Computed) patchGroup(before map[string]any, operations []patch.Operation) (map[string]any, error) {
	id, _ := parseID(text(before, "id"))
	var row *store.DirectoryGroup
	if err := c.call.view(func(r *store.Reader, d *store.Directory) (err error) {
		row, err = r.DirectoryGroup(d.ID, id)
		return err
	}); err != nil {
		return nil, err
	}
	change, err := c.call.patchGroup(c.call.view, row, operations)
	if err != nil {
		return nil, err
	}
	if change.Members == nil {
		all := memberIDs(before["members"])
		kept := append(without(all, change.Remove), without(change.Add, all)...)
		change.Members = &kept
	}
	return c.group(row, change), nil
}

// group is what is kept of a group, without anything that follows from who its members are.
func (c Computed) group(row *store.DirectoryGroup, change store.DirectoryGroupChange) map[string]any {
	after := *row
	after.DisplayName, after.ExternalID = *change.DisplayName, *change.ExternalID
	members := make([]any, len(*change.Members))
	for i, id := range *change.Members {
		members[i] = map[string]any{"value": id.String()}
	}
	out := c.call.groupDocument(&after, members)
	delete(out, "id")
	delete(out, "meta")
	return out
}
