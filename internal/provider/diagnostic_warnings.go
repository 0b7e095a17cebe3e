package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
)

// A lead begins each warning: it tells the reader of many first whether something has to be done.
type lead string

// The leads.
const (
	noAction     lead = "No action needed." // the rest is for the record
	checkThis    lead = "Check this."       // it may be meant, or not
	actionNeeded lead = "Action needed."    // something does not work, or soon will not, until it is done
)

// leads are those of the warnings that have an id; all others of them are to be checked.
var leads = map[access.ID]lead{
	access.AcknowledgementSurplus: noAction,
	roleNotReset:                  noAction,
	teamAdopted:                   noAction,
	teamFollowsNoGroup:            actionNeeded,
	teamRenamed:                   actionNeeded,
	groupNotArrived:               actionNeeded,
	addressChanged:                actionNeeded,
	madeAfterAll:                  noAction,
	managedTwice:                  actionNeeded,
	membersLeftOut:                noAction,
	mappingsNotOffered:            noAction,
}

func leadOf(id access.ID) lead {
	if l, there := leads[id]; there {
		return l
	}
	return checkThis
}

// warns returns a warning. One that is about no attribute has the empty path.
func warns(l lead, at path.Path, summary, detail string) diag.Diagnostic {
	detail = string(l) + " " + detail
	if at.Equal(path.Empty()) {
		return diag.NewWarningDiagnostic(summary, detail)
	}
	return diag.NewAttributeWarningDiagnostic(at, summary, detail)
}

// asWarning returns an error as a warning of what comes unless something else happens first, which the end of its detail says.
func asWarning(d diag.Diagnostic, unless string) diag.Diagnostic {
	at := path.Empty()
	if placed, ok := d.(diag.DiagnosticWithPath); ok {
		at = placed.Path()
	}
	return warns(checkThis, at, d.Summary(), d.Detail()+unless)
}
