package driftreport

import (
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// addOutputs tells apart why outputs change. One that comes or goes is the
// configuration's doing. So is one that reads no data source: what it refers to
// would be in the report itself. One that refers to a resource with a change is
// the consequence of that, and no change of its own. What is left changed because
// the data sources that it reads did, behind Terraform's back.
func (r *found) addOutputs(p *report.Plan) {
	explained := map[string]bool{}
	for _, rc := range slices.Concat(p.ResourceDrift, p.ResourceChanges) {
		if rc.Mode != report.DataMode && !rc.Change.Does("no-op") {
			explained[report.Configured(rc.Address)] = true
		}
	}
	for _, name := range sortedKeys(p.OutputChanges) {
		c := p.OutputChanges[name]
		if c.Does("no-op") {
			continue
		}
		read := reads(p, name)
		data := slices.DeleteFunc(slices.Clone(read), func(address string) bool { return !isData(address) })
		switch {
		case c.Does("create"), c.Does("delete"):
			r.planned = append(r.planned, planned{address: "output." + name, action: c.Verb()})
		case report.Covers(c.AfterUnknown), slices.ContainsFunc(read, func(address string) bool { return explained[address] }):
		case len(data) == 0:
			r.planned = append(r.planned, planned{address: "output." + name, action: c.Verb()})
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
func reads(p *report.Plan, output string) []string {
	var out []string
	for _, reference := range p.Configuration.Root.Outputs[output].Expression.References {
		switch root, _, _ := strings.Cut(reference, "."); root {
		case "local", "module":
			for _, relevant := range p.Relevant {
				out = append(out, report.Configured(relevant.Resource))
			}
		default:
			out = append(out, report.Configured(reference))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func isData(address string) bool {
	return strings.HasPrefix(address, report.DataMode+".") || strings.Contains(address, "."+report.DataMode+".")
}
