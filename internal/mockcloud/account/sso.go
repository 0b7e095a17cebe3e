package account

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/setup"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func ssoRoutes() []router.Route {
	const path = root + "/sso"
	administrate := router.ByMembers(store.AdministrateSSO)
	sso := administrate.With(store.FeatureSSO)
	return []router.Route{
		{Method: http.MethodGet, Path: path + "/setup_url", Access: sso, Handle: setupURL(store.SetupSSO)},
		{Method: http.MethodGet, Path: path + "/dsync_setup_url", Access: administrate.With(store.FeatureSCIM), Handle: setupURL(store.SetupDirectory)},
		{Method: http.MethodGet, Path: path + "/integrations", Access: sso, Handle: readIntegrations},
		{Method: http.MethodDelete, Path: path + "/integrations/{integration_id}", Access: sso, Handle: removeIntegration},
		{Method: http.MethodPost, Path: path + "/validate", Access: router.ByMembers(store.ReadAccount).With(store.FeatureSSO).EvenRestricted(), Handle: validateLogin},
	}
}

// setupURL is GET /api/accounts/{account_id}/sso/setup_url, and dsync_setup_url.
func setupURL(purpose store.SetupPurpose) router.Handler {
	return func(c *router.Call) (*router.Answer, error) {
		var secret string
		err := c.Update(func(tx *store.Tx) error {
			var err error
			secret, err = tx.AddSetupLink(c.Account, purpose)
			return err
		})
		return router.OK(c.BaseURL() + setup.Prefix + secret), err
	}
}

// integrationsBody is WorkOSIntegrationResponse.
type integrationsBody struct {
	OrganizationID *string               `json:"organization_id"`
	Connections    []identity.Connection `json:"connections"`
	Directories    []identity.Directory  `json:"directories"`
}

// readIntegrations is GET /api/accounts/{account_id}/sso/integrations.
func readIntegrations(c *router.Call) (*router.Answer, error) {
	out := integrationsBody{Connections: []identity.Connection{}, Directories: []identity.Directory{}}
	err := c.View(func(r *store.Reader) error {
		a, err := r.Account(c.Account)
		if err != nil {
			return err
		}
		out.OrganizationID = a.WorkOSOrganizationID
		for _, row := range r.Connections(c.Account) {
			out.Connections = append(out.Connections, identity.ToConnection(r, row))
		}
		for _, row := range r.Directories(c.Account) {
			out.Directories = append(out.Directories, identity.ToDirectory(r, row))
		}
		return nil
	})
	return router.OK(out), err
}

// removeIntegration is DELETE /api/accounts/{account_id}/sso/integrations/{integration_id}.
func removeIntegration(c *router.Call) (*router.Answer, error) {
	id := c.Request.PathValue("integration_id")
	return router.Done(c.Update(func(tx *store.Tx) error {
		for _, remove := range []func(uuid.UUID, string) error{tx.DeleteConnection, tx.DeleteDirectory} {
			err := remove(c.Account, id)
			var missing *store.NotFound
			if !errors.As(err, &missing) {
				return err
			}
		}
		return &store.NotFound{What: "Integration"}
	}))
}

// validateLogin is POST /api/accounts/{account_id}/sso/validate. Who has to log in is
// told where. A service account logs in nowhere.
func validateLogin(c *router.Call) (*router.Answer, error) {
	redirect, err := router.OptionalBody(c, input.Lenient(func(f *input.Fields) *string {
		return input.Optional(f, "redirect_uri", input.String)
	}))
	if err != nil {
		return nil, err
	}
	recent, err := c.LoggedInRecently()
	if err != nil {
		return nil, err
	}
	if recent {
		return router.NoContent(), nil
	}
	query := url.Values{}
	if redirect != nil {
		query.Set("redirect_uri", *redirect)
	}
	return nil, &store.Forbidden{Reason: c.LoginURL(query)}
}
