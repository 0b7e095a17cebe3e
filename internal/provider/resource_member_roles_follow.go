package provider

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// Of many people, too, each is written by address and known by membership (see resource_member_role_follow.go). Who they are is
// in the private state, since no argument has it.

// privatePeople is the key of the private state that says who is behind the addresses of the state.
const privatePeople = "people"

// person is who is behind an address.
type person struct {
	Membership string `json:"m"`
	User       string `json:"u"`
}

// people are persons by their written addresses, normalized.
type people map[string]person

// peopleOf returns who is behind addresses: rows are by the written address.
func peopleOf(rows map[string]client.Membership) people {
	out := people{}
	for address, row := range rows {
		if row.UserID != nil {
			out[address] = person{row.ID, *row.UserID}
		}
	}
	return out
}

// peopleIn reads whom the private state has; none of a resource that an older version has made, until it is read.
func peopleIn(ctx context.Context, private privateState, diags *diag.Diagnostics) people {
	text, got := private.GetKey(ctx, privatePeople)
	diags.Append(got...)
	var out people
	if text != nil {
		if err := json.Unmarshal(text, &out); err != nil {
			diags.AddError("Unusable private state", "Who is behind the addresses of this resource cannot be read from the state. "+english.ErrorSentence(err))
		}
	}
	return out
}

// privateWriter is the private state of an answer.
type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// keep writes people into the private state.
func (p people) keep(ctx context.Context, private privateWriter) diag.Diagnostics {
	text, err := json.Marshal(p)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Could not keep who is behind the addresses", english.ErrorSentence(err))}
	}
	return private.SetKey(ctx, privatePeople, text)
}

// followed is what became of people whose addresses the identity provider changed.
type followed struct {
	moved      map[string]string // written address → the one that the person goes by now
	reassigned []string          // written addresses of people who are gone, which others have
}

// addresses returns those that people go by now.
func (f followed) addresses() []string { return slices.Sorted(maps.Values(f.moved)) }

// written returns the written address of who goes by an address now.
func (f followed) written(now string) string {
	for written, other := range f.moved {
		if other == now {
			return written
		}
	}
	return now
}

// follow has rows, which are by written address, name the people of before whatever their addresses are by now. Whose new
// address is written, too, is known by that one. An address whose person is gone and which another one has is nobody's.
func (p *providerData) follow(ctx context.Context, account string, before people, rows map[string]client.Membership, written []string) (f followed, err error) {
	f.moved = map[string]string{}
	var lost, users []string
	for _, address := range written {
		was, kept := before[address]
		if row, there := rows[address]; kept && (!there || row.ID != was.Membership) {
			lost, users = append(lost, address), append(users, was.User)
		}
	}
	found := map[string]client.Membership{}
	for some := range slices.Chunk(users, 200) {
		got, err := p.client.ListMemberships(ctx, account, client.MembershipQuery{Filter: &client.MembershipFilter{UserIDs: some}})
		if err != nil {
			return f, err
		}
		for _, row := range got {
			found[row.ID] = row
		}
	}
	for _, address := range lost {
		was := before[address]
		now, there := found[was.Membership]
		if there && now.Email != nil {
			if by := client.EmailKey(*now.Email); !slices.Contains(written, by) {
				rows[address], f.moved[address] = now, by
			}
			continue
		}
		if other, taken := rows[address]; taken && (other.UserID == nil || *other.UserID != was.User) {
			delete(rows, address)
			f.reassigned = append(f.reassigned, address)
		}
	}
	return f, nil
}

// writtenTwice reports people who are written by their new address and, as if nothing had changed, by the old one, which asBefore
// tells. Whoever has the old one by now would get the role, and no plan would show it.
func writtenTwice(rows map[string]client.Membership, before people, asBefore func(old string) bool, at func(old string) path.Path, diags *diag.Diagnostics) (any bool) {
	addresses := map[string]string{} // before, by membership
	for address, was := range before {
		addresses[was.Membership] = address
	}
	for _, now := range slices.Sorted(maps.Keys(rows)) {
		if old, known := addresses[rows[now].ID]; known && old != now && asBefore(old) {
			diags.Append(saysAddressWrittenTwice(old, now).error(at(old)))
			any = true
		}
	}
	return any
}

// reportMoves says what became of people, on an argument of many, and notes it for the plans of the run.
func (p *providerData) reportMoves(f followed, at path.Path, account string, diags *diag.Diagnostics) {
	for written, now := range f.moved {
		p.run.Moves.Note(account, written, now)
	}
	if len(f.moved) > 0 {
		diags.Append(saysAddressesChanged(at.String(), f.moved).warning(at))
	}
	if len(f.reassigned) > 0 {
		diags.Append(saysAddressesReassigned(f.reassigned, account).warning(at))
	}
}
