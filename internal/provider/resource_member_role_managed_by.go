package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// managedBy returns what decides about a member's role, for the attribute of that name; null where the server does not
// tell. In an account without directories no user has to be asked about.
func (p *providerData) managedBy(ctx context.Context, account string, member client.Membership) (types.String, error) {
	directories, err := p.knownDirectories(ctx, account)
	rows, known := directories.Get()
	if err != nil || !known {
		return types.StringNull(), err
	}
	owner := client.RoleOwner{Source: client.RoleSourceManual}
	if len(rows) > 0 {
		if owner, err = p.client.RoleOwnerOf(ctx, account, member); err != nil {
			return types.StringNull(), err
		}
	}
	return ownerText(owner), nil
}

// ownerText returns an owner as managed_by has it.
func ownerText(owner client.RoleOwner) types.String {
	switch owner.Source {
	case client.RoleSourceMapping:
		return types.StringValue("mapping:" + owner.MappingID)
	case client.RoleSourceDefault:
		return types.StringValue("directory:" + owner.DirectoryID)
	case client.RoleSourceManual:
		return types.StringValue(client.RoleSourceManual)
	}
	return types.StringNull()
}

// knownDirectories returns those of an account, as far as this key may see them; read once until something of them is
// written.
func (p *providerData) knownDirectories(ctx context.Context, account string) (access.Part[[]access.Directory], error) {
	w, err := p.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
		if w.Directories.IsMissing() {
			return []access.Want{{Kind: access.WantIntegrations}}
		}
		return nil
	})
	return w.Directories, err
}
