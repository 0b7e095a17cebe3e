package access

import "slices"

// enabled returns the names of the domains that are enabled, those that are being released left out.
func (d *draft) enabled() []string {
	var names []string
	for _, domain := range d.Domains.Or(nil) {
		if !domain.Releasing {
			names = append(names, domain.Name)
		}
	}
	return names
}

// isEnabled reports whether a domain is enabled, or is being released.
func (d *draft) isEnabled(name string) bool {
	return slices.ContainsFunc(d.Domains.Or(nil), func(domain Domain) bool { return domain.Name == name })
}

// mayName reports whether a connection may name a domain: one that is enabled, or one that it is releasing.
func (d *draft) mayName(connectionID, name string) bool {
	return slices.Contains(d.enabled(), name) || d.isEnabled(name) && is(d.Route(name), connectionID)
}

// setDomains makes names the whole list of domains.
func (d *draft) setDomains(names []string, disableSSO bool) {
	rows, known := d.Domains.Get()
	if !known {
		d.missing(GapDomains)
		return
	}
	var next []Domain
	var removed []string
	for _, row := range rows {
		switch listed := slices.Contains(names, row.Name); {
		case listed:
			next = append(next, Domain{Name: row.Name})
		case row.Releasing && !disableSSO:
			next = append(next, row)
		default:
			removed = append(removed, row.Name)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(next, func(row Domain) bool { return row.Name == name }) {
			next = append(next, Domain{Name: name})
		}
	}
	released := d.released(removed, disableSSO)
	for _, name := range released {
		next = append(next, Domain{Name: name, Releasing: true})
	}
	d.Domains = Known(next)
	d.domainsReleased(released)
	added := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(rows, func(row Domain) bool { return row.Name == name })
	})
	d.domainsChanged(slices.DeleteFunc(removed, func(name string) bool { return slices.Contains(released, name) }), added)
}

// disable takes domains out where the list of all is not known: what connections and directories make of it is all that
// follows then.
func (d *draft) disable(names []string, disableSSO bool) {
	released := d.released(names, disableSSO)
	d.domainsReleased(released)
	d.domainsChanged(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(released, name) }), nil)
}

// domainsReleased takes domains that only go on routing out of the connections that do not route.
func (d *draft) domainsReleased(names []string) {
	for i := range d.Connections.Or(nil) {
		if c := &d.Connections.value[i]; c.State != ConnectionActive && len(names) > 0 {
			c.Domains = slices.DeleteFunc(slices.Clone(c.Domains), func(name string) bool { return slices.Contains(names, name) })
			c.updateState()
		}
	}
}

// released returns those of the removed domains that go on routing until their connection names them no more: without
// them no connection would be active (contract A, "Domains"). Today's Prefect Cloud takes them at once.
func (d *draft) released(removed []string, disableSSO bool) (names []string) {
	if disableSSO || len(removed) == 0 {
		return nil
	}
	if !d.Connections.IsKnown() {
		d.missing(GapConnections)
		return nil
	}
	for _, c := range d.Connections.value {
		if c.State != ConnectionActive {
			continue
		}
		for _, name := range c.Domains {
			if !slices.Contains(removed, name) {
				return nil
			}
			names = append(names, name)
		}
	}
	if names != nil && !d.Offered.IsKnown() {
		d.missing(GapOffer)
	}
	if !d.Offered.Or(true) {
		return nil
	}
	return names
}

// domainsChanged takes domains that are no longer enabled out of connections and directories, and lets people of others in.
func (d *draft) domainsChanged(removed, added []string) {
	for i := range d.Connections.Or(nil) {
		c := &d.Connections.value[i]
		c.Domains = slices.DeleteFunc(slices.Clone(c.Domains), func(name string) bool { return slices.Contains(removed, name) })
		c.updateState()
	}
	d.directoriesFollow(removed, added)
}

// updateState sets the state that a connection is in after a change of its domains.
func (c *Connection) updateState() {
	switch {
	case c.State == ConnectionActive && len(c.Domains) == 0:
		c.State = ConnectionInactive
	case c.State == ConnectionValidating && len(c.Domains) == 0:
		c.State = ConnectionDraft
	case c.State == ConnectionDraft && len(c.Domains) > 0:
		c.State = ConnectionValidating
	}
}

// dropReleased ends the domains that were waiting for their connection to name them no more.
func (d *draft) dropReleased() {
	var gone []string
	d.Domains = derive(d.Domains, func(rows []Domain) []Domain {
		return slices.DeleteFunc(rows, func(row Domain) bool {
			route, known := d.Route(row.Name).Get()
			released := row.Releasing && known && route == ""
			if released {
				gone = append(gone, row.Name)
			}
			return released
		})
	})
	if gone != nil {
		d.domainsChanged(gone, nil)
	}
}

func (d *draft) connection(id string) *Connection {
	rows, known := d.Connections.Get()
	if !known {
		d.missing(GapConnections)
		return nil
	}
	if at := slices.IndexFunc(rows, func(c Connection) bool { return c.ID == id }); at >= 0 {
		return &rows[at]
	}
	return nil
}

// routedElsewhere finds a domain that another active connection routes.
func (d *draft) routedElsewhere(c *Connection) (domain, connectionID string) {
	for _, name := range c.Domains {
		for _, other := range d.Connections.Or(nil) {
			if other.ID != c.ID && other.State == ConnectionActive && slices.Contains(other.Domains, name) {
				return name, other.ID
			}
		}
	}
	return "", ""
}

func (d *draft) putConnection(c PutConnection) {
	if !d.Connections.IsKnown() {
		d.missing(GapConnections)
		return
	}
	if d.Domains.IsKnown() {
		for _, name := range c.Domains {
			if !d.mayName(c.ID, name) {
				d.reject(Rejection{Reason: RejectedDomain, Domain: name})
				return
			}
		}
	}
	id := c.ID
	if id == "" {
		id = c.Name
		d.Connections = Known(append(d.Connections.value, Connection{ID: id, Name: c.Name, State: ConnectionDraft}))
	}
	old := d.connection(id)
	if old == nil {
		return
	}
	next := *old
	next.Domains = slices.Clone(c.Domains)
	next.updateState()
	if domain, other := d.routedElsewhere(&next); next.State == ConnectionActive && other != "" && (!c.Activate || !c.TakeOver) {
		d.reject(Rejection{Reason: RejectedRouted, Domain: domain, ConnectionID: other})
		return
	}
	*old = next
	if c.Activate {
		d.activate(old, c.TakeOver)
	}
	d.dropReleased()
}

// activate routes the logins of a connection's domains to it.
func (d *draft) activate(c *Connection, takeOver bool) {
	if len(c.Domains) == 0 {
		d.reject(Rejection{Reason: RejectedIncomplete, ConnectionID: c.ID})
		return
	}
	if domain, other := d.routedElsewhere(c); other != "" && !takeOver {
		d.reject(Rejection{Reason: RejectedRouted, Domain: domain, ConnectionID: other})
		return
	}
	c.State = ConnectionActive
	for i := range d.Connections.value {
		other := &d.Connections.value[i]
		if other.ID != c.ID && other.State == ConnectionActive {
			other.Domains = slices.DeleteFunc(slices.Clone(other.Domains), func(name string) bool { return slices.Contains(c.Domains, name) })
			other.updateState()
		}
	}
}

func (d *draft) deactivateConnection(id string) {
	if c := d.connection(id); c != nil {
		c.State = ConnectionInactive
		d.dropReleased()
	}
}

func (d *draft) deleteConnection(id string) {
	if d.connection(id) != nil {
		d.Connections = Known(slices.DeleteFunc(d.Connections.value, func(c Connection) bool { return c.ID == id }))
		d.dropReleased()
	}
}

func (d *draft) firstLogin(id string) {
	c := d.connection(id)
	if c == nil || c.State != ConnectionValidating {
		return
	}
	if _, other := d.routedElsewhere(c); other == "" {
		c.State = ConnectionActive
	}
}
