package report

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/progress"
)

// The exit codes of the commands, for a pipeline to branch on. Of several that fit, 1 counts before 3, and that before 2.
const (
	ExitNothing = 0 // nothing to report
	ExitError   = 1 // there is no report, or it is not whole
	ExitChanges = 2 // something changes for somebody, or has changed
	ExitFinding = 3 // there is a finding of the severity that was asked for
)

// ExitCodes says what the exit codes mean, the same for all commands. The guides have it, too.
const ExitCodes = `Exit codes; of several that fit, 1 counts before 3, and 3 before 2:
  0  nothing to report
  1  there is no report, or the plan failed and the report is incomplete
  2  something changes for somebody, or has changed
  3  there is a finding of the severity that --fail-on says
`

// Streams are what a command reads, writes and knows of its surroundings.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	// Progress shows how far the command is; nil where nobody watches.
	Progress progress.Counter
}

// Parse reads arguments, in which options may stand before and after the file. It returns the file, "" for standard
// input.
func Parse(flags *flag.FlagSet, args []string) (file string, err error) {
	flags.SetOutput(io.Discard)
	var files []string
	for rest := args; ; rest = flags.Args()[1:] {
		if err := flags.Parse(rest); err != nil {
			return "", fmt.Errorf("%w; %s -h shows the options", err, flags.Name())
		}
		if flags.NArg() == 0 {
			break
		}
		files = append(files, flags.Arg(0))
	}
	switch {
	case len(files) > 1:
		return "", fmt.Errorf("%s and %s are given; %s takes one", files[0], files[1], flags.Name())
	case len(files) == 1 && files[0] != "-":
		return files[0], nil
	}
	return "", nil
}

// Given returns which options were given.
func Given(flags *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
}

// Open reads the plan from a file, or from standard input where that is "". command is whose errors they are.
func Open(command, file string, in io.Reader) (*Plan, error) {
	if file == "" {
		if terminal, ok := in.(*os.File); ok {
			if info, err := terminal.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
				return nil, notAPlan(command, "there is no input")
			}
		}
		return Read(command, in)
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("could not read the plan: %w", err)
	}
	defer func() { _ = opened.Close() }() // it was only read
	if info, err := opened.Stat(); err == nil && info.IsDir() {
		return nil, notAPlan(command, file+" is a folder")
	}
	p, err := Read(command, opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// Exit prints an error as a command's last word and returns the exit code.
func Exit(command string, code int, err error, s Streams) int {
	if err == nil {
		return code
	}
	_, _ = fmt.Fprintf(s.Err, "%s: %v\n", command, err) // there is nowhere else to say it
	return ExitError
}

// Help writes a command's usage if its arguments asked for that.
func Help(err error, usage string, s Streams) (asked bool, writing error) {
	if !errors.Is(err, flag.ErrHelp) {
		return false, nil
	}
	_, writing = io.WriteString(s.Out, usage)
	return true, writing
}
