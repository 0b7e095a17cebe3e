package schema_test

import (
	"strconv"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

// BenchmarkValidate is what each user of an import costs here.
func BenchmarkValidate(b *testing.B) {
	user := decode(b, stored)
	for b.Loop() {
		if _, err := schema.User().Validate(user); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValidateGroup is a PUT of a big group.
func BenchmarkValidateGroup(b *testing.B) {
	members := make([]any, 50_000)
	for i := range members {
		members[i] = map[string]any{"value": strconv.Itoa(i), "display": "Somebody"}
	}
	group := map[string]any{"displayName": "Everybody", "members": members}
	for b.Loop() {
		if _, err := schema.Group().Validate(group); err != nil {
			b.Fatal(err)
		}
	}
}
