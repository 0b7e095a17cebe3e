package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// A guard is a change that a resource hands over: what the account is like before and after it is read and compared
// here, and package access knows every rule and every sentence.

// judging is a change that a resource plans, or is about to make, and how it wants it judged.
type judging struct {
	account string
	// people are those whom the resource looked up already.
	people access.People
	// directory is the one that the resource is, as its state has it; nil for none.
	directory *access.Directory
	// settled are changes of the same plan that were judged by themselves, and are as good as made.
	settled []access.Change
	// changes are made one after the other. The last one is judged, those before are what it counts on.
	changes []access.Change
	// said are the findings that the plan has made already.
	said []access.ID
	// policy is the provider's, and what the resource adds to it.
	policy access.Policy
	// leaveOut is how the resource leaves out people whose role a mapping gives, as a sentence; empty for the general one.
	leaveOut string
	// at is the argument at fault; nil for the one of that name at the root.
	at func(access.Finding) path.Path
}

// reading reads what changes need into a world: [fetch.Fetcher.For] or [fetch.Fetcher.Fresh].
type reading func(context.Context, access.World, ...access.Change) (access.World, error)

// findings are what access finds of a change.
type findings []access.Finding

func (f findings) has(id access.ID) bool {
	return slices.ContainsFunc(f, func(f access.Finding) bool { return f.ID == id })
}

// judge judges a planned change, and reports what access finds.
func (p *providerData) judge(ctx context.Context, j judging, diags *diag.Diagnostics) findings {
	found, err := p.findings(ctx, j, p.world.For)
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return nil
	}
	j.report(found, diags)
	return found
}

// amongEnds has the planned deletion of a directory or mapping count on those that the plan deletes, too, and notes it
// for those that come after it.
func (p *providerData) amongEnds(j judging) judging {
	j.settled = p.run.Ends.Of(j.account)
	for _, deletion := range j.changes {
		p.run.Ends.Note(j.account, deletion)
	}
	return j
}

// recheck judges a change just before a Delete makes it, afresh: Terraform plans creations and changes a second time,
// with everything known, when it applies them, but not deletions. Errors count; warnings were said. It says whether the
// change may be made.
func (p *providerData) recheck(ctx context.Context, j judging, diags *diag.Diagnostics) (fine bool) {
	found, err := p.findings(ctx, j, p.world.Fresh)
	if err != nil {
		diags.Append(failure("Could not check who keeps access", err))
		return false
	}
	found = slices.DeleteFunc(found, func(f access.Finding) bool { return f.Severity != access.Error })
	j.report(found, diags)
	return len(found) == 0
}

// findings compares the account before and after the changes, notes whose role the run plans to change, and judges.
func (p *providerData) findings(ctx context.Context, j judging, read reading) (findings, error) {
	known := access.World{AccountID: j.account, People: j.people}
	if j.directory != nil {
		known.Directories, known.FewDirectories = access.Known([]access.Directory{*j.directory}), true
	}
	before, err := read(ctx, known, slices.Concat(j.settled, j.changes)...)
	if err != nil {
		return nil, err
	}
	before = access.Apply(before, j.settled...)
	effects := access.Compare(before, access.Apply(before, j.changes...))
	lock := p.run.BypassLock(j.account)
	lock.Plan(effects)
	if effects.TakesBypass() {
		j.policy.Planned = lock.Planned()
	}
	found := access.Judge(effects, j.policy)
	return slices.DeleteFunc(found, func(f access.Finding) bool { return slices.Contains(j.said, f.ID) }), nil
}

// report makes diagnostics of findings.
func (j judging) report(found findings, diags *diag.Diagnostics) {
	for _, f := range found {
		f.LeaveOut = j.leaveOut
		at := path.Empty()
		switch {
		case j.at != nil:
			at = j.at(f)
		case f.Attribute != "":
			at = path.Root(f.Attribute)
		}
		diags.Append(diagnosticFrom(f, at))
	}
}

// diagnosticFrom makes a diagnostic of a finding. The last line of its detail is the stable id, as in "Guard:
// people-lose-access", under which the guide on guards explains it.
func diagnosticFrom(f access.Finding, at path.Path) diag.Diagnostic {
	if f.Severity == access.Error {
		return diag.NewAttributeErrorDiagnostic(at, f.Summary(), f.Detail())
	}
	return warns(leadOf(f.ID), at, f.Summary(), f.Detail())
}

// notJudged warns that a check needs what is not known while planning, and is made when that is applied. The id says
// what was not checked: access.LockoutNotChecked, DeprovisioningNotChecked or RolesNotChecked.
func notJudged(at path.Path, id access.ID, diags *diag.Diagnostics) {
	diags.Append(diagnosticFrom(access.Finding{ID: id, Severity: access.Warning, Cause: access.CauseUnknownArguments}, at))
}
