package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// A change of the subject warns how many people are linked by the old one, and only then.
func TestSubjectMappingWarns(t *testing.T) {
	t.Parallel()
	const account = "0c1f1d2e-0000-4000-8000-000000000001"
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write([]byte(answer)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	c, err := client.New(client.Config{Endpoint: server.URL, APIKey: "pnu_test"})
	if err != nil {
		t.Fatal(err)
	}
	r := &identityProviderResource{resourceBase{data: &providerData{client: c}}}
	connection := func(subject string) *identityProviderModel {
		m := &identityProviderModel{ID: types.StringValue("conn_1"), AccountID: types.StringValue(account), ConnectionType: types.StringValue("GenericSAML"), SAML: &samlModel{}}
		if subject != "" {
			m.AttributeMapping = &attributeMapModel{Subject: types.StringValue(subject)}
		}
		return m
	}
	replaced := connection("id")
	replaced.ConnectionType = types.StringValue("OktaSAML")
	unknown := connection("id")
	unknown.AttributeMapping.Subject = types.StringUnknown()
	for name, test := range map[string]struct {
		linked      string
		prior, plan *identityProviderModel
		says        string
	}{
		"three people":            {"3", connection(""), connection("id"), "3 people who logged in through this connection are"},
		"one person":              {"1", connection("id"), connection("uid"), "1 person who logged in through this connection is"},
		"back to the NameID":      {"2", connection("id"), connection(""), "2 people"},
		"the server says nothing": {"null", connection(""), connection("id"), "People who have logged in"},
		"nobody":                  {"0", connection(""), connection("id"), ""},
		"no change":               {"3", connection("id"), connection("id"), ""},
		"not known yet":           {"3", connection(""), unknown, ""},
		"replaced":                {"3", connection(""), replaced, ""},
	} {
		answer = fmt.Sprintf(`{"id":"conn_1","linked_people_count":%s}`, test.linked)
		var diags diag.Diagnostics
		r.warnOfSubject(t.Context(), test.plan, test.prior, &diags)
		switch {
		case test.says == "" && len(diags) != 0:
			t.Errorf("%s: %v", name, diags)
		case test.says != "" && (len(diags) != 1 || diags[0].Severity() != diag.SeverityWarning ||
			!strings.Contains(diags[0].Detail(), test.says) || !strings.HasSuffix(diags[0].Detail(), "subject-mapping-changed")):
			t.Errorf("%s: %v", name, diags)
		}
	}
}
