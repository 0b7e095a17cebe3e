package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Configuration is what a plan has of the configuration that it was made of. It has no locals.
type Configuration struct {
	// Providers are by the key that resources name.
	Providers map[string]ProviderConfig `json:"provider_config"`
	Root      Module                    `json:"root_module"`
}

// ProviderConfig is a provider block.
type ProviderConfig struct {
	FullName    string                     `json:"full_name"`
	Module      string                     `json:"module_address"`
	Expressions map[string]json.RawMessage `json:"expressions"`
}

// Module is a module of the configuration.
type Module struct {
	Outputs map[string]struct {
		Expression Expression `json:"expression"`
	} `json:"outputs"`
	Resources []ConfiguredResource  `json:"resources"`
	Actions   []ConfiguredResource  `json:"actions"` // without arguments
	Calls     map[string]ModuleCall `json:"module_calls"`
}

// ModuleCall is a module block.
type ModuleCall struct {
	Expressions map[string]json.RawMessage `json:"expressions"`
	Module      Module                     `json:"module"`
	Many
}

// ConfiguredResource is a resource block.
type ConfiguredResource struct {
	Address     string                     `json:"address"` // within its module
	Mode        string                     `json:"mode"`
	Type        string                     `json:"type"`
	ProviderKey string                     `json:"provider_config_key"`
	Expressions map[string]json.RawMessage `json:"expressions"`
	Many
}

// Many is how often a block counts, where that is not once.
type Many struct {
	Count   *Expression `json:"count_expression"`
	ForEach *Expression `json:"for_each_expression"`
}

// Repeats reports whether there may be several instances, or none.
func (m Many) Repeats() bool { return m.Count != nil || m.ForEach != nil }

// Expression is what an argument is given: a constant, or something that refers to other things.
type Expression struct {
	Constant   any      `json:"constant_value"`
	References []string `json:"references"`
}

// expression reads an argument. One of nested blocks is none.
func expression(raw json.RawMessage) Expression {
	var e Expression
	if json.Unmarshal(raw, &e) != nil {
		return Expression{}
	}
	return e
}

// module finds a module by its configured address; "" is the root.
func (c *Configuration) module(address string) (found Module, call ModuleCall, ok bool) {
	found = c.Root
	parts := strings.Split(address, ".")
	for i := 0; address != "" && i+1 < len(parts); i += 2 {
		if call, ok = found.Calls[parts[i+1]]; !ok {
			return found, call, false
		}
		found = call.Module
	}
	return found, call, true
}

// Each calls a function with every resource block and the configured address of its module. once is false where it, or a
// module around it, may have several instances, or none.
func (c *Configuration) Each(visit func(module string, r ConfiguredResource, once bool)) {
	var walk func(address string, m Module, once bool)
	walk = func(address string, m Module, once bool) {
		for _, r := range m.Resources {
			visit(address, r, once && !r.Repeats())
		}
		for _, name := range sortedKeys(m.Calls) {
			call := m.Calls[name]
			walk(join(address, "module."+name), call.Module, once && !call.Repeats())
		}
	}
	walk("", c.Root, true)
}

// Resource finds the block of a resource by any address of it.
func (c *Configuration) Resource(address string) (module string, r ConfiguredResource, ok bool) {
	return c.block(address, func(m Module) []ConfiguredResource { return m.Resources })
}

// Action finds the block of an action by any address of it.
func (c *Configuration) Action(address string) (module string, a ConfiguredResource, ok bool) {
	return c.block(address, func(m Module) []ConfiguredResource { return m.Actions })
}

func (c *Configuration) block(address string, of func(Module) []ConfiguredResource) (module string, found ConfiguredResource, ok bool) {
	module, own := split(Configured(address))
	m, _, ok := c.module(module)
	blocks := of(m)
	at := slices.IndexFunc(blocks, func(b ConfiguredResource) bool { return b.Address == own })
	if !ok || at < 0 {
		return module, found, false
	}
	return module, blocks[at], true
}

// maxDepth is far more often than modules hand something on.
const maxDepth = 20

// Refers returns the configured addresses of the resources that an argument of a block refers to, through variables and
// outputs of modules. whole is false where it refers to something that a plan does not tell, as locals.
func (c *Configuration) Refers(module string, r ConfiguredResource, raw json.RawMessage) (addresses []string, whole bool) {
	whole = true
	var follow func(module string, references []string, depth int)
	follow = func(module string, references []string, depth int) {
		for _, reference := range references {
			parts := strings.Split(instance.ReplaceAllString(reference, ""), ".")
			switch {
			case depth == maxDepth, len(parts) < 2 && parts[0] != "module":
				whole = false
			case parts[0] == "var" && module != "":
				outer := module[:max(0, strings.LastIndex(module, ".module."))]
				_, call, _ := c.module(module)
				follow(outer, expression(call.Expressions[parts[1]]).References, depth+1)
			case parts[0] == "module" && len(parts) > 2:
				inner, _, _ := c.module(join(module, "module."+parts[1]))
				follow(join(module, "module."+parts[1]), inner.Outputs[parts[2]].Expression.References, depth+1)
			case parts[0] == "local":
				whole = false
			case parts[0] == "each" && r.ForEach != nil:
				follow(module, r.ForEach.References, depth+1)
			case slices.Contains([]string{"module", "var", "each", "count", "path", "terraform", "self"}, parts[0]):
				// the reference that is more exact stands beside it, or it is known
			default:
				if address := join(module, Configured(reference)); !slices.Contains(addresses, address) {
					addresses = append(addresses, address)
				}
			}
		}
	}
	follow(module, expression(raw).References, 0)
	return addresses, whole
}

// Value returns what an argument is, where the configuration says so itself or by a variable.
func (p *Plan) Value(module string, raw json.RawMessage) (value any, ok bool) {
	for range maxDepth {
		e := expression(raw)
		switch {
		case e.Constant != nil:
			return e.Constant, true
		case len(e.References) != 1 || !strings.HasPrefix(e.References[0], "var."):
			return nil, false
		}
		name := strings.TrimPrefix(e.References[0], "var.")
		if module == "" {
			v, there := p.Variables[name]
			return v.Value, there // null is a value, too
		}
		_, call, found := p.Configuration.module(module)
		if !found {
			return nil, false
		}
		raw, module = call.Expressions[name], module[:max(0, strings.LastIndex(module, ".module."))]
	}
	return nil, false
}

var instance = regexp.MustCompile(`\[(\d+|"(\\.|[^"\\])*")\]`)

// Keys returns the keys of the instances in an address, those of its modules too, as they are written.
func Keys(address string) []string { return instance.FindAllString(address, -1) }

// Configured returns the resource in the configuration that an address or a reference is about: that of no instance, and
// without an attribute.
func Configured(address string) string {
	parts := strings.Split(instance.ReplaceAllString(address, ""), ".")
	n := 0
	for n+2 < len(parts) && parts[n] == "module" {
		n += 2
	}
	if n < len(parts) && parts[n] == DataMode {
		n++
	}
	return strings.Join(parts[:min(n+2, len(parts))], ".")
}

// split returns the module and the rest of a configured address.
func split(address string) (module, own string) {
	parts := strings.Split(address, ".")
	n := 0
	for n+2 < len(parts) && parts[n] == "module" {
		n += 2
	}
	return strings.Join(parts[:n], "."), strings.Join(parts[n:], ".")
}

func join(module, own string) string {
	if module == "" {
		return own
	}
	return module + "." + own
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
