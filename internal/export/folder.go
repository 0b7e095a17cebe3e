package export

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// The first lines of the files that the command writes. By them it knows its own.
const (
	mark         = "# Written by terraform-provider-prefectsso export."
	markdownMark = "<!-- Written by terraform-provider-prefectsso export. -->"
)

// names are the files that the command ever writes. Another export takes away those that it does not write.
var names = []string{
	"README.md", "directories.tf", "domains.tf", "identity_providers.tf", "imports.tf", "members.tf", "removed.tf",
	"session_policy.tf", "teams.tf", "versions.tf",
}

// checkFolder refuses a folder with files, unless force is set. Then it returns the files of an earlier export, and
// refuses one that has the name of ours and is not. Beside a configuration, only the files of an earlier export want force.
func checkFolder(folder string, force, beside bool) (old []string, err error) {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, checkWritable(folder)
	case err != nil:
		return nil, fmt.Errorf("could not look into the folder: %w", err)
	case len(entries) > 0 && !force && !beside:
		return nil, fmt.Errorf("the folder %s is not empty, and nothing in it is overwritten: take another one, or --force, which replaces the files of an earlier export", folder)
	}
	var foreign []string
	for _, e := range entries {
		name, prefixed := strings.CutPrefix(e.Name(), besidePrefix)
		if prefixed != beside || !slices.Contains(names, name) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("could not look into the folder: %w", err)
		}
		if !e.Type().IsRegular() || !bytes.HasPrefix(content, []byte(mark)) && !bytes.HasPrefix(content, []byte(markdownMark)) {
			foreign = append(foreign, e.Name())
			continue
		}
		old = append(old, e.Name())
	}
	if foreign != nil {
		return nil, fmt.Errorf("%s in %s: no earlier export wrote that, and it stays as it is. Take another folder", english.And(foreign), folder)
	}
	if old != nil && !force {
		return nil, fmt.Errorf("the folder %s has an earlier export (%s), and nothing in it is overwritten: take another one, or --force, which replaces it", folder, english.And(old))
	}
	return old, checkWritable(folder)
}

// checkWritable makes sure that files can be made in a folder, or where it will be: reading a large account takes minutes,
// which are lost if that turns out at the end.
func checkWritable(folder string) error {
	at := filepath.Clean(folder)
	for {
		_, err := os.Stat(at)
		parent := filepath.Dir(at)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || parent == at {
			break
		}
		at = parent
	}
	temp, err := os.CreateTemp(at, ".export-*")
	if err != nil {
		var of *fs.PathError
		if errors.As(err, &of) { // the file is none of theirs
			err = of.Err
		}
		return fmt.Errorf("nothing can be written into %s: %w", at, err)
	}
	return errors.Join(temp.Close(), os.Remove(temp.Name()))
}

// writeFolder writes files, each whole, after all of them have found place, and removes the old ones that are none of
// them. What fails before that leaves the folder as it was.
func writeFolder(folder string, files map[string][]byte, old []string) (err error) {
	_, missing := os.Stat(folder)
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // for others to read, as the files are
		return fmt.Errorf("could not make the folder: %w", err)
	}
	staged := map[string]string{}
	defer func() {
		for _, name := range staged {
			err = errors.Join(err, os.Remove(name))
		}
		if err != nil && missing != nil {
			_ = os.Remove(folder) // only where it is empty
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		temp, err := stage(folder, files[name])
		if temp != "" {
			staged[name] = temp
		}
		if err != nil {
			return fmt.Errorf("could not write %s: %w", filepath.Join(folder, name), err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.Rename(staged[name], filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("could not write %s: %w", filepath.Join(folder, name), err)
		}
		delete(staged, name)
	}
	for _, name := range old {
		if files[name] == nil {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return fmt.Errorf("could not remove the file of an earlier export: %w", err)
			}
		}
	}
	return nil
}

// stage writes a temporary file beside where it will be.
func stage(folder string, content []byte) (name string, err error) {
	temp, err := os.CreateTemp(folder, ".export-*")
	if err != nil {
		return "", err
	}
	_, err = temp.Write(content)
	return temp.Name(), errors.Join(err, temp.Chmod(0o644), temp.Close())
}
