package setup

import (
	"net/url"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// result is what the last pages show: the connection, and how to try it.
type result struct {
	Connection *store.Connection
	Provider   provider
	LoginURL   string
	// Elsewhere are those of its domains that another connection serves.
	Elsewhere []domainChoice
}

func viewResult(v *visit) any {
	c := v.connection // nobody gets here before there is one
	named, _ := providerOf(c.Type)
	query := url.Values{"connection": {c.ID}, "return_to": {v.way.steps[tryLogin].path()}}
	out := result{Connection: c, Provider: named, LoginURL: "/login?" + query.Encode()}
	for _, d := range v.enabled {
		if d.ServedBy != "" && d.ServedBy != c.Name && slices.Contains(c.Domains, d.Name) {
			out.Elsewhere = append(out.Elsewhere, d)
		}
	}
	return out
}
