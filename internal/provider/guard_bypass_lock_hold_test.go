package provider

import (
	"context"
	"errors"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// A mapping that takes bypass:sso waits for the account's turn; one that gives it must not, since it is waited for.
func TestSetMappingTurn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, after, waits bool }{
		"it takes":         {before: true, waits: true},
		"it gives":         {after: true},
		"it goes on":       {before: true, after: true},
		"it does not care": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &providerData{run: run.New(nil)}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			written := false
			var err error
			held := s.run.BypassLock("account").Hold(t.Context(), func() error { // another resource has it
				err = s.setMapping(ctx, "account", test.before, test.after, func() error {
					written = true
					return nil
				})
				return nil
			})
			if held != nil {
				t.Fatal(held)
			}
			if waited := errors.Is(err, context.Canceled); waited != test.waits || written == waited {
				t.Errorf("it waited: %t, it was written: %t", waited, written)
			}
		})
	}
}
