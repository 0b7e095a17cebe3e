package samlmetadata

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding"
)

// Namespaces of metadata (SAML Metadata 1.1, XML Signature 1) and of XML itself.
const (
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
	nsXML       = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS     = "http://www.w3.org/2000/xmlns/"
)

// What a document may cost, beside its bytes.
const (
	maxDepth      = 64
	maxAttributes = 128
	maxPrefixes   = 128
	// elementBytes is the least that an element of a real document takes on average; a
	// document of more elements is made to cost time.
	elementBytes = 8
)

// element is a start tag with its namespace resolved.
type element struct {
	xml.Name
	attrs []xml.Attr
}

// attr returns an attribute without a prefix, without the white space around it.
func (e element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return trim(a.Value)
		}
	}
	return ""
}

func (e element) is(ns, local string) bool { return e.Space == ns && e.Local == local }

// trim takes XML's own white space away from around a value (XML 1.0, 2.3).
func trim(s string) string { return strings.Trim(s, " \t\r\n") }

// scanner gives a document's tokens, checked: it takes what is well-formed in the
// sense of Namespaces in XML 1.0, within bounds, and nothing that an entity could
// stand for. Relative namespace names are let through, as nothing here is
// canonicalized.
type scanner struct {
	decoder     *xml.Decoder
	maxElements int
	elements    int
	open        []open
	bindings    []binding
}

// open is an element that has not ended.
type open struct {
	raw      xml.Name
	bindings int // how many there were around it
}

type binding struct{ prefix, uri string }

func newScanner(r io.Reader, maxBytes int) *scanner {
	decoder := xml.NewDecoder(r)
	// What comes is UTF-8 already, whatever it declares.
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return &scanner{decoder: decoder, maxElements: maxBytes / elementBytes}
}

// next returns a start tag (*element), an end tag (xml.EndElement), text
// (xml.CharData) or a comment or instruction (xml.Comment); io.EOF where all is over.
func (s *scanner) next() (any, error) {
	token, err := s.decoder.RawToken()
	if err != nil {
		return nil, s.failed(err)
	}
	switch t := token.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		if len(s.open) == 0 || s.open[len(s.open)-1].raw != t.Name {
			return nil, s.malformed("an end tag has no start")
		}
		s.bindings = s.bindings[:s.open[len(s.open)-1].bindings]
		s.open = s.open[:len(s.open)-1]
	case xml.CharData:
		if len(s.open) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return nil, s.malformed("there is text outside its element")
		}
	case xml.ProcInst:
		return xml.Comment(nil), nil
	case xml.Directive:
		if strings.HasPrefix(strings.ToLower(string(t)), "doctype html") {
			return nil, reject(Doctype, "This is a web page, not SAML metadata.")
		}
		return nil, reject(Doctype, "The metadata has a DOCTYPE or another declaration in it, which SAML metadata never needs and attacks use. Remove it, or fetch the metadata anew.")
	}
	return token, nil
}

// failed returns what a reader's or parser's error means, in words of our own.
func (s *scanner) failed(err error) error {
	var rejected *Error
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &rejected):
		return rejected
	case errors.Is(err, io.EOF):
		if len(s.open) > 0 || s.elements == 0 {
			return s.malformed("it ends too early")
		}
		return io.EOF
	case errors.Is(err, encoding.ErrInvalidUTF8):
		return reject(UnknownEncoding, "The metadata is not in UTF-8, and does not say in which encoding it is. Save it as UTF-8.")
	case errors.As(err, &syntax):
		line, _ := s.decoder.InputPos()
		return reject(MalformedXML, "The metadata is not well-formed XML (line %d).", line)
	case strings.HasPrefix(err.Error(), "xml: "):
		return reject(MalformedXML, "The metadata is not well-formed XML 1.0.")
	}
	return &unreadable{err}
}

// unreadable is a failure of where the document comes from.
type unreadable struct{ error }

// Unwrap returns the failure itself.
func (u *unreadable) Unwrap() error { return u.error }

func (s *scanner) malformed(why string) error {
	line, _ := s.decoder.InputPos()
	return reject(MalformedXML, "The metadata is not well-formed XML: %s (line %d).", why, line)
}

func (s *scanner) start(t xml.StartElement) (*element, error) {
	s.elements++
	switch {
	case len(s.open) == 0 && s.elements > 1:
		return nil, s.malformed("it has two outermost elements")
	case len(s.open) >= maxDepth:
		return nil, reject(TooDeep, "The metadata is nested more than %d levels deep.", maxDepth)
	case s.elements > s.maxElements:
		return nil, reject(TooComplex, "The metadata has more than %d elements.", s.maxElements)
	case len(t.Attr) > maxAttributes:
		return nil, reject(TooComplex, "An element of the metadata has more than %d attributes.", maxAttributes)
	}
	s.open = append(s.open, open{t.Name, len(s.bindings)})
	for _, a := range t.Attr {
		if err := s.declare(a); err != nil {
			return nil, err
		}
	}
	if len(s.bindings) > maxPrefixes {
		return nil, reject(TooComplex, "The metadata has more than %d namespace prefixes in one place.", maxPrefixes)
	}
	out := &element{attrs: t.Attr}
	var err error
	if out.Name, err = s.expand(t.Name, true); err != nil {
		return nil, err
	}
	return out, s.checkAttributes(t.Attr)
}

func isDeclaration(name xml.Name) bool {
	return name.Space == "xmlns" || name.Space == "" && name.Local == "xmlns"
}

// declare takes over a namespace declaration (Namespaces in XML 3). The default
// namespace may be taken away (6.2), and xml be declared as what it is.
func (s *scanner) declare(a xml.Attr) error {
	if !isDeclaration(a.Name) {
		return nil
	}
	prefix := a.Name.Local
	if a.Name.Space == "" {
		prefix = ""
	}
	switch {
	case prefix == "xml" && a.Value == nsXML:
		return nil
	case prefix == "xml", prefix == "xmlns", a.Value == nsXML, a.Value == nsXMLNS:
		return reject(BadNamespace, "The metadata declares a reserved namespace prefix or name.")
	case prefix != "" && a.Value == "":
		return reject(BadNamespace, "The metadata takes the namespace away from the prefix %s, which XML 1.0 does not allow.", shown(prefix))
	}
	s.bindings = append(s.bindings, binding{prefix, a.Value})
	return nil
}

// expand returns a name with its namespace in the place of the prefix. Only elements
// take the default namespace.
func (s *scanner) expand(name xml.Name, isElement bool) (xml.Name, error) {
	if name.Space == "" && !isElement {
		return name, nil
	}
	if name.Space == "xml" {
		return xml.Name{Space: nsXML, Local: name.Local}, nil
	}
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if s.bindings[i].prefix == name.Space {
			return xml.Name{Space: s.bindings[i].uri, Local: name.Local}, nil
		}
	}
	if name.Space == "" {
		return name, nil
	}
	return name, reject(BadNamespace, "The metadata uses the namespace prefix %s, which it does not declare.", shown(name.Space))
}

// checkAttributes refuses an element that has the same attribute twice.
func (s *scanner) checkAttributes(attrs []xml.Attr) error {
	if len(attrs) < 2 {
		return nil
	}
	names := make([]xml.Name, len(attrs))
	for i, a := range attrs {
		names[i] = a.Name
		if !isDeclaration(a.Name) {
			var err error
			if names[i], err = s.expand(a.Name, false); err != nil {
				return err
			}
		}
		for _, earlier := range names[:i] {
			if earlier == names[i] {
				return reject(RepeatedAttribute, "An element of the metadata has the attribute %s twice.", shown(a.Name.Local))
			}
		}
	}
	return nil
}

// children returns each child element of the open element to a function, which may
// read it or leave it, until the element ends.
func (s *scanner) children(each func(*element) error) error {
	depth := len(s.open)
	for {
		token, err := s.next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case *element:
			if err := each(t); err != nil {
				return err
			}
			if err := s.leave(depth); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// leave reads on until no more elements are open than that.
func (s *scanner) leave(depth int) error {
	for len(s.open) > depth {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// text returns the open element's text, and whether it has nothing but text.
func (s *scanner) text() (string, bool, error) {
	depth := len(s.open)
	var b strings.Builder
	pure := true
	for {
		token, err := s.next()
		if err != nil {
			return "", false, err
		}
		switch t := token.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			if len(s.open) < depth {
				return b.String(), pure, nil
			}
		default:
			pure = false
		}
	}
}
