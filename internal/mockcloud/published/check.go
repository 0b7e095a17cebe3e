package published

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/mail"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// problems is FastAPI's answer to mistakes (HTTPValidationError), refusal that to
// all else.
type (
	problems struct {
		Detail []struct {
			Loc  []any  `json:"loc"`
			Msg  string `json:"msg"`
			Type string `json:"type"`
		} `json:"detail"`
	}
	refusal struct {
		Detail string `json:"detail"`
	}
	// inTheWay is a refusal of the extension that may say what is in the way of a create.
	inTheWay struct {
		Detail     string `json:"detail"`
		ExistingID string `json:"existing_id,omitempty"`
	}
)

// operations finds the operation of a request, by the rules of net/http.
var operations = sync.OnceValues(func() (*http.ServeMux, map[string]Operation) {
	mux, byPattern := http.NewServeMux(), make(map[string]Operation)
	for _, o := range Operations() {
		bare := o.Method + " " + strings.TrimSuffix(o.Path, "/")
		for _, pattern := range []string{bare, bare + "/{$}"} {
			mux.HandleFunc(pattern, http.NotFound)
			byPattern[pattern] = o
		}
	}
	return mux, byPattern
})

// Find returns the operation that a request is for.
func Find(r *http.Request) (Operation, bool) {
	mux, byPattern := operations()
	_, pattern := mux.Handler(r)
	o, ok := byPattern[pattern]
	return o, ok
}

// extension are the paths of the managed-configuration extension. The document says
// nothing of them; only their refusals have its shapes.
var extension = regexp.MustCompile(`^/api/accounts/[^/]+/sso/(connections|directories|members|service_provider)(/|$)`)

// Check returns how an answer differs from what the document says of it. Only
// answers to requests under /api/ are judged.
func Check(r *http.Request, status int, contentType string, body []byte) error {
	if !strings.HasPrefix(r.URL.Path, "/api/") || status < http.StatusBadRequest && extension.MatchString(r.URL.Path) {
		return nil
	}
	o, known := Find(r)
	if status < http.StatusBadRequest && (!known || status != o.Status) {
		return fmt.Errorf("status %d is not in the document", status)
	}
	if status == http.StatusConflict && known && !slices.Contains(conflicting, o.String()) {
		return fmt.Errorf("409 of %s is not among this project's decisions", o)
	}
	var want any
	switch {
	case status == http.StatusUnprocessableEntity:
		want = problems{}
	case status == http.StatusConflict && extension.MatchString(r.URL.Path):
		want = inTheWay{}
	case status >= http.StatusBadRequest:
		want = refusal{}
	case status == http.StatusNoContent || status == http.StatusTemporaryRedirect:
		if len(body) > 0 {
			return fmt.Errorf("status %d has a body", status)
		}
		return nil
	default:
		want = o.answer
		if open, ok := want.(anything); ok {
			want = open.decided
		}
	}
	if contentType != "application/json" {
		return fmt.Errorf("the content type is %q", contentType)
	}
	return judge(body, want)
}

func judge(body []byte, want any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var got any
	if err := decoder.Decode(&got); err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	if want == nil {
		return nil
	}
	alternatives, several := want.(oneOf)
	if !several {
		alternatives = oneOf{want}
	}
	var all []error
	for _, alternative := range alternatives {
		err := errors.Join(check("", got, reflect.TypeOf(alternative), "")...)
		if err == nil {
			return nil
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// check compares a value with a type. Pointers may be null, everything else may not.
func check(at string, got any, want reflect.Type, tag reflect.StructTag) []error {
	fail := func(format string, args ...any) []error {
		return []error{fmt.Errorf("%s: "+format, append([]any{"answer" + at}, args...)...)}
	}
	if want.Kind() == reflect.Interface {
		return nil
	}
	if want.Kind() == reflect.Pointer {
		if got == nil {
			return nil
		}
		return check(at, got, want.Elem(), tag)
	}
	if got == nil {
		return fail("must not be null")
	}
	if text, isText := got.(string); isText {
		if err := checkText(text, want, tag); err != nil {
			return fail("%w", err)
		}
		return nil
	}
	switch want.Kind() {
	case reflect.Bool:
		if _, ok := got.(bool); ok {
			return nil
		}
	case reflect.Int:
		number, ok := got.(json.Number)
		if _, err := strconv.Atoi(number.String()); ok && err == nil {
			return nil
		}
	case reflect.Slice:
		if list, ok := got.([]any); ok {
			var out []error
			for i, element := range list {
				out = append(out, check(fmt.Sprintf("%s[%d]", at, i), element, want.Elem(), tag)...)
			}
			return out
		}
	case reflect.Map:
		if object, ok := got.(map[string]any); ok {
			var out []error
			for _, name := range slices.Sorted(maps.Keys(object)) {
				out = append(out, check(at+"."+name, object[name], want.Elem(), tag)...)
			}
			return out
		}
	case reflect.Struct:
		if object, ok := got.(map[string]any); ok && want != reflect.TypeFor[time.Time]() {
			return checkObject(at, object, want)
		}
	}
	return fail("%v is no %s", got, want)
}

func checkObject(at string, got map[string]any, want reflect.Type) []error {
	var out []error
	known := make(map[string]bool)
	for _, field := range reflect.VisibleFields(want) {
		name, optional := strings.CutSuffix(field.Tag.Get("json"), ",omitempty")
		known[name] = true
		value, ok := got[name]
		switch {
		case ok:
			out = append(out, check(at+"."+name, value, field.Type, field.Tag)...)
		case !optional:
			out = append(out, fmt.Errorf("answer%s.%s: is missing", at, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !known[name] {
			out = append(out, fmt.Errorf("answer%s.%s: is not in the document", at, name))
		}
	}
	return out
}

// checkText compares a string with a type that is one on the wire.
func checkText(got string, want reflect.Type, tag reflect.StructTag) error {
	switch {
	case want == reflect.TypeFor[uuid.UUID]():
		if id, err := uuid.Parse(got); err != nil || id.String() != got {
			return fmt.Errorf("%q is no UUID", got)
		}
	case want == reflect.TypeFor[time.Time]():
		if _, err := time.Parse(time.RFC3339, got); err != nil {
			return fmt.Errorf("%q is no time of RFC 3339", got)
		}
	case want == reflect.TypeFor[permission]():
		if !slices.Contains(permissions, permission(got)) {
			return fmt.Errorf("%q is no permission", got)
		}
	case want.Kind() != reflect.String:
		return fmt.Errorf("%q is no %s", got, want)
	}
	if values := tag.Get("enum"); values != "" && !slices.Contains(strings.Fields(values), got) {
		return fmt.Errorf("%q is none of %s", got, values)
	}
	if longest, err := strconv.Atoi(tag.Get("max")); err == nil && utf8.RuneCountInString(got) > longest {
		return fmt.Errorf("%q is longer than %d", got, longest)
	}
	switch tag.Get("format") {
	case "email":
		if address, err := mail.ParseAddress(got); err != nil || address.Address != got {
			return fmt.Errorf("%q is no email address", got)
		}
	case "uri":
		if u, err := url.Parse(got); err != nil || !u.IsAbs() {
			return fmt.Errorf("%q is no URI", got)
		}
	}
	return nil
}
