package acctest

import "regexp"

// Finding matches the output of Terraform where a guard has reported something, by its stable id.
func Finding(id string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)Guard: ` + regexp.QuoteMeta(id) + `\s*$`)
}
