// Package normalized has attribute types whose values compare by what they mean, as jsontypes.Normalized does for JSON:
// a domain in another case or in Unicode, an address in another case, "60m" for "1h". Writing a value in another form is
// no change, and the state keeps the form that the configuration uses.
//
// A Kind says what is normalized and how. Of it come the types and values of strings, sets and maps (string.go, set.go,
// map.go), and UseStateForEqual, the plan modifier that goes with them.
package normalized

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// Kind is a family of texts that can be written in several ways and mean the same.
type Kind struct {
	// Name is what a diagnostic calls it.
	Name string
	// Normalize returns the form to compare by, or what is wrong with the text.
	Normalize func(string) (string, error)
	// Hidden keeps what is written out of diagnostics.
	Hidden bool
}

// The kinds that are no resource's own.
var (
	// Domain is an email domain: case, a trailing dot and the forms of IDN make no difference.
	Domain = &Kind{Name: "email domain", Normalize: client.NormalizeDomain}
	// Email is an email address: the case of A to Z and the form of its domain make no difference.
	Email = &Kind{Name: "email address", Normalize: client.NormalizeEmail}
	// Duration is a duration as Go writes it: "60m" is "1h".
	Duration = &Kind{Name: "duration", Normalize: normalizeDuration}
)

func normalizeDuration(text string) (string, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return "", fmt.Errorf("%q is no duration: write one with its unit, such as \"45s\", \"30m\" or \"2160h\"", text)
	}
	return d.String(), nil
}

// Key returns the form to compare and look up by. What is malformed is only equal to itself.
func (k *Kind) Key(text string) string {
	normal, err := k.Normalize(text)
	if err != nil {
		return text
	}
	return normal
}

// check reports a malformed text, and gives the form to compare by.
func (k *Kind) check(text string, at func(text string) path.Path, diags *diag.Diagnostics) string {
	normal, err := k.Normalize(text)
	if err != nil {
		diags.AddAttributeError(at(text), "Invalid "+k.Name, english.ErrorSentence(err))
		return text
	}
	return normal
}

// checkAll reports malformed texts, and texts that stand twice in different forms.
func (k *Kind) checkAll(texts []string, at func(text string) path.Path, diags *diag.Diagnostics) {
	first, alike := make(map[string]string, len(texts)), make(map[string]string)
	for _, text := range texts {
		key := k.check(text, at, diags)
		if k == Email {
			looks := client.LookAlikeKey(text)
			if other, known := alike[looks]; known && client.LookAlike(other, text) {
				diags.AddAttributeError(at(text), "Two addresses that look alike", fmt.Sprintf(
					"%q could be taken for %q (%+q and %+q), but they are different people's, and an account never has both. Keep the one that the account has.", text, other, text, other))
			}
			alike[looks] = text
		}
		if earlier, twice := first[key]; twice && k.Hidden {
			diags.AddAttributeError(at(text), "The same "+k.Name+" twice", fmt.Sprintf("The %s %s stands there twice, in different spellings. Keep one of them.", k.Name, key))
		} else if twice {
			diags.AddAttributeError(at(text), "The same "+k.Name+" twice", fmt.Sprintf("%q and %q both mean %s. Keep one of them.", earlier, text, key))
		}
		first[key] = text
	}
}
