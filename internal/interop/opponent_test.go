//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// opponent is a running program that plays identity providers: commands go in and
// answers come out, one a line.
type opponent struct {
	mu      sync.Mutex
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	log     *mocktest.Log
	// address is where it listens, empty where it does not.
	address string
}

// The opponents, each started when the first test needs it.
var (
	oidcProvider = sync.OnceValues(func() (*opponent, error) { return start("node", "oidc-provider.mjs") })
	samlp        = sync.OnceValues(func() (*opponent, error) { return start("node", "samlp.mjs") })
	pysaml2      = sync.OnceValues(func() (*opponent, error) { return start(python(), "pysaml2_idp.py") })
)

// running are to be stopped in the end.
var running struct {
	sync.Mutex
	all []*opponent
}

func TestMain(m *testing.M) {
	if missing := missing(); len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "The identity providers of others cannot be started:\n  - %s\n", strings.Join(missing, "\n  - "))
		os.Exit(1)
	}
	code := m.Run()
	for _, o := range running.all {
		if err := o.stop(); err != nil {
			fmt.Fprintf(os.Stderr, "stop %s: %v\n%s\n", o.process, err, o.log)
			code = 1
		}
	}
	os.Exit(code)
}

// missing says what the tests need and do not find, and how to install it.
func missing() (sentences []string) {
	const npm = "run: (cd internal/interop/testdata && npm ci --ignore-scripts)"
	version, err := exec.Command("node", "--version").Output()
	var major, minor int
	if err == nil {
		_, err = fmt.Sscanf(string(version), "v%d.%d", &major, &minor)
	}
	switch {
	case err != nil:
		sentences = append(sentences, "node is not in PATH. Install Node 20.19 or later with npm, on Debian 13 by: apt-get install nodejs npm")
	case major < 20 || major == 20 && minor < 19:
		sentences = append(sentences, fmt.Sprintf("node is %s, and oidc-provider needs 20.19 or later. Debian 13 has it, and nodejs.org.", strings.TrimSpace(string(version))))
	}
	var wanted struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := readJSON(filepath.Join("testdata", "package.json"), &wanted); err != nil {
		sentences = append(sentences, err.Error())
	}
	for name, version := range wanted.Dependencies {
		var installed struct {
			Version string `json:"version"`
		}
		err := readJSON(filepath.Join("testdata", "node_modules", name, "package.json"), &installed)
		switch {
		case errors.Is(err, os.ErrNotExist):
			sentences = append(sentences, "npm's "+name+" is not installed; "+npm)
		case err != nil:
			sentences = append(sentences, err.Error())
		case installed.Version != version:
			sentences = append(sentences, fmt.Sprintf("npm's %s is version %s, not %s; %s", name, installed.Version, version, npm))
		}
	}
	if python() == "" {
		sentences = append(sentences, "no python3 has pysaml2. On Debian, run: apt-get install python3-pysaml2")
	}
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		sentences = append(sentences, "xmlsec1, with which pysaml2 signs, is not in PATH. On Debian, run: apt-get install xmlsec1")
	}
	return sentences
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// python is an interpreter that has pysaml2, Debian's own first: another one that is in
// PATH does not see Debian's packages. It is empty where there is none.
var python = sync.OnceValue(func() string {
	for _, program := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(program, "-c", "import saml2").Run() == nil {
			return program
		}
	}
	return ""
})

// start starts an opponent and waits until it says that it is ready.
func start(program, script string) (*opponent, error) {
	o := &opponent{process: exec.Command(program, script), log: &mocktest.Log{}}
	o.process.Dir, o.process.Stderr = "testdata", o.log
	in, err := o.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := o.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.in, o.out = in, bufio.NewReader(out)
	if err := o.process.Start(); err != nil {
		return nil, err
	}
	running.Lock()
	running.all = append(running.all, o)
	running.Unlock()
	var ready struct {
		Address string `json:"address"`
	}
	if err := o.hear(&ready); err != nil {
		return nil, err
	}
	o.address = ready.Address
	return o, nil
}

// stop ends an opponent, as the end of its standard input tells it to.
func (o *opponent) stop() error {
	return errors.Join(o.in.Close(), o.process.Wait())
}

// hear reads an answer.
func (o *opponent) hear(into any) error {
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%s said nothing: %w\n%s", o.process, err, o.log)
	}
	var failed struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &failed); err != nil {
		return fmt.Errorf("%s said %s: %w", o.process, line, err)
	}
	if failed.Error != "" {
		return errors.New(failed.Error)
	}
	return json.Unmarshal(line, into)
}

// tell commands an opponent and reads its answer.
func (o *opponent) tell(command, into any) error {
	line, err := json.Marshal(command)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return err
	}
	return o.hear(into)
}

// get returns the opponent for a test, which it ends where the program does not start.
func get(t testing.TB, opponent func() (*opponent, error)) *opponent {
	t.Helper()
	o, err := opponent()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// must is tell for commands that succeed.
func (o *opponent) must(t testing.TB, command, into any) {
	t.Helper()
	if err := o.tell(command, into); err != nil {
		t.Fatal(err)
	}
}
