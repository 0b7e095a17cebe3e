// Package idpguide has what an administrator is told of each identity provider: where to
// click there, what to copy from here, what to bring back, which attributes to send, and
// what commonly goes wrong. The texts are data, one YAML file a guide in guides/, so that
// the configuration dashboard and the written guides say the same.
//
// A text may have **names of menus and buttons**, `values`, [links](https://…) and
// {{placeholders}}, which stand for the values that an identity provider has to know of
// this side. Load refuses a file with anything else, so the code that shows a text need not.
//
// The package is pure: it knows no server, no HTML and no store.
package idpguide
