package scim

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/filter"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/schema"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// users is /Users.
type users struct{}

func (users) resourceType() *schema.ResourceType { return schema.User() }

// create is POST /Users (RFC 7644, 3.3).
func (users) create(c *call, body map[string]any) (*answer, error) {
	// Who says nothing of active means a user who may come in.
	sent, err := readUser(body, true)
	if err != nil {
		return nil, err
	}
	var row *store.DirectoryUser
	var in places
	if err := checkNames(nil, sent.resource); err != nil {
		return nil, err
	}
	err = c.update(func(tx *store.Tx, d *store.Directory) error {
		if row, err = tx.AddDirectoryUser(d, sent.input); err != nil {
			return err
		}
		in = placesOf(&tx.Reader, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.userAnswer(http.StatusCreated, userState{row, in, sent.resource}), nil
}

// read is GET /Users/{id} (RFC 7644, 3.4.1).
func (users) read(c *call) (*answer, error) {
	id, err := c.resource("User")
	if err != nil {
		return nil, err
	}
	var row *store.DirectoryUser
	var in places
	err = c.view(func(r *store.Reader, d *store.Directory) error {
		if row, err = r.DirectoryUser(d.ID, id); err != nil {
			return err
		}
		in = placesOf(r, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	version := userVersion(row, in)
	if err := c.precondition(version); errors.Is(err, errNotModified) {
		return &answer{status: http.StatusNotModified, version: version}, nil
	} else if err != nil {
		return nil, err
	}
	return c.shownUser(http.StatusOK, row, in)
}

// replace is PUT /Users/{id} (RFC 7644, 3.5.1).
func (users) replace(c *call, body map[string]any) (*answer, error) {
	sent, err := schema.User().Validate(body)
	if err != nil {
		return nil, err
	}
	return c.changeUser(func(before map[string]any) (userBody, error) { return newUserBody(sent, isActive(before)) })
}

// patch is PATCH /Users/{id} (RFC 7644, 3.5.2).
func (users) patch(c *call, body map[string]any) (*answer, error) {
	operations, err := c.operations(schema.User(), body)
	if err != nil || len(operations) == 0 {
		return c.unchanged(users{}, err)
	}
	return c.changeUser(func(before map[string]any) (userBody, error) {
		return patched(schema.User().Healed(before), operations, c.rules(schema.User()), func(after map[string]any) (userBody, error) {
			return readUser(after, isActive(before))
		})
	})
}

// changeUser makes a user what change makes of the resource. One who stays the same
// keeps the version, and is only judged anew where something holds them.
func (c *call) changeUser(change func(before map[string]any) (userBody, error)) (*answer, error) {
	id, err := c.resource("User")
	if err != nil {
		return nil, err
	}
	var after userState
	err = c.computed(func(read reading) (func(*store.Tx, *store.Directory) error, error) {
		var before userState
		if err := read(func(r *store.Reader, d *store.Directory) (err error) {
			before, err = c.userAt(r, d, id)
			return err
		}); err != nil {
			return nil, err
		}
		sent, err := c.changed(&before, change)
		if err != nil {
			return nil, err
		}
		return func(tx *store.Tx, d *store.Directory) error {
			now, err := c.userAt(&tx.Reader, d, id)
			if err != nil {
				return err
			}
			if now.row != before.row || now.version() != before.version() {
				return errStale
			}
			after = before
			if sent == nil {
				return nil
			}
			if after.row, err = tx.UpdateDirectoryUser(d, id, sent.input); err != nil {
				return err
			}
			after.kept, after.in = sent.resource, placesOf(&tx.Reader, after.row)
			return nil
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return c.userAnswer(http.StatusOK, after), nil
}

// userState is a user as a read shows them.
type userState struct {
	row *store.DirectoryUser
	in  places
	// kept is the resource, once somebody decoded it.
	kept map[string]any
}

func (u userState) version() string { return userVersion(u.row, u.in) }

// userAt reads a user, and holds the version against what the caller asks for.
func (c *call) userAt(r *store.Reader, d *store.Directory, id uuid.UUID) (userState, error) {
	row, err := r.DirectoryUser(d.ID, id)
	if err != nil {
		return userState{}, err
	}
	out := userState{row: row, in: placesOf(r, row)}
	return out, c.precondition(out.version())
}

// changed computes what becomes of a user; nil where nothing does. Whether it is the
// same user as before is said here and nowhere else: who is held, and stays the same, is
// given to the store as they are.
func (c *call) changed(before *userState, change func(before map[string]any) (userBody, error)) (*userBody, error) {
	if err := c.work.Spend(len(before.row.Attributes) / bytesPerComparison); err != nil {
		return nil, err
	}
	var err error
	if before.kept, err = before.row.Resource(); err != nil {
		return nil, err
	}
	after, err := change(c.userDocument(before.row, before.kept, before.in))
	if err != nil {
		return nil, err
	}
	if err := checkNames(before.kept, after.resource); err != nil {
		return nil, err
	}
	if schema.Equal(before.kept, after.resource) {
		if before.row.Hold == "" {
			return nil, nil
		}
		return &userBody{before.kept, before.row.Input()}, nil
	}
	return &after, checkSize(after.input.Attributes)
}

// remove is DELETE /Users/{id} (RFC 7644, 3.6).
func (users) remove(c *call) (*answer, error) {
	id, err := c.resource("User")
	if err != nil {
		return nil, err
	}
	err = c.update(func(tx *store.Tx, d *store.Directory) error {
		row, err := tx.DirectoryUser(d.ID, id)
		if err != nil {
			return err
		}
		if err := c.precondition(userVersion(row, placesOf(&tx.Reader, row))); err != nil {
			return err
		}
		return tx.DeleteDirectoryUser(d, id)
	})
	return &answer{status: http.StatusNoContent, location: c.location(schema.User(), id)}, err
}

// candidates are the users that a query may find.
func (users) candidates(r *store.Reader, d *store.Directory, q *query) rows {
	attribute, value, ok := filter.Equality(q.filter, "id", "userName", "externalId")
	if !ok {
		return rows{users: r.DirectoryUsers(d.ID)}
	}
	out := rows{found: true}
	switch attribute {
	case "id":
		if id, ok := parseID(value); ok {
			if row, err := r.DirectoryUser(d.ID, id); err == nil {
				out.users = []*store.DirectoryUser{row}
			}
		}
	case "userName":
		out.users = r.DirectoryUsersByName(d.ID, value)
	case "externalId":
		out.users = r.DirectoryUsersByExternalID(d.ID, value)
	}
	return out
}

// shownUser is the answer that shows a user of whom only the row is known.
func (c *call) shownUser(status int, row *store.DirectoryUser, in places) (*answer, error) {
	kept, err := row.Resource()
	if err != nil {
		return nil, err
	}
	return c.userAnswer(status, userState{row, in, kept}), nil
}

func (c *call) userAnswer(status int, u userState) *answer {
	return &answer{
		status: status, location: c.location(schema.User(), u.row.ID), version: u.version(),
		body: c.projection(schema.User()).Apply(c.userDocument(u.row, u.kept, u.in)),
	}
}

// userBody is a user as a client sends one, checked.
type userBody struct {
	resource map[string]any
	input    store.DirectoryUserInput
}

func isActive(resource map[string]any) bool { return resource["active"] == true }

// readUser reads the resource of POST, and what PATCH makes of one.
func readUser(sent map[string]any, active bool) (userBody, error) {
	resource, err := schema.User().Validate(sent)
	if err != nil {
		return userBody{}, err
	}
	return newUserBody(resource, active)
}

// newUserBody takes a checked resource apart. One that says nothing of active is as given: a user who left does not come back
// because a client left it out.
func newUserBody(resource map[string]any, active bool) (userBody, error) {
	normalizeNames(resource)
	if _, ok := resource["active"]; !ok {
		resource["active"] = active
	}
	attributes, err := json.Marshal(resource)
	if err != nil {
		return userBody{}, err
	}
	first, last := personName(resource)
	return userBody{resource, store.DirectoryUserInput{
		UserName: text(resource, "userName"), ExternalID: text(resource, "externalId"), Active: isActive(resource),
		Email: usableEmail(resource), FirstName: first, LastName: last, Title: text(resource, "title"),
		Attributes: attributes,
	}}, nil
}
