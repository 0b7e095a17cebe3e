// Package access says who can sign in to an account, as what, and why; what a change does to each person; and what of
// that a plan should report. It is pure: no Terraform, no HTTP, no clock, and it asks no one. What it knows of the account
// is a [World], which package fetch reads.
//
//	Needs(change, world) → which parts of the world are still wanted   (asked until it wants none)
//	change.Apply(world)  → the world after the change
//	Compare(before, after) → effects, person by person
//	Judge(effects, policy) → findings: ids, severities, people and facts
//	Review(world, limits)  → findings about the account as it is
//
// A world is a value that nothing changes: Apply gives another one. Each part of it may be unknown, because it was not asked for
// or because the API does not report it; what depends on that is unknown then, never "none".
//
// A guard of a resource is: build the Change, fetch by Needs, Apply, Compare, Judge. The access review is the same world
// without a change, a report on a whole plan the same with all its changes. Sentences are in words.go and nowhere else.
package access
