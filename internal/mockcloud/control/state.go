package control

import (
	"net/http"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

type clockBody struct {
	Now time.Time `json:"now"`
	// Ahead is by how much the server's time is ahead of the time outside.
	Ahead string `json:"ahead"`
}

// readClock is GET /_mockcloud/clock.
func (c *Control) readClock(w http.ResponseWriter, _ *http.Request) {
	clock := c.Store.Clock()
	reply(w, http.StatusOK, clockBody{Now: clock.Now().UTC(), Ahead: clock.Offset().String()})
}

// advanceClock is POST /_mockcloud/clock.
func (c *Control) advanceClock(w http.ResponseWriter, r *http.Request) {
	raw, ok := readBody(w, r)
	if !ok {
		return
	}
	if err := c.advance(raw); err != nil {
		reject(w, err)
		return
	}
	c.readClock(w, r)
}

func (c *Control) advance(raw []byte) error {
	text, err := input.Body(raw, true, false, input.Strict(func(f *input.Fields) string {
		return input.Required(f, "advance", input.String)
	}))
	if err != nil {
		return err
	}
	by, err := time.ParseDuration(text)
	if err != nil {
		return input.Mistake("a time such as 90s, 15m or 24h", "advance")
	}
	return c.Store.AdvanceClock(by)
}

// snapshot is GET /_mockcloud/snapshot.
func (c *Control) snapshot(w http.ResponseWriter, _ *http.Request) {
	var state map[string][]any
	if err := c.Store.View(func(r *store.Reader) (err error) {
		state, err = r.Snapshot()
		return err
	}); err != nil {
		reject(w, err)
		return
	}
	reply(w, http.StatusOK, state)
}

// reportBody lists what an administrator should correct.
type reportBody struct {
	Findings []store.Finding `json:"findings"`
}

// report is GET /_mockcloud/report.
func (c *Control) report(w http.ResponseWriter, _ *http.Request) {
	out := reportBody{Findings: []store.Finding{}}
	if err := c.Store.View(func(r *store.Reader) error {
		out.Findings = append(out.Findings, r.Findings()...)
		return nil
	}); err != nil {
		reject(w, err)
		return
	}
	reply(w, http.StatusOK, out)
}
