// Package samlmetadata reads what identity providers publish of themselves: SAML
// 2.0 metadata (SAML Metadata 2.3, 2.4.3) and the certificates in it. It is the one
// reader of the project, so that metadata which a plan takes is taken by the server
// as well, with the same entity id, endpoint and certificates.
//
// The way of a document, in Read:
//
//	decode   bytes to UTF-8: by byte order mark, by declaration
//	scan     tokens: no DOCTYPE, bounded, every prefix with one meaning
//	entities the one identity provider of the document, or the chosen one; the
//	         others leave nothing but their names, so that memory does not grow
//	         with a federation's size
//	judge    which of its endpoints and keys can be used; the rest are warnings
//
// A signature on metadata is not looked at: trust comes from who pasted it, or
// from https. The package is pure: it knows no Terraform, no HTTP and no clock.
package samlmetadata
