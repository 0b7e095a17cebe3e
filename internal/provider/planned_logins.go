package provider

import "sync"

// plannedLogins are the connections that are to be active, as far as this run has planned them: a change of another
// connection counts on them. Whether they have become active is looked at before that change is made.
type plannedLogins struct {
	mu       sync.Mutex
	accounts map[string]served // account → name of the connection → domains
}

func newPlannedLogins() *plannedLogins { return &plannedLogins{accounts: map[string]served{}} }

// note notes a connection.
func (p *plannedLogins) note(account, name string, domains []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.accounts[account] == nil {
		p.accounts[account] = served{}
	}
	p.accounts[account][name] = domains
}

// beside gives the connections but for one.
func (p *plannedLogins) beside(account, name string) served {
	p.mu.Lock()
	defer p.mu.Unlock()
	others := p.accounts[account].clone()
	delete(others, name)
	return others
}
