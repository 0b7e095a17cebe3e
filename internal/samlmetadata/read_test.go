package samlmetadata_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/samlmetadata"
)

// TestCases reads the cases from outside, as bytes and as text.
func TestCases(t *testing.T) {
	t.Parallel()
	const good = "71149d7b8b0d78cc7451b80babd722eeadd3840d2fb8ac7ceed5158a1a87f5ec"
	const ec = "1df81f9c8e2e47ea88227ad91de4be37be2304baf60c4cbc98452507f64dae5c"
	warned := map[string]samlmetadata.ID{
		"short-rsa-key-beside-good.xml":     samlmetadata.KeyTooShort,
		"empty-certificate-beside-good.xml": samlmetadata.CertificateEmpty,
		"http-endpoint-beside-https.xml":    samlmetadata.BadURL,
	}
	files, err := filepath.Glob("testdata/cases/*.xml")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []samlmetadata.ID
			if id, ok := warned[name]; ok {
				want = append(want, id)
			}
			keys := []string{good}
			if name == "ec-key-beside-rsa.xml" {
				keys = []string{ec, good}
			}
			fromBytes := read(t, string(data))
			expect(t, fromBytes, idpSSO, keys, want...)
			fromText, err := samlmetadata.ReadText(string(data), samlmetadata.Options{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			expect(t, fromText, idpSSO, keys, want...)
			if wants := name == "want-authn-requests-signed.xml"; fromBytes.WantsSignedRequests != wants {
				t.Errorf("wants signed requests: %v", fromBytes.WantsSignedRequests)
			}
			if end := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC); name == "valid-until-without-zone.xml" && !fromBytes.ValidUntil.Equal(end) {
				t.Errorf("valid until %v", fromBytes.ValidUntil)
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The name of the entity shows whether its characters came through.
	const id = "https://müller.example"
	document := func(label string) string {
		declaration := ""
		if label != "" {
			declaration = `<?xml version="1.0" encoding="` + label + `"?>`
		}
		return declaration + entityOf(id, "", role(signing(w.good)+redirect))
	}
	utf16 := func(endian unicode.Endianness, policy unicode.BOMPolicy, text string) string {
		out, err := unicode.UTF16(endian, policy).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	latin := func(c *charmap.Charmap, text string) string {
		out, err := c.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, data := range map[string]string{
		"UTF-8 undeclared":               document(""),
		"UTF-8 declared in capitals":     document("UTF-8"),
		"utf8":                           document("utf8"),
		"UTF-8 with a byte order mark":   "\xef\xbb\xbf" + document("utf-8"),
		"the mark beats the declaration": "\xef\xbb\xbf" + document("ISO-8859-1"),
		"ISO-8859-1":                     latin(charmap.ISO8859_1, document("ISO-8859-1")),
		"iso-8859-1":                     latin(charmap.ISO8859_1, document("iso-8859-1")),
		"latin1":                         latin(charmap.ISO8859_1, document("latin1")),
		"ISO-8859-15":                    latin(charmap.ISO8859_15, document("ISO-8859-15")),
		"Windows-1252":                   latin(charmap.Windows1252, document("Windows-1252")),
		"single quotes":                  latin(charmap.Windows1252, strings.ReplaceAll(document("windows-1252"), `"windows-1252"`, `'windows-1252'`)),
		"UTF-16LE with a mark":           utf16(unicode.LittleEndian, unicode.UseBOM, document("UTF-16")),
		"UTF-16BE with a mark":           utf16(unicode.BigEndian, unicode.UseBOM, document("utf-16")),
		"UTF-16LE without":               utf16(unicode.LittleEndian, unicode.IgnoreBOM, document("UTF-16LE")),
		"UTF-16BE without":               utf16(unicode.BigEndian, unicode.IgnoreBOM, document("UTF-16BE")),
		"UTF-8 that claims to be UTF-16": document("UTF-16"),
		"white space before":             "\n\r\n  " + document("UTF-8"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := samlmetadata.Read(iotest.OneByteReader(strings.NewReader(data)), samlmetadata.Options{Now: now})
			if err != nil || m.EntityID != id {
				t.Fatalf("%+v, %v", m, err)
			}
		})
	}
	// A string's characters are decoded already: what it declares is past.
	for _, label := range []string{"", "UTF-8", "ISO-8859-1", "UTF-16", "us-ascii", "x-unheard-of"} {
		for _, mark := range []string{"", "\ufeff"} {
			m, err := samlmetadata.ReadText(mark+document(label), samlmetadata.Options{Now: now})
			if err != nil || m.EntityID != id {
				t.Errorf("text that declares %q: %+v, %v", label, m, err)
			}
		}
	}
	for name, data := range map[string]string{
		"unheard of":        document("x-unheard-of"),
		"replacement":       document("hz-gb-2312"),
		"UTF-32":            "\xff\xfe\x00\x00<\x00\x00\x00",
		"UTF-8 that is not": latin(charmap.ISO8859_1, document("UTF-8")),
		"undeclared latin":  latin(charmap.ISO8859_1, document("")),
	} {
		_, err := samlmetadata.Read(strings.NewReader(data), samlmetadata.Options{Now: now})
		rejectedAs(t, name, err, samlmetadata.UnknownEncoding)
	}
}

// rejectedAs checks a refusal: its id, and that no library's words are in it.
func rejectedAs(t *testing.T, name string, err error, want samlmetadata.ID) {
	t.Helper()
	if samlmetadata.IDOf(err) != want {
		t.Errorf("%s: %q, %v; want %q", name, samlmetadata.IDOf(err), err, want)
		return
	}
	for _, foreign := range []string{"xml:", "XML syntax", "x509:", "asn1:", "base64:", "illegal", "EOF", "strconv", "parsing time", "encoding:", "url:", "parse \""} {
		if strings.Contains(err.Error(), foreign) {
			t.Errorf("%s: a library speaks: %v", name, err)
		}
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := signing(w.good) + redirect
	whole := entity(good)
	location := func(url string) string { return entity(signing(w.good) + strings.Replace(redirect, idpSSO, url, 1)) }
	tests := map[string]struct {
		text string
		want samlmetadata.ID
	}{
		"empty":                     {"", samlmetadata.MalformedXML},
		"white space":               {" \n", samlmetadata.MalformedXML},
		"words":                     {"hello", samlmetadata.MalformedXML},
		"JSON":                      {`{"issuer":"x"}`, samlmetadata.MalformedXML},
		"an unclosed HTML page":     {"<html><body>Sign in<br></body></html>", samlmetadata.NotMetadata},
		"an HTML page":              {"<!DOCTYPE html><html></html>", samlmetadata.Doctype},
		"XHTML":                     {"<html><body>Sign in</body></html>", samlmetadata.NotMetadata},
		"another namespace":         {strings.ReplaceAll(whole, "SAML:2.0:metadata", "SAML:1.0:metadata"), samlmetadata.NotMetadata},
		"no namespace":              {"<EntityDescriptor/>", samlmetadata.NotMetadata},
		"an entity":                 {`<!DOCTYPE x [<!ENTITY a "b">]>` + whole, samlmetadata.Doctype},
		"an entity that is used":    {strings.Replace(whole, idpID, "&x;", 1), samlmetadata.MalformedXML},
		"a declaration within":      {strings.Replace(whole, "<md:IDP", "<!ELEMENT a ANY><md:IDP", 1), samlmetadata.Doctype},
		"cut off":                   {whole[:len(whole)-30], samlmetadata.MalformedXML},
		"cut off in a certificate":  {whole[:500], samlmetadata.MalformedXML},
		"two documents":             {whole + whole, samlmetadata.MalformedXML},
		"text behind":               {whole + "x", samlmetadata.MalformedXML},
		"crossed tags":              {"<a><b></a></b>", samlmetadata.NotMetadata},
		"crossed tags within":       {strings.Replace(whole, "</md:IDPSSODescriptor></md:EntityDescriptor>", "</md:EntityDescriptor></md:IDPSSODescriptor>", 1), samlmetadata.MalformedXML},
		"XML 1.1":                   {`<?xml version="1.1"?>` + whole, samlmetadata.MalformedXML},
		"a control character":       {strings.Replace(whole, idpID, "\x01", 1), samlmetadata.MalformedXML},
		"too large":                 {whole + strings.Repeat(" ", 1<<20), samlmetadata.TooLarge},
		"too deep":                  {group("", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)), samlmetadata.TooDeep},
		"too many elements":         {group("", strings.Repeat("<a/>", 140_000)), samlmetadata.TooComplex},
		"too many attributes":       {entityOf(idpID, many(` a%d=""`, 200), role(good)), samlmetadata.TooComplex},
		"too many prefixes":         {group(many(` xmlns:a%d="x"`, 100), group(many(` xmlns:b%d="x"`, 100), "")), samlmetadata.TooComplex},
		"an undeclared prefix":      {strings.Replace(whole, "<md:IDP", "<x:y/><md:IDP", 1), samlmetadata.BadNamespace},
		"an undeclared on attr":     {entityOf(idpID, ` a="" x:y=""`, role(good)), samlmetadata.BadNamespace},
		"a prefix taken away":       {entityOf(idpID, ` xmlns:x=""`, role(good)), samlmetadata.BadNamespace},
		"xml as another":            {entityOf(idpID, ` xmlns:xml="urn:x"`, role(good)), samlmetadata.BadNamespace},
		"xmlns declared":            {entityOf(idpID, ` xmlns:xmlns="urn:x"`, role(good)), samlmetadata.BadNamespace},
		"another as xml":            {entityOf(idpID, ` xmlns:x="http://www.w3.org/XML/1998/namespace"`, role(good)), samlmetadata.BadNamespace},
		"an attribute twice":        {entityOf(idpID, ` entityID="https://other.example"`, role(good)), samlmetadata.RepeatedAttribute},
		"twice by two prefixes":     {entityOf(idpID, ` xmlns:a="urn:x" xmlns:b="urn:x" a:c="" b:c=""`, role(good)), samlmetadata.RepeatedAttribute},
		"a service provider":        {entityOf(idpID, "", serviceProvider), samlmetadata.NoIdentityProvider},
		"two roles":                 {entityOf(idpID, "", role(good)+role(good)), samlmetadata.NoIdentityProvider},
		"SAML 1.1":                  {strings.ReplaceAll(whole, "SAML:2.0:protocol", "SAML:1.1:protocol"), samlmetadata.NoIdentityProvider},
		"no entities":               {group("", ""), samlmetadata.NoIdentityProvider},
		"service providers only":    {group("", entityOf("a", "", serviceProvider)+entityOf("b", "", serviceProvider)), samlmetadata.NoIdentityProvider},
		"no entity id":              {entityOf("", "", role(good)), samlmetadata.NoEntityID},
		"a blank entity id":         {entityOf(" \n", "", role(good)), samlmetadata.NoEntityID},
		"an entity id of 1025":      {entityOf(strings.Repeat("ü", 1025), "", role(good)), samlmetadata.NoEntityID},
		"Entra's template":          {entityOf("https://sts.windows.net/{tenantid}/", "", role(good)), samlmetadata.TenantlessTemplate},
		"in capitals":               {entityOf("https://sts.windows.net/{TenantId}/", "", role(good)), samlmetadata.TenantlessTemplate},
		"two identity providers":    {group("", whole+entityOf("https://other.example", "", role(good))), samlmetadata.SeveralIdentityProviders},
		"the same twice":            {group("", whole+whole), samlmetadata.SeveralIdentityProviders},
		"two in nested groups":      {group("", group("", whole)+group("", entityOf("b", "", role(good)))), samlmetadata.SeveralIdentityProviders},
		"no endpoint":               {entity(signing(w.good)), samlmetadata.NoUsableEndpoint},
		"SOAP and Artifact only":    {entity(signing(w.good) + soap + artifact), samlmetadata.NoUsableEndpoint},
		"http only":                 {location("http://idp.example/sso"), samlmetadata.NoUsableEndpoint},
		"a script":                  {location("javascript:alert(1)"), samlmetadata.NoUsableEndpoint},
		"relative":                  {location("/sso"), samlmetadata.NoUsableEndpoint},
		"a user":                    {location("https://a:b@idp.example/sso"), samlmetadata.NoUsableEndpoint},
		"a fragment":                {location("https://idp.example/sso#x"), samlmetadata.NoUsableEndpoint},
		"an empty location":         {location(""), samlmetadata.NoUsableEndpoint},
		"a control in the location": {location("https://idp.example/&#10;x"), samlmetadata.NoUsableEndpoint},
		"a long location":           {location("https://idp.example/" + strings.Repeat("x", 2048)), samlmetadata.NoUsableEndpoint},
		"no key":                    {entity(redirect), samlmetadata.NoUsableKey},
		"a key to encrypt":          {entity(descriptor("encryption", bare(w.good)) + redirect), samlmetadata.NoUsableKey},
		"expired":                   {entityOf(idpID, ` validUntil="2027-01-02T03:04:05Z"`, role(good)), samlmetadata.Expired},
		"the list expired":          {group(` validUntil="2020-01-01T00:00:00Z"`, whole), samlmetadata.Expired},
		"the outer list expired":    {group(` validUntil="2020-01-01T00:00:00Z"`, group("", whole)), samlmetadata.Expired},
		"the role expired":          {strings.Replace(whole, "protocolSupport", `validUntil="2020-01-01T00:00:00Z" protocolSupport`, 1), samlmetadata.Expired},
		"validUntil is no time":     {entityOf(idpID, ` validUntil="soon"`, role(good)), samlmetadata.BadValidUntil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := samlmetadata.Read(strings.NewReader(test.text), samlmetadata.Options{Now: now})
			if m != nil {
				t.Fatalf("read %+v", m)
			}
			rejectedAs(t, name, err, test.want)
			m, err = samlmetadata.ReadText(test.text, samlmetadata.Options{Now: now})
			if m != nil || samlmetadata.IDOf(err) != test.want {
				t.Errorf("as text: %+v, %v", m, err)
			}
		})
	}
}

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestLegalForms are documents that mean the same as the plain one.
func TestLegalForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	whole := entity(signing(w.good) + redirect)
	for name, text := range map[string]string{
		"comments":                  "<!-- ours -->" + strings.ReplaceAll(whole, "<md:KeyDescriptor", "<!-- key --><md:KeyDescriptor") + "<!-- end -->",
		"a processing instruction":  `<?xml version="1.0"?><?xml-stylesheet href="x"?>` + whole,
		"default namespace":         strings.NewReplacer("xmlns:md=", "xmlns=", "<md:", "<", "</md:", "</").Replace(whole),
		"another prefix":            strings.NewReplacer("xmlns:md=", "xmlns:EntityDescriptor=", "<md:", "<EntityDescriptor:", "</md:", "</EntityDescriptor:").Replace(whole),
		"xmlns taken away":          strings.Replace(whole, "<md:IDP", `<x xmlns="urn:x"><y xmlns=""><z/></y></x><md:IDP`, 1),
		"a relative namespace":      strings.Replace(whole, "<md:IDP", `<x xmlns="rel/ative"/><md:IDP`, 1),
		"xml:lang and a base":       entityOf(idpID, ` xml:base="x" xml:lang="de"`, role(signing(w.good)+redirect)),
		"a prefix that begins xml":  entityOf(idpID, ` xmlns:xmlenc="http://www.w3.org/2001/04/xmlenc#"`, role(signing(w.good)+redirect)),
		"extensions of all sorts":   strings.Replace(whole, "<md:IDP", `<md:Extensions><a:b xmlns:a="urn:a" a:c="1" c="2"><EntityDescriptor entityID="x"/></a:b></md:Extensions><md:IDP`, 1),
		"a signature":               strings.Replace(whole, "<md:IDP", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature><md:IDP`, 1),
		"a service provider beside": entityOf(idpID, "", serviceProvider+role(signing(w.good)+redirect)),
		"SAML 1.1 beside":           entityOf(idpID, "", strings.ReplaceAll(role(redirect), "SAML:2.0:protocol", "SAML:1.1:protocol")+role(signing(w.good)+redirect)),
		"several protocols":         strings.Replace(whole, `"urn:oasis:names:tc:SAML:2.0:protocol"`, `"urn:oasis:names:tc:SAML:1.1:protocol  urn:oasis:names:tc:SAML:2.0:protocol"`, 1),
		"no protocols":              strings.Replace(whole, ` protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"`, "", 1),
		"white space in the id":     entityOf("\n\t"+idpID+" ", "", role(signing(w.good)+redirect)),
		"white space in the place":  strings.Replace(whole, `"`+idpSSO+`"`, `" `+idpSSO+"\n\"", 1),
		"a group around":            group("", whole),
		"groups around":             group(` Name="a"`, group(` Name="b"`, entityOf("https://sp.example", "", serviceProvider)+whole)),
		"a broken one beside":       group("", entityOf("https://sp.example", ` validUntil="soon" cacheDuration="x"`, serviceProvider)+whole),
		"character references":      strings.Replace(whole, `entityID="https`, `entityID="&#x68;ttp&#115;`, 1),
		"a CDATA section":           entity(descriptor("signing", "<![CDATA["+bare(w.good)+"]]>") + redirect),
		"valid, until a time to come": entityOf(idpID, ` validUntil="2027-01-02T24:00:00" cacheDuration="PT1H"`,
			role(signing(w.good)+redirect)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, read(t, text), idpSSO, fingerprints(w.good))
		})
	}
}

func TestWhatIsReadBesides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const email, persistent = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formats := "<md:NameIDFormat>" + email + "</md:NameIDFormat><md:NameIDFormat>\n " + persistent + "\n</md:NameIDFormat><md:NameIDFormat/>"
	text := group(` validUntil="2027-06-01T00:00:00Z" cacheDuration="P1D"`, entityOf(idpID, ` validUntil="2027-05-01T00:00:00+02:00" cacheDuration="PT6H"`,
		strings.Replace(role(signing(w.good)+formats+soap+post+redirect), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned=" 1 " `, 1)))
	m := read(t, text)
	expect(t, m, idpSSO, fingerprints(w.good))
	if !m.WantsSignedRequests || !slices.Equal(m.NameIDFormats, []string{email, persistent}) || m.SSO.Binding != samlmetadata.HTTPRedirect {
		t.Errorf("%+v", m)
	}
	if want := time.Date(2027, 4, 30, 22, 0, 0, 0, time.UTC); !m.ValidUntil.Equal(want) || m.CacheDuration != 6*time.Hour {
		t.Errorf("valid until %v, kept for %v", m.ValidUntil, m.CacheDuration)
	}
	var bindings []string
	for _, e := range m.Endpoints {
		bindings = append(bindings, e.Binding[strings.LastIndexByte(e.Binding, ':')+1:]+fmt.Sprint(e.Unusable == nil))
	}
	if !slices.Equal(bindings, []string{"SOAPfalse", "HTTP-POSTtrue", "HTTP-Redirecttrue"}) {
		t.Errorf("endpoints %v", bindings)
	}
	if at, ok := m.Endpoint(samlmetadata.HTTPPOST); !ok || at != "https://idp.example/post" {
		t.Errorf("by POST: %q", at)
	}
	if _, ok := m.Endpoint("urn:oasis:names:tc:SAML:2.0:bindings:SOAP"); ok {
		t.Error("people are sent to a SOAP endpoint")
	}
	for wants, want := range map[string]bool{"true": true, "1": true, "false": false, "0": false, "": false, "TRUE": false} {
		text := strings.Replace(entity(signing(w.good)+redirect), "<md:IDPSSODescriptor ", `<md:IDPSSODescriptor WantAuthnRequestsSigned="`+wants+`" `, 1)
		if got := read(t, text).WantsSignedRequests; got != want {
			t.Errorf("WantAuthnRequestsSigned %q is %v", wants, got)
		}
	}
	m = read(t, entityOf(idpID, ` cacheDuration="8 hours"`, role(signing(w.good)+redirect)))
	expect(t, m, idpSSO, fingerprints(w.good), samlmetadata.BadCacheDuration)
	if m.CacheDuration != 0 {
		t.Errorf("kept for %v", m.CacheDuration)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(binding, location, more string) string {
		return `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:` + binding + `" Location="` + location + `"` + more + `/>`
	}
	for name, test := range map[string]struct {
		endpoints, want string
		warned          int
	}{
		"POST alone":                   {post, "https://idp.example/post", 0},
		"POST before redirect":         {post + redirect, idpSSO, 0},
		"http redirect, https POST":    {at("HTTP-Redirect", "http://idp.example/sso", "") + post, "https://idp.example/post", 1},
		"http redirect beside https":   {at("HTTP-Redirect", "http://idp.example/sso", "") + redirect, idpSSO, 1},
		"two redirects: the first":     {redirect + at("HTTP-Redirect", "https://idp.example/2", ""), idpSSO, 0},
		"index and isDefault count no": {at("HTTP-Redirect", idpSSO, ` index="2"`) + at("HTTP-Redirect", "https://idp.example/2", ` index="1" isDefault="true"`), idpSSO, 0},
		"a ResponseLocation":           {at("HTTP-Redirect", idpSSO, ` ResponseLocation="https://idp.example/answers"`), idpSSO, 0},
		"empty beside good":            {at("HTTP-Redirect", "", "") + post, "https://idp.example/post", 1},
		"other bindings are no fault":  {soap + artifact + at("HTTP-POST-SimpleSign", "https://idp.example/simple", "") + redirect, idpSSO, 0},
		"http on this machine":         {at("HTTP-Redirect", "http://127.0.0.1:8080/sso", ""), "http://127.0.0.1:8080/sso", 0},
		"a query":                      {at("HTTP-Redirect", "https://idp.example/sso?idpid=1&amp;x=2", ""), "https://idp.example/sso?idpid=1&x=2", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := read(t, entity(signing(w.good)+test.endpoints))
			expect(t, m, test.want, fingerprints(w.good), slices.Repeat([]samlmetadata.ID{samlmetadata.BadURL}, test.warned)...)
		})
	}
	_, err := samlmetadata.Read(strings.NewReader(entity(signing(w.good)+soap+at("HTTP-POST", "http://idp.example/x", ""))), samlmetadata.Options{Now: now})
	var rejected *samlmetadata.Error
	if !errors.As(err, &rejected) || !slices.Equal(ids(rejected.Because), []samlmetadata.ID{samlmetadata.UnusableBinding, samlmetadata.BadURL}) ||
		!strings.Contains(err.Error(), "https://idp.example/soap") || !strings.Contains(err.Error(), "http://idp.example/x") {
		t.Errorf("what was there is not named: %v", err)
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := signing(w.good) + redirect
	var all strings.Builder
	for i := range 30 {
		all.WriteString(entityOf(fmt.Sprintf("https://idp%02d.example", i), "", role(good)))
	}
	all.WriteString(entityOf("https://sp.example", "", serviceProvider))
	all.WriteString(group("", entityOf(" "+idpID+" ", "", role(good))))
	all.WriteString(entityOf("https://old.example", ` validUntil="2020-01-01T00:00:00Z"`, role(good)))
	all.WriteString(entityOf("https://twice.example", "", role(good)) + entityOf("https://twice.example", "", role(good)))
	aggregate := group("", all.String())
	choose := func(id string) (*samlmetadata.Metadata, error) {
		return samlmetadata.Read(strings.NewReader(aggregate), samlmetadata.Options{Now: now, EntityID: id})
	}
	for _, id := range []string{idpID, "\t" + idpID + "\n"} {
		m, err := choose(id)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, m, idpSSO, fingerprints(w.good))
	}
	for id, want := range map[string]samlmetadata.ID{
		"":                       samlmetadata.SeveralIdentityProviders,
		"https://idp.example/":   samlmetadata.EntityMissing,
		"HTTPS://IDP.EXAMPLE":    samlmetadata.EntityMissing,
		"https://sp.example":     samlmetadata.NoIdentityProvider,
		"https://old.example":    samlmetadata.Expired,
		"https://twice.example":  samlmetadata.SeveralIdentityProviders,
		"https://sts/{tenantid}": samlmetadata.EntityMissing,
	} {
		_, err := choose(id)
		rejectedAs(t, id, err, want)
		if names := strings.Count(err.Error(), "https://idp"); (id == "" || id == "https://idp.example/") && (names < 20 || names > 21 || !strings.Contains(err.Error(), "34")) {
			t.Errorf("%q: %d names in %v", id, names, err)
		}
	}
	// The choice may be made where there is nothing to choose.
	if m, err := samlmetadata.ReadText(entity(good), samlmetadata.Options{Now: now, EntityID: idpID}); err != nil || m.EntityID != idpID {
		t.Errorf("%v, %v", m, err)
	}
	_, err := samlmetadata.ReadText(entity(good), samlmetadata.Options{Now: now, EntityID: "https://other.example"})
	rejectedAs(t, "another than the one", err, samlmetadata.EntityMissing)
	_, err = samlmetadata.ReadText(group("", entityOf("https://sp.example", "", serviceProvider)), samlmetadata.Options{Now: now, EntityID: "https://other.example"})
	rejectedAs(t, "none at all", err, samlmetadata.EntityMissing)
}

// TestReaderFails: a failure of where the document comes from is no refusal of it.
func TestReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the cable")
	for _, before := range []string{"", "<?xml", entity("")[:100]} {
		_, err := samlmetadata.Read(io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)), samlmetadata.Options{})
		if !errors.Is(err, broken) || samlmetadata.IDOf(err) != "" {
			t.Errorf("after %q: %v", before, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := samlmetadata.Read(bytes.NewReader(data), samlmetadata.Options{Now: now})
		switch {
		case err != nil && (m != nil || samlmetadata.IDOf(err) == ""):
			t.Fatalf("%+v with %v", m, err)
		case err == nil && (m.EntityID == "" || m.SSO.Location == "" || len(m.Certificates) == 0):
			t.Fatalf("half of an identity provider: %+v", m)
		}
	})
}

func FuzzParseDER(f *testing.F) {
	w := newWorld(f)
	f.Add(w.good.Raw)
	f.Add(negativeSerial(w.good))
	f.Fuzz(func(t *testing.T, der []byte) {
		if certificate, err := samlmetadata.ParseDER(der); err == nil {
			if samlmetadata.Name(certificate) == "" || !bytes.Equal(certificate.Raw, der) {
				t.Fatalf("%+v", certificate)
			}
		}
		_, _ = samlmetadata.ParseCertificate(base64.StdEncoding.EncodeToString(der)) // it must not panic; either answer is fine
	})
}
