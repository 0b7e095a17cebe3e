package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/golden"
)

// TestWords holds all sentences against one file, so that whoever changes one sees all of them. Run with -update to write
// it anew.
func TestWords(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	okta := Thing{Kind: "directory", ID: "directory_1", Name: "Okta"}
	mapping := Thing{Kind: "mapping", ID: "m-1", Name: "Okta", Match: Match{GroupName: "Staff"}, Priority: 10, DirectoryID: "directory_1"}
	ends := mapping
	ends.Deleted = true
	sample := func(id ID) Finding {
		return Finding{
			ID: id, AccountID: "acme", By: okta, Subject: "ada@acme.com", Key: "ada@acme.com", Count: 3, At: &last, Names: []string{"b.example", "a.example"},
			People: []FindingPerson{{Email: "ada@acme.com", From: "Owner", To: "Member"}, {Email: "grace@acme.com", From: "Admin", To: "Member", Caller: true}},
		}
	}
	with := func(id ID, change func(*Finding)) Finding {
		f := sample(id)
		change(&f)
		return f
	}
	var all []Finding
	for _, id := range slices.Sorted(maps.Keys(summaries)) {
		all = append(all, sample(id))
	}
	all = append(
		all,
		with(CallerDemoted, func(f *Finding) { f.Cause = CauseRoleChange }),
		with(DirectoryDecidesActivity, func(f *Finding) { f.Cause = CauseDirectoryActive }),
		with(DirectoryDecidesActivity, func(f *Finding) { f.Cause, f.People = CauseDirectoryEnded, f.People[:1] }),
		with(CallerDemoted, func(f *Finding) { f.By, f.Cause = mapping, CauseMapping }),
		with(PeopleLoseAccess, func(f *Finding) { f.Cause = CauseBypassLost; f.By = mapping }),
		with(PeopleLoseAccess, func(f *Finding) { f.Cause = CauseDomainDisabled }),
		with(PeopleLoseAccess, func(f *Finding) { f.Cause, f.Rechecked = CauseDomainDisabled, true }),
		with(PeopleLoseAccess, func(f *Finding) { f.Cause = CauseDomainNotAllowed }),
		with(PeopleLoseAccess, func(f *Finding) {
			f.People = nil
			for i := range 25 {
				f.People = append(f.People, FindingPerson{Email: fmt.Sprintf("p%02d@acme.com", i)})
			}
		}),
		with(PeopleDemoted, func(f *Finding) { f.Cause = CauseDirectoryDeleted }),
		with(EarlierRolesReturn, func(f *Finding) { f.By, f.Cause = ends, CauseMapping }),
		with(EarlierRolesReturn, func(f *Finding) { f.Cause = CauseDirectoryDeleted }),
		with(LockoutNotChecked, func(f *Finding) { f.Cause = CauseUnknownArguments }),
		with(LockoutNotChecked, func(f *Finding) { f.Severity, f.Cause, f.Reason = Error, CauseUnreported, "You lack administrate:sso." }),
		with(RolesNotChecked, func(f *Finding) { f.Cause = CauseTwins }),
		with(SSOEnds, func(f *Finding) { f.Cause = CauseDisableSSO }),
		with(CallerDeprovisioned, func(f *Finding) { f.Cause, f.Rechecked = CauseDomainDisabled, true }),
		with(BypassNobodyLeft, func(f *Finding) { f.Rechecked = true }),
		with(BypassNobodyLeft, func(f *Finding) { f.By = Thing{Kind: kindPlan} }),
		with(BypassOneLeft, func(f *Finding) { f.By = Thing{Kind: kindPlan} }),
		with(AcknowledgementSurplus, func(f *Finding) { f.By = Thing{Kind: kindPlan} }),
		with(PeopleLoseAccess, func(f *Finding) { f.By = Thing{Kind: kindPlan} }),
		with(PeopleBypassSSO, func(f *Finding) { f.By = Thing{Kind: kindPlan} }),
		with(SSOEnds, func(f *Finding) { f.Cause = CauseConnectionEnds }),
		with(DirectoryNotSynced, func(f *Finding) { f.At = nil }),
		with(MappingDangling, func(f *Finding) { f.By = mapping }),
	)
	var got strings.Builder
	for _, f := range all {
		if f.Summary() == "" || messages[f.ID] == nil {
			t.Errorf("%s has no sentence", f.ID)
			continue
		}
		if !strings.HasSuffix(f.Detail(), "\nGuard: "+string(f.ID)) {
			t.Errorf("the detail of %s does not end with a line of its id", f.ID)
		}
		fmt.Fprintf(&got, "%s\n%s\n\n", f.Summary(), f.Detail())
	}
	golden.Check(t, "testdata/words.golden", got.String())
}
