package provider_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/scimprobe"
)

// A canary that cannot be removed is known to the state, and gone from the account once the probe is destroyed.
func TestSCIMProbeThatLeavesItsCanary(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	canaries := func() int {
		return len(slices.DeleteFunc(srv.Emails(), func(email string) bool { return !strings.HasPrefix(email, scimprobe.CanaryPrefix) }))
	}
	r := &tracked{typeName: "prefectsso_scim_probe", line: newLine(t, srv), key: acctest.ServiceKey}
	r.line.breaks(func(req *http.Request) fault {
		if req.Method == http.MethodDelete {
			return refused
		}
		return passes
	})
	found := r.apply(t, object{
		"scim_endpoint": r.line.url + "/scim/v2.0/" + acctest.DirectoryEndpoint, "token_wo": acctest.DirectoryToken, "email_domain": "acme.com", "fail_on_unhealthy": false,
	})
	if r.value == nil || !r.tainted || errorsIn(found) == 0 || canaries() != 1 {
		t.Fatalf("in the state %t, tainted %t, %d canaries: %s", r.value != nil, r.tainted, canaries(), detailsOf(found))
	}
	if found := r.apply(t, nil); errorsIn(found) == 0 || r.value == nil {
		t.Errorf("it was destroyed while the canary could not be removed: %s", detailsOf(found))
	}
	r.line.breaks()
	if found := r.apply(t, nil); errorsIn(found) > 0 || r.value != nil {
		t.Errorf("destroy: %s", detailsOf(found))
	}
	if canaries() != 0 {
		t.Error("the canary is still a member")
	}
}
