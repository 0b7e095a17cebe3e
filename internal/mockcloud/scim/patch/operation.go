// Package patch changes a SCIM resource as a PATCH request asks (RFC 7644,
// 3.5.2), with a path, a path that chooses values, or none. Parse reads the
// request, Apply makes the changed resource and leaves the given one as it was,
// so that a request with one bad operation changes nothing.
//
// It also understands what Entra ID and Okta send beyond the RFC: operators in
// any case, "remove" with the values to remove, a choice of values that do not
// exist yet, and keys that are paths. Values are read as POST reads them. Whether the
// result is a valid resource is for the schema to say.
package patch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// Message is the schema of a PATCH request (RFC 7644, 8.2).
const Message = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// Op is what an operation does.
type Op string

// The operations of RFC 7644, 3.5.2.
const (
	Add     Op = "add"
	Replace Op = "replace"
	Remove  Op = "remove"
)

// Operation is one change.
type Operation struct {
	Op Op
	// Target is nil where the keys of the value are the paths.
	Target *filter.Target
	// Value is nil for JSON's null and where there is none.
	Value any
}

// Schema returns the URN of the schema that the keys of the value belong to, empty for
// the resource's own.
func (o Operation) Schema() string {
	if o.Target == nil {
		return ""
	}
	return o.Target.URI
}

// ErrNone says that a request has no operations, which RFC 7644, section 3.5.2, requires.
var ErrNone error = scimerr.New(scimerr.InvalidSyntax, "Operations must be a list of at least one operation")

// Parse reads the body of a PATCH request. Its error is a *scimerr.Error that
// says which operation is wrong, or a *TooLarge. An empty list of operations is for the caller to
// judge: Entra ID's validator sends one.
func Parse(body map[string]any) ([]Operation, error) {
	schemas, _ := member(body, "schemas").([]any)
	if !slices.ContainsFunc(schemas, func(s any) bool {
		text, ok := s.(string)
		return ok && strings.EqualFold(text, Message)
	}) {
		return nil, scimerr.New(scimerr.InvalidSyntax, "schemas must name %s", Message)
	}
	list, ok := member(body, "Operations").([]any)
	if !ok {
		return nil, ErrNone
	}
	if len(list) > MaxOperations {
		return nil, &TooLarge{fmt.Sprintf("the request has %d operations, over the limit of %d; send several requests", len(list), MaxOperations)}
	}
	out := make([]Operation, 0, len(list))
	for i, raw := range list {
		op, err := operation(raw)
		if err != nil {
			return nil, InOperation(i, err)
		}
		out = append(out, op)
	}
	return out, nil
}

func operation(raw any) (Operation, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return Operation{}, scimerr.New(scimerr.InvalidSyntax, "it must be an object")
	}
	name, _ := member(object, "op").(string)
	out := Operation{Op: Op(strings.ToLower(name)), Value: member(object, "value")}
	if out.Op != Add && out.Op != Replace && out.Op != Remove {
		return Operation{}, scimerr.New(scimerr.InvalidSyntax, "op must be add, replace or remove")
	}
	switch path := member(object, "path").(type) {
	case nil:
	case string:
		target, err := filter.ParsePath(path)
		if err != nil {
			return Operation{}, err
		}
		out.Target = &target
	default:
		return Operation{}, scimerr.New(scimerr.InvalidPath, "path must be a string")
	}
	_, hasValue := filter.Key(object, "value")
	switch {
	case out.Op == Remove && out.Target == nil:
		return Operation{}, scimerr.New(scimerr.NoTarget, "remove needs a path")
	case out.Op != Remove && !hasValue:
		return Operation{}, scimerr.New(scimerr.InvalidValue, "%s needs a value", out.Op)
	}
	return out, nil
}

func member(object map[string]any, name string) any {
	if k, ok := filter.Key(object, name); ok {
		return object[k]
	}
	return nil
}

// InOperation says which operation of a request an error is about; the first is 0.
func InOperation(i int, err error) error {
	var e *scimerr.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("operation %d: %w", i+1, err)
	}
	out := *e
	out.Detail = fmt.Sprintf("operation %d: %s", i+1, e.Detail)
	return &out
}
