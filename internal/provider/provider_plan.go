package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/run"
)

// planning is what the plans of a resource type have in common.
type planning struct {
	// permission is the one of the account without which what is planned cannot be applied; "" where that is not known of the
	// type alone.
	permission string
	// unsent are the arguments whose change alone sends nothing.
	unsent []string
	// stays reports that a destruction sends nothing.
	stays bool
	// manages returns what a resource with the planned values is the only one to manage, as far as that is known; nil for types
	// of which there may be any number.
	manages func(planned, config values) []managed
	// at is the argument that names it.
	at func(planned values) path.Path
}

// managed are things of one kind. See [run.Planned].
type managed struct {
	kind run.Kind
	keys func() []string
	// takes is told by sameRole whether two texts, names or ids, are one role of the account.
	takes func(key string, sameRole func(a, b string) bool) bool
	shown func(key string) string
}

// privateHolder is the key of the private state under which a plan keeps who reserves what it manages: the second plan of a
// replacement, which is one of a creation, is given the private state of the first.
const privateHolder = "holder"

// endPlan ends a resource's ModifyPlan: it looks whether another resource is for the same thing and whether the key may do
// what is planned, says once what is wrong with the key, and says in errors how to destroy all the same.
func (p *providerData) endPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, typeName string, found ...managed) {
	of := plannings[typeName]
	if p != nil && !resp.Diagnostics.HasError() {
		if of.manages != nil && !isDestroy(req) {
			p.reservePlanned(ctx, req, resp, typeName, found)
		}
		if of.permission != "" && of.sends(req, resp) {
			var account types.String
			if isDestroy(req) {
				resp.Diagnostics.Append(req.State.GetAttribute(ctx, accountIDPath, &account)...)
			} else {
				resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, accountIDPath, &account)...)
			}
			p.need(ctx, account, of.permission, &resp.Diagnostics)
		}
	}
	p.sayKeyOnce(&resp.Diagnostics)
	adviseDestroy(req, resp)
}

// reservePlanned notes what a plan is going to manage, and reports another resource of the plan that is for the same thing:
// as an error where either of them changes something, for then each apply would undo the other one. found is what the plan
// has found out beyond the planned values.
func (p *providerData) reservePlanned(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, typeName string, found []managed) {
	of := plannings[typeName]
	planned, config := valuesOf(resp.Plan.Raw), valuesOf(req.Config.Raw)
	account, ok := planned.text("account_id")
	if !ok {
		return
	}
	holder := p.holder(ctx, req, resp)
	changes := !resp.Plan.Raw.Equal(req.State.Raw)
	var worst *run.Conflict
	for _, things := range append(of.manages(planned, config), found...) {
		var takes func(string) bool
		if things.takes != nil {
			sameRole := p.sameRole(ctx, account)
			takes = func(key string) bool { return things.takes(key, sameRole) }
		}
		if things.kind == run.MemberRole && !isCreate(req) {
			things.keys = p.alsoMoved(strings.ToLower(account), things.keys, func() []managed { return of.manages(valuesOf(req.State.Raw), config) })
		}
		conflict := p.run.Planned.Reserve(strings.ToLower(account), things.kind, run.Planned{
			Holder: holder, Owner: typeName, Keys: things.keys, Takes: takes, Shown: things.shown, Changes: changes,
		})
		if conflict != nil && (worst == nil || conflict.Changes && !worst.Changes) {
			worst = conflict
		}
	}
	switch {
	case worst == nil:
	case worst.Changes:
		resp.Diagnostics.Append(saysManagedTwice(*worst, typeName).error(of.at(planned)))
	default:
		resp.Diagnostics.Append(saysManagedTwice(*worst, typeName).warning(of.at(planned)))
	}
}

// alsoMoved adds to addresses those that people go by now whom the prior state has by them: both are the resource's.
func (p *providerData) alsoMoved(account string, planned func() []string, before func() []managed) func() []string {
	return func() []string {
		keys := planned()
		for _, things := range before() {
			if things.kind != run.MemberRole {
				continue
			}
			for _, written := range things.keys() {
				if now, moved := p.run.Moves.Now(account, written); moved && slices.Contains(keys, written) {
					keys = append(keys, now)
				}
			}
		}
		return keys
	}
}

// sameRole returns what compares roles of an account, for one caller at a time. A name and an id are looked up, each once,
// which costs a request a run where no other plan has read the roles. What cannot be found is another role: whoever gives it
// says what is wrong with it.
func (p *providerData) sameRole(ctx context.Context, account string) func(a, b string) bool {
	ctx = context.WithoutCancel(ctx) // the plan that asked may have ended
	ids := map[string]string{}
	idOf := func(written string) string {
		id, found := ids[written]
		if !found {
			if role, err := p.client.Roles(account).Resolve(ctx, written); err == nil {
				id = role.ID
			}
			ids[written] = id
		}
		return id
	}
	return func(a, b string) bool {
		if aIsID, bIsID := uuid.Validate(a) == nil, uuid.Validate(b) == nil; a == b || p.client == nil || !aIsID && !bIsID {
			return a == b
		}
		id := idOf(a)
		return id != "" && id == idOf(b)
	}
}

// holder returns the id under which a resource reserves things in a plan. Terraform hands it on in the private state.
func (p *providerData) holder(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) (id string) {
	if id = privateTextAt(ctx, req.Private, privateHolder, &resp.Diagnostics); id == "" {
		id = uuid.NewString()
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateHolder, privateText(id))...)
	}
	return id
}

// sends reports whether applying a plan writes something. What is only watched here is never written.
func (of planning) sends(req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) bool {
	if isCreate(req) {
		return true
	}
	before := valuesOf(req.State.Raw)
	switch configurable, told := before.flag("configurable"); {
	case told && !configurable:
		return false
	case isDestroy(req):
		return !of.stays
	}
	after := valuesOf(resp.Plan.Raw)
	for name, attribute := range resp.Plan.Schema.GetAttributes() {
		argument := attribute.IsRequired() || attribute.IsOptional()
		if argument && !slices.Contains(of.unsent, name) && !after[name].Equal(before[name]) {
			return true
		}
	}
	return false
}

// values are those of an object, by attribute. Reading one at a time costs less than decoding all of a large one.
type values map[string]tftypes.Value

// valuesOf returns the values of an object; none of one that is null or unknown.
func valuesOf(object tftypes.Value) values {
	var v map[string]tftypes.Value
	if !object.IsKnown() || object.As(&v) != nil {
		return nil
	}
	return v
}

// text returns a string, and whether it is there and known.
func (v values) text(name string) (text string, ok bool) {
	value, there := v[name]
	if !there || !value.IsKnown() || value.IsNull() || value.As(&text) != nil {
		return "", false
	}
	return text, true
}

// flag returns a boolean, and whether it is there and known.
func (v values) flag(name string) (is, ok bool) {
	value, there := v[name]
	if !there || !value.IsKnown() || value.IsNull() || value.As(&is) != nil {
		return false, false
	}
	return is, true
}

// texts returns the known strings of a set.
func (v values) texts(name string) (texts []string) {
	value, there := v[name]
	var elements []tftypes.Value
	if !there || !value.IsKnown() || value.As(&elements) != nil {
		return nil
	}
	for _, element := range elements {
		var text string
		if element.IsKnown() && !element.IsNull() && element.As(&text) == nil {
			texts = append(texts, text)
		}
	}
	return texts
}
