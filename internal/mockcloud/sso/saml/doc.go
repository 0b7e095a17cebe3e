// Package saml is a SAML 2.0 service provider: it sends people to their identity
// provider and takes them back (SAML Profiles 4.1, web browser single sign-on).
// What identity providers publish of themselves is read by package samlmetadata.
//
// The way of an answer, in Accept; each step sees only what the one before left:
//
//	document   bounded, no DOCTYPE, comments or instructions, one meaning for every prefix
//	structure  one Response, one Assertion, no id twice, signatures only where they belong
//	signature  shape, algorithms, key; afterwards only what was signed is read
//	response   status, destination, issuer
//	decrypt    where the assertion is encrypted: what may be, parsed by itself
//	assertion  issuer, subject, recipient, audience, times, attributes
//	logins     the request is known and unused, the assertion was not seen before
//
// Messages, their signing and the XML signatures come from crewjam/saml and
// goxmldsig. The answer is not judged by crewjam's ParseXMLResponse: that takes
// its clock from a package variable, which two servers with moved clocks cannot
// share, and it leaves open an absent audience, replay, SHA-1 and a second
// assertion.
//
// What fails after something was decrypted has one reason, whatever it is, and ends the
// login. XML Encryption is crewjam's xmlenc; which algorithms it is asked for is decided
// here.
//
// A limit that fails closed: goxmldsig renders the canonical form of some elements with
// xmlns="" differently than the signer. Then the signature does not verify, and the
// tree is never repaired so that it would; xmlns="" outside of what is signed does no
// harm.
//
// Nothing here knows HTTP, the store or the account. Whether an email's domain is
// served by the connection is for the caller to check.
package saml
