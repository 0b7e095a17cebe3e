package setup

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

const (
	// maxForm has room for metadata of 1 MiB, each byte of which may be sent as three.
	maxForm = 4 << 20
	// maxUpload is how much of a form with files is read, so that what was typed beside a
	// file that is too large is not lost.
	maxUpload = 64 << 20
	// maxFile is how much of a file is kept: a byte more than metadata may have, so that
	// more is noticed.
	maxFile = 1<<20 + 1
	// maxText is how much of a field is kept, maxKept of all fields and files together:
	// who sends them need not have a session.
	maxText  = 2 << 20
	maxKept  = 6 << 20
	maxParts = 64
)

// upload is a file of a form.
type upload struct {
	name string
	data []byte
}

// isTooLarge reports whether there is more of it than is read.
func (u upload) isTooLarge() bool { return len(u.data) >= maxFile }

// uploads are those of a request, by the name of their field.
type uploads map[string]upload

// filesKey is the key of a request's uploads in its context.
type filesKey struct{}

// errForm says that a form cannot be read at all.
var errForm = errors.New("the form cannot be read")

// manyOf are the fields of which a form may have several.
const manyOf = "domain"

// readForm reads a form of either kind, in which every other field is there at most once.
func readForm(w http.ResponseWriter, r *http.Request) (files uploads, err error) {
	if kind, _, ok := request.Media(r); ok && kind == "multipart/form-data" {
		files, err = readParts(w, r)
	} else {
		_, err = request.Form(r, maxForm)
	}
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(r.PostForm)), func(name string) bool { return name == manyOf })
	return files, request.Once(r.PostForm, names...)
}

// readParts reads a form that has files. One that is too large is cut off, and the rest of
// the form is read all the same.
func readParts(w http.ResponseWriter, r *http.Request) (uploads, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, errForm
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	files := uploads{}
	// PostFormValue and the like read the body unless these are there.
	r.Form, r.PostForm = url.Values{}, url.Values{}
	r.MultipartForm = &multipart.Form{}
	in := multipart.NewReader(r.Body, params["boundary"])
	left := int64(maxKept)
	for range maxParts {
		part, err := in.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, err
		}
		if err := files.take(part, r.PostForm, &left); err != nil {
			return files, err
		}
		r.Form = r.PostForm
	}
	return files, errForm
}

// take reads a part of a form, of which only so much is left to be kept.
func (f uploads) take(part *multipart.Part, fields url.Values, left *int64) error {
	limit := int64(maxText)
	if part.FileName() != "" {
		limit = maxFile
	}
	if limit > *left {
		return errForm
	}
	var data bytes.Buffer
	if _, err := io.Copy(&data, io.LimitReader(part, limit)); err != nil {
		return err
	}
	*left -= int64(data.Len())
	rest, err := io.Copy(io.Discard, part)
	if err != nil {
		return err
	}
	if rest > 0 && part.FileName() == "" { // half of what was typed is something else
		return errForm
	}
	if _, twice := f[part.FormName()]; twice && part.FileName() != "" {
		return errForm
	}
	if name := part.FileName(); name != "" {
		f[part.FormName()] = upload{name, data.Bytes()}
		return nil
	}
	if part.Header.Get("Content-Type") == "" { // a file field that was left empty has one
		fields.Add(part.FormName(), data.String())
	}
	return nil
}

// file returns an upload of the visit's form, if there is one.
func (v *visit) file(field string) (upload, bool) {
	files, _ := v.r.Context().Value(filesKey{}).(uploads) // there are none in a form without
	u, ok := files[field]
	return u, ok
}

// text returns what was typed into a field.
func (v *visit) text(field string) string { return strings.TrimSpace(v.r.PostFormValue(field)) }
