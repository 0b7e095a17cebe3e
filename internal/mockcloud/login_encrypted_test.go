package mockcloud_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/sso/saml"
)

// TestEncryptedLogins: the test identity provider encrypts for the key in the service provider's metadata, whatever it
// signs.
func TestEncryptedLogins(t *testing.T) {
	t.Parallel()
	const email = "admin@saml.example"
	o := newOffice(t)
	connection := o.configure("saml", "saml.example")
	demand := func(yes bool) {
		o.api("PATCH", "/sso/connections/"+connection, mocktest.Terraform, obj{"saml": obj{"want_assertions_encrypted": yes}}).
			Want(http.StatusOK, `"want_assertions_encrypted":`+map[bool]string{true: "true", false: "false"}[yes])
	}
	o.idp.EncryptSAML(true)
	for _, what := range []idp.SAMLSigning{idp.SignAssertion, idp.SignResponse, idp.SignBoth} {
		o.idp.SignSAML(what)
		o.browser().login(email).want(t, http.StatusOK, "You are logged in")
	}
	demand(true)
	o.browser().login(email).want(t, http.StatusOK, "You are logged in")
	o.idp.EncryptSAML(false)
	o.browser().login(email).want(t, http.StatusForbidden)
	demand(false)
	o.browser().login(email).want(t, http.StatusOK, "You are logged in")
	if reasons := o.rejections(); len(reasons) != 1 || reasons[0] != string(saml.NotEncrypted) {
		t.Errorf("refused for %q", reasons)
	}
	// The identity provider's key may change meanwhile, though the signature is within what is encrypted.
	o.idp.EncryptSAML(true)
	o.idp.SignSAML(idp.SignAssertion)
	b := o.browser()
	page := b.get("/login?email=" + email)
	o.rotate()
	b.choose(page, email).want(t, http.StatusOK, "You are logged in")
}

// keysIn counts the service provider's published keys of a use.
func keysIn(t *testing.T, s *mocktest.Server, use string) int {
	t.Helper()
	answer, err := s.Try("GET", "/sso/saml/"+mocktest.Account+"/metadata", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(answer.Want(http.StatusOK).Body, `<KeyDescriptor use="`+use+`">`)
}

// TestOwnKeysRotate: both of the service provider's keys are replaced with two at once in its metadata, and outlive a
// restart.
func TestOwnKeysRotate(t *testing.T) {
	t.Parallel()
	config := mockcloud.Config{StateFile: filepath.Join(t.TempDir(), "state")}
	for _, use := range []string{"signing", "encryption"} {
		var before string
		for _, step := range []struct {
			step         string
			status, keys int
		}{{"withdraw", 409, 1}, {"publish", 204, 2}, {"publish", 409, 2}, {"withdraw", 204, 1}} {
			mock, err := mockcloud.New(config)
			if err != nil {
				t.Fatal(err)
			}
			s := mocktest.Serve(t, mock)
			if n := keysIn(t, s, use); before != "" && n == 0 {
				t.Fatal("the key is gone after a restart")
			}
			answer, err := s.Try("POST", "/_mockcloud/service_provider_keys", "", obj{"use": use, "step": step.step})
			if err != nil {
				t.Fatal(err)
			}
			answer.Want(step.status)
			if n := keysIn(t, s, use); n != step.keys {
				t.Errorf("%s after %s: %d keys", use, step.step, n)
			}
			before = step.step
			if answer, err = s.Try("GET", "/_mockcloud/snapshot", "", nil); err != nil || strings.Contains(answer.Body, "PRIVATE KEY") {
				t.Errorf("a key is shown: %v", err)
			}
			if err := mock.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var encryptionCertificates = regexp.MustCompile(`(?s)<KeyDescriptor use="encryption">.*?<X509Certificate[^>]*>([^<]+)<`)

// TestNextEncryptionKeyFirst: identity providers that encrypt for the first key of the metadata take the next one as soon
// as it is published, while answers for the old one are still read, and do not notice when that one goes.
func TestNextEncryptionKeyFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	published := func() (keys []string) {
		t.Helper()
		answer, err := o.Try("GET", "/sso/saml/"+mocktest.Account+"/metadata", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range encryptionCertificates.FindAllStringSubmatch(answer.Want(http.StatusOK).Body, -1) {
			keys = append(keys, found[1])
		}
		return keys
	}
	first := published()
	o.Call("POST", "/_mockcloud/service_provider_keys", "", obj{"use": "encryption", "step": "publish"}).Want(http.StatusNoContent)
	both := published()
	o.Call("POST", "/_mockcloud/service_provider_keys", "", obj{"use": "encryption", "step": "withdraw"}).Want(http.StatusNoContent)
	next := published()
	if len(first) != 1 || len(next) != 1 || len(both) != 2 || both[0] != next[0] || both[1] != first[0] || next[0] == first[0] {
		t.Errorf("%d, %d and %d keys, in another order", len(first), len(both), len(next))
	}
}

// TestEncryptionKeyRotates: people log in during and after a rollover.
func TestEncryptionKeyRotates(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.configure("saml", "saml.example")
	o.idp.EncryptSAML(true)
	for _, step := range []string{"publish", "withdraw"} {
		b := o.browser()
		page := b.get("/login?email=admin@saml.example")
		o.Call("POST", "/_mockcloud/service_provider_keys", "", obj{"use": "encryption", "step": step}).Want(http.StatusNoContent)
		b.choose(page, "admin@saml.example").want(t, http.StatusOK, "You are logged in")
	}
}
