// Package journal keeps rows in a file, so that what was written outlives the
// process. The file is a bbolt database with a bucket for each table.
//
// Batches are queued in the order of commits. One goroutine writes all that are
// queued in one transaction of the file, and with one sync, so many writers share
// what a sync costs. A batch is in the file whole or not at all, and never
// without those before it.
//
// The file carries a checksum over all of its rows, which every write keeps up to
// date: a file that does not add up is refused, as is one that is not a journal or
// is of another version. What is refused is left as it was found.
//
// bbolt takes pages at their word. So a file is read by code of our own before bbolt may
// open it (meta.go, pages.go), and what bbolt makes of one that is damaged later on is
// an error (fault.go).
//
// The first write that fails is the last one: the journal then refuses all others. So it
// does when the file is gone, was replaced or cut, or when a read finds damage.
package journal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// ErrClosed is the error of a journal that takes nothing more since it was closed.
var ErrClosed = errors.New("the state file is closed")

// Change is a row that is put or, with a nil Value, taken away.
type Change struct {
	Table      string
	Key, Value []byte
}

// Batch is what one transaction changed.
type Batch struct {
	// Reset says that nothing of what was before stays.
	Reset   bool
	Changes []Change
}

// Row is a row of a table as it lies in the file.
type Row struct{ Key, Value []byte }

// Journal is an open file. Use Open.
type Journal struct {
	path    string
	options Options
	db      *bbolt.DB
	file    *os.File // is bbolt's

	// sum and known are what the last write left: the checksum, and what the file was.
	sum   uint64
	known os.FileInfo

	wake  chan struct{}
	ended chan struct{}

	mu     sync.Mutex
	closed bool
	err    error  // why nothing is written any more
	next   *group // waits to be written; nil for none
	latest *group // the one that was queued last, written or not
	woken  bool   // the writer was told of next
}

// group is the batches that are written together.
type group struct {
	batches []Batch
	done    chan struct{}
	err     error // good once done is closed
}

// errFound ends a search.
var errFound = errors.New("found")

// Empty says whether the file has no rows yet.
func (j *Journal) Empty() (empty bool, err error) {
	if err = j.Load(func(string, []Row) error { return errFound }); errors.Is(err, errFound) {
		return false, nil
	}
	return err == nil, err
}

// Load hands out the rows of each table in the order of their keys. They lie in
// the file itself: they must not be written to, and are gone when fn returns. What reads
// them in another goroutine has to be Faultless.
func (j *Journal) Load(fn func(table string, rows []Row) error) error {
	return j.view(func(tx *bbolt.Tx) error {
		var names []string
		if err := guarded(func() (err error) {
			names, err = tables(tx, j.sum)
			return err
		}); err != nil {
			return err
		}
		for _, name := range names {
			var rows []Row
			if err := guarded(func() (err error) {
				rows, err = rowsOf(tx, name)
				return err
			}); err != nil {
				return err
			}
			if rows == nil {
				continue
			}
			if err := Faultless(func() error { return fn(name, rows) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// tables gives the names of all tables of a file that has a checksum.
func tables(tx *bbolt.Tx, sum uint64) (names []string, err error) {
	if err := isAt(tx, sum); err != nil {
		return nil, err
	}
	return names, tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !bytes.Equal(name, headerBucket) {
			names = append(names, string(name))
		}
		return nil
	})
}

// isAt says whether the file is where the last write left it: when a meta page is
// damaged, bbolt goes back to the write before without a word.
func isAt(tx *bbolt.Tx, sum uint64) error {
	found, err := header(tx)
	if err == nil && found != sum {
		err = damaged("the last write is no longer in it")
	}
	return err
}

func rowsOf(tx *bbolt.Tx, table string) (rows []Row, err error) {
	b := tx.Bucket([]byte(table))
	if b == nil {
		return nil, damaged("a table is gone")
	}
	return rows, b.ForEach(func(key, value []byte) error {
		rows = append(rows, Row{key, value})
		return nil
	})
}

// Read lets fn look up rows of a table as the file has them: what is queued is not yet
// there. What get gives lies in the file itself, as with Load; nil is no row. It is
// fastest for keys in their order.
func (j *Journal) Read(table string, fn func(get func(key []byte) []byte) error) error {
	return j.view(func(tx *bbolt.Tx) error {
		var rows *bbolt.Cursor
		if err := guarded(func() error {
			if b := tx.Bucket([]byte(table)); b != nil {
				rows = b.Cursor()
			}
			return nil
		}); err != nil {
			return err
		}
		var harm error
		err := Faultless(func() error {
			return fn(func(key []byte) (row []byte) {
				if rows == nil || harm != nil {
					return nil
				}
				harm = guarded(func() error {
					row = find(rows, key)
					return nil
				})
				return row
			})
		})
		return cmp.Or(harm, err)
	})
}

// find gives the row with a key, which is looked for after the one that was found last.
func find(rows *bbolt.Cursor, key []byte) []byte {
	found, value := rows.Next()
	if !bytes.Equal(found, key) {
		found, value = rows.Seek(key)
	}
	if !bytes.Equal(found, key) {
		return nil
	}
	return value
}

// Append queues a batch. What it gives waits until the batch, and all that was
// queued before it, is on the disk. An empty batch only waits: who saw the change
// of another must not tell of it before that is safe.
func (j *Journal) Append(b Batch) (wait func() error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.rouse()
	return j.queue(b)
}

// Queue is Append for a batch that is not written yet: Flush, or the next Append of
// anybody, has it written together with all that was queued. Until then what it gives
// waits.
func (j *Journal) Queue(b Batch) (wait func() error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.queue(b)
}

// Flush has what is queued written.
func (j *Journal) Flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rouse()
}

func (j *Journal) queue(b Batch) (wait func() error) {
	if err := j.refusal(); err != nil {
		return func() error { return err }
	}
	if b.Reset || len(b.Changes) > 0 {
		if j.next == nil {
			j.next = &group{done: make(chan struct{})}
			j.latest = j.next
		}
		j.next.batches = append(j.next.batches, b)
	}
	g := j.latest
	return func() error {
		<-g.done
		return g.err
	}
}

// rouse tells the writer of what is queued.
func (j *Journal) rouse() {
	if j.next != nil && !j.woken && !j.closed {
		j.woken = true
		j.wake <- struct{}{} // has room: it holds one, which is taken before woken is false again
	}
}

// Err is why nothing more can be written; nil while it can.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.refusal()
}

func (j *Journal) refusal() error {
	if j.err == nil && j.closed {
		return ErrClosed
	}
	return j.err
}

// Close writes what is queued and closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	if !j.closed {
		j.rouse()
		j.closed = true
		close(j.wake)
	}
	j.mu.Unlock()
	<-j.ended
	return j.db.Close() // closing twice is fine
}

// run writes groups until the journal is closed. Of those that are not written the owner
// is told once, before those who wait learn of it.
func (j *Journal) run() {
	defer close(j.ended)
	told := false
	for range j.wake {
		g := j.take()
		if g.err == nil {
			if g.err = j.write(g.batches); g.err != nil {
				j.end(g.err)
			}
		}
		if g.err != nil && !told {
			told = true
			j.options.Failed(g.err)
		}
		close(g.done)
	}
}

// take gives the group to be written, with the reason why it cannot be.
func (j *Journal) take() *group {
	j.mu.Lock()
	defer j.mu.Unlock()
	g := j.next
	j.next, j.woken, g.err = nil, false, j.err
	return g
}

// end lets nothing more be written, and says so once.
func (j *Journal) end(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return
	}
	j.err = err
	j.options.Logger.Error("the server can keep no more changes; it answers them with 503, and goes on answering reads", "error", err.Error())
}

// write makes one transaction of the file out of many batches.
func (j *Journal) write(batches []Batch) error {
	err := j.untouched()
	if err == nil {
		reset, changes := latest(batches)
		err = j.commit(reset, changes)
	}
	if err == nil {
		err = j.remember()
	}
	if err != nil {
		return fmt.Errorf("state file %s cannot be written: %w", j.path, err)
	}
	return nil
}

func (j *Journal) commit(reset bool, changes []Change) error {
	sum := j.sum
	err := j.update(func(tx *bbolt.Tx) error {
		if err := isAt(tx, sum); err != nil {
			return err
		}
		if reset {
			sum = 0
			if err := dropTables(tx); err != nil {
				return err
			}
		}
		for rest := changes; len(rest) > 0; {
			table := rest[0].Table
			end := slices.IndexFunc(rest, func(c Change) bool { return c.Table != table })
			if end < 0 {
				end = len(rest)
			}
			if err := writeTable(tx, rest[:end], &sum); err != nil {
				return err
			}
			rest = rest[end:]
		}
		return putHeader(tx, sum)
	})
	if err == nil {
		j.sum = sum
	}
	return err
}

// writeTable makes changes of one table, in the order of their keys, and keeps the
// checksum up to date.
func writeTable(tx *bbolt.Tx, changes []Change, sum *uint64) error {
	table := changes[0].Table
	b, err := tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return err
	}
	// Where rows come in the order of their keys, nothing comes into a page later on:
	// half of it need not be left free.
	if last, _ := b.Cursor().Last(); bytes.Compare(changes[len(changes)-1].Key, last) > 0 {
		b.FillPercent = 1
	}
	for _, c := range changes {
		if old := b.Get(c.Key); old != nil {
			*sum ^= rowSum(table, c.Key, old)
		}
		if c.Value == nil {
			err = b.Delete(c.Key)
		} else {
			*sum ^= rowSum(table, c.Key, c.Value)
			err = b.Put(c.Key, c.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// latest keeps the last change of each row, in the order of tables and keys, in
// which bbolt takes many rows fastest.
func latest(batches []Batch) (reset bool, changes []Change) {
	for _, b := range batches {
		if b.Reset {
			reset, changes = true, nil
		}
		changes = append(changes, b.Changes...)
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), bytes.Compare(a.Key, b.Key))
	})
	last := changes[:0]
	for i, c := range changes {
		if i+1 < len(changes) && changes[i+1].Table == c.Table && bytes.Equal(changes[i+1].Key, c.Key) {
			continue
		}
		last = append(last, c)
	}
	return reset, last
}

func dropTables(tx *bbolt.Tx) error {
	var names [][]byte
	if err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if !bytes.Equal(name, headerBucket) {
			names = append(names, bytes.Clone(name))
		}
		return nil
	}); err != nil {
		return err
	}
	for _, name := range names {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
	}
	return nil
}

// rowSum is one row's part of the checksum, which is all parts combined by XOR:
// a row's part can be taken out of it and put into it, in any order.
func rowSum(table string, key, value []byte) uint64 {
	h := fnv.New64a()
	for _, part := range [][]byte{[]byte(table), key, value} {
		// A hash's Write never fails.
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = h.Write(part)
	}
	return h.Sum64()
}
