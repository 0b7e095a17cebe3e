package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Equal says whether two resources hold the same, so that a write that changes
// nothing leaves the version alone. The order of a multi-valued attribute means
// nothing, and null, an empty list and an attribute left out are one thing (RFC
// 7643 sections 2.4 and 2.5). Not compared is meta, where the version itself
// is. Text is compared exactly: a new case of a name is a change. Numbers are
// the same when they are written the same.
func Equal(a, b map[string]any) bool {
	return canonical(withoutMeta(a)) == canonical(withoutMeta(b))
}

func withoutMeta(resource map[string]any) map[string]any {
	out := make(map[string]any, len(resource))
	for name, value := range resource {
		if !strings.EqualFold(name, "meta") {
			out[name] = value
		}
	}
	return out
}

// canonical is a text that equal values share and others do not; empty for a
// value that is none.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return strconv.Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, 0, len(v))
		for _, element := range v {
			if text := canonical(element); text != "" {
				parts = append(parts, text)
			}
		}
		return enclosed("[", parts, "]")
	case map[string]any:
		parts := make([]string, 0, len(v))
		for name, member := range v {
			if text := canonical(member); text != "" {
				parts = append(parts, strconv.Quote(strings.ToLower(name))+":"+text)
			}
		}
		return enclosed("{", parts, "}")
	}
	// Nothing else comes out of encoding/json; what it may be still has a text.
	return fmt.Sprintf("%T(%v)", v, v)
}

func enclosed(open string, parts []string, end string) string {
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return open + strings.Join(parts, ",") + end
}
