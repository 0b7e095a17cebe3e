// Package published is what Prefect Cloud's published document says of answers, for
// tests: its 104 operations, the types of what they answer, and a judge of answers
// that were given. Nothing but tests imports it, and nothing of the server's own
// types is in it, so that a mistake there is not made here as well.
//
// The judge is stricter than the document: as FastAPI does, the server sends every
// field of a type, and it sends no other.
package published
