// Package stage sets up what the programs of tools/cmd show people: a running
// mockcloud, and a Terraform that takes the provider that was just built from a
// folder instead of a registry. Nothing of the machine's own configuration is read.
package stage

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Timeout bounds what the server may take to be ready, to answer and to stop.
const Timeout = 10 * time.Second

// Server is a mockcloud with its test identity provider, a process of its own.
type Server struct {
	// Program is the path of the mockcloud that was built.
	Program string
	// Flags come after `mockcloud serve`.
	Flags []string
	// Addresses are known once Start has returned.
	Addresses

	// Log takes the server's log as well; nil keeps it for errors only.
	Log io.Writer

	cmd    *exec.Cmd
	log    bytes.Buffer // standard error, shown when something goes wrong
	cancel context.CancelFunc
	ended  chan struct{} // closed once the process is gone
	err    error         // what it ended with, to be read after that
}

// Addresses are where things are, as the server's first line says.
type Addresses struct {
	APIURL     string `json:"api_url"`
	ConsoleURL string `json:"console_url"`
	IdPURL     string `json:"idp_url"`
}

// URL is the server's origin.
func (a Addresses) URL() string { return strings.TrimSuffix(a.APIURL, "/api") }

// Command is the command line that Start runs.
func (s *Server) Command() []string {
	return append([]string{filepath.ToSlash(s.Program), "serve"}, s.Flags...)
}

// Start runs mockcloud and waits for the line that says where it listens.
func (s *Server) Start(ctx context.Context) error {
	// Not the caller's context: an interrupt ends the server through Stop, after
	// Terraform has ended.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(lifetime, s.Program, s.Command()[1:]...)
	cmd.Cancel = func() error {
		if runtime.GOOS == "windows" { // which has no signal to ask with
			return cmd.Process.Kill()
		}
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	cmd.WaitDelay = Timeout
	cmd.Stderr = &s.log
	if s.Log != nil {
		cmd.Stderr = io.MultiWriter(&s.log, s.Log)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("could not start the server: %w (make build gives it)", err)
	}
	s.cmd, s.cancel, s.ended = cmd, cancel, make(chan struct{})

	type answer struct {
		line []byte
		err  error
	}
	first := make(chan answer, 1)
	go func() {
		defer close(s.ended)
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		first <- answer{line, err}
		s.err = cmd.Wait()
	}()
	select {
	case got := <-first:
		if got.err != nil {
			return errors.Join(errors.New("the server ended before it was ready"), s.Stop())
		}
		s.Addresses, err = readAddresses(got.line)
		return err
	case <-time.After(Timeout):
		return fmt.Errorf("the server was not ready after %s", Timeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wait waits until the context is done or the server has ended. A server that ends by
// itself with an error is one.
func (s *Server) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.ended:
		return s.outcome()
	}
}

// Stop ends the server and waits until it is gone. It is an error if the server
// does not end cleanly. Stopping twice, or before the start, does nothing.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	s.cancel()
	<-s.ended
	err := s.outcome()
	if runtime.GOOS == "windows" {
		err = nil // it was killed
	}
	s.cmd = nil
	return err
}

// outcome says how a server that is gone has ended.
func (s *Server) outcome() error {
	// Wait answers "context canceled" for a process that ended because of it.
	if s.cmd.ProcessState.ExitCode() == 0 {
		return nil
	}
	return fmt.Errorf("expected the server to end with exit code 0: %w; its log:\n%s", s.err, s.log.String())
}

// readAddresses reads the server's first line.
func readAddresses(line []byte) (Addresses, error) {
	var ready Addresses
	if err := json.Unmarshal(line, &ready); err != nil {
		return ready, fmt.Errorf("expected one line of JSON with api_url from the server, got %q: %w", line, err)
	}
	if ready.APIURL == "" || ready.ConsoleURL == "" || ready.IdPURL == "" {
		return ready, fmt.Errorf("expected api_url, console_url and idp_url in the server's first line, got %q", line)
	}
	return ready, nil
}

// IdP has the test identity provider do something, as a person at a terminal, and returns what it says.
func (s *Server) IdP(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.Program, append([]string{"idp"}, args...)...)
	cmd.Env = append(os.Environ(), append([]string{"MOCKCLOUD_IDP_URL=" + s.IdPURL}, env...)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("mockcloud idp %s: %w\n%s", args[0], err, output)
	}
	return strings.TrimSpace(string(output)), nil
}
