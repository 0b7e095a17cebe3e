package provider

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
)

// A priority is of one mapping of a directory at a time, but Terraform applies mappings side by side and in an order of
// its own. So a mapping whose number another one still has waits until a resource of this run has moved that one. Where
// mappings wait for each other in a circle, such as two that swap their numbers, the last of them steps aside: it takes
// the free number next to the one it is to have, so that it ranks among the others almost as it will.

// priorityQuiet is how long a mapping waits for its number while no other mapping of the directory is written.
const priorityQuiet = 10 * time.Second

// priorities is what the mappings of one run know of each other.
type priorities struct {
	after       func(time.Duration) <-chan time.Time // time.After, but for tests
	mu          sync.Mutex
	directories map[string]*ranking
}

// ranking is the same for one directory.
type ranking struct {
	mu      sync.Mutex
	written chan struct{}     // closed, and replaced, when a mapping has been written
	waits   map[string]string // id of a mapping that waits → id of the one that has its number
}

func newPriorities(after func(time.Duration) <-chan time.Time) *priorities {
	return &priorities{after: after, directories: map[string]*ranking{}}
}

// of gives the directory's.
func (p *priorities) of(directoryID string) *ranking {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.directories[directoryID]
	if !ok {
		r = &ranking{written: make(chan struct{}), waits: map[string]string{}}
		p.directories[directoryID] = r
	}
	return r
}

// tell wakes those who wait, since a mapping has been written.
func (r *ranking) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.written)
	r.written = make(chan struct{})
}

// news is closed when the next mapping has been written.
func (r *ranking) news() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written
}

// wait notes that a mapping waits for the number of another one, and says whether that one waits for it in turn.
func (r *ranking) wait(id, holder string) (circle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits[id] = holder
	for range r.waits {
		if holder == id {
			return true
		}
		holder = r.waits[holder]
	}
	return false
}

// leave notes that a mapping waits no longer.
func (r *ranking) leave(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waits, id)
}

// writeMapping sends a new mapping, or with prior the change of one, as soon as its priority is free.
func (r *groupRoleMappingResource) writeMapping(ctx context.Context, account string, m, prior *groupRoleMappingModel, diags *diag.Diagnostics, send func() (*client.GroupRoleMapping, error)) (*client.GroupRoleMapping, error) {
	directory, id := m.DirectoryID.ValueString(), m.ID.ValueString()
	rank := r.rankings.of(directory)
	defer rank.leave(id)
	aside := false
	fail := func(err error) (*client.GroupRoleMapping, error) {
		if aside {
			r.stepBack(ctx, account, prior, diags)
			rank.tell()
		}
		return nil, err
	}
	bypassed, bypasses := prior != nil && r.bypasses(ctx, account, prior.Role), r.bypasses(ctx, account, m.Role)
	for late := false; ; {
		news := rank.news() // before looking, so that no change is missed
		var mapping *client.GroupRoleMapping
		err := r.setMapping(ctx, account, bypassed, bypasses, func() (err error) {
			mapping, err = send()
			return err
		})
		if err == nil {
			rank.tell()
			return mapping, nil
		}
		if !client.IsConflict(err) || late {
			return fail(err)
		}
		mappings, readErr := r.client.ListGroupRoleMappings(ctx, account, directory)
		if readErr != nil {
			return fail(readErr)
		}
		// No other has it if it moved between the two requests.
		other := withPriority(mappings, m, m.ID)
		if other != nil && prior != nil && rank.wait(id, other.ID) && !aside {
			free := freePriority(mappings, m.Priority.ValueInt64())
			_, err := r.client.UpdateGroupRoleMapping(ctx, account, directory, id, client.GroupRoleMappingWrite{Priority: &free})
			if err != nil && !client.IsConflict(err) {
				return fail(err)
			}
			if aside = err == nil; aside {
				rank.tell()
			}
			continue // another one may have been quicker to take the free number
		}
		select {
		case <-news:
		case <-r.rankings.after(priorityQuiet):
			late = true // and one last attempt
		case <-ctx.Done():
			return fail(ctx.Err())
		}
	}
}

// stepBack gives a mapping that stepped aside its number from before again, also when Terraform was interrupted.
func (r *groupRoleMappingResource) stepBack(ctx context.Context, account string, prior *groupRoleMappingModel, diags *diag.Diagnostics) {
	directory, id := prior.DirectoryID.ValueString(), prior.ID.ValueString()
	_, err := r.client.UpdateGroupRoleMapping(context.WithoutCancel(ctx), account, directory, id, client.GroupRoleMappingWrite{Priority: prior.Priority.ValueInt64Pointer()})
	if err != nil {
		diags.AddAttributeWarning(path.Root("priority"), "Priority is another one for now", fmt.Sprintf("The mapping %s of the directory %s stepped aside to swap its priority, and could not have %d again: %s The next plan shows what it has.", id, directory, prior.Priority.ValueInt64(), sentence(err)))
	}
}

// freePriority is the number that no mapping has which is next to wanted, the lower one of two.
func freePriority(mappings []client.GroupRoleMapping, wanted int64) int64 {
	taken := func(n int64) bool {
		return slices.ContainsFunc(mappings, func(m client.GroupRoleMapping) bool { return m.Priority == n })
	}
	for by := int64(0); ; by++ {
		for _, n := range []int64{wanted - by, wanted + by} {
			if !taken(n) {
				return n
			}
		}
	}
}
