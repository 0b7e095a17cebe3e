package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var scimProtocol = dialect{media: "application/scim+json", credential: "SCIM token", example: "https://api.prefect.cloud/scim/v2.0/…"}

// The URNs of RFC 7643, section 4, and RFC 7644, section 3.5.2.
const (
	scimUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimPatchOp    = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// scimPage is the most resources that are asked for at once.
const scimPage = 100

// SCIM speaks to a directory's SCIM 2.0 endpoint (RFC 7644) as an identity
// provider does. A refusal is a *SCIMError.
type SCIM struct {
	c *Client
}

// ParseSCIMEndpoint is [ParseEndpoint] for the address of a SCIM endpoint, with
// this client's rule on plain http.
func (c *Client) ParseSCIMEndpoint(raw string) (*url.URL, error) {
	u, _, err := parseAddress(raw, c.config.AllowInsecureHTTP, scimProtocol)
	return u, err
}

// SCIM returns a client of a SCIM endpoint, with the timeouts, retries and
// transport of this one and a token of its own. It ends with this client. Custom
// headers go along where it is the API's own host, which the same proxy guards,
// and nowhere else.
func (c *Client) SCIM(endpoint, token string) (*SCIM, error) {
	scim, err := c.beside(endpoint, token, scimProtocol)
	if err != nil {
		return nil, err
	}
	return &SCIM{scim}, nil
}

// sameHost reports whether an address has scheme, host and port of the API's.
func (c *Client) sameHost(address string) bool {
	base, err := url.Parse(c.base)
	other, otherErr := url.Parse(strings.TrimSpace(address))
	return err == nil && otherErr == nil && base.Scheme == other.Scheme && strings.EqualFold(base.Host, other.Host)
}

// SCIMUser is what is read of a user.
type SCIMUser struct {
	ID         string   `json:"id"`
	UserName   string   `json:"userName"`
	ExternalID string   `json:"externalId"`
	Active     bool     `json:"active"`
	Meta       SCIMMeta `json:"meta"`
}

// SCIMMeta is what is read of a resource's metadata.
type SCIMMeta struct {
	Created time.Time `json:"created"`
}

// NewSCIMUser is a user to create: active, with the user name as the one email
// address.
type NewSCIMUser struct {
	UserName   string
	ExternalID string
	GivenName  string
	FamilyName string
}

// SCIMGroup is what is read of a group.
type SCIMGroup struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// The wire types of what is sent.
type (
	scimUserBody struct {
		Schemas    []string    `json:"schemas"`
		UserName   string      `json:"userName"`
		ExternalID string      `json:"externalId"`
		Name       scimName    `json:"name"`
		Emails     []scimEmail `json:"emails"`
		Active     bool        `json:"active"`
	}
	scimName struct {
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	}
	scimEmail struct {
		Value   string `json:"value"`
		Type    string `json:"type"`
		Primary bool   `json:"primary"`
	}
	scimPatchBody struct {
		Schemas    []string        `json:"schemas"`
		Operations []scimOperation `json:"Operations"`
	}
	scimOperation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	scimMember struct {
		Value string `json:"value"`
	}
	scimList[T any] struct {
		Resources []T `json:"Resources"`
	}
)

// UsersByName finds the users of exactly this name; there is one at most.
//
// GET {scim_endpoint}/Users?filter=userName eq "…"
func (s *SCIM) UsersByName(ctx context.Context, userName string) ([]SCIMUser, error) {
	return scimFind[SCIMUser](ctx, s, "Users", "userName eq "+scimQuote(userName), nil)
}

// UsersByPrefix finds users whose name begins like this, a hundred at most.
//
// GET {scim_endpoint}/Users?filter=userName sw "…"
func (s *SCIM) UsersByPrefix(ctx context.Context, prefix string) ([]SCIMUser, error) {
	return scimFind[SCIMUser](ctx, s, "Users", "userName sw "+scimQuote(prefix), nil)
}

// CreateUser makes a user. It is not repeated once it has been sent.
//
// POST {scim_endpoint}/Users
func (s *SCIM) CreateUser(ctx context.Context, u NewSCIMUser) (SCIMUser, error) {
	return do[SCIMUser](ctx, s.c, call{method: http.MethodPost, path: []string{"Users"}, body: scimUserBody{
		Schemas:    []string{scimUserSchema},
		UserName:   u.UserName,
		ExternalID: u.ExternalID,
		Name:       scimName{u.GivenName, u.FamilyName},
		Emails:     []scimEmail{{Value: u.UserName, Type: "work", Primary: true}},
		Active:     true,
	}})
}

// DeactivateUser says that a user has left.
//
// PATCH {scim_endpoint}/Users/{id}
func (s *SCIM) DeactivateUser(ctx context.Context, id string) error {
	return s.patch(ctx, []string{"Users", id}, asAnswered, scimOperation{Op: "replace", Path: "active", Value: false})
}

// DeleteUser removes a user; one that is gone is success.
//
// DELETE {scim_endpoint}/Users/{id}
func (s *SCIM) DeleteUser(ctx context.Context, id string) error {
	_, err := s.c.send(ctx, call{method: http.MethodDelete, path: []string{"Users", id}, absent: goneIsSuccess})
	return err
}

// GroupsByName finds the groups with this name, without their members. Names
// need not be unique, and a server may compare them without case.
//
// GET {scim_endpoint}/Groups?filter=displayName eq "…"
func (s *SCIM) GroupsByName(ctx context.Context, displayName string) ([]SCIMGroup, error) {
	return scimFind[SCIMGroup](ctx, s, "Groups", "displayName eq "+scimQuote(displayName), url.Values{"excludedAttributes": {"members"}})
}

// AddMember puts a user into a group.
//
// PATCH {scim_endpoint}/Groups/{id}
func (s *SCIM) AddMember(ctx context.Context, groupID, userID string) error {
	return s.patch(ctx, []string{"Groups", groupID}, asAnswered, scimOperation{Op: "add", Path: "members", Value: []scimMember{{userID}}})
}

// RemoveMember takes a user out of a group; a group that is gone is success.
//
// PATCH {scim_endpoint}/Groups/{id}
func (s *SCIM) RemoveMember(ctx context.Context, groupID, userID string) error {
	return s.patch(ctx, []string{"Groups", groupID}, goneIsSuccess, scimOperation{Op: "remove", Path: "members[value eq " + scimQuote(userID) + "]"})
}

func (s *SCIM) patch(ctx context.Context, path []string, absent absence, operation scimOperation) error {
	_, err := s.c.send(ctx, call{
		method: http.MethodPatch, path: path, absent: absent,
		body: scimPatchBody{Schemas: []string{scimPatchOp}, Operations: []scimOperation{operation}},
	})
	return err
}

func scimFind[T any](ctx context.Context, s *SCIM, resources, filter string, query url.Values) ([]T, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("filter", filter)
	query.Set("count", fmt.Sprint(scimPage))
	found, err := do[scimList[T]](ctx, s.c, call{method: http.MethodGet, path: []string{resources}, query: query})
	return found.Resources, err
}

// scimQuote writes a string as filters want it: as JSON does (RFC 7644,
// section 3.4.2.2).
func scimQuote(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string into memory: cannot fail
	return string(bytes.TrimSpace(b.Bytes()))
}

// scimTypeOf reads the scimType of an error body (RFC 7644, section 3.12).
func scimTypeOf(body []byte) string {
	var answer struct {
		ScimType string `json:"scimType"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.ScimType
}
