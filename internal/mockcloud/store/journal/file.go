package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Why a file is refused. All of them name the file in what they say.
var (
	ErrInUse   = errors.New("it is in use by another process")
	ErrForeign = errors.New("it is not a state file of mockcloud")
	ErrVersion = errors.New("it was written by another version of mockcloud")
	ErrDamaged = errors.New("it is damaged")
)

// version is that of what the tables hold. A change that a program of before
// would misread makes it another one.
const version = "1"

// The header says that the file is a journal.
var (
	headerBucket = []byte("mockcloud")
	versionKey   = []byte("version")
	sumKey       = []byte("checksum")
)

// lockTimeout is how long to wait for a file that another process has open: one
// that just ends may still hold it.
const lockTimeout = time.Second

// Open opens a file, or makes a new one that only its owner may read. An empty
// file counts as a new one. failed is told of the write that fails, before those
// who wait for it.
func Open(path string, failed func(error)) (*Journal, error) {
	j := &Journal{failed: failed, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := j.open(path); err != nil {
		return nil, refused(path, err)
	}
	j.latest = &group{done: make(chan struct{})}
	close(j.latest.done)
	go j.run()
	return j, nil
}

func (j *Journal) open(path string) (err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return ErrForeign
	case info.Size() > 0:
		if err := inspect(path); err != nil {
			return err
		}
	}
	// The list of free pages is made anew from the pages in use: one thing less
	// to write each time, and to be damaged.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return ErrInUse
	}
	if err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(path, 0o600), db.Update(func(tx *bbolt.Tx) (err error) {
		if isNew(tx) {
			return putHeader(tx, 0)
		}
		j.sum, err = header(tx)
		return err
	})); err != nil {
		return errors.Join(err, db.Close())
	}
	j.db = db
	return nil
}

// inspect reads a whole file without writing to it. bbolt panics where pages make
// no sense, and a file that is too short ends in a fault of memory: here both are
// errors, and what has passed is safe to open.
func inspect(path string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockTimeout})
	var system *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, bolterrors.ErrInvalid):
		return ErrForeign
	case errors.As(err, &system):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(check)
}

// check says whether a file's rows add up to its checksum.
func check(tx *bbolt.Tx) error {
	if isNew(tx) {
		return nil
	}
	want, err := header(tx)
	if err != nil {
		return err
	}
	var sum uint64
	if err := eachTable(tx, func(table string, rows []Row) error {
		for _, row := range rows {
			sum ^= rowSum(table, row.Key, row.Value)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if sum != want {
		return fmt.Errorf("%w: its rows do not add up to its checksum", ErrDamaged)
	}
	return nil
}

// isNew says whether a file has nothing at all in it, as one has whose making
// was interrupted.
func isNew(tx *bbolt.Tx) bool {
	name, _ := tx.Cursor().First()
	return name == nil
}

// header reads the checksum of a file of this version.
func header(tx *bbolt.Tx) (sum uint64, err error) {
	b := tx.Bucket(headerBucket)
	if b == nil {
		return 0, ErrForeign
	}
	if v := b.Get(versionKey); string(v) != version {
		return 0, fmt.Errorf("%w: its format is %s, this one reads %s", ErrVersion, strconv.Quote(string(v)), version)
	}
	raw := b.Get(sumKey)
	if len(raw) != 8 {
		return 0, fmt.Errorf("%w: it has no checksum", ErrDamaged)
	}
	return binary.BigEndian.Uint64(raw), nil
}

func putHeader(tx *bbolt.Tx, sum uint64) error {
	b, err := tx.CreateBucketIfNotExists(headerBucket)
	if err != nil {
		return err
	}
	return errors.Join(b.Put(versionKey, []byte(version)), b.Put(sumKey, binary.BigEndian.AppendUint64(nil, sum)))
}

// refused says in one sentence which file is refused and what to do.
func refused(path string, err error) error {
	const left = "state file %s: %w. It was left as it is; "
	switch {
	case errors.Is(err, ErrInUse):
		return fmt.Errorf(left+"stop that process first, or give another file", path, err)
	case errors.Is(err, ErrForeign):
		return fmt.Errorf(left+"give another file", path, err)
	case errors.Is(err, ErrVersion):
		return fmt.Errorf(left+"use that version, or give a new file", path, err)
	case errors.Is(err, ErrDamaged):
		return fmt.Errorf(left+"put a copy from before in its place, or give a new file", path, err)
	}
	return fmt.Errorf("state file %s cannot be opened: %w", path, err)
}
