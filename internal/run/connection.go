package run

import (
	"maps"
	"slices"
	"sync"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// Connections are the connections that are to be active, as far as this run has planned them: a change of another
// connection counts on them. Whether they have become active is looked at before that change is made.
type Connections struct {
	mu       sync.Mutex
	accounts map[string]map[string]access.PutConnection // account → name of the connection
}

func newConnections() *Connections {
	return &Connections{accounts: map[string]map[string]access.PutConnection{}}
}

// Plan notes a connection. What it routes it takes over: whether it may is judged with its own change.
func (c *Connections) Plan(account string, put access.PutConnection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accounts[account] == nil {
		c.accounts[account] = map[string]access.PutConnection{}
	}
	put.Activate, put.TakeOver = true, true
	c.accounts[account][put.Name] = put
}

// Beside returns the connections but for one, in the order of their names.
func (c *Connections) Beside(account, name string) (others []access.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range slices.Sorted(maps.Keys(c.accounts[account])) {
		if other != name {
			others = append(others, c.accounts[account][other])
		}
	}
	return others
}
