package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// send makes the planned token, beside the prior one that it takes the place of, if any. It returns the error of a token
// that may have been made, and reports any other.
func (r *scimTokenResource) send(ctx context.Context, account string, m, prior *scimTokenModel, config tfsdk.Config, diags *diag.Diagnostics) (sent bool, uncertain error) {
	const summary = "Could not create SCIM token"
	var secret types.String
	diags.Append(config.GetAttribute(ctx, path.Root("token_wo"), &secret)...)
	if diags.HasError() {
		return false, nil
	}
	directory := m.DirectoryID.ValueString()
	live, err := r.list(ctx, account, directory)
	switch {
	case client.IsNotFound(err):
		diags.AddAttributeError(path.Root("directory_id"), summary, fmt.Sprintf("Account %s has no directory %s.", account, directory))
		return false, nil
	case err != nil:
		diags.Append(failure(summary, err))
		return false, nil
	}
	full := noRoom(live, directory)
	if full != nil && prior != nil && !prior.mayHave(secret) { // the end of the old one would be that of others, too
		diags.Append(full)
		return false, nil
	}
	token := m.toNew(secret.ValueString(), time.Now())
	// Tokens that are not this resource's are left alone, so an end is set only while the old one is there.
	before := -1
	if prior != nil {
		before = slices.IndexFunc(live, func(t client.SCIMToken) bool { return t.ID == prior.ID.ValueString() })
	}
	if before >= 0 {
		overlap := int64(parseDuration(m.Overlap.ValueString()) / time.Second)
		token.OldTokenExpiresInSeconds = &overlap
	}
	created, err := createInTurn(ctx, r.data, func(key string) (*client.CreatedSCIMToken, error) {
		return r.data.client.CreateSCIMToken(ctx, account, directory, key, token)
	})
	id := client.ExistingID(err)
	switch {
	case err == nil:
		m.fromAPI(account, &created.SCIMToken)
		return true, nil
	case client.UncertainKey(err) != "":
		return false, err
	case before >= 0 && id == live[before].ID && prior.mayHave(secret) && live[before].Name == m.Name.ValueString():
		m.fromAPI(account, &live[before]) // the imported token has this secret, the API says so
		return true, nil
	case id != "" && !slices.ContainsFunc(live, func(t client.SCIMToken) bool { return t.ID == id }):
		diags.AddAttributeError(path.Root("token_wo"), "Secret was used before", fmt.Sprintf("The server takes no secret twice, and this one is in use in the directory %s itself (%s). Bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider.\n\n%s", directory, id, reason(err)))
	case id != "":
		diags.AddAttributeError(path.Root("token_wo"), "SCIM token exists already", fmt.Sprintf("The directory %s has a live token with this secret (%s). Nothing was taken over. If it is the one that this resource is to manage, as where an earlier apply made it and broke off, import it:\n\n  terraform import prefectsso_scim_token.<name> %q\n\n%s Otherwise bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider.\n\n%s", directory, id, account+"/"+directory+"/"+id, ifDeletedToo("secret"), reason(err)))
	case client.IsConflict(err) && full != nil:
		diags.Append(full)
	case client.IsConflict(err): // there was room a moment ago
		diags.AddAttributeError(path.Root("token_wo"), "Secret was used before", fmt.Sprintf("The server takes no secret twice, also not that of a token which has expired, or was used and deleted, or belongs to another directory. Bring a new `token_wo`, and bump `token_wo_version` here and at the identity provider. Live in directory %s now: %s.\n\n%s", directory, cmp.Or(english.And(tokenNames(live)), "none"), reason(err)))
	default:
		diags.Append(failureAtField(tokenArguments, summary, err))
	}
	return false, nil
}

// list returns the live tokens of a directory. Where there is no room for another one, what another resource of this run is
// deleting at that moment goes first.
func (r *scimTokenResource) list(ctx context.Context, account, directory string) ([]client.SCIMToken, error) {
	live, err := r.data.client.ListSCIMTokens(ctx, account, directory)
	if err != nil || noRoom(live, directory) == nil || !slices.ContainsFunc(live, func(t client.SCIMToken) bool { return r.data.run.Underway.Await(ctx, t.ID) }) {
		return live, err
	}
	return r.data.client.ListSCIMTokens(ctx, account, directory)
}

func tokenNames(tokens []client.SCIMToken) []string {
	names := make([]string, len(tokens))
	for i, token := range tokens {
		names[i] = fmt.Sprintf("%s (…%s)", token.Name, token.Suffix)
	}
	return names
}

// tokenArguments finds the argument for a field of the API.
var tokenArguments = map[string]path.Path{
	"name":                         path.Root("name"),
	"token":                        path.Root("token_wo"),
	"expires_at":                   path.Root("expires_in"),
	"old_token_expires_in_seconds": path.Root("overlap"),
}
