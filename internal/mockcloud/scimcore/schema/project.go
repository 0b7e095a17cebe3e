package schema

import "strings"

// Projection is what a request wants to see of a resource (RFC 7644 section
// 3.9). Ask it before building something costly, such as a group's members.
type Projection struct {
	root *node
	rt   *ResourceType
}

// node is an attribute that is shown: whole, or only some sub-attributes.
type node struct {
	whole bool
	asked bool // by its name or that of something in it
	subs  map[string]*node
}

// Projection reads the query parameters attributes and excludedAttributes,
// already split at their commas. Without attributes, what is returned by
// default is shown; with them, what they name and what is returned always,
// which cannot be excluded. An attribute that is named and excluded is
// excluded, and a name that no schema knows means nothing.
func (rt *ResourceType) Projection(attributes, excluded []string) *Projection {
	b := builder{everything: len(attributes) == 0, wanted: rt.paths(attributes), excluded: rt.paths(excluded)}
	return &Projection{rt: rt, root: &node{subs: b.nodes(rt.attributes, "", false)}}
}

func (rt *ResourceType) paths(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[rt.normal(name)] = true
	}
	return out
}

type builder struct {
	everything       bool // no attributes were named
	wanted, excluded map[string]bool
}

func (b builder) nodes(attributes []Attribute, prefix string, within bool) map[string]*node {
	out := make(map[string]*node, len(attributes))
	for i := range attributes {
		if n := b.node(&attributes[i], prefix+attributes[i].key, within); n != nil {
			out[attributes[i].key] = n
		}
	}
	return out
}

// node is nil for an attribute that is not shown. Within says that something
// that it is a part of was named.
func (b builder) node(a *Attribute, path string, within bool) *node {
	if a.Returned == Never || b.excluded[path] && a.Returned != Always {
		return nil
	}
	n := &node{asked: b.wanted[path]}
	within = within || n.asked
	shown := n.asked || a.Returned == Always || a.Returned == Default && (b.everything || within)
	if len(a.SubAttributes) == 0 {
		n.whole = true
	} else {
		n.subs = b.nodes(a.SubAttributes, path+separator(a), within)
		n.whole = len(n.subs) == len(a.SubAttributes)
		for _, sub := range n.subs {
			n.asked = n.asked || sub.asked
			n.whole = n.whole && sub.whole
		}
	}
	if !shown && !n.asked {
		return nil
	}
	return n
}

// Includes says whether anything at a path is shown. Nothing is at one that no
// schema knows.
func (p *Projection) Includes(path string) bool {
	path = p.rt.normal(path)
	if p.rt.index[path] == nil {
		return false
	}
	n := p.root
	for n != nil && path != "" {
		n, path = n.next(path)
	}
	return n != nil
}

// next goes one attribute down a path. A URN has dots and colons of its own, so
// names are tried instead of splitting.
func (n *node) next(path string) (*node, string) {
	if n.whole {
		return n, ""
	}
	for key, sub := range n.subs {
		rest, ok := strings.CutPrefix(path, key)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == ':') {
			return sub, strings.TrimLeft(rest, ".:")
		}
	}
	return nil, ""
}

// Apply gives what is shown of a resource. What is left out is not looked at,
// and what is shown whole is shared with the resource, not copied. An attribute
// of the resource that no schema knows is not shown: no rule allows it.
func (p *Projection) Apply(resource map[string]any) map[string]any {
	return p.root.object(resource)
}

func (n *node) object(raw map[string]any) map[string]any {
	out := make(map[string]any, min(len(raw), len(n.subs)))
	for name, value := range raw {
		sub := n.subs[strings.ToLower(name)]
		if sub == nil {
			continue
		}
		if shown := sub.value(value); shown != nil {
			out[name] = shown
		}
	}
	return out
}

func (n *node) value(raw any) any {
	if n.whole {
		return raw
	}
	switch raw := raw.(type) {
	case map[string]any:
		if out := n.object(raw); len(out) > 0 {
			return out
		}
	case []any:
		out := make([]any, 0, len(raw))
		for _, element := range raw {
			if shown := n.value(element); shown != nil {
				out = append(out, shown)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// Project is Projection and Apply at once.
func (rt *ResourceType) Project(resource map[string]any, attributes, excluded []string) map[string]any {
	return rt.Projection(attributes, excluded).Apply(resource)
}
