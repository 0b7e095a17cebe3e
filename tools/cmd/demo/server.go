package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// patience bounds what the server may take to be ready, and to stop.
const patience = 10 * time.Second

// server is a running mockcloud.
type server struct {
	program string
	apiURL  string

	cmd    *exec.Cmd
	log    bytes.Buffer // standard error, shown when something goes wrong
	cancel context.CancelFunc
}

// args is the command line after the program's name.
func (s *server) args() []string { return []string{"serve", "--listen", "127.0.0.1:0"} }

// start runs mockcloud and waits for the line that says where it listens.
func (s *server) start(ctx context.Context) error {
	// Not the caller's context: an interrupt ends the server through stop, after
	// Terraform has ended.
	lifetime, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(lifetime, s.program, s.args()...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
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
		s.apiURL, err = readyURL(got.line)
		return err
	case <-time.After(patience):
		return fmt.Errorf("the server was not ready after %s", patience)
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

// readyURL reads the API's address from the server's first line.
func readyURL(line []byte) (string, error) {
	var ready struct {
		APIURL string `json:"api_url"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		return "", fmt.Errorf("expected one line of JSON with api_url from the server, got %q: %w", line, err)
	}
	if ready.APIURL == "" {
		return "", fmt.Errorf("expected api_url in the server's first line, got %q", line)
	}
	return ready.APIURL, nil
}
