package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// From the start of the process to the line that says where it listens, with the ready-made scenario.
func BenchmarkReady(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "mockcloud")
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, output)
	}
	for b.Loop() {
		server := exec.Command(binary, "serve", "--listen", "127.0.0.1:0")
		stdout, err := server.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := server.Start(); err != nil {
			b.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil || !strings.Contains(line, `"api_url"`) {
			b.Fatalf("it said %q, %v", line, err)
		}
		b.StopTimer()
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		if err := server.Wait(); err != nil {
			b.Fatalf("it ended with %v", err)
		}
		b.StartTimer()
	}
}
