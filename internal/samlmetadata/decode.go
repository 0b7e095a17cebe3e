package samlmetadata

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// declared finds the encoding in an XML declaration (XML 1.0, 4.3.3).
var declared = regexp.MustCompile(`^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._:-]*)["']`)

// maxDeclaration is how far into a document its encoding is looked for.
const maxDeclaration = 1024

// decode returns a document's characters as UTF-8: by its byte order mark or the
// first bytes, else by its declaration (XML 1.0, appendix F). The declared name may
// be any of the Encoding standard's labels, in any case.
func decode(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 4*maxDeclaration)
	head, err := in.Peek(maxDeclaration)
	if err != nil && err != io.EOF { // Peek gives it as it is
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return validUTF8(in), err
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return nil, reject(UnknownEncoding, "The metadata is in UTF-32, which is not read. Save it as UTF-8.")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()), nil
	}
	name := declared.FindSubmatch(head)
	if name == nil {
		return validUTF8(in), nil
	}
	return byLabel(in, string(name[1]))
}

func byLabel(in io.Reader, name string) (io.Reader, error) {
	switch label := strings.ToLower(name); {
	case label == "utf-8", label == "utf8":
		return validUTF8(in), nil
	case strings.HasPrefix(label, "utf-16"), strings.HasPrefix(label, "ucs-2"), label == "iso-10646-ucs-2":
		// Its declaration was read as ASCII, so it is not what it says: it was converted, and
		// the declaration left as it was.
		return validUTF8(in), nil
	}
	enc, canonical := charset.Lookup(name)
	if enc == nil || canonical == "replacement" {
		return nil, reject(UnknownEncoding, "The metadata is in the encoding %s, which is not read. Save it as UTF-8.", shown(name))
	}
	return transform.NewReader(in, enc.NewDecoder()), nil
}

func validUTF8(r io.Reader) io.Reader { return transform.NewReader(r, encoding.UTF8Validator) }

// textReader reads characters that are decoded already, as those of a JSON or
// Terraform string are: whatever the document declares, it has been UTF-8 since.
func textReader(text string) (io.Reader, error) {
	if utf8.ValidString(text) {
		return strings.NewReader(strings.TrimPrefix(text, "\ufeff")), nil
	}
	return decode(strings.NewReader(text))
}
