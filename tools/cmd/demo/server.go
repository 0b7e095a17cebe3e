package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// serverTimeout bounds what the server may take to be ready, and to stop.
const serverTimeout = 10 * time.Second

// server is a running mockcloud.
type server struct {
	program string
	addresses

	cmd    *exec.Cmd
	log    bytes.Buffer // standard error, shown when something goes wrong
	cancel context.CancelFunc
}

// addresses are where things are, as the server's first line says.
type addresses struct {
	APIURL     string `json:"api_url"`
	ConsoleURL string `json:"console_url"`
	IdPURL     string `json:"idp_url"`
}

// args is the command line after the program's name.
func (s *server) args() []string {
	return []string{"serve", "--listen", "127.0.0.1:0", "--idp"}
}

// start runs mockcloud and waits for the line that says where it listens.
func (s *server) start(ctx context.Context) error {
	// Not the caller's context: an interrupt ends the server through stop, after
	// Terraform has ended.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(lifetime, s.program, s.args()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = serverTimeout
	cmd.Stderr = &s.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("could not start the server: %w (make build gives it)", err)
	}
	s.cmd, s.cancel = cmd, cancel

	type answer struct {
		line []byte
		err  error
	}
	first := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		first <- answer{line, err}
	}()
	select {
	case got := <-first:
		if got.err != nil {
			return errors.Join(errors.New("the server ended before it was ready"), s.stop())
		}
		s.addresses, err = readAddresses(got.line)
		return err
	case <-time.After(serverTimeout):
		return fmt.Errorf("the server was not ready after %s", serverTimeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the server and waits until it is gone. It is an error if the server
// does not end cleanly. Stopping twice, or before the start, does nothing.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	s.cancel()
	err := s.cmd.Wait()
	code := s.cmd.ProcessState.ExitCode()
	s.cmd = nil
	// Wait answers "context canceled" for a process that ended because of it.
	if code == 0 {
		return nil
	}
	return fmt.Errorf("expected the server to end with exit code 0: %w; its log:\n%s", err, s.log.String())
}

// readAddresses reads the server's first line.
func readAddresses(line []byte) (addresses, error) {
	var ready addresses
	if err := json.Unmarshal(line, &ready); err != nil {
		return ready, fmt.Errorf("expected one line of JSON with api_url from the server, got %q: %w", line, err)
	}
	if ready.APIURL == "" || ready.ConsoleURL == "" || ready.IdPURL == "" {
		return ready, fmt.Errorf("expected api_url, console_url and idp_url in the server's first line, got %q", line)
	}
	return ready, nil
}

// idp has the test identity provider do something, as a person at a terminal, and returns what it says.
func (s *server) idp(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.program, append([]string{"idp"}, args...)...)
	cmd.Env = append(os.Environ(), append([]string{"MOCKCLOUD_IDP_URL=" + s.IdPURL}, env...)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("mockcloud idp %s: %w\n%s", args[0], err, output)
	}
	return strings.TrimSpace(string(output)), nil
}
