package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// Who gets in without single sign-on is a matter of the whole account, but Terraform applies resources side by side and
// in an order of its own. So whatever takes bypass:sso from people takes the account's turn first, looks who has it then,
// and waits for promotions by other resources of this run if nobody would be left. The server refuses to take it from the
// last one in any case; here the refusal does not even arise, and the error says what to do.

// patience is how long a demotion waits for promotions of the same run.
const patience = 30 * time.Second

// lastOut is what the resources of one run know of each other's promotions and demotions.
type lastOut struct {
	after    func(time.Duration) <-chan time.Time // time.After, but for tests
	mu       sync.Mutex
	accounts map[string]*wayIn
}

// wayIn is the same for one account.
type wayIn struct {
	turn chan struct{} // holds one token: whoever takes it may take bypass:sso from people

	mu       sync.Mutex
	promoted chan struct{}      // closed, and replaced, when promotions have been made
	planned  map[string]outlook // what this run makes of whom, as far as was planned, by the id of the membership
	began    bool               // roles are being changed: Terraform applies
}

// outlook is what a plan makes of an active person.
type outlook struct {
	email    string
	bypasses bool // they would have a role with bypass:sso
}

func newLastOut(after func(time.Duration) <-chan time.Time) *lastOut {
	return &lastOut{after: after, accounts: map[string]*wayIn{}}
}

// of gives the account's.
func (l *lastOut) of(account string) *wayIn {
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.accounts[strings.ToLower(account)]
	if !ok {
		w = &wayIn{turn: make(chan struct{}, 1), promoted: make(chan struct{}), planned: map[string]outlook{}}
		l.accounts[strings.ToLower(account)] = w
	}
	return w
}

// plan notes what changes make of people's roles.
func (w *wayIn) plan(e access.Effects) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range e.People {
		to, known := p.Role.After.Get()
		if active, _ := p.Active.After.Get(); active && known && to.ID != p.Role.Before.Or(access.Role{}).ID {
			w.planned[p.Key] = outlook{p.Name, to.Bypasses()}
		}
	}
	for _, r := range e.Refused {
		for _, p := range r.People {
			if r.Reason == access.RefusedLastBypass {
				w.planned[p.Key()] = outlook{p.Email, false}
			}
		}
	}
}

// plannedRoles are what was planned so far, in the order of the memberships' ids.
func (w *wayIn) plannedRoles() (roles []access.PlannedRole) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(w.planned)) {
		roles = append(roles, access.PlannedRole{Key: key, Email: w.planned[key].email, Bypasses: w.planned[key].bypasses})
	}
	return roles
}

// isApplying reports whether roles are being changed already.
func (w *wayIn) isApplying() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.began
}

// begin notes that roles are being changed.
func (w *wayIn) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = true
}

// inTurn does what may take bypass:sso from people while nothing else does.
func (w *wayIn) inTurn(ctx context.Context, do func() error) error {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tell wakes demotions that wait for a promotion.
func (w *wayIn) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.promoted)
	w.promoted = make(chan struct{})
}

// news is closed at the next promotion.
func (w *wayIn) news() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.promoted
}

// waitingFor names the people whose promotion was planned.
func (w *wayIn) waitingFor() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var emails []string
	for _, person := range w.planned {
		if person.bypasses {
			emails = append(emails, person.email)
		}
	}
	return emails
}

// lastOutError says that changes would leave nobody who gets in without single sign-on.
type lastOutError struct {
	accountID string
	people    []string
	promised  []string
}

// Error implements error.
func (e *lastOutError) Error() string {
	wait := "the resource that gives somebody else such a role"
	if len(e.promised) > 0 {
		wait = "the resource that gives such a role to " + english.Some(e.promised)
	}
	return fmt.Sprintf("nobody but %s could sign in to account %s without single sign-on, and in %s no other resource of this run gave anybody else a role with bypass:sso. This resource took no role from anybody; what others of this run changed stays changed. If the configuration gives it to somebody, say so: `depends_on = [%s]` here; if not, give somebody such a role first. Two are safer than one.", english.Some(e.people), e.accountID, patience, wait)
}

// setRoles changes roles of one account, promotions first: whoever gets bypass:sso gets it before anybody loses it. set
// makes one change, and is called for many side by side; an error of it ends the work. When bypass:sso would be taken
// from the last who has it, and no other resource gives it to anybody in time, the error is a *lastOutError.
func (s *session) setRoles(ctx context.Context, account string, changes []roleChange, set func(context.Context, []roleChange) error) error {
	way := s.lastOut.of(account)
	way.begin()
	phases := promotionsFirst(changes)
	if len(phases[0]) > 0 {
		err := set(ctx, phases[0])
		way.tell()
		if err != nil {
			return err
		}
	}
	if len(phases[1]) == 0 {
		return nil
	}
	roles, err := s.client.Roles(account).List(ctx)
	if err != nil {
		return err
	}
	bypassing := bypassing(roles)
	var leaving []roleChange
	for _, change := range phases[1] {
		if change.member.Active && slices.Contains(bypassing, change.member.AccountRoleID) {
			leaving = append(leaving, change)
		}
	}
	if len(leaving) == 0 {
		return set(ctx, phases[1])
	}
	return way.inTurn(ctx, func() error {
		if err := s.awaitAnother(ctx, account, way, bypassing, leaving); err != nil {
			return err
		}
		return set(ctx, phases[1])
	})
}

// setMapping makes, changes or ends a group role mapping whose role has bypass:sso before or after. One that gives it
// wakes those who wait for somebody to get it, and waits for nobody itself. One that takes it does so in its turn; it
// need not look who is left, since the last one keeps it then.
func (s *session) setMapping(ctx context.Context, account string, before, after bool, write func() error) error {
	way := s.lastOut.of(account)
	way.begin()
	if before && !after {
		return way.inTurn(ctx, write)
	}
	err := write()
	if after {
		way.tell()
	}
	return err
}

// bypasses says whether a mapping's role has bypass:sso; false for one that the account does not have any more.
func (s *session) bypasses(ctx context.Context, account string, role types.String) bool {
	found, err := s.client.Roles(account).Resolve(ctx, role.ValueString())
	return err == nil && found.Has(client.PermissionBypassSSO)
}

// bypassing are the ids of roles that have bypass:sso.
func bypassing(roles []client.AccountRole) (ids []string) {
	for _, role := range roles {
		if role.Has(client.PermissionBypassSSO) {
			ids = append(ids, role.ID)
		}
	}
	return ids
}

// awaitAnother waits until somebody else than those who are leaving has bypass:sso.
func (s *session) awaitAnother(ctx context.Context, account string, way *wayIn, bypassing []string, leaving []roleChange) error {
	var timeout <-chan time.Time
	for late := false; ; {
		news := way.news() // before looking, so that no promotion is missed
		active := true
		holders, err := s.client.ListMemberships(ctx, account, client.MembershipQuery{
			Filter: &client.MembershipFilter{RoleIDs: bypassing}, OnlyUsers: true, Active: &active,
		})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(holders, func(m client.Membership) bool {
			return !slices.ContainsFunc(leaving, func(change roleChange) bool { return change.member.ID == m.ID })
		}) {
			return nil
		}
		if late {
			e := &lastOutError{accountID: account, promised: way.waitingFor()}
			for _, change := range leaving {
				e.people = append(e.people, change.email())
			}
			return e
		}
		if timeout == nil {
			timeout = s.lastOut.after(patience)
		}
		select {
		case <-news:
		case <-timeout:
			late = true // and one last look
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
