package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// Namespaces of SAML Core 1.1 and XML Signature 1.
const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS     = "http://www.w3.org/2000/xmlns/"
	nsExcC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// bounds are what a document may cost.
type bounds struct {
	bytes, depth, elements int
}

const (
	maxAttributes = 64
	maxPrefixes   = 32
)

// parse reads a document that has exactly one meaning: what two parsers could
// read differently is refused, not repaired.
func parse(data []byte, within bounds) (*etree.Element, error) {
	if len(data) > within.bytes {
		return nil, reject(TooLarge, "The document is larger than %d KiB.", within.bytes>>10)
	}
	if err := scan(data, within); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(data); err != nil || doc.Root() == nil {
		return nil, reject(MalformedXML, "The document is not well-formed XML.")
	}
	return doc.Root(), nil
}

// scanner checks a document token by token.
type scanner struct {
	within   bounds
	elements int
	values   int // of attributes (SAML Core 2.7.3.1.1)
	// open are the names of the open elements, scopes the prefixes in each.
	open   []xml.Name
	scopes []map[string]string
}

func scan(data []byte, within bounds) error {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	s := &scanner{within: within, scopes: []map[string]string{{"xml": nsXML}}}
	for {
		at := decoder.InputOffset()
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, _ := decoder.InputPos()
			return reject(MalformedXML, "The document is not well-formed XML in UTF-8 (line %d).", line)
		}
		if err := s.token(token, at == 0); err != nil {
			return err
		}
	}
	if len(s.open) > 0 || s.elements == 0 {
		return reject(MalformedXML, "The document is not well-formed XML: it ends too early.")
	}
	return nil
}

func (s *scanner) token(token xml.Token, first bool) error {
	switch t := token.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		if len(s.open) == 0 || s.open[len(s.open)-1] != t.Name {
			return reject(MalformedXML, "The document is not well-formed XML: an end tag has no start.")
		}
		s.open = s.open[:len(s.open)-1]
		s.scopes = s.scopes[:len(s.scopes)-1]
	case xml.CharData:
		if len(s.open) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return reject(MalformedXML, "The document is not well-formed XML: there is text outside its element.")
		}
	case xml.Comment:
		return reject(Comment, "The message has a comment in it; comments can split the names of people.")
	case xml.ProcInst:
		if t.Target != "xml" || !first {
			return reject(ProcessingInstruction, "The document has a processing instruction in it.")
		}
	case xml.Directive:
		if strings.HasPrefix(strings.ToLower(string(t)), "doctype html") {
			return reject(Doctype, "This is a web page, not a SAML document.")
		}
		return reject(Doctype, "The document has a DOCTYPE or another declaration in it; these are never read.")
	}
	return nil
}

// ncName is what names are made of here (Namespaces in XML 4, as far as SAML uses it).
var ncName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9._-]*$`)

// absoluteURI tells namespaces apart that every canonicalization can treat: with
// relative ones some give nothing at all, and nothing is easily signed.
var absoluteURI = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$`)

func (s *scanner) start(t xml.StartElement) error {
	s.elements++
	if t.Name.Local == "AttributeValue" {
		s.values++
	}
	switch {
	case len(s.open) == 0 && s.elements > 1:
		return reject(MalformedXML, "The document is not well-formed XML: it has two outermost elements.")
	case len(s.open) >= s.within.depth:
		return reject(TooDeep, "The document is nested more than %d levels deep.", s.within.depth)
	case s.elements > s.within.elements && s.values > s.elements/2:
		return reject(TooManyGroups, "The identity provider sends so much of the person that it is not read: %d values, which are usually the groups that they are in. Set it to send no groups, or only those that are assigned to this application.", s.values)
	case s.elements > s.within.elements:
		return reject(TooComplex, "The document has more than %d elements.", s.within.elements)
	case len(t.Attr) > maxAttributes:
		return reject(TooComplex, "An element has more than %d attributes.", maxAttributes)
	}
	scope, err := declare(s.scopes[len(s.scopes)-1], t.Attr)
	if err != nil {
		return err
	}
	if _, err := expand(scope, t.Name, true); err != nil {
		return err
	}
	seen := make(map[xml.Name]bool, len(t.Attr))
	for _, attr := range t.Attr {
		name := attr.Name
		if !isDeclaration(name) {
			if name, err = expand(scope, name, false); err != nil {
				return err
			}
		}
		if seen[name] {
			return reject(RepeatedAttribute, "An element has the same XML attribute twice.")
		}
		seen[name] = true
	}
	s.open = append(s.open, t.Name)
	s.scopes = append(s.scopes, scope)
	return nil
}

func isDeclaration(name xml.Name) bool {
	return name.Space == "xmlns" || name.Space == "" && name.Local == "xmlns"
}

// declare returns the prefixes of an element: those around it and its own.
func declare(around map[string]string, attrs []xml.Attr) (map[string]string, error) {
	scope, own := around, false
	for _, attr := range attrs {
		if !isDeclaration(attr.Name) {
			continue
		}
		prefix := attr.Name.Local
		if attr.Name.Space == "" {
			prefix = ""
		}
		if prefix == "xml" && attr.Value == nsXML {
			continue // Namespaces in XML 3 allows it, and it changes nothing
		}
		if prefix != "" && !ncName.MatchString(prefix) || strings.HasPrefix(strings.ToLower(prefix), "xml") {
			return nil, reject(BadNamespace, "The document declares a reserved or malformed namespace prefix.")
		}
		takesAway := prefix == "" && attr.Value == "" // xmlns="", as Namespaces in XML 6.2 has it
		if !takesAway && !absoluteURI.MatchString(attr.Value) || attr.Value == nsXML || attr.Value == nsXMLNS {
			return nil, reject(BadNamespace, "The document declares a namespace that is no absolute URI, or a reserved one.")
		}
		if !own {
			scope, own = maps.Clone(around), true
		}
		scope[prefix] = attr.Value
	}
	if len(scope) > maxPrefixes {
		return nil, reject(TooComplex, "The document has more than %d namespace prefixes in one place.", maxPrefixes)
	}
	return scope, nil
}

// expand returns the name with its namespace in the place of the prefix. Only
// elements take the default namespace.
func expand(scope map[string]string, name xml.Name, element bool) (xml.Name, error) {
	if !ncName.MatchString(name.Local) {
		return name, reject(MalformedXML, "The document is not well-formed XML: a name is malformed.")
	}
	if name.Space == "" && !element {
		return name, nil
	}
	uri, known := scope[name.Space]
	if !known && name.Space != "" {
		return name, reject(BadNamespace, "The document uses a namespace prefix that it does not declare.")
	}
	return xml.Name{Space: uri, Local: name.Local}, nil
}

// is reports whether an element has that name in that namespace.
func is(el *etree.Element, ns, tag string) bool {
	return el.Tag == tag && el.NamespaceURI() == ns
}

// children returns the children of that name.
func children(el *etree.Element, ns, tag string) []*etree.Element {
	var found []*etree.Element
	for _, child := range el.ChildElements() {
		if is(child, ns, tag) {
			found = append(found, child)
		}
	}
	return found
}

// only returns the child of that name if there is exactly one.
func only(el *etree.Element, ns, tag string) (*etree.Element, bool) {
	found := children(el, ns, tag)
	if len(found) != 1 {
		return nil, false
	}
	return found[0], true
}

// text returns an element's text if it has nothing but text.
func text(el *etree.Element) (string, bool) {
	var b strings.Builder
	for _, child := range el.Child {
		data, ok := child.(*etree.CharData)
		if !ok {
			return "", false
		}
		b.WriteString(data.Data)
	}
	return b.String(), true
}

// trimmed takes XML's white space (XML 2.3) off both ends of a value, and no other:
// what else looks like space is part of a name.
func trimmed(s string) string { return strings.Trim(s, " \t\r\n") }

// hasAttr reports whether an attribute is there, empty or not.
func hasAttr(el *etree.Element, key string) bool {
	return slices.ContainsFunc(el.Attr, func(a etree.Attr) bool { return a.Space == "" && a.Key == key })
}

// attr returns an attribute without a prefix.
func attr(el *etree.Element, key string) string {
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == key {
			return a.Value
		}
	}
	return ""
}

// bareText reports whether there is nothing but white space between the children.
func bareText(el *etree.Element) bool {
	for _, child := range el.Child {
		switch c := child.(type) {
		case *etree.Element:
		case *etree.CharData:
			if !c.IsWhitespace() {
				return false
			}
		default:
			return false
		}
	}
	return true
}
