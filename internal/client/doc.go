// Package client speaks Prefect Cloud's account API for the provider.
//
// A call goes one way: an endpoint method (one file a noun) names its route in
// a call, do sends it and decodes the answer, go-retryablehttp repeats it by
// the one policy in retry.go, and the transport in attempt.go makes a single
// attempt: it waits for the gate that a 429 shuts, takes one of the slots that
// bound what is under way, and reads the whole body within the time limit.
//
// Reads of many people go through Members, which turns single questions into
// few requests. Errors are typed (errors.go); whatever leaves the package has
// gone through the redactor, so that no error and no log line holds the key.
//
// SCIM (scim.go) speaks to a directory's endpoint as an identity provider does,
// by the same way and policy with another token.
//
// The package knows nothing of Terraform.
package client
