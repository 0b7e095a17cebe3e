package patch

import (
	"context"
	"fmt"
)

// MaxOperations is how many operations a request may have.
const MaxOperations = 10_000

// maxWork is how much a request may cost beyond what grows with its length: a look at a
// value by one comparison is one, a change of it is changedValue. Clients choose among a
// few values a few times; it is enough for 400 choices among 400.
const (
	maxWork      = 200_000
	changedValue = 2
)

// TooLarge is the error of a request that asks for too much at once. What it asks for in
// several requests is done.
type TooLarge struct{ Detail string }

func (e *TooLarge) Error() string { return e.Detail }

// Work counts what a request costs, and ends it where it costs too much or its caller is
// gone. All operations of a request share one, those of a bulk request too. A nil Work
// counts nothing.
type Work struct {
	ctx   context.Context
	spent int
	calls int
}

// NewWork returns the count of a request that goes on as long as its context.
func NewWork(ctx context.Context) *Work { return &Work{ctx: ctx} }

// Spent returns what the request has cost so far.
func (w *Work) Spent() int {
	if w == nil {
		return 0
	}
	return w.spent
}

// Spend counts work that is about to be done.
func (w *Work) Spend(cost int) error {
	if w == nil {
		return nil
	}
	if w.spent += cost; w.spent > maxWork {
		return &TooLarge{fmt.Sprintf("the request looks at more values than one request may: %d comparisons are over; "+
			"choose by a value, as in emails[value eq \"a@example.com\"], or send it in several requests", maxWork)}
	}
	return w.Alive()
}

// Alive returns the context's error once the caller is gone. It is asked often and looks
// seldom.
func (w *Work) Alive() error {
	if w == nil {
		return nil
	}
	if w.calls++; w.calls%64 != 1 {
		return nil
	}
	return w.ctx.Err()
}

// weight is what a look at a value costs: long texts take longer to compare.
func weight(v any) int {
	switch v := v.(type) {
	case string:
		return 1 + len(v)/textUnit
	case map[string]any:
		bytes := 0
		for _, sub := range v {
			text, _ := sub.(string)
			bytes += len(text)
		}
		return 1 + bytes/textUnit
	}
	return 1
}

// textUnit is how many bytes of text are compared at the cost of one comparison.
const textUnit = 256
