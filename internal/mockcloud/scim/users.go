package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

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
	return c.userAnswer(http.StatusCreated, row, in)
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
	return c.userAnswer(http.StatusOK, row, in)
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
	operations, err := c.operations(body)
	if err != nil {
		return nil, err
	}
	changed, err := c.changeUser(func(before map[string]any) (userBody, error) {
		return patched(schema.User().Healed(before), operations, c.rules(schema.User()), func(after map[string]any) (userBody, error) {
			return readUser(after, isActive(before))
		})
	})
	if len(operations) == 0 {
		return withoutBody(changed, err)
	}
	return changed, err
}

// changeUser makes a user what change makes of the resource. One who stays the same
// keeps the version, and is only judged anew where something holds them.
func (c *call) changeUser(change func(before map[string]any) (userBody, error)) (*answer, error) {
	id, err := c.resource("User")
	if err != nil {
		return nil, err
	}
	var row *store.DirectoryUser
	var in places
	err = c.update(func(tx *store.Tx, d *store.Directory) error {
		if row, err = tx.DirectoryUser(d.ID, id); err != nil {
			return err
		}
		in = placesOf(&tx.Reader, row)
		if err := c.precondition(userVersion(row, in)); err != nil {
			return err
		}
		kept, err := attributesOf(row)
		if err != nil {
			return err
		}
		after, err := change(c.userDocument(row, kept, in))
		if err != nil {
			return err
		}
		if err := checkNames(kept, after.resource); err != nil {
			return err
		}
		if schema.Equal(kept, after.resource) && row.Hold == "" {
			return nil
		}
		if row, err = tx.UpdateDirectoryUser(d, id, after.input); err != nil {
			return err
		}
		in = placesOf(&tx.Reader, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.userAnswer(http.StatusOK, row, in)
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

func (c *call) userAnswer(status int, row *store.DirectoryUser, in places) (*answer, error) {
	kept, err := attributesOf(row)
	if err != nil {
		return nil, err
	}
	resource := c.userDocument(row, kept, in)
	return &answer{
		status: status, location: c.location(schema.User(), row.ID), version: userVersion(row, in),
		body: c.projection(schema.User()).Apply(resource),
	}, nil
}

// attributesOf reads what is kept of a user's resource. It was checked when it came.
func attributesOf(row *store.DirectoryUser) (kept map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(row.Attributes))
	d.UseNumber()
	err = d.Decode(&kept)
	return kept, err
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

// newUserBody takes a checked resource apart. One that says nothing of active is as given: nobody who left comes back
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
