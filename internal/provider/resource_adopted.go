package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What prefectsso_identity_provider and prefectsso_scim_directory share on a server that does not offer the managed
// configuration, as today's Prefect Cloud: a person has configured the thing in the browser, and it is adopted.

// integrationsReader is [client.Client.GetIntegrations] or [fetch.Fetcher.Integrations]: a plan asks once, a change afresh.
type integrationsReader func(ctx context.Context, accountID string) (*client.Integrations, error)

// listed lists things with everything that the server lets be configured of them; where it does not offer that
// (managed is false), with what the published API shows. shown reads that: afresh, or once a run for all who ask.
func listed[T any](ctx context.Context, account string, list func(ctx context.Context, accountID string) ([]T, error), shown integrationsReader, of func(*client.Integrations) []T) (rows []T, managed bool, err error) {
	rows, err = list(ctx, account)
	var notOffered *client.NotOfferedError
	if !errors.As(err, &notOffered) {
		return rows, true, err
	}
	found, err := shown(ctx, account)
	if err != nil {
		return nil, false, err
	}
	return of(found), false, nil
}

// existing goes on after "there is none with this name": what there is.
func existing[T any](rows []T, name func(T) string) string {
	if len(rows) == 0 {
		return ", nor any other"
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = name(row)
	}
	return " (it has " + english.Some(names) + ")"
}

// rejectChanges fails a plan that would change arguments of an adopted thing that only a person can change. Hidden arguments
// are those that the published API does not show.
func rejectChanges(what, name string, changed, hidden []string, diags *diag.Diagnostics) {
	if len(changed) == 0 {
		return
	}
	slices.Sort(changed)
	unseen := slices.DeleteFunc(slices.Clone(changed), func(name string) bool { return !slices.Contains(hidden, name) })
	reimport := ""
	if len(unseen) > 0 {
		reimport = fmt.Sprintf(" For what the server does not show (%s), take the resource out of the state then and import it again.", english.AndCode(unseen))
	}
	diags.AddError("Only a person can change this", fmt.Sprintf("The %s %s is configured in the browser, because this server does not offer it over its API. The plan would change %s. Change that in the configuration dashboard (or ask Prefect's support for a fresh link), or let the configuration say what is there.%s", what, name, english.AndCode(changed), reimport))
}
