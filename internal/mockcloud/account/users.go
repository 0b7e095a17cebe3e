package account

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/input"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

func userRoutes() []router.Route {
	const path = "/api/users/{id}"
	users := router.ByUsers()
	return []router.Route{
		{Method: http.MethodGet, Path: path, Access: users, Handle: readUser},
		{Method: http.MethodPatch, Path: path, Access: users, Handle: updateUser},
		{Method: http.MethodDelete, Path: path, Access: users, Handle: deleteUser},
	}
}

// oneself checks that the user in the path is the caller. It says the same of
// others and of no user at all, so that ids cannot be guessed.
func oneself(c *router.Call) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if id != c.Actor.UserID {
		return &store.Forbidden{Reason: "Users are open to themselves only; this id is not yours"}
	}
	return nil
}

// userBody is User.
type userBody struct {
	ID                uuid.UUID    `json:"id"`
	Created           time.Time    `json:"created"`
	Updated           time.Time    `json:"updated"`
	Handle            string       `json:"handle"`
	ActorID           uuid.UUID    `json:"actor_id"`
	IDPUserID         string       `json:"idp_user_id"`
	FirstName         string       `json:"first_name"`
	LastName          string       `json:"last_name"`
	Email             string       `json:"email"`
	Location          *string      `json:"location"`
	Title             *string      `json:"title"`
	ImageLocation     *string      `json:"image_location"`
	PersonalAccountID *uuid.UUID   `json:"personal_account_id"`
	Settings          userSettings `json:"settings"`
	LastLogin         *time.Time   `json:"last_login"`
}

// userSettings is UserSettings.
type userSettings struct {
	DefaultTimezone     *string  `json:"default_timezone"`
	DefaultColorPalette *string  `json:"default_color_palette"`
	TutorialCompleted   bool     `json:"tutorial_completed"`
	FeaturePreviews     []string `json:"feature_previews"`
}

func toUserSettings(s store.UserSettings) userSettings {
	return userSettings{
		DefaultTimezone: s.DefaultTimezone, DefaultColorPalette: s.DefaultColorPalette,
		TutorialCompleted: s.TutorialCompleted, FeaturePreviews: append([]string{}, s.FeaturePreviews...),
	}
}

// readUser is GET /api/users/{id}.
func readUser(c *router.Call) (*router.Answer, error) {
	if err := oneself(c); err != nil {
		return nil, err
	}
	var out userBody
	err := c.View(func(r *store.Reader) error {
		u, err := r.User(c.Actor.UserID)
		if err != nil {
			return err
		}
		out = userBody{
			ID: u.ID, Created: u.Created, Updated: u.Updated, Handle: u.Handle, ActorID: u.ActorID,
			// The identity vendor's ids of users have this form.
			IDPUserID: "user_" + strings.ReplaceAll(u.ID.String(), "-", ""),
			FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Location: u.Location, Title: u.Title,
			ImageLocation: u.ImageLocation, Settings: toUserSettings(u.Settings), LastLogin: instant(u.LastLogin),
		}
		return nil
	})
	return router.OK(out), err
}

// readUserChange reads UserUpdate. Null for a field that a user cannot be
// without leaves it as it is.
func readUserChange(f *input.Fields) store.UserChange {
	text, name := input.StringUpTo(5000), input.StringUpTo(500)
	return store.UserChange{
		Handle:        input.Optional(f, "handle", text),
		FirstName:     input.Optional(f, "first_name", name),
		LastName:      input.Optional(f, "last_name", name),
		Email:         input.Optional(f, "email", input.Email),
		Location:      input.Nullable(f, "location", text),
		Title:         input.Nullable(f, "title", text),
		ImageLocation: input.Nullable(f, "image_location", text),
		LastLogin:     input.Optional(f, "last_login", input.Time),
		Settings: input.Optional(f, "settings", input.Lenient(func(f *input.Fields) store.UserSettings {
			return store.UserSettings{
				DefaultTimezone:     input.Optional(f, "default_timezone", input.String),
				DefaultColorPalette: input.Optional(f, "default_color_palette", input.String),
				TutorialCompleted:   input.Default(f, "tutorial_completed", input.Bool, false),
				FeaturePreviews:     input.Default(f, "feature_previews", input.List(input.String), nil),
			}
		})),
	}
}

// updateUser is PATCH /api/users/{id}.
func updateUser(c *router.Call) (*router.Answer, error) {
	if err := oneself(c); err != nil {
		return nil, err
	}
	change, err := router.Body(c, input.Strict(readUserChange))
	if err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.UpdateUser(c.Actor.UserID, change) }))
}

// deleteUser is DELETE /api/users/{id}.
func deleteUser(c *router.Call) (*router.Answer, error) {
	if err := oneself(c); err != nil {
		return nil, err
	}
	return router.Done(c.Update(func(tx *store.Tx) error { return tx.DeleteUser(c.Actor.UserID) }))
}
