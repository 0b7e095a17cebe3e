package scim

import (
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/address"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// namesIn gives the texts of a user's resource by which people are told apart, the
// userName and the email addresses, by where they stand.
func namesIn(resource map[string]any) (userName string, emails []string) {
	list, _ := resource["emails"].([]any)
	for _, e := range list {
		email, _ := e.(map[string]any)
		emails = append(emails, text(email, "value"))
	}
	return text(resource, "userName"), emails
}

// normalizeNames composes names that came decomposed, as some keyboards and file
// systems give them.
func normalizeNames(resource map[string]any) {
	if name, ok := resource["userName"].(string); ok {
		resource["userName"] = address.Normal(name)
	}
	list, _ := resource["emails"].([]any)
	for _, e := range list {
		if email, ok := e.(map[string]any); ok {
			if value, ok := email["value"].(string); ok {
				email["value"] = address.Normal(value)
			}
		}
	}
}

// checkNames refuses characters by which one person could pass for another, in names
// that were not there before.
func checkNames(before, after map[string]any) error {
	knownName, list := namesIn(before)
	knownEmails := make(map[string]struct{}, len(list))
	for _, email := range list {
		knownEmails[email] = struct{}{}
	}
	userName, emails := namesIn(after)
	if userName != knownName {
		if err := address.CheckUserName(userName); err != nil {
			return scimerr.New(scimerr.InvalidValue, "userName %+q cannot be used: %v", userName, err)
		}
	}
	for _, email := range emails {
		if _, known := knownEmails[email]; known {
			continue
		}
		if err := address.CheckUserName(email); err != nil {
			return scimerr.New(scimerr.InvalidValue, "the email address %+q cannot be used: %v", email, err)
		}
	}
	return nil
}
