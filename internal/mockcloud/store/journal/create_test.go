package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var errDisk = errors.New("the disk fails")

// TestCreateInOrder: a file has its name only after it is synced, and its name is synced,
// too. Whatever fails, the file is there whole or not at all, and nothing lies about.
func TestCreateInOrder(t *testing.T) {
	t.Parallel()
	for failing, want := range map[string][]string{
		"":          {"sync file", "link", "sync folder"},
		"sync file": {"sync file"},
		"link":      {"sync file", "link", "rename", "sync folder"}, // a file system without links
		"rename":    {"sync file", "link", "rename"},
	} {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "key")
			var did []string
			step := func(name string, do error) error {
				if did = append(did, name); name == failing || failing == "rename" && name == "link" {
					return errDisk
				}
				return do
			}
			s := system{
				syncFile: func(string) error { return step("sync file", nil) },
				syncDir:  func(string) error { return step("sync folder", nil) },
				link: func(from, to string) error {
					if err := step("link", nil); err != nil {
						return err
					}
					return os.Link(from, to)
				},
				rename: func(from, to string) error {
					if err := step("rename", nil); err != nil {
						return err
					}
					return os.Rename(from, to)
				},
			}
			err := s.create(path, func(beside string) error { return os.WriteFile(beside, []byte("content"), 0o600) })
			if !slices.Equal(did, want) {
				t.Errorf("%v, want %v", did, want)
			}
			made := want[len(want)-1] == "sync folder"
			if made != (err == nil) || !made && !errors.Is(err, errDisk) {
				t.Errorf("%v", err)
			}
			content, err := os.ReadFile(path)
			if made != (string(content) == "content") || !made && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q, %v", content, err)
			}
			if all, err := os.ReadDir(dir); err != nil || len(all) > 1 || !made && len(all) > 0 {
				t.Errorf("in the folder: %v, %v", all, err)
			}
		})
	}
}

// TestCreateKeeps: a file that is there stays as it is.
func TestCreateKeeps(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	info, err := os.Stat(path)
	content, read := os.ReadFile(path)
	if err != nil || read != nil || string(content) != "first" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v, %v", content, info, err, read)
	}
}
