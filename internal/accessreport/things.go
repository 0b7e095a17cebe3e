package accessreport

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// providerName ends the names that plans have for this provider, from whichever registry it comes.
const providerName = "/prefectsso/prefectsso"

// thing is a resource of this provider in a plan, with what a plan does to it.
type thing struct {
	report.ResourceChange
	module string // configured address of its module
	block  report.ConfiguredResource
	// before and after are what it is and what it is to be; nil where it is not there.
	before, after *values
	// from and to are the accounts in which it is and is to be; "" where that is not known.
	from, to string
	options  options
}

// options are what a provider block says of guards.
type options struct {
	protect      bool
	disableSSO   bool
	acknowledged []string
}

// changes reports whether the plan does anything to it that the account sees.
func (t *thing) changes() bool {
	return !t.Change.Does("no-op") && !t.Change.Does("read") && !slices.Equal(t.Change.Actions, []string{"forget"})
}

// creates and updates and deletes report what a plan does.
func (t *thing) creates() bool { return t.Change.Does("create") }
func (t *thing) updates() bool { return t.Change.Does("update") }
func (t *thing) deletes() bool { return t.Change.Does("delete") }

// puts reports whether it is made or changed.
func (t *thing) puts() bool { return t.creates() || t.updates() }

// unknown is something that the report could not find out.
type unknown struct{ account, subject, attribute, why string }

// input is what a plan has for the report.
type input struct {
	plan   *report.Plan
	things []*thing
	// invocations are the actions that the apply invokes, in the plan's order.
	invocations []invocation
	unknown     []unknown
	missing     []string // in the configuration and not in the plan
	sensible    map[string]bool
}

// ours reports whether something is of this provider.
func ours(provider string) bool { return strings.HasSuffix("/"+provider, providerName) }

// read takes out of a plan what is of this provider. account is the one that the environment names.
func read(p *report.Plan, account string) (*input, error) {
	in := &input{plan: p, sensible: map[string]bool{}}
	others := 0
	for _, rc := range p.ResourceChanges {
		switch {
		case !ours(rc.Provider):
			others++
		case rc.Mode != report.DataMode && rc.Deposed == "":
			in.add(rc, account)
		case rc.Mode != report.DataMode && rc.Change.Does("delete"):
			in.add(rc, account) // what an interrupted replacement left over goes
		}
	}
	configured := false
	for _, c := range p.Configuration.Providers {
		configured = configured || ours(c.FullName)
	}
	if len(in.things) == 0 && !configured {
		what := "it has no resources at all"
		if others > 0 {
			what = "its resources are those of other providers"
		}
		return nil, fmt.Errorf("nothing in this plan is of the provider prefectsso/prefectsso: %s", what)
	}
	for _, d := range p.DeferredChanges {
		if ours(d.Change.Provider) {
			in.unknown = append(in.unknown, unknown{subject: d.Change.Address, why: "Terraform defers it to a later apply: " + strings.ReplaceAll(d.Reason, "_", " ")})
		}
	}
	for _, a := range p.ActionInvocations {
		if ours(a.Provider) {
			in.addInvocation(a, account)
		}
	}
	for _, a := range p.DeferredActions {
		if ours(a.Invocation.Provider) {
			in.unknown = append(in.unknown, unknown{subject: a.Invocation.Address, why: "Terraform defers this action: " + strings.ReplaceAll(a.Reason, "_", " ")})
		}
	}
	in.findMissing()
	return in, nil
}

// incomplete reports whether the plan lacks something that the configuration has.
func (in *input) incomplete() bool {
	return in.plan.Errored || in.plan.Complete != nil && !*in.plan.Complete
}

// findMissing names what the configuration has and an incomplete plan lacks.
func (in *input) findMissing() {
	if !in.incomplete() {
		return
	}
	there := map[string]bool{}
	for _, t := range in.things {
		there[report.Configured(t.Address)] = true
	}
	in.plan.Configuration.Each(func(module string, r report.ConfiguredResource, once bool) {
		address := r.Address
		if module != "" {
			address = module + "." + address
		}
		if r.Mode == report.DataMode || !strings.HasPrefix(r.Type, "prefectsso_") || there[address] {
			return
		}
		if !once {
			address += " (none of its instances, if there are any)"
		}
		in.missing = append(in.missing, address)
	})
}

func (in *input) add(rc report.ResourceChange, account string) {
	t := &thing{ResourceChange: rc, options: options{protect: true}}
	t.module, t.block, _ = in.plan.Configuration.Resource(rc.Address)
	if before, ok := rc.Change.Before.(map[string]any); ok {
		t.before = &values{before, nil, rc.Change.BeforeSensitive}
	}
	if after, ok := rc.Change.After.(map[string]any); ok {
		t.after = &values{after, rc.Change.AfterUnknown, rc.Change.AfterSensitive}
	}
	t.before.noteSensitive(in.sensible)
	t.after.noteSensitive(in.sensible)
	fallback := in.provider(t, account)
	t.from, t.to = t.before.account(fallback), t.after.account(fallback)
	if _, given := t.block.Expressions["account_id"]; given && t.after != nil && !t.after.text("account_id").IsKnown() {
		t.to = "" // it is not that of the provider block
	}
	in.things = append(in.things, t)
}

// provider reads the block that a thing is of, and returns the account that its resources are in unless they say another.
func (in *input) provider(t *thing, account string) string {
	key := t.block.ProviderKey
	block, there := in.plan.Configuration.Providers[key]
	if !there {
		block = in.plan.Configuration.Providers["prefectsso"]
	}
	value := func(name string) (any, bool) { return in.plan.Value(block.Module, block.Expressions[name]) }
	option := func(name, so string) any {
		v, ok := value(name)
		if raw, given := block.Expressions[name]; given && !ok {
			in.note(unknown{subject: "provider " + key, attribute: name, why: "the plan does not say what it is" + in.because(block.Module, report.ConfiguredResource{}, raw) + ", so " + so})
		}
		return v
	}
	t.options.protect = option("lockout_protection", "the guards count as switched on") != false
	t.options.disableSSO = option("allow_disable_sso", "it counts as false") == true
	if raw, given := block.Expressions["acknowledge_lockout"]; given {
		entries, ok := value("acknowledge_lockout")
		list, isList := entries.([]any)
		if !ok || !isList && entries != nil {
			in.note(unknown{subject: "provider " + key, attribute: "acknowledge_lockout", why: "the plan does not say what it is" + in.because(block.Module, report.ConfiguredResource{}, raw) + ", so nobody counts as acknowledged"})
		}
		for _, entry := range list {
			if text, isText := entry.(string); isText {
				t.options.acknowledged = append(t.options.acknowledged, acknowledgement(text))
			}
		}
	}
	if _, given := block.Expressions["account_id"]; given {
		if v, ok := value("account_id"); !ok {
			return "" // it is known only when it is applied
		} else if id, _ := v.(string); id != "" {
			return id
		}
	}
	return account
}

// acknowledgement returns an entry of acknowledge_lockout in its normalized form.
func acknowledgement(text string) string {
	if domain, all := strings.CutPrefix(text, "*@"); all {
		return "*@" + domainKey(domain)
	}
	return client.EmailKey(text)
}

// note adds something unknown, once.
func (in *input) note(u unknown) {
	if !slices.Contains(in.unknown, u) {
		in.unknown = append(in.unknown, u)
	}
}

// because goes on after something that is not known: what it depends on.
func (in *input) because(module string, block report.ConfiguredResource, raw json.RawMessage) string {
	addresses, _ := in.plan.Configuration.Refers(module, block, raw)
	if len(addresses) == 0 {
		return ""
	}
	slices.Sort(addresses)
	shown, rest := report.Capped(addresses, 5)
	return strings.TrimSuffix(" (it depends on "+strings.Join(shown, ", ")+" "+rest, " ") + ")"
}

// isUnknown notes that an argument is known only when the plan has been applied.
func (in *input) isUnknown(t *thing, attribute, so string) {
	in.note(unknown{account: t.to, subject: t.Address, attribute: attribute, why: "known only after the apply" + in.because(t.module, t.block, t.block.Expressions[attribute]) + so})
}

// made finds the thing of a type that the plan makes and that an unknown argument refers to; nil for none, and where it
// may be one of several.
func (in *input) made(t *thing, attribute, kind string) *thing {
	addresses, _ := in.plan.Configuration.Refers(t.module, t.block, t.block.Expressions[attribute])
	var found []*thing
	for _, other := range in.things {
		if other.Type == kind && other.creates() && slices.Contains(addresses, report.Configured(other.Address)) {
			found = append(found, other)
		}
	}
	if len(found) > 1 {
		keys := report.Keys(t.Address) // of the same instance, be it of the resource or of a module around it
		found = slices.DeleteFunc(found, func(other *thing) bool {
			own := report.Keys(other.Address)
			return len(own) == 0 || slices.ContainsFunc(own, func(key string) bool { return !slices.Contains(keys, key) })
		})
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// values are the attributes of a thing, some of which may be unknown or sensitive.
type values struct {
	object             map[string]any
	unknown, sensitive any
}

// account returns which account a thing is in.
func (v *values) account(fallback string) string {
	if v == nil {
		return ""
	}
	id, known := v.text("account_id").Get()
	if !known || id == "" {
		id = fallback
	}
	return accountKey(id)
}

func accountKey(id string) string { return strings.ToLower(id) }

func notKnown[T any]() access.Part[T] { return access.Unknown[T]("known only after the apply") }

// text returns a string; "" for null.
func (v *values) text(path ...string) access.Part[string] {
	return reading[string](v, path)
}

func (v *values) boolean(path ...string) access.Part[bool] { return reading[bool](v, path) }

// number returns a whole number; nil for null.
func (v *values) number(name string) access.Part[*int64] {
	n, known := reading[json.Number](v, []string{name}).Get()
	if !known {
		return notKnown[*int64]()
	}
	whole, err := n.Int64()
	if err != nil {
		return access.Known[*int64](nil)
	}
	return access.Known(&whole)
}

// reading reads one value; the zero one for null.
func reading[T any](v *values, path []string) access.Part[T] {
	var none T
	if v == nil {
		return access.Known(none)
	}
	var at any = v.object
	mask := v.unknown
	for _, name := range path {
		mask = report.Shade(mask, name)
		object, _ := at.(map[string]any)
		at = object[name]
	}
	if mask == true {
		return notKnown[T]()
	}
	value, _ := at.(T)
	return access.Known(value)
}

// texts returns a list or set of strings; nil for null.
func (v *values) texts(name string) access.Part[[]string] {
	if v == nil || v.object[name] == nil && !report.Covers(report.Shade(v.unknown, name)) {
		return access.Known[[]string](nil)
	}
	if report.Covers(report.Shade(v.unknown, name)) {
		return notKnown[[]string]()
	}
	rows, _ := v.object[name].([]any)
	texts := []string{}
	for _, row := range rows {
		if text, ok := row.(string); ok {
			texts = append(texts, text)
		}
	}
	return access.Known(texts)
}

// entries returns a map of strings, of which each may be unknown.
func (v *values) entries(name string) (entries map[string]access.Part[string], known bool) {
	if v == nil {
		return nil, true
	}
	mask := report.Shade(v.unknown, name)
	if mask == true {
		return nil, false
	}
	entries = map[string]access.Part[string]{}
	object, _ := v.object[name].(map[string]any)
	for key, value := range object {
		text, _ := value.(string)
		entries[key] = access.Known(text)
	}
	if unknowns, ok := mask.(map[string]any); ok {
		for key, value := range unknowns {
			if value == true {
				entries[key] = notKnown[string]()
			}
		}
	}
	return entries, true
}

// noteSensitive notes the texts of a value that are marked sensitive: they stand in no report.
func (v *values) noteSensitive(into map[string]bool) {
	if v == nil {
		return
	}
	var walk func(value, mask any)
	walk = func(value, mask any) {
		switch value := value.(type) {
		case string:
			if mask == true && value != "" {
				into[value] = true
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if mask == true && strings.Contains(key, "@") { // of a map of people; others are names of arguments
					into[key] = true
				}
				walk(value[key], report.Shade(mask, key))
			}
		case []any:
			marks, isList := mask.([]any)
			for i, element := range value {
				switch {
				case isList && i < len(marks):
					walk(element, marks[i])
				case !isList:
					walk(element, mask)
				}
			}
		}
	}
	walk(v.object, v.sensitive)
}

// domainKey returns a domain in its normalized form.
func domainKey(name string) string {
	if key, err := client.NormalizeDomain(name); err == nil {
		return key
	}
	return name
}

func domainKeys(names []string) []string {
	if names == nil {
		return nil
	}
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = domainKey(name)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
