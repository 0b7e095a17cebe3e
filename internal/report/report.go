// Package report has what the commands of the provider's binary share that read a plan, drift-report and access-report:
// what Terraform's JSON plan is and how it is read, in whatever encoding a shell wrote it (plan.go, config.go), what
// arguments and exit codes mean (command.go), who is asked (connect.go), and how text from a plan or an account stands in
// a report (text.go). It knows no resource and no rule.
package report
