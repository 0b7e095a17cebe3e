package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// The ready-made scenario of mockcloud, as docs/guides/mockcloud.md gives it.
const (
	accountID      = "0c1f1d2e-0000-4000-8000-000000000001"
	terraformKey   = "pnb_terraform"
	secondOwner    = "second.owner@acme.com"
	secondOwnerKey = "pnu_second_owner"
	leaverKey      = "pnu_ada"
	// idpClientSecret is the one that mockcloud's test identity provider has for every application.
	idpClientSecret = "mockcloud-idp"
)

// api speaks to the account API with one key, as a person with curl would.
type api struct {
	url string // the API's address, with /api
	key string
}

// snapshot is what the story looks at in an account.
type snapshot struct {
	Domains []string          // sorted
	Roles   map[string]string // email to role, of people only
}

func (s snapshot) equal(other snapshot) bool { return reflect.DeepEqual(s, other) }

// lines shows a snapshot to people.
func (s snapshot) lines() []string {
	domains := "none"
	if len(s.Domains) > 0 {
		domains = strings.Join(s.Domains, ", ")
	}
	rows := [][2]string{{"SSO domains", domains}}
	for _, email := range slices.Sorted(maps.Keys(s.Roles)) {
		rows = append(rows, [2]string{email, s.Roles[email]})
	}
	return table(rows)
}

// member is a row of POST …/account_memberships/filter.
type member struct {
	ID     string  `json:"id"`
	Email  *string `json:"email"` // null for service accounts
	Role   string  `json:"account_role_name"`
	Active bool    `json:"active"`
}

// snapshot reads the domains and who has which role.
func (a *api) snapshot(ctx context.Context) (snapshot, error) {
	var domains []struct {
		Name string `json:"name"`
	}
	if err := a.call(ctx, http.MethodGet, "/domains", nil, &domains); err != nil {
		return snapshot{}, err
	}
	members, err := a.members(ctx)
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{Domains: []string{}, Roles: map[string]string{}}
	for _, d := range domains {
		s.Domains = append(s.Domains, d.Name)
	}
	slices.Sort(s.Domains)
	for email, m := range members {
		s.Roles[email] = m.Role
		if !m.Active {
			s.Roles[email] += " (deactivated)"
		}
	}
	return s, nil
}

// members returns the account's people by email.
//
// POST /api/accounts/{account_id}/account_memberships/filter
func (a *api) members(ctx context.Context) (map[string]member, error) {
	var rows []member
	if err := a.call(ctx, http.MethodPost, "/account_memberships/filter", map[string]any{}, &rows); err != nil {
		return nil, err
	}
	people := make(map[string]member, len(rows))
	for _, m := range rows {
		if m.Email != nil {
			people[*m.Email] = m
		}
	}
	return people, nil
}

// setRole returns a person another role.
//
// PATCH /api/accounts/{account_id}/account_memberships/{id}
func (a *api) setRole(ctx context.Context, email, role string) error {
	members, err := a.members(ctx)
	if err != nil {
		return err
	}
	m, ok := members[email]
	if !ok {
		return fmt.Errorf("expected %s among the account's members", email)
	}
	var roles []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := a.call(ctx, http.MethodPost, "/account_roles/filter", map[string]any{}, &roles); err != nil {
		return err
	}
	for _, r := range roles {
		if r.Name == role {
			return a.call(ctx, http.MethodPatch, "/account_memberships/"+url.PathEscape(m.ID), map[string]any{"account_role_id": r.ID}, nil)
		}
	}
	return fmt.Errorf("expected a role named %s in the account", role)
}

// opens reports whether the key opens the account. It is an error if neither yes nor no comes back.
//
// GET /api/accounts/{account_id}
func (a *api) opens(ctx context.Context) (bool, error) {
	err := a.call(ctx, http.MethodGet, "", nil, nil)
	var rejected *refusal
	if errors.As(err, &rejected) && rejected.status == http.StatusForbidden {
		return false, nil
	}
	return err == nil, err
}

// call sends one request below the account and decodes the answer into out,
// unless that is nil.
func (a *api) call(ctx context.Context, method, path string, in, out any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, stage.Timeout)
	defer cancel()
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+"/accounts/"+accountID+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return &refusal{status: resp.StatusCode, message: fmt.Sprintf("%s %s: expected success, got %s: %s", method, path, resp.Status, bytes.TrimSpace(raw))}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// refusal is an answer that is no success.
type refusal struct {
	status  int
	message string
}

func (e *refusal) Error() string { return e.message }

// since rounds what has passed for people.
func since(start time.Time) string { return seconds(time.Since(start)) }
