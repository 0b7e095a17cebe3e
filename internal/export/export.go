// Package export writes a populated account as configuration with import blocks, as a person would write it: one map of
// roles, for_each where it is the same thing many times, references instead of ids. It is the provider's command export,
// and its plan imports and does nothing else, with any Terraform from 1.11 on and OpenTofu.
//
// read.go reads the account over the client, build.go, connections.go and directories.go write what was read as files (names.go
// finds labels, hcl.go writes expressions; of a state only what it has, state.go), folder.go puts them into a folder. What is not written is an omission with its reason. Secrets cannot be
// read, and stand in none of the files.
package export

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/report"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/settings"
)

// Name is the command's name.
const Name = "export"

// Usage is what -h prints.
const Usage = `Usage: terraform-provider-prefectsso export [options] FOLDER

Writes what an account has already as Terraform configuration into FOLDER, with
import blocks: its plan imports, and adds, changes and destroys nothing. What it
leaves out, and why, it says at the end and in the folder's README.md.

Options:
  --account ID  the account; without it the one of the environment
  --from-state FILE
                only what FILE, a state, has of the provider prefecthq/prefect:
                domain_names of prefect_account, prefect_account_member, and
                prefect_workspace_access of teams. FOLDER may have the
                configuration; the files get names of their own beside it, and
                blocks "removed" have the state forget what goes over. FILE is
                what "terraform state pull" or "terraform show -json" prints
  --force       write into a folder with files: those of an earlier export are
                replaced, and no other file is touched
  --partial     the exit code is 0, too, where the key may not read a part

Environment: PREFECT_API_KEY, PREFECT_API_URL, PREFECT_CLOUD_ACCOUNT_ID,
PREFECT_PROFILE and its file, PREFECT_CLIENT_CUSTOM_HEADERS, HTTPS_PROXY and
SSL_CERT_FILE, as the provider reads them. The key only reads.

Exit codes:
  0  the files are written
  1  nothing is written, or the key may not read a part, which is named
`

type arguments struct {
	folder, account, state string

	force, partial bool
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
	old, err := checkFolder(o.folder, o.force, o.state != "")
	if err != nil {
		return 0, err
	}
	api, found, why := report.Connect(Name, version, "the API", s)
	if api == nil {
		return 0, fmt.Errorf("nothing can be read: %s", why)
	}
	defer api.Close()
	if o.account == "" {
		o.account = found.AccountID
	}
	if o.account == "" {
		return 0, errors.New("which account to export is not known: give --account, or set " + settings.EnvAccountID)
	}
	a, err := read(ctx, api, o.account, func(sentence string) {
		_, _ = fmt.Fprintf(s.Err, "%s: %s\n", Name, sentence) // there is nowhere else to say it
	})
	if err != nil {
		return 0, err
	}
	var f *former
	if o.state != "" {
		if f, err = readState(o.state, o.account); err != nil {
			return 0, err
		}
		a.keep(f)
		for _, resource := range slices.Sorted(maps.Keys(f.stay)) {
			a.leave(omission{what: resource, why: f.stay[resource]})
		}
	}
	files, b := build(a, f)
	if err := writeFolder(o.folder, files, old); err != nil {
		return 0, err
	}
	return b.say(o, s.Err)
}

// say says what was written and what was not.
func (b *builder) say(o arguments, out io.Writer) (int, error) {
	code := report.ExitNothing
	var lines strings.Builder
	fmt.Fprintf(&lines, "%s It is in %s.\n", b.summary(), o.folder)
	if b.former != nil {
		for _, note := range b.former.notes() {
			fmt.Fprintf(&lines, "  - %s\n", note)
		}
	}
	if len(b.left) > 0 {
		lines.WriteString("Left out:\n")
	}
	shown, rest := report.Capped(b.left, report.MaxShown)
	for _, left := range shown {
		fmt.Fprintf(&lines, "  - %s: %s\n", left.what, left.why)
	}
	if rest != "" {
		fmt.Fprintf(&lines, "  %s, in README.md\n", rest)
	}
	for _, left := range b.left {
		if left.refused && !o.partial {
			code = report.ExitError
		}
	}
	if code != report.ExitNothing {
		lines.WriteString("It is not whole, because the key may not read all of the account. With --partial that is no error.\n")
	}
	_, err := io.WriteString(out, lines.String())
	return code, err
}

func parse(args []string) (arguments, error) {
	var o arguments
	flags := flag.NewFlagSet(Name, flag.ContinueOnError)
	flags.StringVar(&o.account, "account", "", "")
	flags.StringVar(&o.state, "from-state", "", "")
	flags.BoolVar(&o.force, "force", false, "")
	flags.BoolVar(&o.partial, "partial", false, "")
	var err error
	if o.folder, err = report.Parse(flags, args); err != nil {
		return o, err
	}
	if o.folder == "" {
		return o, errors.New("no folder is given; export -h shows the options")
	}
	if report.Given(flags)["account"] {
		id, err := uuid.Parse(o.account)
		if err != nil {
			return o, fmt.Errorf("--account is %q, which is no UUID of an account", o.account)
		}
		o.account = id.String()
	}
	return o, nil
}
