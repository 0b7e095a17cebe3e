package driftreport

import (
	"regexp"
	"slices"
	"strings"
)

// addOutputs tells apart why outputs change. One that comes or goes is the
// configuration's doing. So is one that reads no data source: what it refers to
// would be in the report itself. One that refers to a resource with a change is
// the consequence of that, and no change of its own. What is left changed because
// the data sources that it reads did, behind Terraform's back.
func (r *report) addOutputs(p *plan) {
	explained := map[string]bool{}
	for _, rc := range slices.Concat(p.ResourceDrift, p.ResourceChanges) {
		if rc.Mode != dataMode && !rc.Change.does("no-op") {
			explained[configured(rc.Address)] = true
		}
	}
	for _, name := range sortedKeys(p.OutputChanges) {
		c := p.OutputChanges[name]
		if c.does("no-op") {
			continue
		}
		read := p.reads(name)
		data := slices.DeleteFunc(slices.Clone(read), func(address string) bool { return !isData(address) })
		switch {
		case c.does("create"), c.does("delete"):
			r.planned = append(r.planned, planned{address: "output." + name, action: c.verb()})
		case covers(c.AfterUnknown), slices.ContainsFunc(read, func(address string) bool { return explained[address] }):
		case len(data) == 0:
			r.planned = append(r.planned, planned{address: "output." + name, action: c.verb()})
		default:
			d := drifted{address: "output." + name, reads: data}
			for _, diff := range compare(difference{path: "value"}, c.Before, c.After, masks{c.BeforeSensitive, c.AfterSensitive, c.AfterUnknown}) {
				d.facts = append(d.facts, fact{difference: diff})
				d.remedies = append(d.remedies, accepted)
			}
			d.by = make([]culprit, len(d.facts))
			r.drifted = append(r.drifted, d)
		}
	}
}

// reads returns what an output refers to. The plan does not say what locals and
// modules do: behind those may be all that its changes go back to.
func (p *plan) reads(output string) []string {
	var out []string
	for _, reference := range p.Configuration.RootModule.Outputs[output].Expression.References {
		switch root, _, _ := strings.Cut(reference, "."); root {
		case "local", "module":
			for _, relevant := range p.Relevant {
				out = append(out, configured(relevant.Resource))
			}
		default:
			out = append(out, configured(reference))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var instance = regexp.MustCompile(`\[(\d+|"(\\.|[^"\\])*")\]`)

// configured returns the resource in the configuration that an address or a reference
// is about: that of no instance, and without an attribute.
func configured(address string) string {
	parts := strings.Split(instance.ReplaceAllString(address, ""), ".")
	n := 0
	for n+2 < len(parts) && parts[n] == "module" {
		n += 2
	}
	if n < len(parts) && parts[n] == dataMode {
		n++
	}
	return strings.Join(parts[:min(n+2, len(parts))], ".")
}

func isData(address string) bool {
	return strings.HasPrefix(address, dataMode+".") || strings.Contains(address, "."+dataMode+".")
}
