package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// customHeaders takes those of the argument, else of the environment, else of the
// profile, as a whole. What is wrong in the latter two is told as theirs.
func (r *resolver) customHeaders() map[string]string {
	if r.unknown(ArgCustomHeaders) {
		return nil
	}
	if r.args.CustomHeaders != nil {
		return r.checkHeaders(maps.Clone(r.args.CustomHeaders), argument)
	}
	if text := strings.TrimSpace(r.getenv(EnvCustomHeaders)); text != "" {
		return r.parseHeaders(text, environment)
	}
	switch headers := r.profile.headers.(type) {
	case nil:
		return nil
	case string:
		return r.parseHeaders(headers, fromProfile)
	case map[string]any:
		text := make(map[string]string, len(headers))
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			value, ok := headers[name].(string)
			if !ok {
				r.badHeaders(fromProfile, fmt.Errorf("the value of %q is no text", name))
				return nil
			}
			text[name] = value
		}
		return r.checkHeaders(text, fromProfile)
	}
	r.badHeaders(fromProfile, errors.New("it is neither text nor a table"))
	return nil
}

func (r *resolver) parseHeaders(text string, from source) map[string]string {
	headers, err := headersFromJSON(text)
	if err != nil {
		r.badHeaders(from, err)
		return nil
	}
	return r.checkHeaders(headers, from)
}

func (r *resolver) badHeaders(from source, err error) {
	r.fail(ArgCustomHeaders, "Invalid custom headers", fmt.Sprintf("%s is no JSON object of texts such as {\"X-Team\": \"platform\"}: %v.", english.Capitalize(r.name(from, ArgCustomHeaders, EnvCustomHeaders)), err))
}

// headersFromJSON reads an object of texts. It does not repeat what stands there:
// values are secrets.
func headersFromJSON(text string) (map[string]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var object map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal([]byte(text), &object); {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("no JSON at character %d", syntax.Offset)
	case err != nil || object == nil:
		return nil, errors.New("it is not an object")
	}
	headers := make(map[string]string, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var value *string
		if json.Unmarshal(object[name], &value) != nil || value == nil {
			return nil, fmt.Errorf("the value of %q is no text", name)
		}
		headers[name] = *value
	}
	if twice := twiceInJSON(text); twice != "" {
		return nil, fmt.Errorf("%q is there twice", twice)
	}
	return headers, nil
}

// twiceInJSON returns a key that an object of texts has twice, of which decoding
// keeps one.
func twiceInJSON(text string) string {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	seen := map[string]bool{}
	for i := 0; ; i++ {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return "" // it was decoded before: there is nothing else that fails
		}
		name, ok := token.(string)
		if !ok || i%2 == 0 { // after the brace come name, value, name, value
			continue
		}
		if seen[name] {
			return name
		}
		seen[name] = true
	}
}

// checkHeaders reports each header that cannot be sent. Those that Prefect's tools
// leave out of the environment and of profiles are left out here, too.
func (r *resolver) checkHeaders(headers map[string]string, from source) map[string]string {
	for _, wrong := range client.CheckHeaders(headers) {
		where := " It comes from " + r.name(from, ArgCustomHeaders, EnvCustomHeaders) + "."
		if wrong.Ignored && from != argument {
			delete(headers, wrong.Name)
			r.problems = append(r.problems, Problem{
				Argument: ArgCustomHeaders, Warning: true, Summary: "Custom header left out", Err: wrong,
				Detail: fmt.Sprintf("%q is not sent: like Prefect's own tools, the provider sets it itself.", wrong.Name) + where,
			})
			continue
		}
		r.problems = append(r.problems, Problem{Argument: ArgCustomHeaders, Summary: "Invalid custom header", Detail: english.ErrorSentence(wrong) + where, Err: wrong})
	}
	return headers
}
