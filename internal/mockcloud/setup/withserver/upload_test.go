package withserver_test

import (
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
	"golang.org/x/text/encoding/unicode"
)

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestUpload: metadata comes as a file, in whatever encoding, and what is no metadata is
// answered at its field with what to do. What was typed beside it is still there.
func TestUpload(t *testing.T) {
	t.Parallel()
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="utf-16"?>` + metadata(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	noKey := metadata(time.Hour)
	noKey = noKey[:strings.Index(noKey, "<KeyDescriptor")] + noKey[strings.Index(noKey, "<SingleSignOnService"):]
	tests := []struct {
		name, data string
		field      string // at fault; empty for none
		says       []string
	}{
		{"metadata", metadata(time.Hour), "", nil},
		{"with a byte order mark", "\ufeff" + metadata(time.Hour), "", nil},
		{"in UTF-16", utf16, "", nil},
		{"in Latin-1", `<?xml version="1.0" encoding="iso-8859-1"?><!-- M` + "\xfc" + `ller -->` + metadata(time.Hour), "", nil},
		{"empty", "", "metadata_file", []string{"idp.xml is empty"}},
		{"white space", " \r\n", "metadata_file", []string{"idp.xml is empty"}},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe", "metadata_file", []string{"idp.xml"}},
		{"a text", "-----BEGIN CERTIFICATE-----", "metadata_file", []string{"no XML"}},
		{"a page", "<!doctype html><html><body>Sign in</body></html>", "metadata_xml", nil},
		{"another document", "<svg xmlns='http://www.w3.org/2000/svg'/>", "metadata_xml", []string{"svg"}},
		{"without a key", noKey, "metadata_xml", []string{"no signing key"}},
		{"with an expired key", metadata(-time.Hour), "metadata_xml", []string{"expired"}},
		{"too large", metadata(time.Hour) + strings.Repeat(" ", 1<<20), "metadata_file", []string{"larger than 1 MiB"}},
		{"far too large", strings.Repeat("<a/>", 5<<20/4), "metadata_file", []string{"larger than 1 MiB"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.started()
			v.to("GoogleSAML")
			typed := form{"name": {"Typed name"}, "way": {"file"}, "map_email": {"typed-mail"}, "entity_id": {"urn:typed"}}
			page := v.upload("/setup/details", typed, file{"metadata_file", "idp.xml", tt.data})
			if tt.field == "" {
				page.at("/setup/test", "https://idp.example.com/saml", "https://idp.example.com/sso")
				w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200, `"email":"typed-mail"`)
				return
			}
			page.says(422, append(tt.says, `<a href="#`+tt.field+`">`, `id="`+tt.field+`-problem"`, `value="Typed name"`, `value="typed-mail"`, `value="urn:typed"`)...)
			if got := w.connections(); len(got) != 0 {
				t.Errorf("%v", got)
			}
			if tt.field == "metadata_xml" { // the text is kept, so the file need not be chosen again
				page.says(422, "idp.xml", `id="way-paste" name="way" value="paste" checked`, strings.TrimSpace(tt.data)[:20])
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		v := w.started()
		v.to("GoogleSAML")
		v.open("/setup/details").at("/setup/details", `id="way-file" name="way" value="file" checked`) // Google has only a file
		v.upload("/setup/details", form{"name": {"x"}, "way": {"file"}}).says(422, `<a href="#metadata_file">Choose the file`)
	})
}

// TestUploadedFederation: of several identity providers in a file one is chosen, without
// choosing the file again.
func TestUploadedFederation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.started()
	v.to("GenericSAML")
	both := federation("https://one.example.com/saml", "https://two.example.com/saml")
	page := v.upload("/setup/details", form{"name": {"Login"}, "way": {"file"}}, file{"metadata_file", "both.xml", both})
	page.says(422, `<a href="#metadata_entity_id">`, `value="https://one.example.com/saml"`, `value="https://two.example.com/saml"`)
	v.send("/setup/details", form{"name": {"Login"}, "way": {"paste"}, "metadata_xml": {both}, "metadata_entity_id": {"https://two.example.com/saml"}}).
		at("/setup/test", "https://two.example.com/saml")
}

// TestByHand: entity id, endpoint and certificates without metadata, certificates as text,
// several of them, or as a file.
func TestByHand(t *testing.T) {
	t.Parallel()
	der, other := certificate(time.Hour), certificate(2*time.Hour)
	hand := form{"name": {"Login"}, "way": {"hand"}, "entity_id": {"urn:acme:idp"}, "sso_url": {"https://idp.example.com/sso"}}
	with := func(more form) form {
		out := form{}
		for _, of := range []form{hand, more} {
			for name, value := range of {
				out[name] = slices.Clone(value)
			}
		}
		return out
	}
	bare := strings.Join(strings.Split(strings.TrimSpace(pemOf(der)), "\n")[1:len(strings.Split(strings.TrimSpace(pemOf(der)), "\n"))-1], "\n")
	tests := []struct {
		name  string
		form  form
		files []file
		certs [][]byte
		says  []string // where it is refused
	}{
		{"PEM", with(form{"certificate": {pemOf(der)}}), nil, [][]byte{der}, nil},
		{"Base64", with(form{"certificate": {bare}}), nil, [][]byte{der}, nil},
		{"two", with(form{"certificate": {"first\n" + pemOf(der) + "\nand\n" + pemOf(other)}}), nil, [][]byte{der, other}, nil},
		{"a PEM file", with(nil), []file{{"certificate_file", "idp.pem", pemOf(der)}}, [][]byte{der}, nil},
		{"a DER file", with(nil), []file{{"certificate_file", "idp.cer", string(der)}}, [][]byte{der}, nil},
		{"text and file", with(form{"certificate": {pemOf(other)}}), []file{{"certificate_file", "idp.cer", string(der)}}, [][]byte{other, der}, nil},
		{"nothing", form{"name": {"Login"}, "way": {"hand"}}, nil, nil, []string{`<a href="#entity_id">`, `<a href="#sso_url">`, `<a href="#certificate">`}},
		{"no certificate", with(form{"certificate": {"hello"}}), nil, nil, []string{`<a href="#certificate">`, "hello", "urn:acme:idp"}},
		{"something behind it", with(form{"certificate": {pemOf(der) + "hello"}}), nil, nil, []string{`<a href="#certificate">`}},
		{"an empty file", with(nil), []file{{"certificate_file", "idp.cer", " "}}, nil, []string{`<a href="#certificate_file">The file idp.cer is empty`}},
		{"a picture", with(nil), []file{{"certificate_file", "idp.png", "\x89PNG\x00"}}, nil, []string{`<a href="#certificate_file">The file idp.png is no certificate`}},
		{"a large file", with(nil), []file{{"certificate_file", "idp.cer", strings.Repeat("x", 70<<10)}}, nil, []string{`<a href="#certificate_file">The file idp.cer is larger`}},
		{"an expired one", with(form{"certificate": {pemOf(certificate(-time.Hour))}}), nil, nil, []string{`<a href="#certificate">`, "expired"}},
		{"a plain address", with(form{"certificate": {pemOf(der)}, "sso_url": {"http://idp.example.com/sso"}}), nil, nil, []string{`<a href="#sso_url">`, `value="http://idp.example.com/sso"`, pemOf(der)[:60]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			v := w.started()
			v.to("GenericSAML")
			page := v.upload("/setup/details", tt.form, tt.files...)
			if tt.says != nil {
				page.says(422, tt.says...)
				if got := w.connections(); len(got) != 0 {
					t.Errorf("%v", got)
				}
				return
			}
			page.at("/setup/test", "urn:acme:idp")
			answer := w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200)
			for _, der := range tt.certs {
				certificate, err := samlmetadata.ParseDER(der)
				if err != nil {
					t.Fatal(err)
				}
				answer.Want(200, samlmetadata.Fingerprint(certificate))
			}
			// It stands in the form again, and can be kept.
			v.open("/setup/details").at("/setup/details", `id="way-keep" name="way" value="keep" checked`, `value="urn:acme:idp"`, "BEGIN CERTIFICATE")
			v.send("/setup/details", form{"name": {"Renamed"}, "way": {"keep"}}).at("/setup/test", "Renamed", "urn:acme:idp")
		})
	}
}

// TestMapping: an attribute mapping is saved, shown again, and taken back.
func TestMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.started()
	v.to("OktaSAML")
	all := form{"name": {"Login"}, "metadata_url": {metadataURL}, "map_email": {" mail "}, "map_first_name": {"vorname"}, "map_last_name": {"name"}, "map_subject": {"uid"}}
	v.send("/setup/details", all).at("/setup/test")
	w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200, `"subject":"uid"`, `"email":"mail"`, `"first_name":"vorname"`, `"last_name":"name"`)
	v.open("/setup/details").at("/setup/details", `<details class="mapping" open>`, `value="mail"`, `value="vorname"`, `value="uid"`)
	v.send("/setup/details", form{"name": {"Login"}, "metadata_url": {metadataURL}, "map_email": {""}, "map_first_name": {strings.Repeat("x", 256)}}).
		says(422, `<a href="#map_first_name">`, `<details class="mapping" open>`)
	v.send("/setup/details", form{"name": {"Login"}, "metadata_url": {metadataURL}, "map_email": {""}}).at("/setup/test")
	w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200, `"subject":null`, `"email":null`)

	oidc := newWorld(t).started()
	oidc.to("OktaOIDC")
	oidc.open("/setup/details").hasNot("map_subject")
}
