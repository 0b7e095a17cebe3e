package driftreport

// advance is how an attribute goes on by itself: nothing was changed behind
// Terraform's back.
type advance struct{ resource, attr, from, to string }

// advances are those of ordinary operation: the identity provider calls for the first
// time, a group arrives, a user logs in. The way back, such as from active to
// inactive, nothing takes by itself.
var advances = map[advance]bool{
	{"prefectsso_group_role_mapping", "status", "dangling", "applied"}: true,
	{"prefectsso_identity_provider", "state", "draft", "validating"}:   true,
	{"prefectsso_identity_provider", "state", "draft", "active"}:       true,
	{"prefectsso_identity_provider", "state", "validating", "active"}:  true,
	{"prefectsso_scim_directory", "state", "validating", "linked"}:     true,
}

// split takes the steps of ordinary operation out of what changed.
func (d drifted) split() (changed, moved drifted) {
	changed, moved = d.without(), d.without()
	for i, f := range d.facts {
		from, _ := f.before.(string)
		to, _ := f.after.(string)
		part := &changed
		if advances[advance{d.resource, f.path, from, to}] {
			part = &moved
		}
		part.facts = append(part.facts, f)
		part.remedies = append(part.remedies, d.remedies[i])
	}
	changed.by, moved.by = make([]culprit, len(changed.facts)), make([]culprit, len(moved.facts))
	return changed, moved
}

// without returns a thing without anything that happened to it.
func (d drifted) without() drifted {
	return drifted{address: d.address, resource: d.resource, label: d.label}
}
