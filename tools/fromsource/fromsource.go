// Package fromsource builds a Terraform or OpenTofu that the machine does not have, from
// the source in Go's module cache, so that the provider can be tried with
// versions that are not released for it, or cannot be fetched.
//
// The archive of a module lacks the modules below it, which Terraform keeps its
// cloud backends in. What imports one of these is left out, line by line; the
// core is as it was published. The program is for tests, and for nothing else.
package fromsource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Terraform is the version that is tried beside the oldest one.
var Terraform = Product{
	Module: "github.com/hashicorp/terraform", Version: "v1.15.0", Name: "terraform", Package: ".",
	Files: []string{"internal/backend/init/init.go"}, Release: "github.com/hashicorp/terraform/version.dev=no",
}

// OpenTofu is the version that is tried beside Terraform's. Its cloud backends and key providers are left out, because what
// they stand on takes longer to build than all the rest.
var OpenTofu = Product{
	Module: "github.com/opentofu/opentofu", Version: "v1.12.6", Name: "tofu", Package: "./cmd/tofu",
	Files: []string{"internal/backend/init/init.go"}, Absent: remoteStates("azure", "consul", "cos", "gcs", "kubernetes", "oss", "s3"),
	Written: map[string]string{"internal/encryption/default_registry.go": `package encryption

import (
	"github.com/opentofu/opentofu/internal/encryption/keyprovider/pbkdf2"
	"github.com/opentofu/opentofu/internal/encryption/method/aesgcm"
	"github.com/opentofu/opentofu/internal/encryption/method/unencrypted"
	"github.com/opentofu/opentofu/internal/encryption/registry/lockingencryptionregistry"
)

var DefaultRegistry = lockingencryptionregistry.New()

func init() {
	for _, err := range []error{
		DefaultRegistry.RegisterKeyProvider(pbkdf2.New()),
		DefaultRegistry.RegisterMethod(aesgcm.New()), DefaultRegistry.RegisterMethod(unencrypted.New()),
	} {
		if err != nil {
			panic(err)
		}
	}
}
`},
	Release: "github.com/opentofu/opentofu/version.dev=no",
}

func remoteStates(names ...string) (packages []string) {
	for _, name := range names {
		packages = append(packages, "github.com/opentofu/opentofu/internal/backend/remote-state/"+name)
	}
	return packages
}

// Product is a program that Build makes.
type Product struct {
	Module, Version string
	Name            string            // of the program
	Package         string            // its main, relative to the module
	Files           []string          // what may import modules that the archive lacks, or packages that are left out
	Absent          []string          // packages that are left out of Files, beside what the archive lacks
	Written         map[string]string // files with another content
	Release         string            // the variable that makes it no development version, as -X of the linker takes it
}

// Build returns the path of the program below dir, which it makes unless an
// earlier call did. Log gets what the build prints.
func Build(ctx context.Context, p Product, dir string, log *bytes.Buffer) (string, error) {
	program := filepath.Join(dir, p.Name+"-"+strings.TrimPrefix(p.Version, "v"), p.Name)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cached, err := download(ctx, p, log)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	source, err := os.MkdirTemp(dir, p.Name+"-source-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(source) }() // what is left is in the way of nothing
	if err := writableCopy(source, cached); err != nil {
		return "", err
	}
	if err := leaveOut(ctx, p, source, log); err != nil {
		return "", err
	}
	if err := run(ctx, source, log, nil, "build", "-mod=mod", "-trimpath", "-ldflags", "-s -w -X "+p.Release, "-o", program, p.Package); err != nil {
		return "", err
	}
	return program, nil
}

// download has the source in Go's module cache, and returns its folder.
func download(ctx context.Context, p Product, log *bytes.Buffer) (string, error) {
	var out bytes.Buffer
	if err := run(ctx, os.TempDir(), log, &out, "mod", "download", "-json", p.Module+"@"+p.Version); err != nil {
		return "", err
	}
	var got struct{ Dir string }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	return got.Dir, nil
}

// writableCopy copies a folder of the module cache, all of which is read-only.
func writableCopy(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), content, 0o644)
	})
}

// leaveOut takes the modules out that the archive lacks, of go.mod and of the
// files that import them.
func leaveOut(ctx context.Context, p Product, source string, log *bytes.Buffer) error {
	var out bytes.Buffer
	if err := run(ctx, source, log, &out, "mod", "edit", "-json"); err != nil {
		return err
	}
	var mod struct {
		Replace []struct{ Old, New struct{ Path string } }
	}
	if err := json.Unmarshal(out.Bytes(), &mod); err != nil {
		return fmt.Errorf("go.mod: %w", err)
	}
	absent := slices.Clone(p.Absent)
	for _, replace := range mod.Replace {
		if !strings.HasPrefix(replace.New.Path, ".") {
			continue
		}
		if _, err := os.Stat(filepath.Join(source, replace.New.Path)); errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, replace.Old.Path)
		}
	}
	for _, module := range absent[len(p.Absent):] {
		if err := run(ctx, source, log, nil, "mod", "edit", "-droprequire="+module, "-dropreplace="+module); err != nil {
			return err
		}
	}
	for name, content := range p.Written {
		if err := os.WriteFile(filepath.Join(source, filepath.FromSlash(name)), []byte(content), 0o644); err != nil {
			return err
		}
	}
	for _, name := range p.Files {
		path := filepath.Join(source, filepath.FromSlash(name))
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		kept, err := Without(content, absent)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(path, kept, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Without returns a Go file without its imports of packages of these modules,
// and without the lines that use them.
func Without(file []byte, modules []string) ([]byte, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "", file, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		for _, module := range modules {
			if path != module && !strings.HasPrefix(path, module+"/") {
				continue
			}
			name := path[strings.LastIndex(path, "/")+1:]
			if spec.Name != nil {
				name = spec.Name.Name
			}
			gone = append(gone, regexp.QuoteMeta(spec.Path.Value), `\b`+regexp.QuoteMeta(name)+`\.`)
		}
	}
	if len(gone) == 0 {
		return file, nil
	}
	uses := regexp.MustCompile(strings.Join(gone, "|"))
	var kept bytes.Buffer
	for line := range bytes.Lines(file) {
		if !uses.Match(line) {
			kept.Write(line)
		}
	}
	return kept.Bytes(), nil
}

// run runs go in a folder. What it prints goes to the log, its answer to out if
// that is not nil.
func run(ctx context.Context, dir string, log, out *bytes.Buffer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	cmd.Stdout, cmd.Stderr = log, log
	if out != nil {
		cmd.Stdout = out
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w: %s", args[0], err, lastLine(log.String()))
	}
	return nil
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}
