package access

import "slices"

func (c PutDirectory) needs(w World) []Want {
	if c.ID == "" {
		return nil
	}
	d, known := w.Directory(c.ID)
	if !known || !d.Settings.IsKnown() {
		return []Want{{Kind: WantDirectories}}
	}
	var wants []Want
	if c.Off != nil || c.RemovesLeavers != nil || c.AllowedDomains != nil { // how many people it has, or whom others have
		wants = append(wants, Want{Kind: WantDirectories})
	}
	if c.AllowedDomains != nil {
		allowed := *c.AllowedDomains
		if allowed == nil {
			wants = append(wants, Want{Kind: WantDomains})
		}
		wants = append(wants, Want{Kind: WantUsers, DirectoryID: c.ID})
		elsewhere := w.FewDirectories || len(w.Directories.Or(nil)) > 1
		wants = append(wants, w.peopleNeeds(d, elsewhere, func(u DirectoryUser) bool {
			return allowed != nil && !u.Held && !slices.Contains(allowed, domainOf(u.Email))
		})...)
		if was := d.Settings.value.AllowedDomains; allowed == nil || was != nil && slices.ContainsFunc(allowed, func(domain string) bool { return !slices.Contains(was, domain) }) {
			wants = append(wants, Want{Kind: WantHeld, DirectoryID: c.ID})
		}
		var arrive []string
		for _, u := range d.users() {
			if u.Held && (allowed == nil || slices.Contains(allowed, domainOf(u.Email))) {
				arrive = append(arrive, u.Email)
			}
		}
		wants = append(wants, Want{Kind: WantPeople, Emails: w.unseen(arrive)})
	}
	if c.TeamsFromGroups != nil && !*c.TeamsFromGroups && d.Settings.value.TeamsFromGroups {
		wants = append(wants, Want{Kind: WantDirectoryTeams, DirectoryID: c.ID})
	}
	return wants
}

func (c DeleteDirectory) needs(w World) []Want {
	wants := []Want{{Kind: WantMappings, DirectoryID: c.ID}}
	d, known := w.Directory(c.ID)
	if !known {
		return append(wants, Want{Kind: WantDirectories})
	}
	if len(d.Mappings.Or(nil)) == 0 {
		return wants
	}
	wants = append(wants, Want{Kind: WantUsers, DirectoryID: c.ID})
	return append(wants, w.peopleNeeds(d, true, func(u DirectoryUser) bool { return u.RoleSource == RoleMapping })...)
}
