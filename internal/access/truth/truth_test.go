package truth_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/fixedseed"
)

// worlds is how many are looked at unless -rapid.checks or RAPID_CHECKS says otherwise.
const worlds = "200"

// allWorlds reports that somebody asked for so many worlds. Reports, which are read over a socket, look at a quarter of them
// otherwise.
var allWorlds bool

func TestMain(m *testing.M) {
	fixedseed.Set()
	given := os.Getenv("RAPID_CHECKS") != ""
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	allWorlds = given
	if !given {
		if err := flag.Set("rapid.checks", worlds); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// tally counts how much Compare knew.
type tally struct{ known, unknown atomic.Int64 }

// wantKnown wants so many times as many facts known as not, as there are where the API reports nearly all.
func (n *tally) wantKnown(t *testing.T, times int64) {
	t.Helper()
	if known, unknown := n.known.Load(), n.unknown.Load(); unknown*times > known {
		t.Errorf("%d facts were known and %d were not", known, unknown)
	} else {
		t.Logf("%d facts known, %d unknown", known, unknown)
	}
}

// TestCompareIsTrue makes random changes in random worlds, and holds what the router answers to each person against what
// Compare said.
func TestCompareIsTrue(t *testing.T) {
	t.Parallel()
	var told tally
	rapid.Check(t, func(t *rapid.T) { check(t, &told, false) })
	told.wantKnown(t, 20)
}

// TestCompareIsTrueOfPublishedAPI does the same where the API reports less: unknown is allowed then, wrong is not.
func TestCompareIsTrueOfPublishedAPI(t *testing.T) {
	t.Parallel()
	var told tally
	rapid.Check(t, func(t *rapid.T) { check(t, &told, true) })
	t.Logf("%d facts known, %d unknown", told.known.Load(), told.unknown.Load())
}

func check(t *rapid.T, told *tally, publishedOnly bool) {
	p := drawPlan(t, publishedOnly)
	s := newScene(t, p)
	defer s.close()
	before, factsBefore := s.world(), s.facts()
	after, log := before, []string{}
	lean, err := access.World{AccountID: before.AccountID}, error(nil)
	for i := range number(t, "changes", 1, 2) {
		change := s.draw(t, onServer(after, before), publishedOnly)
		if i == 0 {
			lean = named(lean, before, change.change)
			if lean, err = s.fetcher.For(context.Background(), lean, change.change); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 {
			before, err = s.fetcher.For(context.Background(), before, change.change)
			if err != nil {
				t.Fatal(err)
			}
			after = before
		}
		next := change.change.Apply(after)
		rejected := rejection(next, after)
		if !s.serverKnows(after, next, change.change) {
			t.Fatal("the server does not release domains, or does not let mappings share a priority, as the contract has it")
		}
		done, answer := change.do()
		log = append(log, names(describe(change.change)+"\n  → "+answer, after))
		unsure := len(access.Compare(after, next).Gaps) > 0 || doubtful(next, after)
		if done == (rejected != "") && !unsure {
			fail(t, p, log, before, after, "the server did it: %t; Apply said that it is refused: %q", done, rejected)
		}
		after = next
		if i == 0 {
			s.checkLean(t, p, log, before, lean, change.change, factsBefore)
		}
	}
	s.compare(t, p, log, before, after, factsBefore, told)
}

// doubtful reports whether it is not known who of several with bypass:sso keeps it, so that the next may be refused or not.
func doubtful(after, before access.World) bool {
	return slices.ContainsFunc(before.People.Rows, func(p access.Person) bool { return !p.RoleID.IsKnown() || !p.Active.IsKnown() })
}

// named puts the people whom a change names into a world, as the resource that makes it has looked them up, and the
// directory that is changed, as its state has it.
func named(w, all access.World, change access.Change) access.World {
	var ids []string
	switch c := change.(type) {
	case access.PutDirectory:
		w = withDirectory(w, all, c.ID)
	case access.DeleteDirectory:
		w = withDirectory(w, all, c.ID)
	case access.SetRoles:
		for _, r := range c.Roles {
			ids = append(ids, r.MembershipID)
		}
	case access.SetActive:
		ids = c.MembershipIDs
	case access.RemovePeople:
		ids = c.MembershipIDs
	}
	for _, p := range all.People.Rows {
		if slices.Contains(ids, p.ID) {
			w.People.Rows = append(w.People.Rows, p)
		}
	}
	return w
}

func withDirectory(w, all access.World, id string) access.World {
	d, there := all.Directory(id)
	settings, known := d.Settings.Get()
	if !there || !known {
		return w
	}
	settings.DefaultRoleID = ""
	w.Directories = access.Known([]access.Directory{{ID: d.ID, Name: d.Name, Off: d.Off, Settings: access.Known(settings)}})
	w.FewDirectories = true
	return w
}

// rejection returns why the API would not do what was asked. That a directory does not take the last user's
// bypass:sso is no rejection.
func rejection(after, before access.World) string {
	for _, r := range after.Rejected()[len(before.Rejected()):] {
		switch after.Changes()[len(after.Changes())-1].(type) {
		case access.SetRoles, access.SetActive, access.RemovePeople, access.PutConnection:
			return string(r.Reason)
		}
		if r.Reason != access.RejectedLastBypass {
			return string(r.Reason)
		}
	}
	return ""
}

// serverKnows reports whether the server follows the contract in what a change is about.
func (s *scene) serverKnows(before, after access.World, change access.Change) bool {
	for _, d := range after.Domains.Or(nil) {
		if d.Releasing && !releases() {
			return false
		}
	}
	if c, ok := change.(access.SetDomains); ok && !c.DisableSSO && !releases() && before.Enforced().Or(false) && !after.Enforced().Or(false) {
		return false // today's Prefect Cloud takes them at once
	}
	if put, ok := change.(access.PutMapping); ok && !ties() {
		d, _ := before.Directory(put.DirectoryID)
		return !slices.ContainsFunc(d.Mappings.Or(nil), func(m access.Mapping) bool {
			return m.ID != put.Mapping.ID && m.Priority == put.Mapping.Priority
		})
	}
	return true
}

func fail(t *rapid.T, p plan, log []string, before, after access.World, format string, arguments ...any) {
	world, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Fatalf("%s\nWORLD %s\nBEFORE %s\nCHANGES\n%s", fmt.Sprintf(format, arguments...), world, describeWorld(before), strings.Join(log, "\n"))
}

func describeWorld(w access.World) string {
	return names(fmt.Sprintf("\n people %+v\n connections %+v\n directories %+v\n teams %+v", w.People.Rows, w.Connections, w.Directories, w.Teams), w)
}

// compare holds what Compare says against what is there.
func (s *scene) compare(t *rapid.T, p plan, log []string, before, after access.World, factsBefore map[string]fact, told *tally) {
	effects := map[string]access.Effect{}
	for _, e := range access.Compare(before, after).People {
		effects[e.Name] = e
	}
	gaps := len(access.Compare(before, after).Gaps) > 0
	for email, now := range s.facts() {
		was := factsBefore[email]
		e, there := effects[email]
		wrong := func(what string, said, is any) {
			fail(t, p, log, before, after, "%s of %s: Compare says %v, it is %v (before %+v, now %+v)", what, email, said, is, was, now)
		}
		if !there {
			if was != now && (!gaps || was.Member) {
				wrong("an effect", "there is none", "there is one")
			}
			told.known.Add(1)
			continue
		}
		see(told, e.Member.After, now.Member, func(said bool) { wrong("membership", said, now.Member) })
		see(told, e.Active.After, now.Active, func(said bool) { wrong("activity", said, now.Active) })
		if role, known := e.Role.After.Get(); known && now.Member && role.ID != now.RoleID {
			wrong("role", role.Name, now.Role)
		}
		if way, known := e.SignIn.After.Get(); !known {
			told.unknown.Add(1)
		} else if (way.Method != access.MethodNone) != now.SignsIn {
			wrong("sign-in", way, now.SignsIn)
		}
		if way, known := e.SignIn.Before.Get(); known && (way.Method != access.MethodNone) != was.SignsIn {
			wrong("sign-in before", way, was.SignsIn)
		}
		if reach, known := e.Reach.After.Get(); !known {
			told.unknown.Add(1)
		} else if rooms(reach) != now.Workspaces {
			wrong("workspaces", rooms(reach), now.Workspaces)
		} else {
			told.known.Add(1)
		}
	}
	for email, e := range effects {
		if _, there := factsBefore[email]; !there && e.Member.After.Or(false) && e.Active.After.Or(false) {
			if _, now := s.everybody()[email]; !now {
				fail(t, p, log, before, after, "Compare says that %s becomes a member, and nobody does", email)
			}
		}
	}
}

func see[T comparable](told *tally, said access.Part[T], is T, wrong func(T)) {
	value, known := said.Get()
	switch {
	case !known:
		told.unknown.Add(1)
	case value != is:
		wrong(value)
	default:
		told.known.Add(1)
	}
}

func rooms(reach []access.Reach) string {
	var ids []string
	for _, r := range reach {
		ids = append(ids, r.WorkspaceID)
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

// checkLean holds what Compare says of a world in which only what the change needs was read against what is there.
func (s *scene) checkLean(t *rapid.T, p plan, log []string, before, lean access.World, change access.Change, factsBefore map[string]fact) {
	effects := access.Compare(lean, change.Apply(lean))
	if got, want := said(effects), said(access.Compare(before, change.Apply(before))); ofDirectory(change) && (!isUnsure(got) || !isUnsure(want)) && !slices.Equal(got, want) {
		fail(t, p, log, before, lean, "with what is needed the plan says %q, with everything %q", got, want)
	}
	effect := map[string]access.Effect{}
	for _, e := range effects.People {
		effect[e.Name] = e
	}
	for email, now := range s.facts() {
		was := factsBefore[email]
		e, there := effect[email]
		if !was.SignsIn || now.SignsIn {
			if loses, known := e.LosesAccess().Get(); there && known && loses {
				fail(t, p, log, before, lean, "what is needed: %s keeps access (%+v, %+v), and Compare says that they lose it: %+v", email, was, now, e)
			}
			continue
		}
		if loses, known := e.LosesAccess().Get(); !there && len(effects.Gaps) == 0 || there && known && !loses {
			fail(t, p, log, before, lean, "what is needed: %s loses access (%+v, %+v), and Compare does not say so: %+v, gaps %v", email, was, now, e, effects.Gaps)
		}
	}
}

// ofDirectory reports whether a change is one whose resource hands over what it knows of the directory.
func ofDirectory(change access.Change) bool {
	switch change.(type) {
	case access.PutDirectory, access.DeleteDirectory:
		return true
	}
	return false
}

// said returns what a plan says of effects.
func said(e access.Effects) (findings []string) {
	for _, f := range access.Judge(e, access.Policy{}) {
		findings = append(findings, f.Summary()+": "+f.Detail())
	}
	slices.Sort(findings)
	return findings
}

// isUnsure reports whether a plan says that it could not check something.
func isUnsure(findings []string) bool {
	return slices.ContainsFunc(findings, func(finding string) bool {
		return slices.ContainsFunc([]access.ID{access.LockoutNotChecked, access.DeprovisioningNotChecked, access.RolesNotChecked, access.SSOEndNotChecked}, func(id access.ID) bool {
			return strings.HasSuffix(finding, "Guard: "+string(id))
		})
	})
}
