// Package interop has tests only: identity providers that others wrote log people in
// to mockcloud. These are npm's oidc-provider and samlp, and Debian's python3-pysaml2;
// testdata has what starts them, and the exact versions.
//
// A test speaks to an opponent in three ways: it commands it over standard input, it
// stands between it and everybody else (front), where it counts requests and changes
// answers, and it is the person at the browser.
//
// They are built with the tag interop only, since they need Node and Python:
// make test-interop runs them, and says what is missing.
package interop
