package provider

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What all resources share that make a thing with an id of its own: how a create with an unknown outcome is kept, and
// found again. Nothing is taken over because it looks equal: two states with the same configuration and the same key of a
// service account would destroy each other's things.

// privateCreateKey is the key of the private state that holds the Idempotency-Key of a create whose outcome was not known.
const privateCreateKey = "create_key"

// privateState is the private state of a resource, as requests have it.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// createInTurn sends a create with a key of its own. What is in its way, and what another resource of this run is deleting
// at that moment, goes first; nothing waits for a deletion that has not begun.
func createInTurn[T any](ctx context.Context, p *providerData, send func(idempotencyKey string) (*T, error)) (*T, error) {
	var awaited []string
	for {
		made, err := send(uuid.NewString())
		id := client.ExistingID(err)
		if id == "" || slices.Contains(awaited, id) || !p.run.Underway.Await(ctx, id) {
			return made, err
		}
		awaited = append(awaited, id)
	}
}

// keepUncertain puts a create with an unknown outcome into the state, with what was planned
// and with its key, if it has one. With the error that it adds, Terraform marks it as tainted; answer says there how the
// last attempt ended. It reports whether err is such a one.
func keepUncertain(ctx context.Context, what string, err error, answer func(last error) string, req resource.CreateRequest, resp *resource.CreateResponse) bool {
	if !client.IsUncertain(err) {
		return false
	}
	planned, transformErr := tftypes.Transform(req.Plan.Raw, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if !v.IsKnown() { // only an answer could have told
			return tftypes.NewValue(v.Type(), nil), nil
		}
		return v, nil
	})
	if transformErr != nil {
		resp.Diagnostics.AddError("Could not keep what was planned", english.ErrorSentence(transformErr))
		return true
	}
	resp.State.Raw = planned
	if key := client.UncertainKey(err); key != "" {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateCreateKey, privateText(key))...)
	}
	resp.Diagnostics.Append(saysOutcomeUnknown(what, answer(lastAnswer(err))).failure())
	return true
}

// findUncertain finds out the id of what an earlier create may have made, and puts it into id; found says that it did so.
// Where that create made nothing, or what it made is gone again, there is nothing there; where the state has an id there
// is nothing to find out.
func findUncertain(ctx context.Context, summary string, private privateState, id *types.String, diags *diag.Diagnostics, createdWith func(idempotencyKey string) (id string, err error)) (found, there bool) {
	if !id.IsNull() {
		return false, true
	}
	key := privateTextAt(ctx, private, privateCreateKey, diags)
	if key == "" {
		return false, true
	}
	made, err := createdWith(key)
	if err != nil && !client.IsNotFound(err) {
		diags.Append(failure(summary, err))
	}
	*id = textOrNull(made)
	return made != "", made != ""
}

// readUncertain is findUncertain for a Read. It reports whether that goes on.
func readUncertain(ctx context.Context, what string, req resource.ReadRequest, resp *resource.ReadResponse, id *types.String, identity func() any, createdWith func(string) (string, error)) bool {
	found, there := findUncertain(ctx, "Could not read "+what, req.Private, id, &resp.Diagnostics, createdWith)
	switch {
	case resp.Diagnostics.HasError():
		return false
	case !there:
		removeFromState(ctx, resp, identity())
		return false
	case found:
		resp.Diagnostics.Append(saysMadeAfterAll(what, id.ValueString()).warning(path.Root("id")))
	}
	return true
}

// deleteUncertain is findUncertain for a Delete. It reports whether there is something to delete.
func deleteUncertain(ctx context.Context, what string, req resource.DeleteRequest, resp *resource.DeleteResponse, id *types.String, createdWith func(string) (string, error)) bool {
	_, there := findUncertain(ctx, "Could not delete "+what, req.Private, id, &resp.Diagnostics, createdWith)
	return there && !resp.Diagnostics.HasError()
}

// privateTextAt reads a text from the private state; "" for none.
func privateTextAt(ctx context.Context, private privateState, key string, diags *diag.Diagnostics) string {
	text, got := private.GetKey(ctx, key)
	diags.Append(got...)
	return textFrom(text)
}
