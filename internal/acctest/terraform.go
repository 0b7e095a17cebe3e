package acctest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Dir is a working directory for the real terraform, with the provider as it is built from this tree.
type Dir struct {
	Path string
	t    testing.TB
	env  []string

	overrides string // what Override has named, as lines of the CLI configuration
}

// NewDir makes an empty working directory whose environment points at the server. It skips the test unless TF_ACC asks
// for acceptance tests.
func NewDir(t testing.TB, srv *Server) *Dir {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs the real terraform: set TF_ACC=1")
	}
	d := &Dir{Path: t.TempDir(), t: t}
	cli := filepath.Join(t.TempDir(), "cli.tfrc")
	overrides := fmt.Sprintf("provider_installation {\n  dev_overrides { \"prefectsso/prefectsso\" = %q }\n  direct {}\n}\n", filepath.Dir(providerBinary(t)))
	d.write(cli, overrides)
	d.env = append(cleanEnvironment(),
		"TF_CLI_CONFIG_FILE="+cli, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=-no-color",
		"PREFECT_API_URL="+srv.URL+"/api", "PREFECT_API_KEY="+ServiceKey, "PREFECT_CLOUD_ACCOUNT_ID="+AccountID,
		"PREFECT_HOME="+t.TempDir()) // no user's own profiles
	return d
}

// cleanEnvironment is this process's without what would change how terraform runs.
func cleanEnvironment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "PREFECT_") {
			env = append(env, variable)
		}
	}
	return env
}

// CollectLess has the programs that a test starts collect garbage less often, which is a quarter of the time that terraform
// takes to start. This process has read the variable already. TestMain calls it.
func CollectLess() error { return os.Setenv("GOGC", "400") }

// Setenv sets a variable for terraform, in this directory only.
func (d *Dir) Setenv(name, value string) { d.env = append(d.env, name+"="+value) }

// Write puts a file into the directory.
func (d *Dir) Write(name, content string) {
	d.t.Helper()
	d.write(filepath.Join(d.Path, name), content)
}

// CopyDir puts the files of a folder into a folder of the directory.
func (d *Dir) CopyDir(from, name string) {
	d.t.Helper()
	if err := os.CopyFS(filepath.Join(d.Path, name), os.DirFS(from)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Dir) write(path, content string) {
	d.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// Run runs terraform and returns what it printed and its exit code.
func (d *Dir) Run(args ...string) (output string, code int) {
	d.t.Helper()
	return d.command(terraformPath(), args...)
}

// Shell runs a script with terraform in PATH: the program that the tests run, whatever its name is.
func (d *Dir) Shell(script string) (output string, code int) {
	d.t.Helper()
	terraform, err := exec.LookPath(terraformPath())
	if err != nil {
		d.t.Fatal(err)
	}
	folder := filepath.Dir(terraform)
	if filepath.Base(terraform) != "terraform" {
		folder = d.t.TempDir()
		if err := os.Symlink(terraform, filepath.Join(folder, "terraform")); err != nil {
			d.t.Fatal(err)
		}
	}
	shell := *d
	shell.env = append(shell.env, "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	return shell.command("sh", "-eu", "-c", script)
}

// Time is Run that returns the CPU time, too, of terraform and of what it started.
func (d *Dir) Time(args ...string) (output string, code int, cpu time.Duration) {
	d.t.Helper()
	output, state := d.process(terraformPath(), args...)
	return output, state.ExitCode(), state.UserTime() + state.SystemTime()
}

func (d *Dir) command(name string, args ...string) (string, int) {
	d.t.Helper()
	output, state := d.process(name, args...)
	return output, state.ExitCode()
}

func (d *Dir) process(name string, args ...string) (string, *os.ProcessState) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), name, args...)
	cmd.Dir, cmd.Env = d.Path, d.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if cmd.ProcessState == nil {
		d.t.Fatalf("%s: %v", name, err)
	}
	return output.String(), cmd.ProcessState
}

// Running is a terraform that has been started.
type Running struct {
	t      testing.TB
	cmd    *exec.Cmd
	ended  chan struct{}
	output bytes.Buffer // complete once it has ended
}

// Start starts terraform, in a process group of its own.
func (d *Dir) Start(args ...string) *Running {
	d.t.Helper()
	cmd := exec.Command(terraformPath(), args...)
	cmd.Dir, cmd.Env = d.Path, d.env
	cmd.SysProcAttr = ownGroup()
	r := &Running{t: d.t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &r.output, &r.output
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = cmd.Wait() // killed, or ended before that: both are fine
	}()
	return r
}

// Ended reports whether terraform has come to its end.
func (r *Running) Ended() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// Wait waits until terraform has ended, and returns what it printed and its exit code.
func (r *Running) Wait() (output string, code int) {
	<-r.ended
	return r.output.String(), r.cmd.ProcessState.ExitCode()
}

// Kill ends terraform and the providers it has started, at once, and waits until they are gone.
func (r *Running) Kill() {
	r.t.Helper()
	r.signal(syscall.SIGKILL)
}

// Interrupt asks terraform to stop, as Ctrl-C does, waits until it has, and returns what it printed.
func (r *Running) Interrupt() (output string) {
	r.t.Helper()
	r.signal(syscall.SIGINT)
	return r.output.String()
}

func (r *Running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := signalGroup(r.cmd.Process.Pid, s); err != nil {
		r.t.Fatal(err)
	}
	<-r.ended
}

// MustRun is Run for what has to succeed.
func (d *Dir) MustRun(args ...string) string {
	d.t.Helper()
	output, code := d.Run(args...)
	if code != 0 {
		d.t.Fatalf("terraform %s ended with %d:\n%s", strings.Join(args, " "), code, output)
	}
	return output
}

func terraformPath() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	return "terraform"
}

// Root is the top folder of the repository.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "terraform-registry-manifest.json")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("the repository's top folder was not found above the test")
		}
		dir = parent
	}
}

// built is the provider's binary: compiled once a test process, into a folder that stays until the process ends.
var built struct {
	once sync.Once
	path string
	err  error
}

func providerBinary(t testing.TB) string {
	t.Helper()
	root := Root(t)
	built.once.Do(func() {
		var dir string
		if dir, built.err = os.MkdirTemp("", "prefectsso-acctest-"); built.err != nil {
			return
		}
		built.path = filepath.Join(dir, "terraform-provider-prefectsso")
		build := exec.Command("go", "build", "-o", built.path, ".")
		build.Dir = root
		if output, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build the provider: %w\n%s", err, output)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// RemoveBinary removes what NewDir has built. TestMain calls it.
func RemoveBinary() {
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path)) // a temporary folder; nothing depends on it
	}
}

// Override has terraform take another provider, too, from a folder with its binary.
func (d *Dir) Override(source, folder string) {
	d.t.Helper()
	d.overrides += fmt.Sprintf("    %q = %q\n", source, folder)
	cli := filepath.Join(d.t.TempDir(), "cli.tfrc")
	d.write(cli, fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"prefectsso/prefectsso\" = %q\n%s  }\n  direct {}\n}\n", filepath.Dir(providerBinary(d.t)), d.overrides))
	d.Setenv("TF_CLI_CONFIG_FILE", cli)
}
