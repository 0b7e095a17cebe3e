package run

import (
	"slices"
	"sync"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// Ends are the directories and mappings that a run is going to delete, as far as it has planned that. What goes with
// them, or is deleted after them, is judged without them, and what was said of them is not said again. Terraform plans
// the destruction of a thing after that of all that refer to it. The zero value is ready.
type Ends struct {
	mu          sync.Mutex
	directories map[string]bool
	deletions   map[string][]access.Change // by account
	told        map[string]bool            // ids of directories
}

// NoteDirectory notes the id of a directory that goes.
func (e *Ends) NoteDirectory(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.directories == nil {
		e.directories = map[string]bool{}
	}
	e.directories[id] = true
}

// HasDirectory reports whether a directory goes.
func (e *Ends) HasDirectory(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.directories[id]
}

// Note notes a deletion in an account that the plan of a destruction has judged.
func (e *Ends) Note(account string, deletion access.Change) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deletions == nil {
		e.deletions = map[string][]access.Change{}
	}
	e.deletions[account] = append(e.deletions[account], deletion)
}

// Of returns the deletions in an account, in the order in which they were planned.
func (e *Ends) Of(account string) []access.Change {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.deletions[account])
}

// Tell notes that the plan has said whose roles change because mappings of a directory end.
func (e *Ends) Tell(directoryID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.told == nil {
		e.told = map[string]bool{}
	}
	e.told[directoryID] = true
}

// Told reports whether that was said of a directory.
func (e *Ends) Told(directoryID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.told[directoryID]
}
