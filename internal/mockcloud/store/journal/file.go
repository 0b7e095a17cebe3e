package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
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
	// ErrEmpty is of a file that has a key and nothing else: what it had is lost.
	ErrEmpty = errors.New("it is empty, although it has a key")
	// ErrInhabited is of a file that was to begin anew, and has a state.
	ErrInhabited = errors.New("it has a state, which a new one would take the place of")
)

// errBlank is of a file without anything in it.
var errBlank = errors.New("it is empty")

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

// Options say how a file is opened.
type Options struct {
	// Keyed says that there is a key for the file. One that is there and has nothing in
	// it is then no new one, but one that lost what it had.
	Keyed bool
	// New begins anew with a file that is empty or damaged. What was there is kept under
	// another name. A file with a state is refused.
	New bool
	// Failed is told that what is queued was not written, before those who wait for it.
	Failed func(error)
	// Logger is told of what is not as it should be; nil for none.
	Logger *slog.Logger
}

// Open opens a file, or makes a new one that only its owner may read. An empty
// file counts as a new one, unless it has a key. What is refused is not changed.
func Open(path string, o Options) (*Journal, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	j := &Journal{path: path, options: o, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := j.open(); err != nil {
		return nil, refused(path, err)
	}
	j.latest = &group{done: make(chan struct{})}
	close(j.latest.done)
	go j.run()
	return j, nil
}

func (j *Journal) open() error {
	blank, err := j.admit()
	if err != nil {
		return err
	}
	if err := os.Chmod(j.path, 0o600); err != nil {
		return err
	}
	// The list of free pages is made anew from the pages in use: one thing less
	// to write each time, and to be damaged.
	err = guarded(func() (err error) {
		j.db, err = bbolt.Open(j.path, 0o600, &bbolt.Options{
			Timeout: lockTimeout, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, OpenFile: j.openFile,
		})
		return err
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return ErrInUse
	}
	if err != nil {
		return err
	}
	if err := j.begin(blank); err != nil {
		return errors.Join(err, j.db.Close())
	}
	return nil
}

// openFile lets bbolt open the file that was looked at, and make none.
func (j *Journal) openFile(name string, flag int, mode os.FileMode) (file *os.File, err error) {
	j.file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
	return j.file, err
}

// begin takes over what the file has.
func (j *Journal) begin(blank bool) (err error) {
	if blank {
		err = j.update(func(tx *bbolt.Tx) error { return putHeader(tx, 0) })
	} else {
		err = j.view(func(tx *bbolt.Tx) (err error) {
			j.sum, err = header(tx)
			return err
		})
	}
	if err != nil {
		return err
	}
	return j.remember()
}

// admit says whether a file may be opened, and whether it is blank. A file that is not
// there is made; one that is damaged is set aside where that is asked for.
func (j *Journal) admit() (blank bool, err error) {
	info, err := os.Stat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, j.make()
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, ErrForeign
	}
	err = j.inspect()
	isBlank := errors.Is(err, errBlank)
	switch {
	case isBlank && (!j.options.Keyed || j.options.New && info.Size() == 0):
		return true, nil
	case j.options.New && (isBlank || errors.Is(err, ErrDamaged)):
		aside, failed := realSystem.setAside(j.path)
		if failed != nil {
			return false, failed
		}
		j.options.Logger.Warn("a damaged state file was set aside, and a new state begins", "file", j.path, "kept_as", aside, "why", err.Error())
		return false, j.make()
	case isBlank:
		return false, ErrEmpty
	}
	return false, err
}

// make makes a new file. Where another process makes one at the same time, that one
// stays, and is in use.
func (j *Journal) make() error {
	err := realSystem.create(j.path, func(beside string) error {
		db, err := bbolt.Open(beside, 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
		if err != nil {
			return err
		}
		return errors.Join(db.Update(func(tx *bbolt.Tx) error { return putHeader(tx, 0) }), db.Close())
	})
	if errors.Is(err, fs.ErrExist) {
		return ErrInUse
	}
	return err
}

// inspect reads a whole file without changing it, and without bbolt, for which what has
// passed is safe.
func (j *Journal) inspect() (err error) {
	file, err := os.Open(j.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := usable(file); err != nil {
		return err
	}
	// bbolt's lock keeps others from writing meanwhile.
	locked, err := lock(j.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, locked.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	found := readMetas(file)
	if len(found.valid) == 0 {
		return damaged("neither of its two beginnings is whole")
	}
	if found.torn {
		return damaged("its two beginnings do not belong together")
	}
	inhabited, err := check(file, info.Size(), found.valid[0])
	if err != nil {
		return err
	}
	if inhabited && j.options.New {
		return ErrInhabited
	}
	if len(found.valid) == 1 {
		j.options.Logger.Warn("one of the two beginnings of the state file is damaged: the last write may be missing", "file", j.path)
	}
	return nil
}

// usable says whether a file has a beginning.
func usable(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errBlank
	}
	found := readMetas(file)
	if len(found.valid) > 0 {
		return nil
	}
	head := make([]byte, pageHeader)
	n, err := file.ReadAt(head, 0)
	if err != nil && n == 0 {
		return err
	}
	if found.traces || remains(head[:n]) {
		return damaged("neither of its two beginnings is whole")
	}
	return ErrForeign
}

// remains says whether a file begins as a state file does, or was overwritten with
// zeros.
func remains(head []byte) bool {
	for i, c := range head {
		isFlag := i == 8 || i == 9 // of a meta page: 4
		if c != 0 && (!isFlag || c != 4) {
			return false
		}
	}
	return true
}

// lock waits until no other process has the file open to write.
func lock(path string) (db *bbolt.DB, err error) {
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockTimeout})
		return err
	})
	var system *fs.PathError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrInUse
	case errors.As(err, &system), err == nil:
		return db, err
	}
	return nil, damaged("it is cut off at its beginning")
}

// check reads all pages that are in use, and says whether the rows add up to the
// checksum, and whether there are any.
func check(file *os.File, size int64, m meta) (inhabited bool, err error) {
	w, err := newWalker(file, size, m)
	if err != nil {
		return false, damaged(err.Error())
	}
	tables, err := w.buckets()
	if err != nil {
		return false, damaged(err.Error())
	}
	if len(tables) == 0 {
		return false, errBlank
	}
	head := make(map[string][]byte)
	known := false
	var sum uint64
	for _, table := range tables {
		isHeader := string(table.name) == string(headerBucket)
		known = known || isHeader
		if err := w.rows(table, func(key, value []byte) {
			if isHeader {
				head[string(key)] = append([]byte{}, value...)
				return
			}
			inhabited = true
			sum ^= rowSum(string(table.name), key, value)
		}); err != nil {
			return false, damaged(err.Error())
		}
	}
	if err := w.freelist(); err != nil {
		return false, damaged(err.Error())
	}
	if !known {
		return false, ErrForeign
	}
	want, err := parseHeader(func(key []byte) []byte { return head[string(key)] })
	if err != nil {
		return false, err
	}
	if sum != want {
		return false, damaged("its rows do not add up to its checksum")
	}
	return inhabited, nil
}

func damaged(how string) error { return fmt.Errorf("%w: %s", ErrDamaged, how) }

// header reads the checksum of a file of this version.
func header(tx *bbolt.Tx) (sum uint64, err error) {
	b := tx.Bucket(headerBucket)
	if b == nil {
		return 0, ErrForeign
	}
	return parseHeader(b.Get)
}

func parseHeader(get func(key []byte) []byte) (sum uint64, err error) {
	if v := get(versionKey); string(v) != version {
		return 0, fmt.Errorf("%w: its format is %s, this one reads %s", ErrVersion, strconv.Quote(string(v)), version)
	}
	raw := get(sumKey)
	if len(raw) != 8 {
		return 0, damaged("it has no checksum")
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
	const anew = "put a copy from before in its place, or begin anew with --state-new, which keeps the file under another name"
	switch {
	case errors.Is(err, ErrInUse):
		return fmt.Errorf(left+"stop that process first, or give another file", path, err)
	case errors.Is(err, ErrForeign):
		return fmt.Errorf(left+"give another file", path, err)
	case errors.Is(err, ErrVersion):
		return fmt.Errorf(left+"use that version, or give a new file", path, err)
	case errors.Is(err, ErrInhabited):
		return fmt.Errorf(left+"leave out --state-new to go on with it, or move it away", path, err)
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrEmpty):
		return fmt.Errorf(left+anew, path, err)
	}
	return fmt.Errorf("state file %s cannot be opened: %w", path, err)
}
