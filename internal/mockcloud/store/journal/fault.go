package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// guarded runs what bbolt does. It panics where pages make no sense, and reading pages
// that a file no longer has is a fault of memory: here both are ErrDamaged.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = damaged("its pages make no sense any more")
		}
	}()
	return fn()
}

// Faultless runs fn, which reads rows as they lie in the file. Where they are no longer
// there its error is ErrDamaged. Other panics go on: they are not the file's. It goes
// for one goroutine: what fn starts needs it, too.
func Faultless(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if _, isFault := p.(interface{ Addr() uintptr }); !isFault {
			panic(p)
		}
		err = damaged("its pages cannot be read any more")
	}()
	return fn()
}

// view runs fn on what the file has. Damage that it finds ends all writes: what would
// be written could not be read again.
func (j *Journal) view(fn func(*bbolt.Tx) error) error {
	err := j.whole()
	if err == nil {
		err = j.db.View(fn)
	}
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("state file %s cannot be read: %w", j.path, err)
		j.end(err)
	}
	return err
}

// update is bbolt's, but for a transaction that panics: bbolt would read all pages for
// it once more, in a goroutine where a panic ends the program.
func (j *Journal) update(fn func(*bbolt.Tx) error) error {
	if err := j.whole(); err != nil {
		return err
	}
	return guarded(func() error {
		tx, err := j.db.Begin(true)
		if err != nil {
			return err
		}
		defer func() {
			if tx.DB() != nil { // neither committed nor rolled back
				_ = tx.Rollback() // what failed says more
			}
		}()
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// whole says whether bbolt may begin a transaction: without a whole meta page it would
// panic with its locks held. A file that is closed is bbolt's to tell.
func (j *Journal) whole() error {
	if _, err := j.file.Stat(); errors.Is(err, os.ErrClosed) {
		return nil
	}
	if len(readMetas(j.file).valid) == 0 {
		return damaged("neither of its two beginnings is whole any more")
	}
	return nil
}

// remember notes what the file is before the next write.
func (j *Journal) remember() (err error) {
	j.known, err = j.file.Stat()
	return err
}

// untouched says whether the file is still the one that was written last. What is
// written to a file that is gone or was replaced is lost, and one that is shorter has
// lost something.
func (j *Journal) untouched() error {
	now, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it is gone")
	case err != nil:
		return err
	case !os.SameFile(now, j.known):
		return errors.New("another file has taken its place")
	case now.Size() < j.known.Size():
		return fmt.Errorf("%w: it was cut from %d to %d bytes", ErrDamaged, j.known.Size(), now.Size())
	}
	return nil
}
