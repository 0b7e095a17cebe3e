package stage_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage/play"
)

func TestMain(m *testing.M) { play.Main(m) }

func TestServerStartsAndStopsCleanly(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &stage.Server{Program: play.Program(t, play.Good), Log: &log}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := (stage.Addresses{APIURL: "http://127.0.0.1:1/api", ConsoleURL: "http://127.0.0.1:1/console/", IdPURL: "http://127.0.0.1:2"}); s.Addresses != want {
		t.Errorf("addresses = %q, want %q", s.Addresses, want)
	}
	for _, which := range []string{"first", "second"} {
		if err := s.Stop(); err != nil {
			t.Errorf("%s stop: %v", which, err)
		}
	}
	if got := log.String(); got != play.Stopped {
		t.Errorf("the server's log is %q", got)
	}
}

func TestServerThatDisappoints(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		play.Broken:   "scenario.yaml:3: unknown field",
		play.Babbling: `got "listening\n"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stage.Server{Program: play.Program(t, name)}
			err := s.Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Start() = %v, want %q in it", err, want)
			}
			if err := s.Stop(); err != nil {
				t.Errorf("Stop() after it = %v", err)
			}
		})
	}
	t.Run(play.Unclean, func(t *testing.T) {
		t.Parallel()
		s := &stage.Server{Program: play.Program(t, play.Unclean)}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "expected the server to end with exit code 0") || !strings.Contains(err.Error(), "asked to stop") {
			t.Errorf("Stop() = %v, want the exit code and the log in it", err)
		}
	})
	t.Run(play.Leaving, func(t *testing.T) {
		t.Parallel()
		s := &stage.Server{Program: play.Program(t, play.Leaving)}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("Wait() = %v, want the log in it", err)
		}
	})
	t.Run("absent", func(t *testing.T) {
		t.Parallel()
		s := &stage.Server{Program: filepath.Join(t.TempDir(), "absent")}
		if err := s.Start(t.Context()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Start() = %v, want %v", err, os.ErrNotExist)
		}
		if err := s.Stop(); err != nil {
			t.Errorf("Stop() of what never ran: %v", err)
		}
	})
}
