package scim_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// maxSent is how much a worst request sends: the limit of a body, nearly.
const maxSent = 1_990_000

// manyOf is the body of a PATCH of as many operations as there may be, or as fit.
func manyOf(most int, operation func(i int) string, last ...string) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`)
	tail := strings.Join(last, ",") + `]}`
	for i := range most - len(last) {
		next := operation(i)
		if b.Len()+len(next)+len(tail)+1 > maxSent {
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(next)
	}
	if len(last) > 0 {
		b.WriteByte(',')
	}
	return b.String() + tail
}

// listOf is as many entries of a list as fit into a size.
func listOf(size int, entry func(i int) string) string {
	var b strings.Builder
	for i := 0; ; i++ {
		next := entry(i)
		if b.Len()+len(next)+2 > size {
			return "[" + b.String() + "]"
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(next)
	}
}

func email(i int) string { return fmt.Sprintf(`{"value":"p%d@acme.com"}`, i) }

// worstOfUsers are the worst changes of a user that we know of.
func worstOfUsers() map[string]string {
	add := func(i int) string { return `{"op":"add","path":"emails","value":[` + email(i) + `]}` }
	addMany := `{"op":"add","path":"emails","value":` + listOf(1_000_000, email) + `}`
	long := strings.Repeat("x", 200_000)
	conditions := strings.TrimSuffix(strings.Repeat("type pr or ", 360), " or ")
	first := func(one string, then func(i int) string) func(int) string {
		return func(i int) string {
			if i == 0 {
				return one
			}
			return then(i)
		}
	}
	return map[string]string{
		"add one email each":          manyOf(10_000, add),
		"add, a bad one last":         manyOf(10_000, add, `{"op":"add","path":"nothing","value":1}`),
		"add, an invalid result last": manyOf(10_000, add, `{"op":"remove","path":"userName"}`),
		"invalid all along": manyOf(10_000, first(`{"op":"remove","path":"userName"}`, func(i int) string {
			return `{"op":"replace","path":"title","value":"` + fmt.Sprint(i) + `"}`
		})),
		"add one of another type each": manyOf(10_000, func(i int) string {
			return fmt.Sprintf(`{"op":"add","path":"emails","value":[{"value":"a@acme.com","type":"t%d"}]}`, i)
		}),
		"one value of many types": manyOf(1, func(int) string {
			return `{"op":"add","path":"emails","value":` + listOf(1_900_000, func(i int) string {
				return fmt.Sprintf(`{"value":"a@acme.com","type":"t%d"}`, i)
			}) + `}`
		}),
		"many, then one chosen by value each": manyOf(10_000, first(addMany, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails[value eq \"p%d@acme.com\"].display","value":"%d"}`, i, i)
		})),
		"many, then one removed each": manyOf(10_000, first(addMany, func(i int) string {
			return fmt.Sprintf(`{"op":"remove","path":"emails","value":[{"value":"p%d@acme.com"}]}`, i)
		})),
		"many, then all looked at each time": manyOf(10_000, first(addMany, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails[display ne \"%d\"].display","value":"%d"}`, i, i)
		})),
		"many, then all changed each time": manyOf(10_000, first(addMany, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails.display","value":"%d"}`, i)
		})),
		"long filters": manyOf(10_000, first(`{"op":"add","path":"emails","value":`+listOf(200_000, email)+`}`, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails[%s].display","value":"%d"}`, conditions, i)
		})),
		"long values": manyOf(10_000, first(`{"op":"add","path":"emails","value":[{"value":"a@acme.com","display":"`+long+`"}]}`, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails[display co \"y%d\"].display","value":"%d"}`, i, i)
		})),
		"paths as keys": manyOf(1, func(int) string {
			var keys strings.Builder
			for i := range 25_000 {
				fmt.Fprintf(&keys, `,"emails[display ne \"%d\"].display":"%d"`, i, i)
			}
			return `{"op":"replace","value":{"emails":` + listOf(500_000, email) + keys.String() + `}}`
		}),
		"primary moves on": manyOf(10_000, first(addMany, func(i int) string {
			return fmt.Sprintf(`{"op":"replace","path":"emails[value eq \"p%d@acme.com\"].primary","value":true}`, i)
		})),
		"addresses": manyOf(10_000, func(i int) string {
			return fmt.Sprintf(`{"op":"add","path":"addresses","value":[{"streetAddress":"%d"}]}`, i)
		}),
		"schemas": manyOf(10_000, func(i int) string {
			return fmt.Sprintf(`{"op":"add","path":"schemas","value":["urn:x:%d"]}`, i)
		}),
		"empty objects": manyOf(1, func(int) string { return `{"op":"add","value":{"x":[` + strings.Repeat("{},", 600_000) + `{}]}}` }),
		"too many":      manyOf(1_000_000, func(int) string { return `{}` }),
		"no email at all": manyOf(10_000, func(i int) string {
			return `{"op":"add","path":"emails","value":[{"value":"","type":"` + fmt.Sprint(i) + `"}]}`
		}),
	}
}

// worstOfGroups are the worst changes of a group's members that we know of.
func worstOfGroups(ids []uuid.UUID) map[string]string {
	one := func(i int) string { return `{"value":"` + ids[i%len(ids)].String() + `"}` }
	all := `{"op":"add","path":"members","value":` + listOf(1_000_000, one) + `}`
	first := func(then func(i int) string) func(int) string {
		return func(i int) string {
			if i == 0 {
				return all
			}
			return then(i)
		}
	}
	return map[string]string{
		"add one member each": manyOf(10_000, func(i int) string { return `{"op":"add","path":"members","value":[` + one(i) + `]}` }),
		"add all at once": manyOf(1, func(int) string {
			return `{"op":"add","path":"members","value":` + listOf(1_900_000, one) + `}`
		}),
		"remove one each": manyOf(10_000, first(func(i int) string {
			return `{"op":"remove","path":"members[value eq \"` + ids[i%len(ids)].String() + `\"]"}`
		})),
		"replace all by one each": manyOf(10_000, first(func(i int) string { return `{"op":"replace","path":"members","value":[` + one(i) + `]}` })),
		"look at all each time": manyOf(10_000, first(func(i int) string {
			return fmt.Sprintf(`{"op":"remove","path":"members[display eq \"%d\"]"}`, i)
		})),
		"a bad one last": manyOf(10_000, func(i int) string { return `{"op":"add","path":"members","value":[` + one(i) + `]}` },
			`{"op":"add","path":"nothing","value":1}`),
		"an invalid result last": manyOf(10_000, func(i int) string { return `{"op":"add","path":"members","value":[` + one(i) + `]}` },
			`{"op":"replace","path":"displayName","value":""}`),
		"paths as keys": manyOf(1, func(int) string {
			var keys strings.Builder
			for i := range 18_000 {
				fmt.Fprintf(&keys, `,"members[display eq \"%d\"]":{"value":"%s"}`, i, ids[i%len(ids)])
			}
			return `{"op":"replace","value":{"members":` + listOf(100_000, one) + keys.String() + `}}`
		}),
	}
}

// sorted gives a map's entries by the order of their keys.
func sorted(all map[string]string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		names := make([]string, 0, len(all))
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, all[name]) {
				return
			}
		}
	}
}

// answerOf makes a request without the network.
func (w *world) answerOf(method, below, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+w.path(below), strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/scim+json")
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}
