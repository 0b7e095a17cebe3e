package stage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// source is the provider's address, and versions is how the builds are numbered in a mirror.
const (
	source   = "registry.terraform.io/prefectsso/prefectsso"
	versions = "0.1."
)

// Mirror is a folder from which Terraform takes the provider that was just built, and
// no other one.
type Mirror struct {
	// Dir is the folder. It holds the CLI configuration and the builds.
	Dir string
}

// CLIConfig is the path of the CLI configuration, for TF_CLI_CONFIG_FILE.
func (m Mirror) CLIConfig() string { return filepath.Join(m.Dir, "terraform.tfrc") }

// platform is the folder of one build.
func (m Mirror) platform(number int) string {
	return filepath.Join(m.root(), versions+strconv.Itoa(number), runtime.GOOS+"_"+runtime.GOARCH)
}

// root is the folder that has one folder a version.
func (m Mirror) root() string { return filepath.Join(m.Dir, "plugins", filepath.FromSlash(source)) }

// Put takes a build of the provider into the mirror. A build that differs from the newest
// one there gets a version of its own: lock files of Terraform know the old one by its
// hash, and `terraform init -upgrade` goes on to the new one. The one before stays for
// those that do not.
func (m Mirror) Put(provider string) error {
	built, err := os.ReadFile(provider)
	if err != nil {
		return fmt.Errorf("could not take the built provider: %w (make build gives it)", err)
	}
	numbers, err := m.builds()
	if err != nil {
		return err
	}
	next := 1
	if len(numbers) > 0 {
		newest := numbers[len(numbers)-1]
		have, err := os.ReadFile(filepath.Join(m.platform(newest), filepath.Base(provider)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		next = newest
		if !bytes.Equal(have, built) {
			next++
		}
	}
	if !slices.Contains(numbers, next) {
		if err := CopyFile(filepath.Join(m.platform(next), filepath.Base(provider)), provider); err != nil {
			return err
		}
	}
	for _, old := range numbers {
		if old < next-1 {
			if err := os.RemoveAll(filepath.Dir(m.platform(old))); err != nil {
				return err
			}
		}
	}
	config := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %s\n  }\n}\n", hclString(filepath.Join(m.Dir, "plugins")))
	return os.WriteFile(m.CLIConfig(), []byte(config), 0o600)
}

// builds are the numbers of the builds in the mirror, the newest last.
func (m Mirror) builds() ([]int, error) {
	entries, err := os.ReadDir(m.root())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, entry := range entries {
		number, err := strconv.Atoi(strings.TrimPrefix(entry.Name(), versions))
		if err != nil {
			return nil, fmt.Errorf("expected versions such as %s1 in %s, found %s; remove the folder to begin anew", versions, m.root(), entry.Name())
		}
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers, nil
}

// hclString quotes a path for HCL, which knows escapes and templates.
func hclString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `$${`, `%{`, `%%{`).Replace(s) + `"`
}

// CopyFile copies a file with its mode, and makes the folder it goes to. A file that is
// there already is an error.
func CopyFile(to, from string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	_, err = io.Copy(dst, src)
	return err
}

// Quote quotes a word for a POSIX shell, where it needs that.
func Quote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@,+"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
