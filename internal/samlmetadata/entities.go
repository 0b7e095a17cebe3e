package samlmetadata

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// How much is kept of a document, whatever it has.
const (
	maxNames     = 20
	maxKeys      = 64
	maxEndpoints = 64
	maxFormats   = 64
)

// collector walks through a document and keeps one entity of it.
type collector struct {
	*scanner
	choice string
	// found is the chosen entity, or the first identity provider.
	found *candidate
	// several reports whether there are more entities of the chosen name.
	several bool
	// names are some of the identity providers, of which there are idps.
	names []string
	idps  int
	// other is an entity of the chosen name that is no identity provider, or the first
	// entity at all.
	other    *candidate
	entities int
}

// candidate is an entity as it stands there; nothing of it is judged yet.
type candidate struct {
	validity
	entityID string
	// roles are its IDPSSODescriptors for SAML 2.0, foreign those for other protocols.
	roles   []role
	foreign int
}

// role is an IDPSSODescriptor.
type role struct {
	validity
	wantsSigned string
	endpoints   []Endpoint
	formats     []string
	keys        []key
}

// key is a KeyDescriptor that may sign.
type key struct {
	use          string
	certificates []string
	// dirty says that a certificate has something else in it than text.
	dirty []bool
}

// validity is what is said of how long things hold, by an element and those around it.
type validity struct{ until, cache []string }

// within adds what an element says.
func (v validity) within(el *element) validity {
	if until := el.attr("validUntil"); until != "" {
		v.until = append(slices.Clip(v.until), until)
	}
	if cache := el.attr("cacheDuration"); cache != "" {
		v.cache = append(slices.Clip(v.cache), cache)
	}
	return v
}

// document reads it all: its end has to be well-formed, too.
func (c *collector) document() error {
	for {
		token, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			var failed *unreadable
			if errors.As(err, &failed) {
				return fmt.Errorf("read the metadata: %w", failed.error)
			}
			return err
		}
		root, ok := token.(*element)
		if !ok {
			continue
		}
		switch {
		case root.is(nsMetadata, "EntityDescriptor"):
			err = c.entity(root, validity{})
		case root.is(nsMetadata, "EntitiesDescriptor"):
			err = c.group(root, validity{})
		default:
			return reject(NotMetadata, "This is XML, but not SAML metadata: its outermost element is %s.", shown(root.Local))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// group reads an EntitiesDescriptor (SAML Metadata 2.3.1), which may have others in it.
func (c *collector) group(el *element, around validity) error {
	around = around.within(el)
	return c.children(func(child *element) error {
		switch {
		case child.is(nsMetadata, "EntityDescriptor"):
			return c.entity(child, around)
		case child.is(nsMetadata, "EntitiesDescriptor"):
			return c.group(child, around)
		}
		return nil
	})
}

// entity reads an EntityDescriptor (SAML Metadata 2.3.2).
func (c *collector) entity(el *element, around validity) error {
	e := &candidate{validity: around.within(el), entityID: el.attr("entityID")}
	c.entities++
	wanted := c.choice == "" && c.found == nil || c.choice != "" && e.entityID == c.choice
	err := c.children(func(child *element) error {
		if !child.is(nsMetadata, "IDPSSODescriptor") {
			return nil
		}
		protocols := strings.Fields(child.attr("protocolSupportEnumeration"))
		if len(protocols) > 0 && !slices.Contains(protocols, nsProtocol) {
			e.foreign++
			return nil
		}
		r := role{validity: e.within(child), wantsSigned: child.attr("WantAuthnRequestsSigned")}
		var err error
		if wanted {
			err = c.role(&r)
		}
		e.roles = append(e.roles, r)
		return err
	})
	if err != nil {
		return err
	}
	c.add(e, wanted)
	return nil
}

// add takes an entity over, or only its name.
func (c *collector) add(e *candidate, wanted bool) {
	if len(e.roles) > 0 {
		c.idps++
		if len(c.names) < maxNames {
			c.names = append(c.names, strings.Clone(e.entityID))
		}
		if wanted {
			c.several = c.found != nil
			c.found = e
		}
		return
	}
	if c.other == nil || wanted && c.other.entityID != c.choice {
		c.other = e
	}
}

// role reads an IDPSSODescriptor (SAML Metadata 2.4.3).
func (c *collector) role(r *role) error {
	return c.children(func(el *element) error {
		switch {
		case el.is(nsMetadata, "KeyDescriptor"):
			k := key{use: el.attr("use")}
			err := c.key(&k)
			if k.use != "encryption" && len(r.keys) <= maxKeys {
				r.keys = append(r.keys, k)
			}
			return err
		case el.is(nsMetadata, "SingleSignOnService"):
			if len(r.endpoints) < maxEndpoints {
				r.endpoints = append(r.endpoints, Endpoint{Binding: el.attr("Binding"), Location: el.attr("Location")})
			}
		case el.is(nsMetadata, "NameIDFormat"):
			format, pure, err := c.text()
			if format = trim(format); pure && format != "" && len(r.formats) < maxFormats {
				r.formats = append(r.formats, format)
			}
			return err
		}
		return nil
	})
}

// key reads the certificates of a KeyDescriptor: ds:KeyInfo, ds:X509Data,
// ds:X509Certificate (SAML Metadata 2.4.1.1).
func (c *collector) key(k *key) error {
	within := func(local string, read func(*element) error) func(*element) error {
		return func(el *element) error {
			if el.is(nsSignature, local) {
				return read(el)
			}
			return nil
		}
	}
	certificate := within("X509Certificate", func(*element) error {
		text, pure, err := c.text()
		if len(k.certificates) <= maxKeys {
			k.certificates, k.dirty = append(k.certificates, text), append(k.dirty, !pure)
		}
		return err
	})
	data := within("X509Data", func(*element) error { return c.children(certificate) })
	return c.children(within("KeyInfo", func(*element) error { return c.children(data) }))
}

// chosen returns the one entity to take, or says why there is none.
func (c *collector) chosen() (*candidate, error) {
	switch {
	case c.choice != "" && c.found == nil && c.other != nil && c.other.entityID == c.choice:
		return nil, noIdentityProvider(c.other)
	case c.choice != "" && c.found == nil:
		return nil, c.offering(reject(EntityMissing, "The metadata has no identity provider %s. %s", shown(c.choice), c.offered()))
	case c.several:
		return nil, reject(SeveralIdentityProviders, "The metadata describes the identity provider %s more than once.", shown(c.choice))
	case c.choice == "" && c.idps > 1:
		return nil, c.offering(reject(SeveralIdentityProviders, "The metadata describes several identity providers; choose one by its entity id. %s", c.offered()))
	case c.found == nil && c.other != nil && c.entities == 1:
		return nil, noIdentityProvider(c.other)
	case c.found == nil:
		return nil, reject(NoIdentityProvider, "None of the %d entities of the metadata is an identity provider of SAML 2.0 (IDPSSODescriptor).", c.entities)
	case len(c.found.roles) > 1:
		return nil, reject(NoIdentityProvider, "The metadata of %s describes %d identity providers in one entity (IDPSSODescriptor); exactly one is needed.", shown(c.found.entityID), len(c.found.roles))
	}
	return c.found, nil
}

func noIdentityProvider(e *candidate) error {
	if e.foreign > 0 {
		return reject(NoIdentityProvider, "The identity provider %s does not speak SAML 2.0.", shown(e.entityID))
	}
	return reject(NoIdentityProvider, "The metadata of %s describes no identity provider (IDPSSODescriptor). Take the metadata of the identity provider, not that of a service provider.", shown(e.entityID))
}

// offering adds the choice to a refusal.
func (c *collector) offering(err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		refused.Offered, refused.More = c.names, c.idps-len(c.names)
	}
	return err
}

// offered lists the identity providers of the document, or the first of them.
func (c *collector) offered() string {
	switch {
	case c.idps == 0:
		return "It has no identity provider at all."
	case c.idps > len(c.names):
		return fmt.Sprintf("It has %d, of which the first %d are %s.", c.idps, len(c.names), list(c.names))
	}
	return "It has " + list(c.names) + "."
}

// expires returns the earliest expiry that is recorded, zero for none.
func (v validity) expires() (earliest time.Time, err error) {
	for _, text := range v.until {
		until, err := ParseTime(text)
		if err != nil {
			return until, reject(BadValidUntil, "The metadata's validUntil %s.", err)
		}
		if earliest.IsZero() || until.Before(earliest) {
			earliest = until
		}
	}
	return earliest, nil
}

// cacheDuration returns the shortest time that a copy may be kept; what cannot be read is left
// out, as nothing depends on it.
func (v validity) cacheDuration() (shortest time.Duration, left []Problem) {
	for _, text := range v.cache {
		d, err := ParseDuration(text)
		switch {
		case err != nil:
			left = append(left, Problem{BadCacheDuration, "The metadata's cacheDuration was left out: " + err.Error() + "."})
		case shortest == 0 || d < shortest:
			shortest = d
		}
	}
	return shortest, left
}
