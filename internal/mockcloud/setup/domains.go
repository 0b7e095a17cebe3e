package setup

import (
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// domainChoice is one of the account's enabled domains.
type domainChoice struct {
	Name   string
	Chosen bool
	// ServedBy is the name of the active connection that has it, empty for none.
	ServedBy string
}

// viewDomains offers the enabled domains: all of them until some were chosen.
func viewDomains(v *visit) any {
	chosen := v.link.Domains
	return v.offered(func(name string) bool { return len(chosen) == 0 || slices.Contains(chosen, name) })
}

func (v *visit) offered(isChosen func(string) bool) []domainChoice {
	out := slices.Clone(v.enabled)
	for i := range out {
		out[i].Chosen = isChosen(out[i].Name)
	}
	return out
}

// takeDomains is POST /setup/domains.
func takeDomains(v *visit) {
	given := v.r.PostForm["domain"]
	offered := v.offered(func(name string) bool { return slices.Contains(given, name) })
	var chosen []string
	for _, d := range offered {
		if d.Chosen {
			chosen = append(chosen, d.Name)
		}
	}
	if len(chosen) == 0 {
		v.ask(offered, problem{"domain-0", "Choose at least one domain."})
		return
	}
	v.choose(chooseProvider, func(tx *store.Tx, link *store.SetupLink) { tx.ChooseInSetup(link, chosen, link.Type) })
}

// choose saves a choice and redirects to the next step.
func (v *visit) choose(next int, note func(*store.Tx, *store.SetupLink)) {
	err := v.update(func(tx *store.Tx, link *store.SetupLink) error {
		note(tx, link)
		return nil
	})
	if err != nil {
		v.failed(v.w, v.r, err)
		return
	}
	v.goTo(next)
}
