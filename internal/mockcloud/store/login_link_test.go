package store

import (
	"errors"
	"testing"
	"time"
)

// logins is a federation with an active SAML connection for a.example.
type logins struct {
	*federation
	id string
}

func newLogins(t *testing.T) *logins {
	t.Helper()
	l := &logins{federation: newFederation(t)}
	l.must(func(tx *Tx) error {
		c, err := tx.AddConnection(l.acme, samlFor("a.example").named("saml"))
		if err != nil {
			return err
		}
		l.id = c.ID
		return nil
	})
	return l
}

// login gives who is logged in, or why not.
func (l *logins) login(n ProvenLogin) (user string, session *Session, reason LoginReason) {
	l.t.Helper()
	n.ConnectionID = l.id
	err := l.store.Update(Actor{}, func(tx *Tx) (err error) {
		if session, _, err = tx.LogIn(n); err != nil {
			return err
		}
		u, err := tx.User(session.UserID)
		if err == nil {
			user = u.Email
		}
		return err
	})
	var refused *LoginRefused
	switch {
	case errors.As(err, &refused):
		reason = refused.Reason
	case err != nil:
		l.t.Fatal(err)
	}
	return user, session, reason
}

// people is how many users there are.
func (l *logins) people() (n int) {
	l.view(func(r *Reader) { n = len(userTable.List(r.db)) })
	return n
}

func named(subject, email string) ProvenLogin { return ProvenLogin{Subject: subject, Email: email} }

func byEmail(subject, email string) ProvenLogin {
	return ProvenLogin{Subject: subject, Email: email, SubjectFolds: true}
}

// TestSubjectsFold: an email address in another case is the same person, if it can be
// only one; nothing else folds.
func TestSubjectsFold(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before []ProvenLogin
		login  ProvenLogin
		want   string
		reason LoginReason
	}{
		"the same":                {[]ProvenLogin{byEmail("ada@a.example", "ada@a.example")}, byEmail("ada@a.example", "ada@a.example"), "ada@a.example", ""},
		"another case":            {[]ProvenLogin{byEmail("Ada@a.example", "ada@a.example")}, byEmail("ADA@A.example", "ada@a.example"), "ada@a.example", ""},
		"another email with it":   {[]ProvenLogin{byEmail("Ada@a.example", "ada@a.example")}, byEmail("ada@a.example", "other@a.example"), "ada@a.example", ""},
		"the exact one first":     {[]ProvenLogin{named("X@a.example", "one@a.example"), byEmail("x@a.example", "two@a.example")}, byEmail("x@a.example", "two@a.example"), "two@a.example", ""},
		"a persistent subject":    {[]ProvenLogin{named("AbC", "ada@a.example")}, named("abc", "ada@a.example"), "", LoginSubjectChanged},
		"from opaque to an email": {[]ProvenLogin{named("Ada@a.example", "ada@a.example")}, byEmail("ada@a.example", "ada@a.example"), "", LoginSubjectChanged},
		"from an email to opaque": {[]ProvenLogin{byEmail("Ada@a.example", "ada@a.example")}, named("ada@a.example", "ada@a.example"), "", LoginSubjectChanged},
		"two links that fold": {
			[]ProvenLogin{named("X@a.example", "one@a.example"), byEmail("x@a.example", "two@a.example")},
			byEmail("x@A.example", "three@a.example"), "", LoginSubjectAmbiguous,
		},
		"a letter that folds to k":  {[]ProvenLogin{byEmail("kim@a.example", "kim@a.example")}, byEmail("\u212aim@a.example", "kim@a.example"), "", LoginSubjectChanged},
		"a dotted letter":           {[]ProvenLogin{byEmail("mike@a.example", "mike@a.example")}, byEmail("m\u0130ke@a.example", "mike@a.example"), "", LoginSubjectChanged},
		"marked by a later login":   {[]ProvenLogin{named("Ada@a.example", "ada@a.example"), byEmail("Ada@a.example", "ada@a.example")}, byEmail("ada@a.example", "ada@a.example"), "ada@a.example", ""},
		"of another person's email": {[]ProvenLogin{byEmail("ada@a.example", "ada@a.example")}, byEmail("bob@a.example", "ada@a.example"), "", LoginSubjectChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogins(t)
			for _, n := range row.before {
				if _, _, reason := l.login(n); reason != "" {
					t.Fatalf("before: %s", reason)
				}
			}
			people := l.people()
			who, _, reason := l.login(row.login)
			if who != row.want || reason != row.reason {
				t.Errorf("%q, refused as %q; want %q, %q", who, reason, row.want, row.reason)
			}
			if n := l.people(); n != people {
				t.Errorf("%d people instead of %d", n, people)
			}
		})
	}
}

// TestSubjectsOfAnotherSource: after the mapping was changed, an answer that carries the
// old subject links its person anew, and values of two sources never compare.
func TestSubjectsOfAnotherSource(t *testing.T) {
	t.Parallel()
	by := func(source, subject, email string, carried map[string]string) ProvenLogin {
		return ProvenLogin{Source: source, Subject: subject, Email: email, Carried: carried}
	}
	for name, row := range map[string]struct {
		login  ProvenLogin
		want   string
		reason LoginReason
	}{
		"carries the old subject":            {by("id", "7", "ada@a.example", map[string]string{"": "n-ada", "id": "7"}), "ada@a.example", ""},
		"carries it under another email":     {by("id", "7", "new@a.example", map[string]string{"": "n-ada", "id": "7"}), "ada@a.example", ""},
		"does not carry it":                  {by("id", "7", "ada@a.example", map[string]string{"id": "7"}), "", LoginSubjectChanged},
		"carries it by another name":         {by("id", "7", "ada@a.example", map[string]string{"x": "n-ada", "id": "7"}), "", LoginSubjectChanged},
		"carries another case of it":         {by("id", "7", "ada@a.example", map[string]string{"": "N-ADA", "id": "7"}), "", LoginSubjectChanged},
		"a value that is another's old name": {by("id", "n-bob", "ada@a.example", map[string]string{"": "n-ada", "id": "n-bob"}), "ada@a.example", ""},
		"a stranger with another's old name": {by("id", "n-bob", "eve@a.example", map[string]string{"": "n-eve", "id": "n-bob"}), "eve@a.example", ""},
		"the old subjects of two people":     {by("id", "7", "ada@a.example", map[string]string{"": "n-ada", "old": "o-cyd", "id": "7"}), "", LoginSubjectAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogins(t)
			for _, n := range []ProvenLogin{
				named("n-ada", "ada@a.example"), named("n-bob", "bob@a.example"), by("old", "o-cyd", "cyd@a.example", nil),
			} {
				if _, _, reason := l.login(n); reason != "" {
					t.Fatalf("before: %s", reason)
				}
			}
			who, _, reason := l.login(row.login)
			if who != row.want || reason != row.reason {
				t.Fatalf("%q, refused as %q; want %q, %q", who, reason, row.want, row.reason)
			}
			if row.want == "" {
				return
			}
			again := row.login
			again.Carried = nil
			if who, _, reason := l.login(again); who != row.want {
				t.Errorf("the next time: %q, %q", who, reason)
			}
		})
	}
}

// TestRecentMeansRecent: it counts when the person proved who they are, not when the
// answer came.
func TestRecentMeansRecent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		seconds *int
		ago     *time.Duration // nil for an identity provider that does not say
		reason  LoginReason
	}{
		"nobody asks, nobody says":     {nil, nil, ""},
		"nobody asks, of yesterday":    {nil, new(24 * time.Hour), ""},
		"of now":                       {new(60), new(time.Duration(0)), ""},
		"just recent":                  {new(60), new(59 * time.Second), ""},
		"just too old":                 {new(60), new(time.Minute), LoginNotRecent},
		"of yesterday":                 {new(60), new(24 * time.Hour), LoginNotRecent},
		"asked for, but nobody says":   {new(60), nil, LoginNotRecent},
		"a clock that is a bit ahead":  {new(60), new(-30 * time.Second), ""},
		"more than a duration can say": {new(int(^uint(0) >> 1)), new(24 * time.Hour), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogins(t)
			l.must(func(tx *Tx) error {
				return tx.UpdateAccount(l.acme, AccountChange{AuthExpirationSeconds: Nullable[int]{Set: true, Value: row.seconds}})
			})
			var now time.Time
			l.view(func(r *Reader) { now = r.Now() })
			n, want := named("n", "ada@a.example"), now
			if row.ago != nil {
				n.Authenticated = now.Add(-*row.ago)
				if *row.ago > 0 {
					want = n.Authenticated
				}
			}
			_, session, reason := l.login(n)
			if reason != row.reason {
				t.Fatalf("refused as %q, want %q", reason, row.reason)
			}
			if reason == "" && session.Authenticated.Sub(want).Abs() > time.Second {
				t.Errorf("authenticated %s, want %s", session.Authenticated, want)
			}
		})
	}
}

// TestGroupsOfALoginAreRefused, and a mapping of the subject where there is no choice.
func TestGroupsOfALoginAreRefused(t *testing.T) {
	t.Parallel()
	l := newLogins(t)
	for name, row := range map[string]struct {
		change MappingChange
		base   ConnectionChange
		want   string
	}{
		"groups":         {MappingChange{Groups: Nullable[string]{Set: true, Value: new("groups")}}, samlFor("b.example"), "groups"},
		"subject of sub": {MappingChange{Subject: Nullable[string]{Set: true, Value: new("oid")}}, oidcFor("b.example"), "subject"},
		"no groups":      {MappingChange{Groups: Nullable[string]{Set: true}}, samlFor("b.example"), ""},
		"a subject":      {MappingChange{Subject: Nullable[string]{Set: true, Value: new("id")}}, samlFor("b.example"), ""},
	} {
		change := row.base.named(name)
		change.Mapping = row.change
		err := l.store.Update(Actor{}, func(tx *Tx) error {
			_, err := tx.AddConnection(l.acme, change)
			return err
		})
		var invalid *Invalid
		switch {
		case row.want == "" && err != nil, row.want != "" && !errors.As(err, &invalid):
			t.Errorf("%s: %v", name, err)
		case row.want != "" && invalid.Problems[0].Loc[1] != row.want:
			t.Errorf("%s: at %v", name, invalid.Problems[0].Loc)
		}
	}
}
