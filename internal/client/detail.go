package client

import (
	"encoding/json"
	"html"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// parseDetail reads an error body in FastAPI's two shapes: {"detail":"…"} and,
// for a validation answer, {"detail":[{"loc":[…],"msg":"…","type":"…"}]}.
// understood is false where the body is not a JSON object; an object of
// another shape is understood, and says nothing.
func parseDetail(body []byte) (message string, fields []FieldError, understood bool) {
	var answer struct {
		Detail  json.RawMessage `json:"detail"`
		Message json.RawMessage `json:"message"` // what gateways in front of the API say
		// Description is what token endpoints say (RFC 6749, section 5.2).
		Description json.RawMessage `json:"error_description"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", nil, false
	}
	if json.Unmarshal(answer.Detail, &message) == nil || json.Unmarshal(answer.Message, &message) == nil || json.Unmarshal(answer.Description, &message) == nil {
		return message, nil, true
	}
	var entries []struct {
		Loc  []json.RawMessage `json:"loc"`
		Msg  string            `json:"msg"`
		Type string            `json:"type"`
	}
	if json.Unmarshal(answer.Detail, &entries) != nil || len(entries) == 0 {
		return "", nil, true
	}
	for _, entry := range entries {
		var loc []string
		for _, part := range entry.Loc {
			var name string
			if json.Unmarshal(part, &name) != nil {
				name = string(part) // the place in a list
			}
			loc = append(loc, name)
		}
		fields = append(fields, FieldError{Loc: strings.Join(loc, "."), Message: entry.Msg, Type: entry.Type})
	}
	return "the request is not valid", fields, true
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.{1,500}?)</title>`)

// titled quotes the title of a web page, the one part of a foreign body that
// is worth showing and safe to show: ` ("502 Bad Gateway")`, or nothing.
func titled(body []byte) string {
	found := htmlTitle.FindSubmatch(body[:min(len(body), maxErrorBody)])
	if found == nil {
		return ""
	}
	title := strings.Join(strings.Fields(html.UnescapeString(string(found[1]))), " ")
	return ` (it is a page titled "` + title + `")`
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// foreign reports whether a body has a type that the API does not speak.
func foreign(contentType string, body []byte) bool {
	return len(body) > 0 && contentType != "" && !isJSON(contentType)
}

func isHTML(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}

// isSelfHosted reports whether a refusal has the form of a self-hosted Prefect
// server's that asks for a password: the account API has no exception_message.
func isSelfHosted(status int, body []byte) bool {
	var answer struct {
		Message *string `json:"exception_message"`
	}
	return status == http.StatusUnauthorized && json.Unmarshal(body, &answer) == nil && answer.Message != nil
}
