package provider_test

import (
	"math/big"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// A create whose answer is lost finds what it made, which somebody has changed by then: the state has what was planned, as
// Terraform demands, a warning says so, and the next apply puts it right.
func TestFoundAfterItWasChanged(t *testing.T) {
	t.Parallel()
	srv := acctest.Start(t, acctest.WithDirectory)
	r := &tracked{typeName: "prefectsso_group_role_mapping", line: newLine(t, srv), key: acctest.ServiceKey}
	config := object{"directory_id": srv.DirectoryID(), "match": object{"group_name": "Engineers"}, "role": "Auditor", "priority": 10}
	var changed atomic.Bool
	r.line.breaks(creates(lost, 0), func(req *http.Request) fault {
		if req.URL.Query().Has("idempotency_key") && !changed.Swap(true) {
			srv.ChangeMapping(srv.Mappings()[0], map[string]any{"priority": 77})
		}
		return passes
	})
	found := r.apply(t, config)
	if r.tainted || errorsIn(found) > 0 || !changed.Load() {
		t.Fatalf("tainted %t, looked %t: %s", r.tainted, changed.Load(), detailsOf(found))
	}
	p := r.run(t)
	var priority big.Float
	if err := p.object(t, p.resourceType(r.typeName), r.value)["priority"].As(&priority); err != nil || priority.Cmp(big.NewFloat(10)) != 0 {
		t.Errorf("the state has the priority %s, %v", priority.String(), err)
	}
	r.line.breaks()
	if found := r.apply(t, config); errorsIn(found) > 0 {
		t.Errorf("the next apply: %s", detailsOf(found))
	}
	for _, row := range mappingsByID(srv) {
		if row.priority != 10 {
			t.Errorf("it has the priority %d", row.priority)
		}
	}
}
