// Package driftreport tells people what changed behind Terraform's back: which
// things, from what to what, by whom, and what the plan would do about it. It is
// the provider's command drift-report, made for CI.
//
// The way of the data: `terraform show -json PLANFILE` is read (package report), compared
// attribute by attribute (diff.go), made into a report (report.go), looked up in
// the account's audit trail (trail.go says where, actors.go reads it), and printed
// (render.go). It trusts the plan for what changed and the trail for who did it;
// what neither says it calls unknown.
package driftreport

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
)

// Name is the command's name.
const Name = "drift-report"

// What --fail-on takes: the findings of this command by how much they matter.
const (
	failOnChecks  = "check"   // a check block does not hold
	failOnDrift   = "drift"   // that, or something changed outside of Terraform
	failOnPlanned = "planned" // that, or changes are planned
	failOnNothing = "none"
)

const usage = `Usage: terraform-provider-prefectsso drift-report [options] [FILE]

Reads what "terraform show -json PLANFILE" prints, from FILE or standard input,
and prints what changed outside of Terraform, by whom, and what the plan would do
about it.

Options:
  --format text|markdown   how to print it (default text)
  --actors auto|off        look in the account's audit trail for who did it; auto
                           does if there is an API key (default auto)
  --since SPAN             how far back to look before the plan: a time (RFC 3339)
                           or a duration such as 36h or 7d, 14 days at most
                           (default 14d)
  --fail-on check|drift|planned|none
                           what is worth the exit code 3: a check block that does
                           not hold; also what changed outside of Terraform; also
                           what is planned (default check)

Environment: PREFECT_API_KEY, PREFECT_API_URL, PREFECT_PROFILE and its file,
PREFECT_CLIENT_CUSTOM_HEADERS, HTTPS_PROXY and SSL_CERT_FILE, as the provider reads
them; which account it is stands in the plan. The key needs the permission
read:audit_event.

` + report.ExitCodes

// Run runs the command with its arguments and gives the exit code.
func Run(ctx context.Context, version string, args []string, s report.Streams) int {
	code, err := run(ctx, version, args, s)
	return report.Exit(Name, code, err, s)
}

type options struct {
	markdown bool
	actors   bool
	since    string // "" for as far back as there is
	failOn   string
	file     string // "" for standard input
}

func run(ctx context.Context, version string, args []string, s report.Streams) (int, error) {
	o, err := parse(args)
	if asked, err := report.Help(err, usage, s); asked {
		return report.ExitNothing, err
	}
	if err != nil {
		return 0, err
	}
	p, err := report.Open(Name, o.file, s.In)
	if err != nil {
		return 0, err
	}
	since, err := parseSince(o.since, p.Timestamp, s.Now())
	if err != nil {
		return 0, err
	}
	r := newReport(p)
	o.name(ctx, version, r, since, p.Timestamp, s)
	out := r.text()
	if o.markdown {
		out = r.markdown()
	}
	if _, err := io.WriteString(s.Out, out); err != nil {
		return 0, fmt.Errorf("could not write the report: %w", err)
	}
	return r.exitCode(o.failOn), nil
}

func (r *found) exitCode(failOn string) int {
	finding := r.failed != nil && failOn != failOnNothing ||
		r.drifted != nil && (failOn == failOnDrift || failOn == failOnPlanned) ||
		r.planned != nil && failOn == failOnPlanned
	switch {
	case r.errored:
		return report.ExitError
	case finding:
		return report.ExitFinding
	case r.drifted != nil, r.planned != nil, r.failed != nil:
		return report.ExitChanges
	}
	return report.ExitNothing
}

// parse reads the arguments.
func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	format := flags.String("format", "text", "")
	actors := flags.String("actors", "auto", "")
	flags.StringVar(&o.since, "since", "", "")
	flags.StringVar(&o.failOn, "fail-on", failOnChecks, "")
	var err error
	if o.file, err = report.Parse(flags, args); err != nil {
		return o, err
	}
	if report.Given(flags)["since"] && o.since == "" {
		return o, badSince("")
	}
	switch *format {
	case "text", "markdown":
		o.markdown = *format == "markdown"
	default:
		return o, fmt.Errorf("--format is %q; it takes text or markdown", *format)
	}
	switch *actors {
	case "auto", "off":
		o.actors = *actors == "auto"
	default:
		return o, fmt.Errorf("--actors is %q; it takes auto or off", *actors)
	}
	switch o.failOn {
	case failOnChecks, failOnDrift, failOnPlanned, failOnNothing:
	default:
		return o, fmt.Errorf("--fail-on is %q; it takes check, drift, planned or none", o.failOn)
	}
	return o, nil
}

// parseSince reads a span before the plan: a time, or a duration, in which d
// stands for 24 hours. Without one it is as long as there may be.
func parseSince(text string, planned, now time.Time) (time.Time, error) {
	if planned.IsZero() {
		planned = now // Terraform before 1.5 gives no time
	}
	if text == "" {
		return planned.Add(-client.EventWindow), nil
	}
	since, err := time.Parse(time.RFC3339, text)
	if err != nil {
		span, err := parseSpan(text)
		if err != nil {
			return since, err
		}
		since = planned.Add(-span)
	}
	switch {
	case since.After(now):
		return since, fmt.Errorf("--since %s lies in the future: there are no events yet", text)
	case !since.Before(planned):
		return since, fmt.Errorf("--since %s is not before the plan, which was made at %s", text, report.Clock(planned))
	case planned.Sub(since) > client.EventWindow:
		return since, fmt.Errorf("--since %s is more than 14 days before the plan (%s): no more is looked at", text, report.Clock(planned))
	}
	return since, nil
}

// maxDays is more than anybody may ask for, and fits into a time.Duration.
const maxDays = 1e4

func badSince(text string) error {
	return fmt.Errorf("--since is %q; it takes a time such as 2026-11-22T08:00:00Z or a duration such as 36h or 7d", text)
}

func parseSpan(text string) (time.Duration, error) {
	span, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n float64
		n, err = strconv.ParseFloat(days, 64)
		if math.IsNaN(n) {
			err = strconv.ErrSyntax
		}
		span = time.Duration(max(-maxDays, min(n, maxDays)) * float64(24*time.Hour))
	}
	switch {
	case err != nil:
		return 0, badSince(text)
	case span < 0:
		return 0, fmt.Errorf("--since %s lies in the future: there are no events yet", text)
	}
	return span, nil
}

// name looks up who did it, where that is wanted and possible. What keeps it from
// that is a gap in the report, which says it.
func (o options) name(ctx context.Context, version string, r *found, since, planned time.Time, s report.Streams) {
	switch {
	case r.drifted == nil:
		return
	case !o.actors:
		r.name(lookup{off: "--actors is off"})
		return
	}
	if planned.IsZero() {
		planned = s.Now()
	}
	api, _, why := report.Connect(Name, version, "the trail", s)
	if api == nil {
		r.name(lookup{off: why})
		return
	}
	defer api.Close()
	until := planned.Add(slack)
	if earliest := until.Add(-client.EventWindow); since.Before(earliest) {
		since = earliest // as much as one request answers
	}
	r.name(look(ctx, api, r, since, until, api.Progress()))
}
