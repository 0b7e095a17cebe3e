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
// The first write that fails is the last one: the journal then refuses all others.
package journal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
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
	db     *bbolt.DB
	sum    uint64
	failed func(error)

	wake  chan struct{}
	ended chan struct{}

	mu     sync.Mutex
	closed bool
	err    error  // of the write that failed
	next   *group // waits to be written; nil for none
	latest *group // the one that was queued last, written or not
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
// the file itself: they must not be written to, and are gone when fn returns.
func (j *Journal) Load(fn func(table string, rows []Row) error) error {
	return j.db.View(func(tx *bbolt.Tx) error { return eachTable(tx, fn) })
}

func eachTable(tx *bbolt.Tx, fn func(table string, rows []Row) error) error {
	return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		if bytes.Equal(name, headerBucket) {
			return nil
		}
		var rows []Row
		if err := b.ForEach(func(key, value []byte) error {
			rows = append(rows, Row{key, value})
			return nil
		}); err != nil || rows == nil {
			return err
		}
		return fn(string(name), rows)
	})
}

// Read lets fn look up rows of a table as the file has them: what is queued is not yet
// there. What get gives lies in the file itself, as with Load; nil is no row. It is
// fastest for keys in their order.
func (j *Journal) Read(table string, fn func(get func(key []byte) []byte) error) error {
	return j.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(table))
		if b == nil {
			return fn(func([]byte) []byte { return nil })
		}
		rows := b.Cursor()
		return fn(func(key []byte) []byte {
			found, value := rows.Next()
			if !bytes.Equal(found, key) {
				found, value = rows.Seek(key)
			}
			if !bytes.Equal(found, key) {
				return nil
			}
			return value
		})
	})
}

// Append queues a batch. What it gives waits until the batch, and all that was
// queued before it, is on the disk. An empty batch only waits: who saw the change
// of another must not tell of it before that is safe.
func (j *Journal) Append(b Batch) (wait func() error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.refusal(); err != nil {
		return func() error { return err }
	}
	if b.Reset || len(b.Changes) > 0 {
		if j.next == nil {
			j.next = &group{done: make(chan struct{})}
			j.latest = j.next
			j.wake <- struct{}{} // has room: it holds one, and is empty when next is nil
		}
		j.next.batches = append(j.next.batches, b)
	}
	g := j.latest
	return func() error {
		<-g.done
		return g.err
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
		j.closed = true
		close(j.wake)
	}
	j.mu.Unlock()
	<-j.ended
	return j.db.Close() // closing twice is fine
}

// run writes groups until the journal is closed.
func (j *Journal) run() {
	defer close(j.ended)
	for range j.wake {
		g := j.take()
		if g.err == nil {
			g.err = j.write(g.batches)
			if g.err != nil {
				j.fail(g.err)
			}
		}
		close(g.done)
	}
}

// take gives the group to be written, with the error of an earlier write.
func (j *Journal) take() *group {
	j.mu.Lock()
	defer j.mu.Unlock()
	g := j.next
	j.next, g.err = nil, j.err
	return g
}

// fail lets nothing more be written, and tells the owner before those who wait
// learn of it.
func (j *Journal) fail(err error) {
	j.mu.Lock()
	j.err = err
	j.mu.Unlock()
	j.failed(err)
}

// write makes one transaction of the file out of many batches.
func (j *Journal) write(batches []Batch) error {
	reset, changes := latest(batches)
	sum := j.sum
	err := j.db.Update(func(tx *bbolt.Tx) error {
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
	if err != nil {
		return fmt.Errorf("state file %s cannot be written: %w", j.db.Path(), err)
	}
	j.sum = sum
	return nil
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
