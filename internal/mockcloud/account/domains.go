package account

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// domains are the routes of an account's list. Extended ones are versioned and
// release what single sign-on needs; today's Prefect Cloud knows neither.
type domains struct{ extended bool }

func (d domains) routes() []router.Route {
	const path = root + "/domains"
	return []router.Route{
		{Method: http.MethodGet, Path: path, Access: router.ByMembers(store.ReadAccount).With(store.FeatureSSO), Handle: d.read},
		{Method: http.MethodPatch, Path: path, Access: router.ByMembers(store.AdministrateSSO).With(store.FeatureSSO), Handle: d.replace},
	}
}

type domainBody struct {
	ID        uuid.UUID `json:"id"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	AccountID uuid.UUID `json:"account_id"`
	Name      string    `json:"name"`
	// Releasing is ours: see store.Domain.
	Releasing bool `json:"releasing,omitempty"`
}

// read is GET /api/accounts/{account_id}/domains.
func (d domains) read(c *router.Call) (*router.Answer, error) {
	rows := []domainBody{}
	answer := &router.Answer{Status: http.StatusOK, Header: http.Header{}}
	err := c.View(func(r *store.Reader) error {
		enabled := r.Domains(c.Account)
		for _, row := range enabled {
			rows = append(rows, domainBody{
				ID: row.ID, Created: row.Created, Updated: row.Updated, AccountID: row.AccountID, Name: row.Name, Releasing: row.Releasing,
			})
		}
		if d.extended {
			answer.Header.Set("ETag", etag(enabled))
		}
		return nil
	})
	answer.Body = rows
	return answer, err
}

// replace is PATCH /api/accounts/{account_id}/domains. With If-Match (RFC 9110,
// section 13.1.1) it changes only the list that the caller has seen. With
// ?allow_disable_sso=true it takes the last domain of the only active connection
// away at once, and single sign-on with it; without, that one is released.
func (d domains) replace(c *router.Call) (*router.Answer, error) {
	names, err := router.Body(c, input.Lenient(func(f *input.Fields) []string {
		return input.Required(f, "domain_names", input.List(input.String))
	}))
	if err != nil {
		return nil, err
	}
	consent, err := d.consent(c)
	if err != nil {
		return nil, err
	}
	seen := strings.Join(c.Request.Header.Values("If-Match"), ",")
	return router.Done(c.Update(func(tx *store.Tx) error {
		if d.extended && seen != "" && !matches(seen, etag(tx.Domains(c.Account))) {
			return &store.PreconditionFailed{What: "The list of domains"}
		}
		return tx.SetDomains(c.Account, names, consent...)
	}))
}

func (d domains) consent(c *router.Call) ([]store.Consent, error) {
	const name = string(store.AllowDisableSSO)
	if !d.extended {
		return []store.Consent{store.AllowDisableSSO}, nil
	}
	query := c.Request.URL.Query()
	if !query.Has(name) {
		return nil, nil
	}
	given, err := input.Query(name, query.Get(name), true, input.Bool)
	if err != nil || !given {
		return nil, err
	}
	return []store.Consent{store.AllowDisableSSO}, nil
}

// etag is strong: it is another one as soon as any row is.
func etag(rows []*store.Domain) string {
	sum := sha256.New()
	for _, row := range rows {
		sum.Write(row.ID[:]) // a row's id never names another domain
		if row.Releasing {
			sum.Write([]byte("releasing"))
		}
	}
	return `"` + hex.EncodeToString(sum.Sum(nil)[:16]) + `"`
}

// matches compares strongly: a weak tag never matches.
func matches(ifMatch, current string) bool {
	for tag := range strings.SplitSeq(ifMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == current {
			return true
		}
	}
	return false
}
