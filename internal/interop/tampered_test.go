//go:build interop

package interop

import (
	"regexp"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// tampering is a change to a signed answer, which has a reason to be refused.
type tampering struct {
	change func(t testing.TB, xml string) string
	want   string
	// signed has the reasons where they depend on what is signed.
	signed map[string]string
	// outside reports whether the change is to the response only, and does no harm where
	// that is not signed.
	outside bool
}

// wanted is the reason where this is signed, and empty where there is none.
func (c tampering) wanted(signing string) string {
	if c.outside && signing == "assertion" {
		return ""
	}
	if reason, ok := c.signed[signing]; ok {
		return reason
	}
	return c.want
}

// tampered are the changes to which every identity provider's answers are subjected, for
// a person who is called by this name.
func tampered(name string) map[string]tampering {
	replace := func(old, by string) func(testing.TB, string) string {
		return func(_ testing.TB, xml string) string { return strings.ReplaceAll(xml, old, by) }
	}
	onResponse := func(t testing.TB, xml, attribute, by string) string {
		t.Helper()
		start := element(t, xml, "Response")
		start = start[:strings.Index(start, ">")+1]
		return strings.Replace(xml, start, strings.Replace(start, between(t, start, " "+attribute+`="`, `"`), by, 1), 1)
	}
	response := map[string]string{"assertion": "destination"}
	return map[string]tampering{
		"another person":         {change: replace(ada, "owner@acme.example"), want: "invalid_signature"},
		"another NameID":         {change: replace(">"+name+"<", ">owner@acme.example<"), want: "invalid_signature"},
		"a comment in the email": {change: replace(ada, ada+"<!-- -->.evil.example"), want: "comment"},
		"an instruction in it":   {change: replace(ada, ada+"<?x?>.evil.example"), want: "processing_instruction"},
		"a declaration": {change: func(_ testing.TB, xml string) string {
			return `<!DOCTYPE r [<!ENTITY e "x">]>` + xml[strings.Index(xml, "?>")+1:]
		}, want: "doctype"},
		"no signature": {change: func(t testing.TB, xml string) string {
			for strings.Contains(xml, "SignatureValue") {
				xml = strings.Replace(xml, element(t, xml, "Signature"), "", 1)
			}
			return xml
		}, want: "unsigned"},
		"the assertion twice": {change: func(t testing.TB, xml string) string {
			assertion := element(t, xml, "Assertion")
			return strings.Replace(xml, assertion, assertion+assertion, 1)
		}, want: "several_assertions"},
		"a longer life": {change: replace(`NotOnOrAfter="20`, `NotOnOrAfter="21`), want: "invalid_signature"},
		"one bit of the signature": {change: func(t testing.TB, xml string) string {
			value := element(t, xml, "SignatureValue")
			inner := value[strings.Index(value, ">")+1:]
			other := "A"
			if inner[10:11] == other {
				other = "B"
			}
			return strings.Replace(xml, value, value[:len(value)-len(inner)]+inner[:10]+other+inner[11:], 1)
		}, want: "invalid_signature"},
		"SHA-1, it says": {change: replace("#rsa-sha256", "#rsa-sha1"), want: "unknown_algorithm"},
		"HMAC, it says":  {change: replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"), want: "symmetric_algorithm"},
		"inclusive canonicalization, it says": {
			change: replace("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), want: "unknown_algorithm",
		},
		"another Destination": {change: func(t testing.TB, xml string) string {
			return onResponse(t, xml, "Destination", ` Destination="https://evil.example.com/"`)
		}, want: "invalid_signature", signed: response},
		"an empty Destination": {change: func(t testing.TB, xml string) string {
			return onResponse(t, xml, "Destination", ` Destination=""`)
		}, want: "invalid_signature", signed: response},
		"no Destination": {change: func(t testing.TB, xml string) string {
			return onResponse(t, xml, "Destination", "")
		}, want: "invalid_signature", outside: true},
		"another request": {change: func(t testing.TB, xml string) string {
			return onResponse(t, xml, "InResponseTo", ` InResponseTo="_another"`)
		}, want: "invalid_signature", signed: map[string]string{"assertion": "request_mismatch"}},
		"no request": {change: func(t testing.TB, xml string) string {
			return onResponse(t, xml, "InResponseTo", "")
		}, want: "invalid_signature", signed: map[string]string{"assertion": "request_mismatch"}},
		"no Issuer": {change: func(t testing.TB, xml string) string {
			return strings.Replace(xml, element(t, xml, "Issuer"), "", 1)
		}, want: "invalid_signature", outside: true},
		"another Issuer": {change: func(t testing.TB, xml string) string {
			issuer := element(t, xml, "Issuer")
			return strings.Replace(xml, issuer, regexp.MustCompile(">[^<]*</").ReplaceAllString(issuer, ">https://evil.example.com</"), 1)
		}, want: "invalid_signature", signed: map[string]string{"assertion": "issuer"}},
		"white space before the assertion": {change: func(t testing.TB, xml string) string {
			assertion := element(t, xml, "Assertion")
			return strings.Replace(xml, assertion, "\n"+assertion, 1)
		}, want: "invalid_signature", outside: true},
	}
}

// tamper posts an answer in every changed form, and then as it came: no attempt spoils
// the login of the person who is under attack.
func (w *world) tamper(t *testing.T, signing, name string, begin func(*acctest.Visitor) *acctest.Page) {
	t.Helper()
	v := acctest.NewVisitor(t)
	attacked := begin(v)
	for what, row := range tampered(name) {
		t.Run(what, func(t *testing.T) {
			w := w.in(t)
			change := func(xml string) string { return row.change(t, xml) }
			if want := row.wanted(signing); want != "" {
				w.refused(v, post(t, attacked, change), want)
				return
			}
			other := acctest.NewVisitor(t)
			w.letIn(other, post(t, begin(other), change), ada)
		})
	}
	w.letIn(v, attacked.Submit(nil), ada)
}

// element returns the first element of a local name, which has none of its own name in it.
func element(t testing.TB, xml, name string) string {
	t.Helper()
	start := regexp.MustCompile(`<((?:[A-Za-z0-9]+:)?` + name + `)[ >]`).FindStringSubmatchIndex(xml)
	if start == nil {
		t.Fatalf("no %s in %s", name, xml)
	}
	end := "</" + xml[start[2]:start[3]] + ">"
	length := strings.Index(xml[start[0]:], end)
	if length < 0 {
		t.Fatalf("%s does not end in %s", name, xml)
	}
	return xml[start[0] : start[0]+length+len(end)]
}
