package people

import (
	"fmt"
	"net/mail"
	"unicode"
	"unicode/utf8"
)

// Unknown is a person or a group that the directory does not have.
type Unknown string

func (e Unknown) Error() string { return string(e) }

// Taken is an email address or a name that is in use.
type Taken string

func (e Taken) Error() string { return string(e) }

// Invalid is something that cannot be.
type Invalid string

func (e Invalid) Error() string { return string(e) }

func unknown(format string, args ...any) error { return Unknown(fmt.Sprintf(format, args...)) }
func taken(format string, args ...any) error   { return Taken(fmt.Sprintf(format, args...)) }
func invalid(format string, args ...any) error { return Invalid(fmt.Sprintf(format, args...)) }

func addressTaken(email string) error {
	return taken("a person here already has the email address %s", email)
}

// maxText bounds names, titles and the like.
const maxText = 200

func check(p Person) error {
	if address, err := mail.ParseAddress(p.Email); err != nil || address.Address != p.Email || len(p.Email) > 254 {
		return invalid("%q is not an email address", p.Email)
	}
	for _, field := range [][2]string{
		{"first_name", p.FirstName}, {"last_name", p.LastName}, {"title", p.Title}, {"department", p.Department},
	} {
		if err := checkText(field[0], field[1], false); err != nil {
			return err
		}
	}
	for _, name := range p.Groups {
		if err := checkText("group", name, true); err != nil {
			return err
		}
	}
	return nil
}

func checkText(what, text string, needed bool) error {
	if needed && text == "" {
		return invalid("%s is empty", what)
	}
	if utf8.RuneCountInString(text) > maxText || !utf8.ValidString(text) {
		return invalid("%s is longer than %d characters, or no text", what, maxText)
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return invalid("%s has control characters", what)
		}
	}
	return nil
}
