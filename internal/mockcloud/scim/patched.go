package scim

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim/patch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// rules are those of PATCH for a resource type in the caller's directory.
func (c *call) rules(rt *schema.ResourceType) patch.Rules {
	return patch.Rules{Type: rt, Creates: c.isLenient(), Work: c.work}
}

// isLenient says whether the directory is of a type whose clients take liberties with
// PATCH, as Entra ID does, or of one that may be any client's.
func (c *call) isLenient() bool {
	return c.directoryType == store.DirectoryAzure || c.directoryType == store.DirectoryGeneric
}

// operations reads the body of a PATCH. None at all change nothing, for a directory
// of a type whose clients send that.
func (c *call) operations(rt *schema.ResourceType, body map[string]any) ([]patch.Operation, error) {
	operations, err := patch.Parse(body)
	if err == nil && len(operations) == 0 && !c.isLenient() {
		return nil, patch.ErrNone
	}
	for i, o := range operations {
		if object, ok := o.Value.(map[string]any); ok && (o.Target == nil || o.Target.Name == "") {
			if err := rt.CheckNames(object, o.Schema()); err != nil {
				return nil, patch.InOperation(i, err)
			}
		}
	}
	return operations, err
}

// unchanged answers a PATCH without operations, or with operations that cannot be read:
// the resource stays as it is, and none of it is shown.
func (c *call) unchanged(k kind, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	a, err := k.read(c)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent, location: a.location, version: a.version}, nil
}

// patched carries out the operations of a PATCH, at least one, and reads what they make of a resource. A resource may be wrong on the
// way, as long as it is right in the end; one that is not is the fault of the operation since which it is wrong in that
// way.
func patched[T any](before map[string]any, operations []patch.Operation, rules patch.Rules, read func(map[string]any) (T, error)) (T, error) {
	var none T
	result, err := patch.Apply(before, operations, rules)
	if err != nil {
		return none, err
	}
	out, err := read(result.Resource)
	if err != nil {
		guilty := result.Guilty()
		return none, patch.InOperation(guilty, refusal(rules.Type, operations[guilty], err))
	}
	return out, nil
}

// refusal is the error of an operation that leaves no resource. To remove what is required
// is a matter of mutability, as RFC 7644, section 3.5.2.2, has it.
func refusal(rt *schema.ResourceType, o patch.Operation, err error) error {
	var wrong *scimerr.Error
	if o.Op != patch.Remove || o.Target == nil || !errors.As(err, &wrong) {
		return err
	}
	a, known := rt.Lookup(o.Target.Path.String())
	if !known || !a.Required {
		return err
	}
	out := *wrong
	out.ScimType = scimerr.Mutability
	return &out
}

// maxComputed is how often a change is computed on what a read showed before it is
// computed in the transaction that makes it.
const maxComputed = 3

// errStale says that what a change was computed on is not what is there any more.
var errStale = errors.New("the resource changed meanwhile")

// reading runs a function on the caller's directory.
type reading func(func(*store.Reader, *store.Directory) error) error

// compute reads and computes a change outside of any transaction, so that no request waits
// for it, and returns what makes it in one: that looks again whether all is as it was, or
// is errStale.
type compute func(reading) (commit func(*store.Tx, *store.Directory) error, err error)

// computed makes a change that takes long to compute. Where others change the same
// resource again and again, it is computed within the transaction in the end.
func (c *call) computed(change compute) error {
	for range maxComputed {
		commit, err := change(c.view)
		if err != nil {
			return err
		}
		if c.server.computed != nil {
			c.server.computed()
		}
		if err := c.request.Context().Err(); err != nil {
			return err
		}
		if err := c.update(commit); !errors.Is(err, errStale) {
			return err
		}
	}
	return c.update(func(tx *store.Tx, d *store.Directory) error {
		commit, err := change(func(fn func(*store.Reader, *store.Directory) error) error { return fn(&tx.Reader, d) })
		if err != nil {
			return err
		}
		return commit(tx, d)
	})
}

// checkSize refuses a resource that no PUT could send and that every further change
// would have to read.
func checkSize(attributes []byte) error {
	if len(attributes) <= maxBody {
		return nil
	}
	return &patch.TooLarge{Detail: fmt.Sprintf("the resource would be over the limit of %d bytes; remove values that nobody needs", maxBody)}
}

// bytesPerComparison is how much of a kept resource is read at the cost of a comparison.
const bytesPerComparison = 64
