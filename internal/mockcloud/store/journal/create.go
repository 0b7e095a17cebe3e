package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// system is what makes a file last; tests put faults in its place.
type system struct {
	syncFile, syncDir func(path string) error
	link, rename      func(from, to string) error
}

var realSystem = system{syncFile: syncFile, syncDir: syncDir, link: os.Link, rename: os.Rename}

// Create makes a file that only its owner may read. It is there whole or not at all,
// whenever the machine fails, and stays once Create has returned: it is written under
// another name, synced and then given its own. A file that is there already stays, and
// the error is fs.ErrExist.
func Create(path string, content []byte) error {
	return realSystem.create(path, func(beside string) error { return os.WriteFile(beside, content, 0o600) })
}

// create lets fill write a file beside path, which is empty and has mode 0600.
func (s system) create(path string, fill func(beside string) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	beside := file.Name()
	defer func() {
		if gone := os.Remove(beside); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := errors.Join(file.Close(), fill(beside)); err != nil {
		return err
	}
	if err := s.syncFile(beside); err != nil {
		return err
	}
	if err := s.name(beside, path); err != nil {
		return err
	}
	return s.syncDir(filepath.Dir(path))
}

// name gives a file its name, unless there is one of that name.
func (s system) name(beside, path string) error {
	// A link never takes the place of a file. Not every file system has it.
	err := s.link(beside, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	return s.rename(beside, path)
}

// setAside gives a file another name, which it returns.
func (s system) setAside(path string) (aside string, err error) {
	for n := 1; ; n++ {
		aside = fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
	}
	if err := s.rename(path, aside); err != nil {
		return "", err
	}
	return aside, s.syncDir(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// syncDir makes the names in a folder last. Windows has no such thing.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
