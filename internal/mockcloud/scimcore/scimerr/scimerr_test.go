package scimerr_test

import (
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// TestError holds what a caller reads: the status and the sentence.
func TestError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    *scimerr.Error
		status int
		text   string
	}{
		"plain":      {scimerr.New(scimerr.InvalidValue, "%q is required", "userName"), 400, `"userName" is required`},
		"percent":    {scimerr.New(scimerr.InvalidPath, "%s", "100%"), 400, "100%"},
		"position":   {&scimerr.Error{ScimType: scimerr.InvalidFilter, Detail: "expected an operator", Position: 10}, 400, "expected an operator (at character 10)"},
		"uniqueness": {scimerr.New(scimerr.Uniqueness, "taken"), 409, "taken"},
		"sensitive":  {scimerr.New(scimerr.Sensitive, "use POST /.search"), 403, "use POST /.search"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.err.Status(); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			if got := test.err.Error(); got != test.text {
				t.Errorf("text %q, want %q", got, test.text)
			}
		})
	}
}
