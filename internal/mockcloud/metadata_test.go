package mockcloud_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// savedSAML is the SAML side of a connection, as reads give it.
type savedSAML struct {
	SAML struct {
		EntityID     string                    `json:"idp_entity_id"`
		SSOURL       string                    `json:"idp_sso_url"`
		Chosen       *string                   `json:"idp_metadata_entity_id"`
		Warnings     []string                  `json:"idp_metadata_warnings"`
		Certificates []struct{ SHA256 string } `json:"idp_certificates"`
		Signs        bool                      `json:"sign_authn_requests"`
		Wants        bool                      `json:"want_authn_requests_signed"`
	}
}

const connectionsPath = mocktest.Root + "/sso/connections"

func samlBody(name string, side obj) obj {
	return obj{"name": name, "connection_type": "GenericSAML", "saml": side}
}

// caseFiles are the cases from outside.
func caseFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../samlmetadata/testdata/cases/*.xml")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		if out[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestMetadataCasesAreSaved: each case, pasted and fetched, is saved as the reader reads it.
func TestMetadataCasesAreSaved(t *testing.T) {
	t.Parallel()
	cases := caseFiles(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write(cases[filepath.Base(r.URL.Path)]); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(web.Close)
	s := mocktest.Start(t, mockcloud.Config{AllowPrivateIssuers: true})
	for name, data := range cases {
		want, err := samlmetadata.ReadText(string(data), samlmetadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for way, side := range map[string]obj{
			"pasted":  {"idp_metadata_xml": strings.ToValidUTF8(string(data), "ü")},
			"fetched": {"idp_metadata_url": web.URL + "/" + name},
		} {
			var got savedSAML
			s.Call("POST", connectionsPath, mocktest.Owner, samlBody(name+" "+way, side)).Want(201).Into(&got)
			if got.SAML.EntityID != want.EntityID || got.SAML.SSOURL != want.SSO.Location || got.SAML.Wants != want.WantsSignedRequests || got.SAML.Signs != want.WantsSignedRequests ||
				len(got.SAML.Certificates) != len(want.Fingerprints()) || got.SAML.Certificates[0].SHA256 != want.Fingerprints()[0] || len(got.SAML.Warnings) != len(want.Warnings) {
				t.Errorf("%s, %s: %+v", name, way, got.SAML)
			}
		}
	}
}

// TestMetadataOfAFederation: of a URL the server reads more than of a paste, and keeps the chosen entity.
func TestMetadataOfAFederation(t *testing.T) {
	t.Parallel()
	cases := caseFiles(t)
	one := string(cases["want-authn-requests-signed.xml"])
	one = one[strings.Index(one, "<md:Entity"):]
	var document atomic.Pointer[string]
	serve := func(padding int) {
		text := `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + one + strings.Replace(one, "https://idp.example\"", "https://other.example\"", 1) +
			"<!--" + strings.Repeat("x", padding) + "--></md:EntitiesDescriptor>"
		document.Store(&text)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(*document.Load())) // the reader may stop before the end
	}))
	t.Cleanup(web.Close)
	s := mocktest.Start(t, mockcloud.Config{AllowPrivateIssuers: true})
	serve(2 << 20)
	s.Call("POST", connectionsPath, mocktest.Owner, samlBody("x", obj{"idp_metadata_url": web.URL})).
		Want(422, `"loc":["body","saml","idp_metadata_url"]`, "https://idp.example", "https://other.example")
	var got savedSAML
	s.Call("POST", connectionsPath, mocktest.Owner, samlBody("x", obj{"idp_metadata_url": web.URL, "idp_metadata_entity_id": "https://other.example"})).Want(201).Into(&got)
	if got.SAML.EntityID != "https://other.example" || got.SAML.Chosen == nil || *got.SAML.Chosen != "https://other.example" || !got.SAML.Signs {
		t.Errorf("%+v", got.SAML)
	}
	s.Call("POST", connectionsPath, mocktest.Owner, samlBody("y", obj{"idp_metadata_entity_id": "https://other.example"})).Want(422, `"loc":["body","saml","idp_metadata_entity_id"]`)
}

// TestUnusableKeysAreNamed: the answer to a refused login tells which key it was.
func TestUnusableKeysAreNamed(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	cases := caseFiles(t)
	for name, wants := range map[string][]string{
		"short-rsa-key-beside-good.xml": {"RSA 1024", "145091A1407F4D456CE0D1855CFC9D2A49322EEB", "2036-11-27"},
	} {
		text := string(cases[name])
		var good savedSAML
		s.Call("POST", connectionsPath, mocktest.Owner, samlBody(name, obj{"idp_metadata_xml": text})).Want(201, wants...).Into(&good)
		alone := text[:strings.LastIndex(text, "<md:KeyDescriptor")] + text[strings.Index(text, "<md:SingleSignOnService"):]
		s.Call("POST", connectionsPath, mocktest.Owner, samlBody("alone", obj{"idp_metadata_xml": alone})).
			Want(422, append([]string{`"loc":["body","saml","idp_metadata_xml"]`}, wants...)...)
	}
	s.Call("POST", connectionsPath, mocktest.Owner, samlBody("template", obj{"idp_entity_id": "https://sts.windows.net/{tenantid}/"})).Want(422, `"loc":["body","saml","idp_entity_id"]`)
}

// TestCertificateWithANegativeSerial: a certificate whose shell Go refuses is saved and read back.
func TestCertificateWithANegativeSerial(t *testing.T) {
	t.Parallel()
	m, err := samlmetadata.ReadText(string(caseFiles(t)["adfs-federation-metadata.xml"]), samlmetadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	der := []byte(strings.Replace(string(m.Certificates[0].Raw), "\x02\x14\x5f\xbb", "\x02\x14\xdf\xbb", 1))
	if _, err := x509.ParseCertificate(der); err == nil {
		t.Fatal("Go reads it; the case shows nothing")
	}
	s := mocktest.Start(t, mockcloud.Config{})
	body := samlBody("negative", obj{"idp_entity_id": "https://idp.example", "idp_sso_url": "https://idp.example/sso", "idp_certificates": []string{base64.StdEncoding.EncodeToString(der)}})
	var got savedSAML
	s.Call("POST", connectionsPath, mocktest.Owner, body).Want(201).Into(&got)
	read, err := samlmetadata.ParseDER(der)
	if err != nil || len(got.SAML.Certificates) != 1 || got.SAML.Certificates[0].SHA256 != samlmetadata.Fingerprint(read) {
		t.Errorf("%v, %+v", err, got.SAML)
	}
}

// TestSigningFollowsMetadata: without a choice requests are signed as the metadata wants it, with one they are as chosen.
func TestSigningFollowsMetadata(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{})
	cases := caseFiles(t)
	wants, plain := string(cases["want-authn-requests-signed.xml"]), string(cases["xmlns-xml-declared.xml"])
	var made struct{ ID string }
	s.Call("POST", connectionsPath, mocktest.Owner, samlBody("x", obj{"idp_metadata_xml": plain})).Want(201, `"sign_authn_requests":false`).Into(&made)
	for i, step := range []struct {
		side         obj
		signs, wants bool
	}{
		{obj{"idp_metadata_xml": wants}, true, true},
		{obj{"allow_idp_initiated": true}, true, true},
		{obj{"sign_authn_requests": false}, false, true},
		{obj{"idp_metadata_xml": wants}, false, true},
		{obj{"sign_authn_requests": nil}, true, true},
		{obj{"idp_metadata_xml": plain}, false, false},
		{obj{"sign_authn_requests": true}, true, false},
		{obj{"idp_metadata_xml": plain}, true, false},
		{obj{"idp_metadata_xml": wants, "sign_authn_requests": nil}, true, true},
		{obj{"idp_entity_id": "https://idp.example"}, false, false},
	} {
		s.Call("PATCH", connectionsPath+"/"+made.ID, mocktest.Owner, obj{"saml": step.side}).
			Want(200, fmt.Sprintf(`"sign_authn_requests":%t`, step.signs), fmt.Sprintf(`"want_authn_requests_signed":%t`, step.wants))
		if t.Failed() {
			t.Fatalf("step %d", i)
		}
	}
}
