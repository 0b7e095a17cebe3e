// Package urns has the URNs of SCIM's schemas, and knows what they were called in drafts
// of SCIM 2.0 and in SCIM 1.1: there are clients that never changed theirs, such as
// OneLogin's default template and older jobs of Entra ID. They mean the schemas of RFC
// 7643, which is what everything else here reads.
package urns

import "github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"

// The URNs of RFC 7643.
const (
	User           = "urn:ietf:params:scim:schemas:core:2.0:User"
	Group          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// before is how all URNs of drafts begin.
const before = "urn:scim:schemas:"

// renamed are the URNs of drafts behind what they begin with, longer ones first. A core
// schema was once one for all types of resources: it has no URN of its own now.
var renamed = []struct{ draft, now string }{
	{"core:2.0:user", User},
	{"core:2.0:group", Group},
	{"extension:enterprise:2.0:user", EnterpriseUser},
	{"extension:enterprise:2.0", EnterpriseUser},
	{"extension:enterprise:1.0", EnterpriseUser},
	{"core:2.0", ""},
	{"core:1.0", ""},
}

// Current returns an attribute's path, or a schema's URN, with the URN of RFC 7643 in the
// place of one of a draft. An attribute of a core schema without a type stands alone then.
func Current(path string) string {
	if len(path) <= len(before) || !fold.SameToken(path[:len(before)], before) {
		return path
	}
	for _, r := range renamed {
		end := len(before) + len(r.draft)
		if len(path) < end || !fold.SameToken(path[len(before):end], r.draft) {
			continue
		}
		switch rest := path[end:]; {
		case r.now == "" && len(rest) > 1 && isSeparator(rest[0]):
			return rest[1:]
		case r.now != "" && (rest == "" || isSeparator(rest[0])):
			return r.now + rest
		}
	}
	return path
}

func isSeparator(c byte) bool { return c == ':' || c == '.' }

// Names reports whether a client that writes a URN in "schemas" means the schema, by
// its URN of RFC 7643 or one of a draft.
func Names(text, schema string) bool {
	if fold.SameToken(Current(text), schema) {
		return true
	}
	untyped := schema == User || schema == Group
	return untyped && (fold.SameToken(text, before+"core:2.0") || fold.SameToken(text, before+"core:1.0"))
}
