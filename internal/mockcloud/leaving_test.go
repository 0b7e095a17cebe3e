package mockcloud_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

const leavingToken = "leaving-token-0123456789-0123456789-ab"

// TestNothingGetsThroughAfterLeaving: many ask with a person's key while the directory says, again and again, that the
// person left and returned. A request after the answer to the first and before the second is sent is refused.
func TestNothingGetsThroughAfterLeaving(t *testing.T) {
	t.Parallel()
	s := mocktest.Start(t, mockcloud.Config{Scenario: mocktest.Scenario(t, `
accounts:
  - id: `+mocktest.Account+`
    handle: acme
    features: [sso, scim]
    rate_limit_per_minute: 0
    domains: [acme.com]
    users:
      - {email: owner@acme.com, role: Owner, api_key: pnu_owner}
      - {email: ada@acme.com, role: Member, api_key: pnu_ada}
    directories:
      - {name: Okta, type: okta scim v2.0, endpoint: okta, token: `+leavingToken+`}
`)})
	const users = "/scim/v2.0/okta/Users"
	var ada mocktest.Row
	s.Call(http.MethodPost, users, leavingToken, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": "ada@acme.com",
	}).Want(http.StatusCreated).Into(&ada)
	active := func(yes bool) {
		s.Call(http.MethodPatch, users+"/"+ada.ID, leavingToken, map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			"Operations": []any{map[string]any{"op": "replace", "value": map[string]any{"active": yes}}},
		}).Want(http.StatusOK)
	}

	// round is even while the person is there, or may be; who sees the same odd number before and after asked while
	// they were gone.
	var round, let, refused atomic.Int64
	done := make(chan struct{})
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				before := round.Load()
				answer, err := s.Try(http.MethodGet, mocktest.Root, mocktest.Member, nil)
				if err != nil {
					t.Errorf("ask: %v", err)
					return
				}
				if before%2 == 0 || before != round.Load() {
					continue
				}
				refused.Add(1)
				if answer.Status != http.StatusForbidden {
					let.Add(1)
				}
			}
		})
	}
	for range 30 {
		active(false)
		round.Add(1)
		for asked := refused.Load(); refused.Load() < asked+8; {
			s.Call(http.MethodGet, mocktest.Root, mocktest.Member, nil).Want(http.StatusForbidden)
		}
		round.Add(1)
		active(true)
		s.Call(http.MethodGet, mocktest.Root, mocktest.Member, nil).Want(http.StatusOK)
	}
	close(done)
	askers.Wait()
	if n := let.Load(); n != 0 {
		t.Errorf("%d of %d requests got through after the person had left", n, refused.Load())
	}
}
