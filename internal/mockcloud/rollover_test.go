package mockcloud_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// metadataOf is what the connection says of its metadata.
func (o *office) metadataOf(connection string) (m struct {
	FetchedAt    time.Time `json:"metadata_fetched_at"`
	Error        *string   `json:"metadata_error"`
	Certificates []struct{ SHA256 string }
},
) {
	o.t.Helper()
	var c struct {
		SAML struct {
			FetchedAt    time.Time                 `json:"metadata_fetched_at"`
			Error        *string                   `json:"metadata_error"`
			Certificates []struct{ SHA256 string } `json:"idp_certificates"`
		}
	}
	o.api("GET", "/sso/connections/"+connection, mocktest.Terraform, nil).Want(http.StatusOK).Into(&c)
	m.FetchedAt, m.Error, m.Certificates = c.SAML.FetchedAt, c.SAML.Error, c.SAML.Certificates
	return m
}

// rotate has the test identity provider sign with a new key, and publish no other.
func (o *office) rotate() {
	o.t.Helper()
	for _, step := range []func() error{o.idp.PublishNextCertificate, o.idp.SignWithNextCertificate, o.idp.WithdrawOldCertificates} {
		if err := step(); err != nil {
			o.t.Fatal(err)
		}
	}
}

// TestKeysRotate: while the identity provider changes its key at once, people go on logging in, and strangers cause no
// requests.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	const email = "admin@saml.example"
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	o.browser().login(email).want(t, http.StatusOK, "You are logged in")
	first := o.metadataOf(connection)

	// In the middle of a login: the answer waits for the new key.
	b := o.browser()
	page := b.get("/login?email=" + email)
	o.clock.Advance(time.Second)
	o.rotate()
	b.choose(page, email).want(t, http.StatusOK, "You are logged in")
	second := o.metadataOf(connection)
	if !second.FetchedAt.After(first.FetchedAt) || len(second.Certificates) != 1 || second.Certificates[0] == first.Certificates[0] {
		t.Errorf("%+v, then %+v", first, second)
	}
	// Again within a minute: no login waits, and nothing is fetched.
	o.rotate()
	o.browser().login(email).want(t, http.StatusForbidden)
	if again := o.metadataOf(connection); again.FetchedAt != second.FetchedAt {
		t.Errorf("fetched at %s", again.FetchedAt)
	}
	// After it the next person's login mends it.
	o.clock.Advance(time.Minute)
	o.browser().login(email).want(t, http.StatusOK, "You are logged in")

	// An unsolicited answer fetches nothing, whether it names no request or one that is not there.
	o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"allow_idp_initiated": true}}).Want(http.StatusOK)
	o.clock.Advance(time.Minute)
	o.rotate()
	before := o.metadataOf(connection)
	for _, mode := range []idp.Mode{idp.SAMLUnsolicited, idp.SAMLOtherRequest} {
		o.idp.Misbehave(mode)
		o.browser().login(email).want(t, http.StatusForbidden)
	}
	o.idp.Misbehave(idp.Honest)
	if after := o.metadataOf(connection); after.FetchedAt != before.FetchedAt {
		t.Errorf("fetched at %s", after.FetchedAt)
	}

	// A login that begins with stale metadata has it fetched while the person is at the identity provider.
	o.clock.Advance(time.Hour + time.Second)
	b = o.browser()
	page = b.get("/login?email=" + email)
	deadline := time.Now().Add(30 * time.Second)
	for !o.metadataOf(connection).FetchedAt.After(before.FetchedAt) {
		if time.Now().After(deadline) {
			t.Fatal("stale metadata is not fetched")
		}
	}
	b.choose(page, email).want(t, http.StatusOK, "You are logged in")
}

// TestMetadataGoesAway: while the metadata cannot be had, people log in with what is known, and the connection says what
// is wrong.
func TestMetadataGoesAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	o.idp.Misbehave(idp.SAMLMetadataHTML)
	refresh := func() mocktest.Answer {
		return o.api("POST", "/sso/connections/"+connection+"/refresh", mocktest.Terraform, nil)
	}
	refresh().Want(http.StatusOK, `"metadata_error_id":"metadata-doctype"`)
	o.idp.Misbehave(idp.Honest)
	o.browser().login("admin@saml.example").want(t, http.StatusOK, "You are logged in")
	if m := o.metadataOf(connection); m.Error == nil || len(m.Certificates) != 1 {
		t.Errorf("%+v", m)
	}
	refresh().Want(http.StatusOK, `"metadata_error_id":null`)
}
