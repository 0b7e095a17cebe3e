package client

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// absence is what a 404 of a call can mean. A call that does not say gets the answer
// as it is.
type absence int

const (
	asAnswered absence = iota
	// account: it is the account itself that is not there.
	account
	// thingOrAccount: the thing is gone, or the account is not there for this key, and
	// then nothing is known of the thing.
	thingOrAccount
	// goneIsSuccess is thingOrAccount for what is to be gone: a deletion.
	goneIsSuccess
	// routeOrAccount: the server has no such route, or the account is not there. It is
	// for a list of the account, which is there for each account of a server that has it.
	routeOrAccount
	// thingOrDirectory: the directory or the thing in it is gone, or the server has no
	// directories to configure.
	thingOrDirectory
	// thingOrExtension: the thing is gone, or the server has no connections to configure, and what comes with them.
	thingOrExtension
	// accessOrWorkspace: the server does not tell the access of service accounts, or the
	// workspace is gone.
	accessOrWorkspace
)

// interpret finds out what a refusal of the call means: nil where it is success. It
// never looks at a message, and asks the server something more only after a 403, 404
// or 405.
func (c *Client) interpret(ctx context.Context, r call, err error) error {
	var apiError *APIError
	if !errors.As(err, &apiError) {
		return err
	}
	if c.dialect == scimProtocol {
		if r.absent == goneIsSuccess && apiError.Status == http.StatusNotFound {
			return nil
		}
		return &SCIMError{Type: apiError.scimType, Err: apiError}
	}
	switch apiError.Status {
	case http.StatusForbidden:
		return c.forbidden(ctx, r, err, apiError)
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return c.absent(ctx, r, err, apiError)
	}
	return err
}

// forbidden turns a 403 into a *PlanLimitError where the account's features, read
// afresh, lack the one that the call needs. Where the account cannot be read or does
// not list its features the 403 stays as it is.
func (c *Client) forbidden(ctx context.Context, r call, err error, apiError *APIError) error {
	if r.feature == "" {
		return err
	}
	account, readErr := c.GetAccount(ctx, r.account())
	if readErr != nil || !account.lacks(r.feature) {
		return err
	}
	return &PlanLimitError{Feature: r.feature, AccountID: r.account(), Err: apiError}
}

// absent finds out what it is that a 404, or the 405 of a route, is about.
func (c *Client) absent(ctx context.Context, r call, err error, apiError *APIError) error {
	routeMayBeMissing := r.absent == routeOrAccount || r.absent == accessOrWorkspace
	if apiError.Status == http.StatusMethodNotAllowed && !routeMayBeMissing {
		return err
	}
	switch r.absent {
	case account:
		return &AccountNotFoundError{AccountID: r.account(), Err: err}
	case thingOrAccount:
		return c.thingOrAccount(ctx, r, err)
	case goneIsSuccess:
		if err = c.thingOrAccount(ctx, r, err); IsNotFound(err) {
			return nil
		}
		return err
	case routeOrAccount:
		return c.routeOrAccount(ctx, r, err, apiError)
	case thingOrDirectory:
		rows, listErr := c.ListDirectories(ctx, r.account())
		if listErr != nil {
			return listErr
		}
		if id := r.path[4]; !slices.ContainsFunc(rows, func(d Directory) bool { return d.ID == id }) {
			return &DirectoryGoneError{DirectoryID: id, Err: err}
		}
		return err
	case thingOrExtension:
		if _, listErr := c.ListConnections(ctx, r.account()); listErr != nil {
			return listErr
		}
		return err
	case accessOrWorkspace:
		if _, readErr := c.GetWorkspace(ctx, r.account(), r.path[3]); readErr != nil && !IsForbidden(readErr) {
			return readErr
		}
		return &NotOfferedError{AccountID: r.account(), Feature: routeBotAccess, Err: apiError}
	default:
		return err
	}
}

func (c *Client) thingOrAccount(ctx context.Context, r call, err error) error {
	_, readErr := c.GetAccount(ctx, r.account())
	switch {
	case readErr == nil || IsForbidden(readErr): // the account is there
		return err
	}
	return readErr
}

// routeOrAccount: where the account itself can be read, and its plan has the feature,
// it is the route that is missing.
func (c *Client) routeOrAccount(ctx context.Context, r call, err error, apiError *APIError) error {
	account, readErr := c.GetAccount(ctx, r.account())
	switch {
	case isNoAccount(readErr):
		return readErr
	case readErr != nil:
		return err
	case account.lacks(r.feature):
		return &PlanLimitError{Feature: r.feature, AccountID: r.account(), Err: apiError}
	}
	return &NotOfferedError{AccountID: r.account(), Feature: r.feature, Err: apiError}
}
