package scenario

import (
	"cmp"
	"fmt"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// Seed makes everything that the scenario describes, in a store's first
// transaction (store.Reset).
func (s *Scenario) Seed(tx *store.Tx) error {
	for _, p := range s.users {
		if err := seedPerson(tx, p); err != nil {
			return fmt.Errorf("user %s: %w", p.Email, err)
		}
	}
	for _, a := range s.accounts {
		if err := a.seed(tx); err != nil {
			return fmt.Errorf("account %s: %w", a.Handle, err)
		}
	}
	return nil
}

// stableID gives a thing the same id in every run.
func stableID(kind string, names ...string) uuid.UUID {
	key := "prefectsso/scenario/" + kind
	for _, name := range names {
		key += "/" + name
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(key))
}

// features returns those that the scenario names; where it says nothing, those of
// the plan.
func (a account) features() []store.Feature {
	if a.Features == nil {
		plan, _ := store.PlanNamed(cmp.Or(a.Plan, defaultPlan))
		return plan.Features()
	}
	features := make([]store.Feature, len(a.Features))
	for i, f := range a.Features {
		features[i] = store.Feature(f)
	}
	return features
}

func (a account) seed(tx *store.Tx) error {
	plan, _ := store.PlanNamed(cmp.Or(a.Plan, defaultPlan)) // Parse has checked it
	limit := store.RateLimit{Requests: plan.RequestsPerMinute, Window: defaultWindow}
	if a.RateLimitPerMinute != nil {
		limit.Requests = *a.RateLimitPerMinute
	}
	if a.RateLimitWindow != nil {
		limit.Window = *a.RateLimitWindow
	}
	id, err := uuid.Parse(a.ID)
	if err != nil {
		id = stableID("account", a.Handle)
	}
	if _, err := tx.AddAccount(store.NewAccount{
		ID: id, Name: cmp.Or(a.Name, a.Handle), Handle: a.Handle, Plan: plan, RateLimit: limit, Features: a.features(),
	}); err != nil {
		return err
	}
	if err := a.profile.seed(tx, id); err != nil {
		return err
	}
	for _, r := range a.CustomRoles {
		permissions := make([]store.Permission, len(r.Permissions))
		for i, p := range r.Permissions {
			permissions[i] = store.Permission(p)
		}
		if _, err := tx.AddRole(store.NewRole{
			ID: stableID("account_role", id.String(), r.Name), AccountID: id, Name: r.Name, Permissions: permissions,
		}); err != nil {
			return err
		}
	}
	if err := a.seedPeople(tx, id); err != nil {
		return err
	}
	for _, w := range a.Workspaces {
		if _, err := tx.AddWorkspace(store.NewWorkspace{
			ID: stableID("workspace", id.String(), w.Handle), AccountID: id, Handle: w.Handle, Name: cmp.Or(w.Name, w.Handle),
		}); err != nil {
			return err
		}
	}
	if err := a.seedOffices(tx, id); err != nil {
		return err
	}
	if err := tx.SetDomains(id, a.Domains); err != nil {
		return err
	}
	return a.seedDirectories(tx, id)
}

func (a account) seedPeople(tx *store.Tx, accountID uuid.UUID) error {
	for _, u := range a.Users {
		if err := seedUser(tx, accountID, u); err != nil {
			return err
		}
	}
	for _, b := range a.ServiceAccounts {
		if err := seedBot(tx, accountID, b); err != nil {
			return err
		}
	}
	if a.Generate == nil {
		return nil
	}
	for n := 1; n <= a.Generate.Members; n++ {
		if err := seedUser(tx, accountID, user{
			person: a.Generate.person(n), Role: a.Generate.Role,
		}); err != nil {
			return err
		}
	}
	return nil
}

func roleID(tx *store.Tx, accountID uuid.UUID, name string) (uuid.UUID, error) {
	role, ok := tx.RoleNamed(accountID, cmp.Or(name, defaultRole))
	if !ok {
		return uuid.Nil, fmt.Errorf("there is no role %q", name)
	}
	return role.ID, nil
}

// seedPerson makes a person who need not be a member.
func seedPerson(tx *store.Tx, p person) error {
	u, err := seedOnce(tx, p)
	if err != nil {
		return err
	}
	return seedKey(tx, u, p.APIKey)
}

// seedOnce makes a user, or finds the one that there is: a person who is in
// several accounts is one user.
func seedOnce(tx *store.Tx, p person) (*store.User, error) {
	if u, known := tx.UserByEmail(p.Email); known {
		return u, nil
	}
	return tx.AddUser(store.NewUser{
		ID: stableID("user", p.Email), ActorID: stableID("actor", p.Email),
		FirstName: p.FirstName, LastName: p.LastName, Email: p.Email,
	})
}

func seedKey(tx *store.Tx, u *store.User, secret string, in ...string) error {
	if secret == "" {
		return nil
	}
	_, err := tx.AddAPIKey(store.NewAPIKey{
		ID: stableID("api_key", append(in, u.Email)...), ActorID: u.ActorID, Name: "scenario", Secret: secret,
	})
	return err
}

// seedUser makes a member.
func seedUser(tx *store.Tx, accountID uuid.UUID, u user) error {
	role, err := roleID(tx, accountID, u.Role)
	if err != nil {
		return err
	}
	person, err := seedOnce(tx, u.person)
	if err != nil {
		return err
	}
	membershipID := stableID("account_membership", accountID.String(), u.Email)
	if _, err := tx.AddMember(membershipID, accountID, person, role); err != nil {
		return err
	}
	return seedKey(tx, person, u.APIKey, accountID.String())
}

// seedBot makes a service account. One without a key gets a key that no user
// knows: the API has no service account without.
func seedBot(tx *store.Tx, accountID uuid.UUID, b serviceAccount) error {
	role, err := roleID(tx, accountID, b.Role)
	if err != nil {
		return err
	}
	names := []string{accountID.String(), b.Name}
	_, _, err = tx.AddBot(store.NewBot{
		ID: stableID("bot", names...), ActorID: stableID("bot_actor", names...),
		MembershipID: stableID("bot_membership", names...), KeyID: stableID("bot_api_key", names...),
		AccountID: accountID, Name: b.Name, RoleID: role, Secret: b.APIKey,
	})
	return err
}

// person is one of the people that are generated.
func (g *generate) person(n int) person {
	return person{Email: generatedEmail(n, g.Domain), FirstName: "Person", LastName: fmt.Sprintf("%05d", n)}
}
