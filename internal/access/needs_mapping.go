package access

import "slices"

func (c PutMapping) needs(w World) []Want {
	matches := []Match{c.Mapping.Match}
	if old, ok := w.mapping(c.DirectoryID, c.Mapping.ID); ok {
		matches = append(matches, old.Match)
	}
	return mappingNeeds(c, w, c.DirectoryID, matches)
}

func (c DeleteMapping) needs(w World) []Want {
	var matches []Match
	if old, ok := w.mapping(c.DirectoryID, c.ID); ok {
		matches = append(matches, old.Match)
	}
	return mappingNeeds(c, w, c.DirectoryID, matches)
}

// mappingNeeds returns the wants of a mapping that begins, changes or ends: the mappings, whom they are and were for, and
// who those are. Of the other mappings of the directory it wants to know whom they match only where one of them may
// count.
func mappingNeeds(c Change, w World, directoryID string, matches []Match) []Want {
	wants := []Want{{Kind: WantIntegrations}}
	d, known := w.Directory(directoryID)
	if !known {
		return wants
	}
	wants = append(wants, Want{Kind: WantMappings, DirectoryID: directoryID})
	for _, m := range matches {
		if !d.Users.IsKnown() || m.Attribute != "" {
			wants = append(wants, Want{Kind: WantMatches, DirectoryID: directoryID, Match: m})
		}
	}
	concerned := w
	concerned.Directories = Known([]Directory{d}) // no one leaves the directory
	wants = append(wants, concerned.peopleNeeds(d, true, func(DirectoryUser) bool { return true })...)
	wants = append(wants, w.managedElsewhereNeeds(d)...)
	for _, want := range wants {
		if !w.has(want) {
			return wants
		}
	}
	if !d.Users.IsKnown() && slices.ContainsFunc(matches, func(m Match) bool { return !d.Matches[m].IsKnown() }) {
		return wants // the API does not report whom it is for, and the others do not tell
	}
	after := c.Apply(w)
	if !slices.Contains(after.gaps[len(w.gaps):], GapMatches) {
		return wants
	}
	for _, m := range d.Mappings.Or(nil) {
		if want := (Want{Kind: WantMatches, DirectoryID: directoryID, Match: m.Match}); !w.has(want) {
			return append(wants, want) // one after the other: the first may be enough
		}
	}
	return wants
}

// managedElsewhereNeeds returns the wants of members who are in a directory that does not manage them: another one may.
func (w World) managedElsewhereNeeds(d Directory) []Want {
	if len(w.Directories.Or(nil)) < 2 {
		return nil
	}
	pushed := map[string]bool{}
	for _, u := range d.users() {
		if u.MembershipID == "" && u.Email != "" {
			pushed[u.Email] = true
		}
	}
	var emails []string
	for _, p := range w.People.Rows {
		if pushed[p.Email] && p.DirectoryID.IsMissing() {
			emails = append(emails, p.Email)
		}
	}
	if len(emails) == 0 {
		return nil
	}
	if len(emails) > fewPeople {
		return w.elsewhereNeeds()
	}
	slices.Sort(emails)
	return []Want{{Kind: WantOwners, Emails: emails}}
}
