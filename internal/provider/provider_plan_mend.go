package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// What is not there when a plan looks may be there when it is applied, because another resource of the run, or a person who
// opens its setup link, makes it. So it is a warning here, which says what to refer to, and an error of the apply. Of a pair
// the resource that is planned last knows both, and Terraform plans last what refers to the other one.

// warnOfDisabledDomains names planned domains that are neither enabled nor going to be by a resource that was planned before.
// Those of the prior state were taken already.
func (p *providerData) warnOfDisabledDomains(ctx context.Context, own types.String, planned, prior []string, at path.Path, diags *diag.Diagnostics) {
	if p == nil || p.client == nil || own.IsUnknown() || diags.HasError() {
		return
	}
	account, ok := p.account(own, diags)
	wanted := slices.DeleteFunc(slices.Clone(planned), func(name string) bool {
		return slices.Contains(prior, name) || p.run.Planned.Has(account, run.Domain, normalized.Domain.Key(name))
	})
	if !ok || len(wanted) == 0 {
		return
	}
	w, err := p.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
		if w.Domains.IsMissing() {
			return []access.Want{{Kind: access.WantDomains}}
		}
		return nil
	})
	if err != nil {
		diags.Append(failureAt(at, "Could not read domains", err))
		return
	}
	enabled, known := w.Domains.Get()
	if !known {
		return // this key may not see them
	}
	missing := slices.DeleteFunc(wanted, func(name string) bool {
		return slices.ContainsFunc(enabled, func(d access.Domain) bool { return d.Name == normalized.Domain.Key(name) && !d.Releasing })
	})
	if len(missing) > 0 {
		diags.Append(saysDomainsNotEnabled(missing, account, at.String()).warning(at))
	}
}

// warnOfNothingToAdopt says what a person has to do where the server does not offer the managed configuration and has nothing
// yet of the planned name.
func (p *providerData) warnOfNothingToAdopt(ctx context.Context, own, name types.String, kind string, diags *diag.Diagnostics) {
	if p == nil || p.client == nil || own.IsUnknown() || !known(name) || diags.HasError() {
		return
	}
	account, ok := p.account(own, diags)
	if !ok {
		return
	}
	w, err := p.world.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
		if w.Offered.IsMissing() {
			return []access.Want{{Kind: access.WantOffer}}
		}
		return nil
	})
	if err != nil {
		diags.Append(failure("Could not find out what the server offers", err))
		return
	}
	if offered, known := w.Offered.Get(); !known || offered {
		return
	}
	found, err := p.world.Integrations(ctx, account)
	switch {
	case client.IsForbidden(err), client.IsNotOffered(err):
		return // the apply says so
	case err != nil:
		diags.Append(failure("Could not read what is configured", err))
		return
	}
	names := map[string]string{setupSSO: existing(found.Connections, connectionName), setupDirectorySync: existing(found.Directories, directoryName)}
	there := slices.ContainsFunc(found.Connections, func(c client.Connection) bool { return c.Name == name.ValueString() })
	if kind == setupDirectorySync {
		there = slices.ContainsFunc(found.Directories, func(d client.Directory) bool { return d.Name == name.ValueString() })
	}
	if !there {
		diags.Append(saysNothingToAdopt(kind, name.ValueString(), account, names[kind]).warning(path.Root("name")))
	}
}
