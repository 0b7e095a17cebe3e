// Package chaos plays Terraform against mockcloud while requests are lost, delayed and rejected and a colleague changes
// things behind its back, and looks at whether all comes right in the end.
//
// A [Case] is drawn from a seed: two configurations, one after the other, of random resources with references between
// them, and what goes wrong on the way. Once nothing goes wrong any more, at most a few walks have to lead to a plan that
// is empty; the server then has what the configuration says beside all that belonged to others, and nothing that no state
// knows; and a destroy leaves what belonged to others. A case that fails is made smaller, resource by resource and fault
// by fault, while it still fails.
//
// [Play] does this in process, over the plugin protocol, in a bubble of testing/synctest: time is not waited for there,
// and requests that are under way at once are let through in an order drawn from the seed. terraform.go is as much of
// Terraform's core as that takes. Package acctest plays cases with the real Terraform.
package chaos
