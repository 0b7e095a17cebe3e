// Package driftreport tells people what changed behind Terraform's back: which
// things, from what to what, by whom, and what the plan would do about it. It is
// the provider's command drift-report, made for CI.
//
// The way of the data: `terraform show -json PLANFILE` is read (plan.go), compared
// attribute by attribute (diff.go), made into a report (report.go), looked up in
// the account's audit trail (trail.go says where, actors.go reads it), and printed
// (render.go). It trusts the plan for what changed and the trail for who did it;
// what neither says it calls unknown.
package driftreport

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// Name is the command's name.
const Name = "drift-report"

// The exit codes, for a pipeline to branch on. Of several that fit, the one that
// stands first counts.
const (
	ExitDrift   = 2 // something changed outside of Terraform
	ExitError   = 1 // there is no report, or the plan failed
	ExitChecks  = 4 // a check block does not hold
	ExitPlanned = 3 // the configuration is ahead of the account
	ExitNothing = 0
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

Environment: PREFECT_API_KEY, PREFECT_API_URL, PREFECT_PROFILE and its file,
PREFECT_CLIENT_CUSTOM_HEADERS, HTTPS_PROXY and SSL_CERT_FILE, as the provider reads
them; which account it is stands in the plan. The key needs the permission
read:audit_event.

Exit codes; of several that fit, the first of these counts:
  2  something changed outside of Terraform
  1  there is no report, or the plan failed
  4  a check block does not hold
  3  nothing of that, but changes are planned
  0  nothing to report
`

const retries = 3

// Streams are what the command reads, writes and knows of its surroundings.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
}

// Run runs the command with its arguments and gives the exit code.
func Run(ctx context.Context, version string, args []string, s Streams) int {
	code, err := run(ctx, version, args, s)
	if err != nil {
		_, _ = fmt.Fprintf(s.Err, "%s: %v\n", Name, err) // there is nowhere else to say it
		return ExitError
	}
	return code
}

type options struct {
	markdown bool
	actors   bool
	since    string
	file     string // "" for standard input
}

func run(ctx context.Context, version string, args []string, s Streams) (int, error) {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, err = io.WriteString(s.Out, usage)
		return ExitNothing, err
	}
	if err != nil {
		return 0, err
	}
	p, err := o.read(s.In)
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
	return r.exitCode(), nil
}

func (r *report) exitCode() int {
	switch {
	case r.drifted != nil:
		return ExitDrift
	case r.errored:
		return ExitError
	case r.failed != nil:
		return ExitChecks
	case r.planned != nil:
		return ExitPlanned
	default:
		return ExitNothing
	}
}

// parse reads the arguments; options may stand before and after the file.
func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	format := flags.String("format", "text", "")
	actors := flags.String("actors", "auto", "")
	flags.StringVar(&o.since, "since", "14d", "")
	var files []string
	for rest := args; ; rest = flags.Args()[1:] {
		if err := flags.Parse(rest); err != nil {
			return o, fmt.Errorf("%w; %s -h shows the options", err, Name)
		}
		if flags.NArg() == 0 {
			break
		}
		files = append(files, flags.Arg(0))
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
	switch {
	case len(files) > 1:
		return o, fmt.Errorf("%d files are given; a report is of one plan", len(files))
	case len(files) == 1 && files[0] != "-":
		o.file = files[0]
	}
	return o, nil
}

func (o options) read(in io.Reader) (*plan, error) {
	if o.file == "" {
		if file, ok := in.(*os.File); ok {
			if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
				return nil, notAPlan("there is no input")
			}
		}
		return readPlan(in)
	}
	file, err := os.Open(o.file)
	if err != nil {
		return nil, fmt.Errorf("could not read the plan: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	p, err := readPlan(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.file, err)
	}
	return p, nil
}

// parseSince reads a span before the plan: a time, or a duration, in which d
// stands for 24 hours.
func parseSince(text string, planned, now time.Time) (time.Time, error) {
	if planned.IsZero() {
		planned = now // Terraform before 1.5 gives no time
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
		return since, fmt.Errorf("--since %s is not before the plan, which was made at %s", text, clock(planned))
	case planned.Sub(since) > client.EventWindow:
		return since, fmt.Errorf("--since %s is more than 14 days before the plan (%s): no more is looked at", text, clock(planned))
	}
	return since, nil
}

// maxDays is more than anybody may ask for, and fits into a time.Duration.
const maxDays = 1e4

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
		return 0, fmt.Errorf("--since is %q; it takes a time such as 2026-11-22T08:00:00Z or a duration such as 36h or 7d", text)
	case span < 0:
		return 0, fmt.Errorf("--since %s lies in the future: there are no events yet", text)
	}
	return span, nil
}

// name looks up who did it, where that is wanted and possible. What keeps it from
// that is a gap in the report, which says it.
func (o options) name(ctx context.Context, version string, r *report, since, planned time.Time, s Streams) {
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
	api, why := connect(version, s)
	if api == nil {
		r.name(lookup{off: why})
		return
	}
	defer api.Close()
	until := planned.Add(slack)
	if earliest := until.Add(-client.EventWindow); since.Before(earliest) {
		since = earliest // as much as one request answers
	}
	r.name(look(ctx, api, r, since, until))
}

// connect makes a client by the provider's own rules, or says why there is none.
func connect(version string, s Streams) (api *client.Client, why string) {
	found, problems := settings.Resolve(settings.Arguments{}, s.Getenv)
	var reasons []string
	for _, p := range problems {
		if p.Warning {
			_, _ = fmt.Fprintf(s.Err, "%s: %s: %s\n", Name, p.Summary, printable(p.Detail)) // there is nowhere else to say it
			continue
		}
		reasons = append(reasons, unasked(p))
	}
	if reasons != nil {
		return nil, strings.Join(reasons, "; ")
	}
	config := found.Config
	config.MaxRetries = retries
	config.UserAgent = settings.UserAgent("terraform-provider-prefectsso/"+version+" "+Name, s.Getenv)
	api, err := client.New(config)
	if err != nil {
		return nil, "the trail cannot be asked: " + printable(err.Error())
	}
	return api, ""
}

// unasked returns why the trail is not asked. Where the provider would take plain
// http if told to, this command has nothing to tell it by.
func unasked(p settings.Problem) string {
	var endpoint *client.EndpointError
	switch {
	case errors.As(p.Err, &endpoint) && endpoint.PlainHTTP:
		return settings.EnvEndpoint + " is an http:// address of another machine, and " + Name + " sends no key unencrypted"
	case p.Argument == settings.ArgAPIKey:
		return settings.EnvAPIKey + " is not set, and no profile has a key"
	}
	return "the trail cannot be asked: " + printable(p.Detail)
}
