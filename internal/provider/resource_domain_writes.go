package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// defaultDomainTimeout is how long a change of domains is tried unless `timeouts` says otherwise.
const defaultDomainTimeout = 5 * time.Minute

// domainTimeouts returns the argument `timeouts` of what changes domains.
func domainTimeouts(ctx context.Context) schema.Attribute {
	const text = "How long to try while others change the account's domains at the same time, such as `10m`. Default `5m`."
	return timeoutsAttribute(ctx, timeouts.Opts{
		Create: true, CreateDescription: text,
		Update: true, UpdateDescription: text,
		Delete: true, DeleteDescription: text,
	})
}

// within returns a context that ends with a resource's timeout.
func within(ctx context.Context, timeout func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), diags *diag.Diagnostics) (context.Context, context.CancelFunc) {
	limit, problems := timeout(ctx, defaultDomainTimeout)
	diags.Append(problems...)
	return context.WithTimeout(ctx, limit)
}

// disableOptions returns what the provider block says of domains without which single sign-on ends.
func (p *providerData) disableOptions() []client.DisableOption {
	if p.allowDisableSSO {
		return []client.DisableOption{client.AllowDisableSSO}
	}
	return nil
}

// domainFailure explains why domains could not be changed; where others wrote them all the time, it names those.
func (p *providerData) domainFailure(ctx context.Context, account string, at path.Path, summary string, err error) diag.Diagnostic {
	var lost *client.LostWriteError
	switch {
	case errors.As(err, &lost):
		return diag.NewAttributeErrorDiagnostic(at, summary, p.lostWrite(ctx, account, lost))
	case errors.Is(err, context.DeadlineExceeded):
		return diag.NewAttributeErrorDiagnostic(at, summary, "The time was over before it was done. Give it more time with `timeouts`, or see whether the endpoint can be reached.")
	}
	return failureAt(at, summary, err)
}

// lostWrite says whose changes a change was lost to, and what to do.
func (p *providerData) lostWrite(ctx context.Context, account string, lost *client.LostWriteError) string {
	return fmt.Sprintf("%s %s Apply again once they are finished, give it more time with `timeouts`, or let one configuration look after the account's domains.", english.ErrorSentence(lost), p.domainWriters(ctx, account, lost.Since))
}

// domainAnswer returns what says how the last attempt to change domains ended, as a sentence.
func (p *providerData) domainAnswer(ctx context.Context, account string) func(error) string {
	return func(last error) string {
		if lost := (*client.LostWriteError)(nil); errors.As(last, &lost) {
			return p.lostWrite(ctx, account, lost)
		}
		return english.ErrorSentence(last)
	}
}

// domainWriters names who changed the account's domains meanwhile, as far as the audit trail says.
func (p *providerData) domainWriters(ctx context.Context, account string, since time.Time) string {
	const unknown = "The audit trail does not say who that is."
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // the time of the change is over
	defer cancel()
	events, err := p.client.ListEvents(ctx, account, client.EventQuery{Names: []string{"prefect-cloud.account-domain-names.updated"}, Limit: 200})
	if err != nil {
		return unknown + " " + english.ErrorSentence(err)
	}
	var names []string
	for _, event := range events {
		name := event.Actor()[client.LabelResourceName]
		if !event.Occurred.Before(since.Add(-time.Minute)) && name != "" && !slices.Contains(names, name) { // clocks differ
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return unknown
	}
	return "Meanwhile they were changed by " + english.Some(names) + "."
}

// warnOfReleasing says which connection still serves domains that were disabled.
func (p *providerData) warnOfReleasing(ctx context.Context, account string, at path.Path, releasing []string, diags *diag.Diagnostics) {
	if len(releasing) == 0 {
		return
	}
	holder := "the account's only active connection"
	if found, err := p.client.GetIntegrations(ctx, account); err == nil {
		var names []string
		for _, connection := range found.Connections {
			serves := func(domain string) bool { return slices.Contains(releasing, domain) }
			if connection.State == client.ConnectionActive && slices.ContainsFunc(connectionDomains(&connection), serves) {
				names = append(names, fmt.Sprintf("%s (%s)", connection.Name, connection.ID))
			}
		}
		if len(names) > 0 {
			holder = "the connection " + english.Some(names)
		}
	} // a warning can do without the name
	diags.Append(warns(actionNeeded, at, "Domain is being released", fmt.Sprintf("%s was disabled, and %s still names it. Single sign-on would end without it, so its people go on logging in until that connection names other domains, is deactivated or deleted; then the domain is gone. If the connection's `domains` refer to this resource, that follows in this apply; if not, take it out there. To take it away at once, and single sign-on with it, set `allow_disable_sso = true` in the provider block.", english.Some(releasing), holder)))
}
