package store

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// ActorAccess is a person's or a service account's access to a workspace with the
// membership behind it.
type ActorAccess struct {
	*WorkspaceAccess
	Member *Membership
}

// UserAccess reads a person's access to a workspace.
func (r *Reader) UserAccess(workspaceID, id uuid.UUID) (ActorAccess, error) {
	return r.actorAccess(workspaceID, id, (*Membership).IsUser)
}

// BotAccess reads a service account's access to a workspace.
func (r *Reader) BotAccess(workspaceID, id uuid.UUID) (ActorAccess, error) {
	return r.actorAccess(workspaceID, id, (*Membership).isBot)
}

func (m *Membership) isBot() bool { return !m.IsUser() }

func (r *Reader) actorAccess(workspaceID, id uuid.UUID, isKind func(*Membership) bool) (ActorAccess, error) {
	a, ok := accessTable.Get(r.db, id)
	if !ok || a.WorkspaceID != workspaceID {
		return ActorAccess{}, &NotFound{What: "Workspace access"}
	}
	m, ok := membershipByActor.Get(r.db, actorIn{a.AccountID, a.ActorID})
	if !ok || !isKind(m) {
		return ActorAccess{}, &NotFound{What: "Workspace access"}
	}
	return ActorAccess{a, m}, nil
}

// ActorAccessFilter says which accesses of people or of service accounts are
// wanted (WorkspaceActorAccessFilter in the document). Of a nil list nothing is
// asked.
type ActorAccessFilter struct{ RoleIDs, ActorIDs []uuid.UUID }

// accessOf returns the accesses to a workspace that members of a kind have and that
// match, oldest first.
func (r *Reader) accessOf(workspaceID uuid.UUID, f ActorAccessFilter, isWanted func(*Membership) bool) []ActorAccess {
	var out []ActorAccess
	for _, a := range accessByWorkspace.Get(r.db, workspaceID) {
		m, ok := membershipByActor.Get(r.db, actorIn{a.AccountID, a.ActorID})
		if ok && among(f.RoleIDs, a.RoleID) && among(f.ActorIDs, a.ActorID) && isWanted(m) {
			out = append(out, ActorAccess{a, m})
		}
	}
	return out
}

// among reports whether a value is one of those asked for; nil asks for nothing.
func among[T comparable](wanted []T, v T) bool { return wanted == nil || slices.Contains(wanted, v) }

// UserAccessSorts returns the orders of people in a workspace (WorkspaceUserAccessSort
// in the document); they are some of those of members.
func UserAccessSorts() []MemberSort {
	return []MemberSort{CreatedAsc, CreatedDesc, NameAsc, NameDesc, EmailAsc, EmailDesc, HandleAsc, HandleDesc}
}

// UserAccessQuery is a question about the people in a workspace.
type UserAccessQuery struct {
	ActorAccessFilter
	Users MemberFilter
}

// ListUserAccess returns the accesses of people to a workspace that match.
func (r *Reader) ListUserAccess(workspaceID uuid.UUID, q UserAccessQuery, sort MemberSort) []ActorAccess {
	matches := r.test(q.Users)
	rows := r.accessOf(workspaceID, q.ActorAccessFilter, func(m *Membership) bool { return m.IsUser() && matches(m) })
	switch sort {
	case CreatedAsc: // as they are kept
	case CreatedDesc:
		slices.Reverse(rows)
	default:
		rows = r.sortAccess(rows, sort)
	}
	return rows
}

// sortAccess puts accesses in an order of their members.
func (r *Reader) sortAccess(rows []ActorAccess, by MemberSort) []ActorAccess {
	members, byActor := make([]*Membership, len(rows)), make(map[uuid.UUID]ActorAccess, len(rows))
	for i, row := range rows {
		members[i], byActor[row.ActorID] = row.Member, row
	}
	r.sort(members, by)
	out := make([]ActorAccess, len(rows))
	for i, m := range members {
		out[i] = byActor[m.ActorID]
	}
	return out
}

// BotAccessSort is an order of service accounts in a workspace
// (WorkspaceBotAccessSort in the document).
type BotAccessSort string

// The orders; service accounts of one name come oldest first.
const (
	BotAccessCreatedAsc  BotAccessSort = "CREATED_ASC"
	BotAccessCreatedDesc BotAccessSort = "CREATED_DESC"
	BotAccessNameAsc     BotAccessSort = "BOT_NAME_ASC"
	BotAccessNameDesc    BotAccessSort = "BOT_NAME_DESC"
)

// BotAccessSorts returns all orders.
func BotAccessSorts() []BotAccessSort {
	return []BotAccessSort{BotAccessCreatedAsc, BotAccessCreatedDesc, BotAccessNameAsc, BotAccessNameDesc}
}

// BotAccessQuery is a question about the service accounts in a workspace.
type BotAccessQuery struct {
	ActorAccessFilter
	Bots BotFilter
}

// ListBotAccess returns the accesses of service accounts to a workspace that match.
func (r *Reader) ListBotAccess(workspaceID uuid.UUID, q BotAccessQuery, sort BotAccessSort) []ActorAccess {
	rows := r.accessOf(workspaceID, q.ActorAccessFilter, func(m *Membership) bool {
		b, ok := botTable.Get(r.db, m.BotID)
		return ok && q.Bots.Matches(b)
	})
	byName := func(a, b ActorAccess) int {
		return cmp.Compare(fold.Text(r.MemberName(a.Member)), fold.Text(r.MemberName(b.Member)))
	}
	switch sort {
	case BotAccessCreatedDesc:
		slices.Reverse(rows)
	case BotAccessNameAsc:
		slices.SortStableFunc(rows, byName)
	case BotAccessNameDesc:
		slices.SortStableFunc(rows, func(a, b ActorAccess) int { return byName(b, a) })
	}
	return rows
}
