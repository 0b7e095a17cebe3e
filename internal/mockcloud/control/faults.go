package control

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
)

// faultBody is a fault on the wire.
type faultBody struct {
	ID          uuid.UUID `json:"id"`
	Method      string    `json:"method"`
	Route       string    `json:"route"`
	Status      int       `json:"status,omitempty"`
	RetryAfterS int       `json:"retry_after_s,omitempty"`
	LatencyMS   int       `json:"latency_ms,omitempty"`
	Drop        bool      `json:"drop"`
	Truncate    bool      `json:"truncate"`
	AfterWrite  bool      `json:"after_write"`
	Times       int       `json:"times,omitempty"`
	Probability float64   `json:"probability"`
	Seed        int       `json:"seed,omitempty"`
	Struck      int       `json:"struck"`
}

func toFault(f router.Fault) faultBody {
	return faultBody{
		ID: f.ID, Method: f.Method, Route: f.Route, Status: f.Status,
		RetryAfterS: int(f.RetryAfter / time.Second), LatencyMS: int(f.Latency / time.Millisecond),
		Drop: f.Drop, Truncate: f.Truncate, AfterWrite: f.AfterWrite,
		Times: f.Times, Probability: f.Probability, Seed: int(f.Seed), Struck: f.Struck,
	}
}

// Bounds of what a fault may ask for. Longer delays would look like a hang.
const (
	maxLatency = 60_000
	maxSeconds = 24 * 60 * 60
	maxTimes   = 1 << 30
)

func readFault(f *input.Fields) router.Fault {
	return router.Fault{
		ID:          uuid.New(),
		Method:      strings.ToUpper(input.Default(f, "method", input.String, "*")),
		Route:       input.Default(f, "route", input.String, "*"),
		Status:      input.Default(f, "status", input.IntBetween(400, 599), 0),
		RetryAfter:  time.Duration(input.Default(f, "retry_after_s", input.IntBetween(0, maxSeconds), 0)) * time.Second,
		Latency:     time.Duration(input.Default(f, "latency_ms", input.IntBetween(0, maxLatency), 0)) * time.Millisecond,
		Drop:        input.Default(f, "drop", input.Bool, false),
		Truncate:    input.Default(f, "truncate", input.Bool, false),
		AfterWrite:  input.Default(f, "after_write", input.Bool, false),
		Times:       input.Default(f, "times", input.IntBetween(1, maxTimes), 0),
		Probability: input.Default(f, "probability", input.FloatBetween(0, 1), 1),
		Seed:        uint64(input.Default(f, "seed", input.IntFrom(0), 0)),
	}
}

// addFault is POST /_mockcloud/faults.
func (c *Control) addFault(w http.ResponseWriter, r *http.Request) {
	raw, ok := readBody(w, r)
	if !ok {
		return
	}
	fault, err := input.Body(raw, true, false, input.Strict(readFault))
	if err == nil {
		err = c.sensible(fault)
	}
	if err != nil {
		reject(w, err)
		return
	}
	c.Router.Faults.Add(fault)
	reply(w, http.StatusCreated, toFault(fault))
}

// sensible refuses faults that would never show, since a test that waits for one
// would pass for the wrong reason.
func (c *Control) sensible(f router.Fault) error {
	answers := f.Status != 0 || f.Drop || f.Truncate
	switch {
	case !answers && f.Latency == 0:
		return input.Mistake("a fault needs one of status, drop, truncate and latency_ms")
	case f.AfterWrite && !answers:
		return input.Mistake("after_write needs one of status, drop and truncate", "after_write")
	case !c.Router.Reaches(f):
		return input.Mistake(fmt.Sprintf("no route %s %s is mounted; write it as GET %srequests shows it", f.Method, f.Route, Prefix), "route")
	}
	return nil
}

// listFaults is GET /_mockcloud/faults.
func (c *Control) listFaults(w http.ResponseWriter, _ *http.Request) {
	out := []faultBody{}
	for _, f := range c.Router.Faults.List() {
		out = append(out, toFault(f))
	}
	reply(w, http.StatusOK, out)
}

// clearFaults is DELETE /_mockcloud/faults.
func (c *Control) clearFaults(w http.ResponseWriter, _ *http.Request) {
	c.Router.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}
