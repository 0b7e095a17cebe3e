package fromsource

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A file keeps all but what the archive lacks, and still compiles.
func TestWithout(t *testing.T) {
	t.Parallel()
	const file = `package init

import (
	"example.org/core/local"
	cloudS3 "example.org/core/remote/s3"
	"example.org/core/remote/pg"
	"example.org/core/remote/pgx"
)

var backends = map[string]any{
	"local": local.New,
	"s3":    cloudS3.New,
	"pg":    pg.New,
	"pgx":   pgx.New,
}
`
	const want = `package init

import (
	"example.org/core/local"
	"example.org/core/remote/pgx"
)

var backends = map[string]any{
	"local": local.New,
	"pgx":   pgx.New,
}
`
	got, err := Without([]byte(file), []string{"example.org/core/remote/s3", "example.org/core/remote/pg"})
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if got, err = Without([]byte(file), nil); err != nil || string(got) != file {
		t.Errorf("with nothing to leave out: %v\n%s", err, got)
	}
	if _, err := Without([]byte("no Go"), nil); err == nil {
		t.Error("what is no Go was taken")
	}
}

// A module whose backend is in a module of its own, which the archive lacks, builds without it.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":      "module example.org/core\n\ngo 1.26\n\nrequire example.org/core/s3 v0.0.0\n\nreplace example.org/core/s3 => ./s3\n",
		"main.go":     "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.org/core/s3\"\n)\n\nfunc main() {\n\ts3.New()\n\tfmt.Println(\"core\")\n}\n",
		"other/o.txt": "kept",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	source := t.TempDir()
	if err := writableCopy(source, dir); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := leaveOut(t.Context(), Product{Files: []string{"main.go"}}, source, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	program := filepath.Join(t.TempDir(), "core")
	if err := run(t.Context(), source, &log, nil, "build", "-o", program, "."); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	out, err := exec.CommandContext(t.Context(), program).Output()
	if err != nil || strings.TrimSpace(string(out)) != "core" {
		t.Errorf("%v: %s", err, out)
	}
	if content, err := os.ReadFile(filepath.Join(source, "other", "o.txt")); err != nil || string(content) != "kept" {
		t.Errorf("%v: %s", err, content)
	}
}
