package request

import (
	"errors"
	"net/http"
	"net/url"
)

// Form reads the fields of a form as browsers send it (application/x-www-form-urlencoded),
// all of them or none, and leaves them in the request, too. Fields of the URL are not among
// them. Its error is an *Error: 413 for one over the limit, 408 for one that came too
// slowly, else 400.
func Form(r *http.Request, limit int64) (url.Values, error) {
	if r.PostForm != nil { // what is in front of the handler has read it
		return r.PostForm, nil
	}
	raw, err := Body(r, limit)
	if err != nil {
		return nil, err
	}
	kind, _, ok := Media(r)
	if !ok || kind != "application/x-www-form-urlencoded" && (kind != "" || len(raw) > 0) {
		return nil, badForm("The body is not a form")
	}
	fields, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, badForm("The form cannot be decoded")
	}
	r.Form, r.PostForm = fields, fields
	return fields, nil
}

// Query reads the fields of a request's URL, all of them or none. Its error is an *Error.
func Query(r *http.Request) (url.Values, error) {
	fields, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badForm("The address cannot be decoded")
	}
	return fields, nil
}

// Once returns an *Error if one of the fields is there more than once: readers of a form
// could else read different ones.
func Once(fields url.Values, names ...string) error {
	for _, name := range names {
		if len(fields[name]) > 1 {
			return badForm("The field " + name + " is there more than once")
		}
	}
	return nil
}

// Needs returns an *Error if one of the fields is not there. It may be empty.
func Needs(fields url.Values, names ...string) error {
	for _, name := range names {
		if !fields.Has(name) {
			return badForm("The field " + name + " is missing")
		}
	}
	return nil
}

// IsTooLarge reports whether a body was refused for its size.
func IsTooLarge(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge
}

func badForm(detail string) error { return &Error{Status: http.StatusBadRequest, Detail: detail} }
