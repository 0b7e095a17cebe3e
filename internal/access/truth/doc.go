// Package truth holds package access against mockcloud: in random worlds, what the server's router answers to each person
// before and after random changes is what Compare said. It has tests only, because access itself knows no server. In most
// worlds logins are recorded by the test; in some, people log in with a browser through an identity provider.
//
//	go test ./internal/access/truth                                   # 200 worlds, the same at each run
//	go test ./internal/access/truth -rapid.seed=0 -rapid.checks=5000  # others, and more of them
//	go test ./internal/access/truth -rapid.seed=N -rapid.checks=1     # the one that failed
package truth
