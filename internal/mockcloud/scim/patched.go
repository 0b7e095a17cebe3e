package scim

import (
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/schema"
)

// patched carries out the operations of a PATCH and reads what they make of a resource. A resource may be wrong on the
// way, as long as it is right in the end; one that is not is the fault of the operation since which it is wrong in that
// way.
func patched[T any](before map[string]any, operations []patch.Operation, rt *schema.ResourceType, read func(map[string]any) (T, error)) (T, error) {
	after := func(n int) (T, error) {
		var none T
		resource, err := patch.Apply(before, operations[:n], patch.For(rt))
		if err != nil {
			return none, err
		}
		return read(resource)
	}
	resource, err := patch.Apply(before, operations, patch.For(rt))
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
