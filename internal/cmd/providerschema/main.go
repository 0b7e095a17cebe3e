// Command providerschema prints the provider's whole schema as JSON, in the
// form of `terraform providers schema -json`, for tfplugindocs to write the
// documentation from.
//
// It asks the provider in process. Terraform itself leaves out what it is too
// old to know: resource identities before 1.12, list resources and actions
// before 1.14. The documentation would then depend on who generates it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/provider"
)

// name is where tfplugindocs looks for the provider among the schemas.
const name = "prefectsso"

func main() {
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err == nil {
		err = run(context.Background(), os.Stdout, server)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "providerschema:", err)
		os.Exit(1)
	}
}

// run asks a provider for its schemas and writes them as JSON.
func run(ctx context.Context, w io.Writer, server tfprotov6.ProviderServer) error {
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	if err := errors.Join(failures(schemas.Diagnostics), failures(identities.Diagnostics)); err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(object{
		"format_version": "1.0",
		"provider_schemas": object{name: object{
			"provider":                   schema(schemas.Provider),
			"resource_schemas":           each(schemas.ResourceSchemas, schema),
			"resource_identity_schemas":  each(identities.IdentitySchemas, identity),
			"data_source_schemas":        each(schemas.DataSourceSchemas, schema),
			"ephemeral_resource_schemas": each(schemas.EphemeralResourceSchemas, schema),
			"list_resource_schemas":      each(schemas.ListResourceSchemas, schema),
			"action_schemas":             each(schemas.ActionSchemas, action),
			"functions":                  each(schemas.Functions, function),
		}},
	})
}

func failures(diags []*tfprotov6.Diagnostic) (err error) {
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			err = errors.Join(err, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return err
}
