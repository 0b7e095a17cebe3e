// Package accessreport says person by person, and for a whole plan at once, what it does to people: who signs in where
// they did not before, who is locked out, whose role changes, who reaches which workspace through which team, what
// expires. It is the provider's command access-report, made for pull requests.
//
// The way of the data: `terraform show -json PLANFILE` is read (package report), what is of this provider is taken out of
// it (things.go) and made into changes of an account (resources.go says what each type comes to, changes.go puts them in order), by the rules that the resources' own guards go by
// (package planned). What the account is like is read over the API or from a file (world.go); package access says what it
// is like afterwards, what the difference is to each person, and what of that is worth a finding. All of it is one value
// (report.go, build.go), which is printed in four ways (text.go, markdown.go, svg.go, and as JSON by schema.go).
package accessreport

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/access/fetch"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// Name is the command's name.
const Name = "access-report"

// Usage is what -h prints.
const Usage = `Usage: terraform-provider-prefectsso access-report [options] [FILE]

Reads what "terraform show -json PLANFILE" prints, from FILE or standard input,
and prints what the plan does to people: who signs in, how, as what, and which
workspaces they reach, before and after, for the whole plan at once.

Options:
  --format text|markdown|json|svg
                        how to print it (default text)
  --out FILE            write it to a file as well, in the form that its name ends
                        with: .txt, .md, .json or .svg; may be given several times
  --fail-on error|warning|none
                        the severity from which on a finding is worth the exit
                        code 3 (default error)
  --expires-within SPAN name certificates, tokens, secrets and keys that expire
                        within a time such as 30d or 36h (default 30d; 0 for none)
  --redact              put person-1 and so on into the place of people
  --save-world FILE     keep what the accounts are like in a file that only you can
                        read, for --world. Without a plan no report is made
  --world FILE          take that file instead of asking the API, which needs no key
  --stale-ok            accept a file that is older than 7 days
  --schema              print the JSON Schema of --format json, and nothing else

Environment: PREFECT_API_KEY, PREFECT_API_URL, PREFECT_CLOUD_ACCOUNT_ID,
PREFECT_PROFILE and its file, PREFECT_CLIENT_CUSTOM_HEADERS, HTTPS_PROXY and
SSL_CERT_FILE, as the provider reads them. The key only reads.

` + report.ExitCodes

// The severities of --fail-on.
const (
	failOnError   = "error"
	failOnWarning = "warning"
	failOnNone    = "none"
)

// defaultWithin is as long before the end of a certificate or a token as plans warn of it.
const defaultWithin = "30d"

type arguments struct {
	format, failOn   string
	outputs          []string
	within           time.Duration
	redact, staleOK  bool
	world, saveWorld string
	schema           bool
	file             string // "" for standard input
	fileGiven        bool
}

// Run runs the command with its arguments and gives the exit code.
func Run(ctx context.Context, version string, args []string, s report.Streams) int {
	code, err := run(ctx, version, args, s)
	return report.Exit(Name, code, err, s)
}

func run(ctx context.Context, version string, args []string, s report.Streams) (int, error) {
	o, err := parse(args)
	if asked, err := report.Help(err, Usage, s); asked {
		return report.ExitNothing, err
	}
	if err != nil {
		return 0, err
	}
	if o.schema {
		_, err := io.WriteString(s.Out, Schema())
		return report.ExitNothing, err
	}
	w := &worlds{now: s.Now()}
	if o.world != "" {
		if w.file, err = load(o.world, s.Now(), o.staleOK); err != nil {
			return 0, err
		}
		w.name = o.world
	}
	found, _ := settings.Resolve(settings.Arguments{}, s.Getenv) // a file needs no key, and what is wrong Connect says
	if o.world == "" {
		var api *client.Client
		var why string
		if api, found, why = report.Connect(Name, version, "the API", s); api == nil {
			return 0, fmt.Errorf("what the account is like is not known: %s. Or take a file that --save-world wrote (--world)", why)
		}
		defer api.Close()
		w.fetcher = fetch.New(api)
	}
	if o.saveWorld != "" && !o.fileGiven {
		if found.AccountID == "" {
			return 0, errors.New("which account to save is not known: set " + settings.EnvAccountID)
		}
		return report.ExitNothing, w.save(ctx, o.saveWorld, []string{accountKey(found.AccountID)})
	}
	p, err := report.Open(Name, o.file, s.In)
	if err != nil {
		return 0, err
	}
	in, err := read(p, accountKey(found.AccountID))
	if err != nil {
		return 0, err
	}
	r, err := o.make(ctx, in, w)
	if err != nil {
		return 0, err
	}
	if o.saveWorld != "" {
		if err := w.save(ctx, o.saveWorld, in.accounts()); err != nil {
			return 0, err
		}
	}
	return r.ExitCode, o.print(r, s.Out)
}

// print prints the report in all forms that are wanted.
func (o arguments) print(r *Report, out io.Writer) error {
	for _, name := range o.outputs {
		text, err := render(r, strings.TrimPrefix(filepath.Ext(name), "."))
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return fmt.Errorf("could not write the report: %w", err)
		}
	}
	text, err := render(r, o.format)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("could not write the report: %w", err)
	}
	return nil
}

// render returns the report in a form, by its name or the ending of a file's.
func render(r *Report, format string) (string, error) {
	switch format {
	case "text", "txt":
		return r.text(), nil
	case "markdown", "md":
		return r.markdown(), nil
	case "svg":
		return r.svg(), nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	return string(text) + "\n", err
}

func parse(args []string) (arguments, error) {
	var o arguments
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.StringVar(&o.format, "format", "text", "")
	flags.StringVar(&o.failOn, "fail-on", failOnError, "")
	within := flags.String("expires-within", defaultWithin, "")
	flags.BoolVar(&o.redact, "redact", false, "")
	flags.StringVar(&o.saveWorld, "save-world", "", "")
	flags.StringVar(&o.world, "world", "", "")
	flags.BoolVar(&o.staleOK, "stale-ok", false, "")
	flags.BoolVar(&o.schema, "schema", false, "")
	flags.Func("out", "", func(name string) error {
		if !slices.Contains([]string{".txt", ".md", ".json", ".svg"}, filepath.Ext(name)) {
			return errors.New("the name has to end with .txt, .md, .json or .svg")
		}
		o.outputs = append(o.outputs, name)
		return nil
	})
	var err error
	if o.file, err = report.Parse(flags, args); err != nil {
		return o, err
	}
	o.fileGiven = flags.NFlag() == 0 || o.file != "" || slices.Contains(args, "-")
	switch o.format {
	case "text", "markdown", "json", "svg":
	default:
		return o, fmt.Errorf("--format is %q; it takes text, markdown, json or svg", o.format)
	}
	switch o.failOn {
	case failOnError, failOnWarning, failOnNone:
	default:
		return o, fmt.Errorf("--fail-on is %q; it takes error, warning or none", o.failOn)
	}
	if o.within, err = parseSpan(*within); err != nil {
		return o, err
	}
	given := report.Given(flags)
	switch {
	case given["world"] && given["save-world"]:
		return o, errors.New("--world and --save-world are given: what is in a file is saved already")
	case given["stale-ok"] && !given["world"]:
		return o, errors.New("--stale-ok is given without --world")
	}
	return o, nil
}

// parseSpan reads a duration, in which d stands for 24 hours.
func parseSpan(text string) (time.Duration, error) {
	span, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n float64
		n, err = strconv.ParseFloat(days, 64)
		if math.IsNaN(n) || n > 1e5 {
			err = strconv.ErrRange
		}
		span = time.Duration(n * float64(24*time.Hour))
	}
	if err != nil || span < 0 {
		return 0, fmt.Errorf("--expires-within is %q; it takes a time such as 30d or 36h, or 0 for none", text)
	}
	return span, nil
}

// accounts returns the accounts that a plan is about.
func (in *input) accounts() (ids []string) {
	for _, t := range in.everything() {
		for _, id := range []string{t.from, t.to} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// worlds are where what accounts are like comes from.
type worlds struct {
	fetcher *fetch.Fetcher // nil where a file is
	file    *worldFile
	name    string
	now     time.Time
}

// fill returns what is wanted of an account. Of a file that is what there is.
func (w *worlds) fill(ctx context.Context, account string, from access.World, needs func(access.World) []access.Want) (access.World, error) {
	if w.file != nil {
		if from.AccountID != "" && !from.Account.IsMissing() {
			return from, nil
		}
		return w.file.world(w.name, account)
	}
	from.AccountID = account
	return w.fetcher.Fill(ctx, from, needs)
}

// save keeps what accounts are like in a file: all that any plan may depend on.
func (w *worlds) save(ctx context.Context, name string, accounts []string) error {
	var all []access.World
	for _, account := range accounts {
		world, err := w.fetcher.Fill(ctx, access.World{AccountID: account}, func(w access.World) []access.Want {
			wants := access.NeedsAll(w)
			if w.WorkspaceRoles.IsMissing() {
				wants = append(wants, access.Want{Kind: access.WantWorkspaceRoles})
			}
			return wants
		})
		if err != nil {
			return fmt.Errorf("could not read account %s: %w", account, err)
		}
		all = append(all, world)
	}
	return save(name, w.now, all)
}
