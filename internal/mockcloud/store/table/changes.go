package table

import (
	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/journal"
)

// Step is one change of a transaction.
type Step interface {
	Undo()
	// Write adds the change to what the journal is given.
	Write(*journal.Batch) error
}

// Changes are the steps of the transaction under way.
type Changes struct{ steps []Step }

// Note adds a step that was just taken.
func (c *Changes) Note(step Step) { c.steps = append(c.steps, step) }

// Undo undoes all steps, the last one first.
func (c *Changes) Undo() {
	for i := len(c.steps) - 1; i >= 0; i-- {
		c.steps[i].Undo()
	}
	c.steps = nil
}

// Write returns what the journal has to keep of the transaction.
func (c *Changes) Write() (b journal.Batch, err error) {
	for _, step := range c.steps {
		if err := step.Write(&b); err != nil {
			return b, err
		}
	}
	return b, nil
}

// Commit ends the transaction: its steps can no longer be undone.
func (c *Changes) Commit() { c.steps = nil }

// change is one put or delete.
type change[V any] struct {
	rows     *rows[V]
	id       uuid.UUID
	old, new *V
}

func (c change[V]) Undo() { c.rows.set(c.id, c.old) }

func (c change[V]) Write(b *journal.Batch) error {
	if c.new == nil {
		b.Changes = append(b.Changes, journal.Change{Table: c.rows.name, Key: c.id[:]})
		return nil
	}
	return Encode(b, c.rows.name, c.id[:], c.new)
}
