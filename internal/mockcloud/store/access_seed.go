package store

// SeedAccess lets an actor or a team, which has to be there, into a workspace under an
// id that the caller gives, so that a scenario has the same ids on every start.
func (tx *Tx) SeedAccess(a WorkspaceAccess) error {
	_, err := tx.setAccess(a)
	return err
}
