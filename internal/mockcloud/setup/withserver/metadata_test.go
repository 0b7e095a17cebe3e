package withserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// TestMetadataCases: each case that is pasted is saved as the reader reads it, and the page says what was left out.
func TestMetadataCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../samlmetadata/testdata/cases/*.xml")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	w := newWorld(t)
	certificatesBegan := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	w.clock.Advance(max(0, certificatesBegan.Sub(w.clock.Now())))
	v := w.started()
	v.to("GenericSAML")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToValidUTF8(string(data), "ü")
		want, err := samlmetadata.ReadText(text, samlmetadata.Options{Now: w.clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		page := v.send("/setup/details", form{"name": {"Login"}, "metadata_xml": {text}})
		page.at("/setup/test", want.EntityID, want.SSO.Location)
		for _, warning := range want.Warnings {
			if _, named, ok := strings.Cut(warning.Message, "serial "); ok {
				page.at("/setup/test", named[:40])
			}
		}
		if leftOut := strings.Count(page.body, "In the metadata: "); leftOut != len(want.Warnings) {
			t.Errorf("%s: %d of %d warnings on the page", filepath.Base(file), leftOut, len(want.Warnings))
		}
		w.Call("GET", mocktest.Root+"/sso/connections", mocktest.Owner, nil).Want(200, `"idp_entity_id":"`+want.EntityID+`"`, `"idp_sso_url":"`+want.SSO.Location+`"`, want.Fingerprints()[0])
	}
}

// TestMetadataChoice: where there are several identity providers the page asks for one.
func TestMetadataChoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.started()
	v.to("GenericSAML")
	one := metadata(time.Hour)
	one = one[strings.Index(one, "<"):]
	if strings.HasPrefix(one, "<?xml") {
		one = one[strings.Index(one, "?>")+2:]
	}
	both := `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` + one + strings.Replace(one, "https://idp.example.com/saml", "https://other.example.com/saml", 1) + "</EntitiesDescriptor>"
	v.send("/setup/details", form{"name": {"Login"}, "metadata_xml": {both}}).says(422, `<a href="#metadata_entity_id">`, `name="metadata_entity_id" value="https://other.example.com/saml"`, `name="metadata_entity_id" value="https://idp.example.com/saml"`)
	v.send("/setup/details", form{"name": {"Login"}, "metadata_xml": {both}, "metadata_entity_id": {"https://other.example.com/saml"}}).at("/setup/test", "https://other.example.com/saml")
	v.open("/setup/details").at("/setup/details", `value="https://other.example.com/saml"`)
	v.send("/setup/details", form{"name": {"Renamed"}, "metadata_entity_id": {"https://other.example.com/saml"}}).at("/setup/test", "https://other.example.com/saml", "Renamed")
}
