package schema_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
)

func TestEqual(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		want bool
	}{
		{`{}`, `{}`, true},
		{`{"userName":"a"}`, `{"USERNAME":"a"}`, true},
		{`{"userName":"a"}`, `{"userName":"A"}`, false},
		{`{"userName":"a"}`, `{"userName":"a","title":null,"emails":[],"name":{"givenName":null}}`, true},
		{`{"userName":"a"}`, `{"userName":"a","title":""}`, false},
		{`{"userName":"a","meta":{"version":"1"}}`, `{"userName":"a","META":{"version":"2"}}`, true},
		{`{"emails":[{"value":"a"},{"value":"b"}]}`, `{"emails":[{"value":"b"},{"VALUE":"a"}]}`, true},
		{`{"emails":[{"value":"a"},{"value":"a"}]}`, `{"emails":[{"value":"a"}]}`, false},
		{`{"emails":[{"value":"a","type":"b"}]}`, `{"emails":[{"value":"b","type":"a"}]}`, false},
		{`{"emails":[{"value":"a"},{"type":"b"}]}`, `{"emails":[{"value":"a","type":"b"}]}`, false},
		{`{"active":true}`, `{"active":"true"}`, false},
		{`{"n":1}`, `{"n":"1"}`, false},
		{`{"n":1}`, `{"n":2}`, false},
		{`{"a":"x\",\"b\":\"y"}`, `{"a":"x","b":"y"}`, false},
		{`{"name":{"meta":1}}`, `{"name":{"meta":2}}`, false},
	}
	for _, test := range tests {
		if got := schema.Equal(decode(t, test.a), decode(t, test.b)); got != test.want {
			t.Errorf("%s and %s are equal: %t", test.a, test.b, got)
		}
		if got := schema.Equal(decode(t, test.b), decode(t, test.a)); got != test.want {
			t.Errorf("%s and %s are equal: %t", test.b, test.a, got)
		}
	}
}
