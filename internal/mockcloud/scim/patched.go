package scim

import (
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// rules are those of PATCH for a resource type in the caller's directory.
func (c *call) rules(rt *schema.ResourceType) patch.Rules {
	return patch.Rules{Type: rt, Creates: c.isLenient()}
}

// isLenient says whether the directory is of a type whose clients take liberties with
// PATCH, as Entra ID does, or of one that may be any client's.
func (c *call) isLenient() bool {
	return c.directoryType == store.DirectoryAzure || c.directoryType == store.DirectoryGeneric
}

// operations reads the body of a PATCH. None at all change nothing, for a directory
// of a type whose clients send that.
func (c *call) operations(body map[string]any) ([]patch.Operation, error) {
	operations, err := patch.Parse(body)
	if err == nil && len(operations) == 0 && !c.isLenient() {
		return nil, patch.ErrNone
	}
	return operations, err
}

// withoutBody is the answer of a PATCH of which nothing is shown.
func withoutBody(a *answer, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent, location: a.location, version: a.version}, nil
}

// patched carries out the operations of a PATCH and reads what they make of a resource. A resource may be wrong on the
// way, as long as it is right in the end; one that is not is the fault of the operation since which it is wrong in that
// way.
func patched[T any](before map[string]any, operations []patch.Operation, rules patch.Rules, read func(map[string]any) (T, error)) (T, error) {
	after := func(n int) (T, error) {
		var none T
		resource, err := patch.Apply(before, operations[:n], rules)
		if err != nil {
			return none, err
		}
		return read(resource)
	}
	resource, err := patch.Apply(before, operations, rules)
	var none T
	if err != nil {
		return none, err
	}
	out, err := read(resource)
	if err == nil {
		return out, nil
	}
	first := len(operations)
	for ; first > 1; first-- {
		if _, sooner := after(first - 1); sooner == nil || sooner.Error() != err.Error() {
			break
		}
	}
	return none, patch.InOperation(first-1, err)
}
