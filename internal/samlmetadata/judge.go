package samlmetadata

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxEntityID is SAML's own bound (Core 8.3.6).
const maxEntityID = 1024

// judge makes metadata of an entity: what can be used of it, and what was left out.
func (e *candidate) judge(now time.Time) (*Metadata, error) {
	if err := CheckEntityID(e.entityID); err != nil {
		return nil, err
	}
	r := e.roles[0]
	m := &Metadata{
		EntityID: e.entityID, Endpoints: r.endpoints, NameIDFormats: r.formats,
		WantsSignedRequests: r.wantsSigned == "true" || r.wantsSigned == "1",
	}
	var err error
	if m.ValidUntil, err = r.expires(); err != nil {
		return nil, err
	}
	if !now.IsZero() && !m.ValidUntil.IsZero() && !now.Before(m.ValidUntil) {
		return nil, reject(Expired, "The metadata was valid until %s. Fetch it anew from the identity provider.", m.ValidUntil.Format(time.RFC3339))
	}
	m.CacheDuration, m.Warnings = r.cacheDuration()
	if err := m.takeEndpoint(); err != nil {
		return nil, err
	}
	if err := m.takeKeys(r.keys, now); err != nil {
		return nil, err
	}
	return m, nil
}

// CheckEntityID holds an entity id to SAML Core 8.3.6, and refuses the template that
// Entra ID gives where no tenant was said.
func CheckEntityID(id string) error {
	switch {
	case id == "":
		return reject(NoEntityID, "The metadata names no entityID.")
	case utf8.RuneCountInString(id) > maxEntityID:
		return reject(NoEntityID, "The entity id has more than %d characters.", maxEntityID)
	case trim(id) != id:
		return reject(NoEntityID, "The entity id %s has white space around it.", shown(id))
	case strings.Contains(strings.ToLower(id), "{tenant"):
		return reject(TenantlessTemplate, "The entity id %s is a template for any tenant of Microsoft Entra ID: no logins come from it. Take the metadata of your own application: https://login.microsoftonline.com/<tenant id>/federationmetadata/2007-06/federationmetadata.xml?appid=<application id>.", shown(id))
	}
	return nil
}

// takeEndpoint chooses where people are sent to.
func (m *Metadata) takeEndpoint() error {
	var left []Problem
	for i, e := range m.Endpoints {
		if e.Binding != HTTPRedirect && e.Binding != HTTPPOST {
			m.Endpoints[i].Unusable = &Problem{UnusableBinding, fmt.Sprintf("The endpoint %s was left out: its binding %s is not one that people are sent by.", shown(e.Location), shown(e.Binding))}
			left = append(left, *m.Endpoints[i].Unusable)
			continue
		}
		if err := CheckSSOURL(e.Location); err != nil {
			p := Problem{IDOf(err), fmt.Sprintf("The %s endpoint %s was left out. %s", bindingName(e.Binding), shown(e.Location), err)}
			m.Endpoints[i].Unusable = &p
			left, m.Warnings = append(left, p), append(m.Warnings, p)
		}
	}
	for _, binding := range []string{HTTPRedirect, HTTPPOST} {
		at := slices.IndexFunc(m.Endpoints, func(e Endpoint) bool { return e.Binding == binding && e.Unusable == nil })
		if at >= 0 {
			m.SSO = m.Endpoints[at]
			return nil
		}
	}
	return &Error{Problem: Problem{NoUsableEndpoint, fmt.Sprintf("The metadata of %s has no SingleSignOnService that people can be sent to (HTTP-Redirect or HTTP-POST, https).", shown(m.EntityID))}, Because: left}
}

func bindingName(binding string) string { return binding[strings.LastIndexByte(binding, ':')+1:] }

// takeKeys chooses the certificates whose signatures count.
func (m *Metadata) takeKeys(keys []key, now time.Time) error {
	t := keyTaker{now: now, known: map[string]bool{}}
	for _, k := range keys {
		t.descriptor(k)
	}
	m.Certificates = t.taken
	m.Warnings = append(m.Warnings, t.left...)
	if len(t.taken) == 0 {
		return &Error{Problem: Problem{NoUsableKey, fmt.Sprintf("The metadata of %s has no signing key that can be used, so no login could be verified.", shown(m.EntityID))}, Because: t.left}
	}
	m.Warnings = append(m.Warnings, t.later...)
	return nil
}

// keyTaker judges keys one by one.
type keyTaker struct {
	now   time.Time
	known map[string]bool
	count int
	taken []*x509.Certificate
	// left are why keys were left out; later which count only later.
	left, later []Problem
}

func (t *keyTaker) leave(id ID, format string, args ...any) {
	t.left = append(t.left, Problem{id, fmt.Sprintf(format, args...)})
}

func (t *keyTaker) descriptor(k key) {
	switch {
	case t.count >= maxKeys:
		if t.count == maxKeys {
			t.count++
			t.leave(TooManyKeys, "Keys after the first %d were left out.", maxKeys)
		}
		return
	case k.use != "" && k.use != "signing":
		t.count++
		t.leave(KeyUseUnknown, "Key %d was left out: its use %s is neither signing nor encryption.", t.count, shown(k.use))
		return
	case len(k.certificates) == 0:
		t.count++
		t.leave(KeyWithoutCertificate, "Key %d was left out: it comes without a certificate (X509Certificate).", t.count)
		return
	}
	read := make([]*x509.Certificate, 0, len(k.certificates))
	for i, text := range k.certificates {
		t.count++
		if certificate := t.read(text, k.dirty[i]); certificate != nil {
			read = append(read, certificate)
		}
	}
	for _, certificate := range read {
		t.take(certificate, read)
	}
}

// read reads a certificate, whatever its key.
func (t *keyTaker) read(text string, dirty bool) *x509.Certificate {
	if dirty {
		t.leave(CertificateUnreadable, "Certificate %d was left out: it has something else in it than text.", t.count)
		return nil
	}
	der, err := certificateBytes(text)
	var certificate *x509.Certificate
	if err == nil {
		certificate, err = ParseDER(der)
	}
	if err != nil {
		t.leave(IDOf(err), "Certificate %d was left out. %s", t.count, err)
		return nil
	}
	return certificate
}

// take judges a certificate by its key, its time and those that stand beside it.
func (t *keyTaker) take(certificate *x509.Certificate, beside []*x509.Certificate) {
	fingerprint := Fingerprint(certificate)
	if t.known[fingerprint] {
		return
	}
	t.known[fingerprint] = true
	name := Name(certificate)
	unusable := unusableKey(certificate.PublicKey)
	switch {
	case unusable != nil:
		t.leave(unusable.ID, "%s: left out, %s.", name, unusable.Message)
	case slices.ContainsFunc(beside, func(other *x509.Certificate) bool { return issued(certificate, other) }):
		// XML Signature 4.5.4: such a chain is about one key, that of its end.
		t.leave(KeyOfIssuer, "%s: left out, it is that of the issuer of another certificate in the same KeyDescriptor and signs no logins.", name)
	case !t.now.IsZero() && t.now.After(certificate.NotAfter):
		t.leave(KeyExpired, "%s: left out, it has expired.", name)
	default:
		t.taken = append(t.taken, certificate)
		if !t.now.IsZero() && t.now.Before(certificate.NotBefore) {
			t.later = append(t.later, Problem{KeyNotYetValid, fmt.Sprintf("%s: it counts only from %s on.", name, certificate.NotBefore.UTC().Format(time.RFC3339))})
		}
	}
}

// issued reports whether a certificate names another's issuer, and not itself.
func issued(issuer, certificate *x509.Certificate) bool {
	return bytes.Equal(issuer.RawSubject, certificate.RawIssuer) && !bytes.Equal(issuer.RawSubject, certificate.RawSubject) && len(issuer.RawSubject) > 2
}
