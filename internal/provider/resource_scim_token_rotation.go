package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// uncertainRotation is a rotation with an unknown outcome, as the private state
// has it.
type uncertainRotation struct {
	Key     string `json:"key"` // its Idempotency-Key
	Version int64  `json:"version"`
}

// keepRotation notes a rotation with an unknown outcome; the state keeps the token before it.
// It reports whether err is such a one.
func keepRotation(ctx context.Context, err error, m *scimTokenModel, resp *resource.UpdateResponse) bool {
	key := client.UncertainKey(err)
	if key == "" {
		return false
	}
	noted, _ := json.Marshal(uncertainRotation{key, m.TokenWOVersion.ValueInt64()}) // a string and a number can always be encoded
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateRotation, noted)...)
	resp.Diagnostics.Append(saysRotationUnknown(m.Name.ValueString(), err).failure())
	return true
}

// rotationAt returns the rotation that the private state has.
func rotationAt(ctx context.Context, private privateState, diags *diag.Diagnostics) (rotation uncertainRotation, ok bool) {
	noted, got := private.GetKey(ctx, privateRotation)
	diags.Append(got...)
	if noted == nil || got.HasError() {
		return rotation, false
	}
	if err := json.Unmarshal(noted, &rotation); err != nil {
		diags.AddError("Could not read private state", english.ErrorSentence(err))
		return rotation, false
	}
	return rotation, true
}

// readRotation finds out by its key what came of such a rotation: the token that it made is the resource's from then on,
// and the one before it is what it left overlapping. It reports whether the Read goes on.
func (r *scimTokenResource) readRotation(ctx context.Context, account string, m *scimTokenModel, req resource.ReadRequest, resp *resource.ReadResponse) bool {
	rotation, ok := rotationAt(ctx, req.Private, &resp.Diagnostics)
	if !ok {
		return !resp.Diagnostics.HasError()
	}
	made, err := r.createdWith(ctx, account, m)(rotation.Key)
	if err != nil && !client.IsNotFound(err) {
		resp.Diagnostics.Append(failure("Could not read SCIM token", err))
		return false
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateRotation, nil)...)
	if made != "" {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePrevious, privateText(m.ID.ValueString()))...)
		m.ID, m.TokenWOVersion = types.StringValue(made), types.Int64Value(rotation.Version)
	}
	return !resp.Diagnostics.HasError()
}
