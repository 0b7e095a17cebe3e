package request

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// TestForm: a form is read whole or not at all.
func TestForm(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for name, test := range map[string]struct {
		kind, body string
		fields     url.Values
		status     int
	}{
		"fields":              {form, "a=1&b=%C3%A9&a=2", url.Values{"a": {"1", "2"}, "b": {"é"}}, 0},
		"a charset":           {form + "; charset=UTF-8", "a=1", url.Values{"a": {"1"}}, 0},
		"nothing":             {form, "", url.Values{}, 0},
		"nothing at all":      {"", "", url.Values{}, 0},
		"broken escape":       {form, "a=1&b=%zz", nil, http.StatusBadRequest},
		"cut-off escape":      {form, "a=1&b=%C", nil, http.StatusBadRequest},
		"a semicolon":         {form, "a=1;b=2", nil, http.StatusBadRequest},
		"JSON":                {"application/json", `{"a":1}`, nil, http.StatusBadRequest},
		"text":                {"text/plain", "a=1", nil, http.StatusBadRequest},
		"several parts":       {"multipart/form-data; boundary=x", "--x--", nil, http.StatusBadRequest},
		"no type":             {"", "a=1", nil, http.StatusBadRequest},
		"a type that is none": {"; x", "a=1", nil, http.StatusBadRequest},
		"too large":           {form, "a=" + strings.Repeat("1", 100), nil, http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequest(http.MethodPost, "/?a=of+the+address", strings.NewReader(test.body))
		if r.Header.Del("Content-Type"); test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		fields, err := Form(r, 100)
		var refused *Error
		if errors.As(err, &refused) != (test.status != 0) || refused != nil && refused.Status != test.status {
			t.Errorf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(fields, test.fields) || !reflect.DeepEqual(r.PostForm, test.fields) || r.PostFormValue("a") != test.fields.Get("a") && err == nil {
			t.Errorf("%s: %v, %v", name, fields, r.PostForm)
		}
		if IsTooLarge(err) != (test.status == http.StatusRequestEntityTooLarge) {
			t.Errorf("%s: too large", name)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for query, ok := range map[string]bool{"a=1&b=%41": true, "": true, "a=1&b=%zz": false, "a=1;b": false} {
		r := &http.Request{URL: &url.URL{RawQuery: query}}
		if fields, err := Query(r); (err == nil) != ok || (fields == nil) == ok {
			t.Errorf("%q: %v, %v", query, fields, err)
		}
	}
}

func TestOnceAndNeeds(t *testing.T) {
	t.Parallel()
	fields := url.Values{"one": {""}, "two": {"a", "a"}}
	for name, want := range map[string]struct{ once, needs bool }{"one": {true, true}, "two": {false, true}, "none": {true, false}} {
		if once, needs := Once(fields, "one", name), Needs(fields, "one", name); (once == nil) != want.once || (needs == nil) != want.needs {
			t.Errorf("%s: %v, %v", name, once, needs)
		}
	}
}
