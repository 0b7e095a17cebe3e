// Package push carries the test identity provider's directory to a SCIM 2.0
// endpoint (RFC 7643, 7644), the way Okta and Microsoft Entra ID do.
//
//	push.go     Pusher: the target, what is waited for, how it went
//	queue.go    who is next: changes of one resource stay in order, one that fails
//	            is tried again later while others go on, leavers go first
//	deliver.go  what an endpoint has, what it should have, and what makes the one
//	            into the other
//	client.go   one request and what its answer means
//	dialect.go, entra.go, okta.go
//	            how each product says it: bodies only, no flow
//	target.go   where requests may go
//
// A Pusher has one goroutine, while it is connected, and makes one request at a
// time. All it knows of the endpoint is what it was answered; Resync forgets that
// and compares everything again.
package push
