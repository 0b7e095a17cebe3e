package saml

// Hint is for whom an answer seems to be. Nothing of it is proven: it serves to find
// the connection that Accept then judges the answer by.
type Hint struct {
	// Issuer is who says to have issued it.
	Issuer string
	// Connection is the one whose login the answer names; "" where it names none that
	// is known.
	Connection string
	// ReturnTo is where that login leads.
	ReturnTo string
}

// Hint reads an answer that was posted to a consumer URL which several connections
// share. Refusals are of type *Error.
func (l *Logins) Hint(samlResponse string) (Hint, error) {
	root, err := decode(samlResponse)
	if err != nil {
		return Hint{}, err
	}
	var hint Hint
	if issuer, ok := only(root, nsAssertion, "Issuer"); ok {
		hint.Issuer, _ = text(issuer)
	} else if assertion, ok := only(root, nsAssertion, "Assertion"); ok {
		// An answer need not say it, as its assertion does.
		if issuer, ok := only(assertion, nsAssertion, "Issuer"); ok {
			hint.Issuer, _ = text(issuer)
		}
	}
	now := l.clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending.expire(now)
	if started, ok := l.pending.get(attr(root, "InResponseTo")); ok {
		hint.Connection, hint.ReturnTo = started.connection, started.returnTo
	}
	return hint, nil
}
