package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kinds of pages and flags of rows in a bbolt file.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketRow    = 0x01
	elementSize  = 16
	bucketHeader = 16
)

// walker reads the tree of a bbolt file, without mapping the file and without bbolt,
// which takes pages at their word: it panics, reads past the end or goes round in
// circles. What has been walked to its end is safe for bbolt.
type walker struct {
	r    io.ReaderAt
	meta meta
	// seen are the pages that something refers to: each has one place only.
	seen []bool
	// leaf holds one leaf page, last the last key that was seen.
	leaf, last []byte
	any        bool
}

// newWalker begins with a file of a size.
func newWalker(r io.ReaderAt, size int64, m meta) (*walker, error) {
	if m.pages < firstDataPage || m.pages > uint64(size/m.pageSize) {
		return nil, fmt.Errorf("it is cut off: it has %d bytes and should have %d or more", size, m.pages*uint64(m.pageSize))
	}
	return &walker{r: r, meta: m, seen: make([]bool, m.pages)}, nil
}

// bucket is a table's place: a page, or a page that lies in the row itself.
type bucket struct {
	name   []byte
	page   uint64
	inline []byte
}

// buckets gives the tables.
func (w *walker) buckets() (out []bucket, err error) {
	err = w.tree(w.meta.root, func(key, value []byte, flags uint32) error {
		if flags != bucketRow || len(value) < bucketHeader {
			return errors.New("a row lies where tables are")
		}
		b := bucket{name: bytes.Clone(key), page: binary.NativeEndian.Uint64(value)}
		if b.page == 0 {
			b.inline = bytes.Clone(value[bucketHeader:])
		}
		out = append(out, b)
		return nil
	})
	return out, err
}

// rows gives the rows of a table to fn, which must not keep them.
func (w *walker) rows(b bucket, fn func(key, value []byte)) error {
	each := func(key, value []byte, flags uint32) error {
		if flags != 0 {
			return errors.New("a table lies where rows are")
		}
		fn(key, value)
		return nil
	}
	if b.inline == nil {
		return w.tree(b.page, each)
	}
	if len(b.inline) < pageHeader || kindOf(b.inline) != leafPage {
		return errors.New("a small table is no table")
	}
	w.any = false
	return w.leaves(b.inline, nil, nil, each)
}

// rowFunc is told of a row.
type rowFunc func(key, value []byte, flags uint32) error

func (w *walker) tree(root uint64, fn rowFunc) error {
	w.any = false
	return w.walk(root, nil, nil, fn)
}

// walk reads a page and all below it. Its keys are from the one on, and before the
// other; nil is no limit.
func (w *walker) walk(id uint64, from, before []byte, fn rowFunc) error {
	page, err := w.page(id, &w.leaf)
	if err != nil {
		return err
	}
	switch kindOf(page) {
	case leafPage:
		return w.leaves(page, from, before, fn)
	case branchPage:
		w.leaf = nil // it is still needed here
		return w.branches(id, page, from, before, fn)
	}
	return fmt.Errorf("page %d is of no kind that a table has", id)
}

func (w *walker) branches(id uint64, page, from, before []byte, fn rowFunc) error {
	n := countOf(page)
	if n == 0 {
		return fmt.Errorf("page %d leads nowhere", id)
	}
	key := func(i int) ([]byte, error) {
		at := pageHeader + i*elementSize
		return part(page, n, at, u32(page[at:]), u32(page[at+4:]))
	}
	if !fits(page, n) {
		return fmt.Errorf("page %d is too short for what it holds", id)
	}
	low, err := key(0)
	if err != nil {
		return err
	}
	for i := range n {
		if from != nil && bytes.Compare(low, from) < 0 || before != nil && bytes.Compare(low, before) >= 0 {
			return fmt.Errorf("the keys of page %d are out of order", id)
		}
		high := before
		if i+1 < n {
			if high, err = key(i + 1); err != nil {
				return err
			}
			if bytes.Compare(low, high) >= 0 {
				return fmt.Errorf("the keys of page %d are out of order", id)
			}
		}
		if err := w.walk(binary.NativeEndian.Uint64(page[pageHeader+i*elementSize+8:]), low, high, fn); err != nil {
			return err
		}
		low = high
	}
	return nil
}

func (w *walker) leaves(page, from, before []byte, fn rowFunc) error {
	n := countOf(page)
	if !fits(page, n) {
		return errors.New("a page is too short for its rows")
	}
	for i := range n {
		at := pageHeader + i*elementSize
		flags, pos, keySize, valueSize := u32(page[at:]), u32(page[at+4:]), u32(page[at+8:]), u32(page[at+12:])
		both, err := part(page, n, at, pos, keySize+valueSize)
		if err != nil {
			return err
		}
		key, value := both[:keySize], both[keySize:]
		if w.any && bytes.Compare(w.last, key) >= 0 || from != nil && bytes.Compare(key, from) < 0 || before != nil && bytes.Compare(key, before) >= 0 {
			return errors.New("rows are out of order")
		}
		w.last, w.any = append(w.last[:0], key...), true
		if err := fn(key, value, uint32(flags)); err != nil {
			return err
		}
	}
	return nil
}

// freelist looks at the list of free pages, where a file has one. It comes last: what is
// free must not be in use.
func (w *walker) freelist() error {
	if w.meta.freelist == noFreelist {
		return nil
	}
	page, err := w.page(w.meta.freelist, &w.leaf)
	if err != nil {
		return err
	}
	if kindOf(page) != freelistPage {
		return errors.New("the list of free pages is none")
	}
	n, ids := uint64(countOf(page)), page[pageHeader:]
	if n == 0xFFFF { // then the number comes first in the list
		n, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return errors.New("the list of free pages is too short")
	}
	for i := range n {
		if err := w.take(binary.NativeEndian.Uint64(ids[i*8:]), 0); err != nil {
			return err
		}
	}
	return nil
}

// page reads a page with those that go on with it, into a buffer that is made larger
// where it has to be.
func (w *walker) page(id uint64, buffer *[]byte) ([]byte, error) {
	if id < firstDataPage || id >= w.meta.pages {
		return nil, fmt.Errorf("there is no page %d", id)
	}
	read := func(size int64) ([]byte, error) {
		if int64(cap(*buffer)) < size {
			*buffer = make([]byte, size)
		}
		raw := (*buffer)[:size]
		if _, err := w.r.ReadAt(raw, int64(id)*w.meta.pageSize); err != nil { // below the number of pages
			return nil, fmt.Errorf("page %d cannot be read: %w", id, err)
		}
		return raw, nil
	}
	raw, err := read(w.meta.pageSize)
	if err != nil {
		return nil, err
	}
	if binary.NativeEndian.Uint64(raw) != id {
		return nil, fmt.Errorf("page %d says that it is another one", id)
	}
	more := binary.NativeEndian.Uint32(raw[12:])
	if err := w.take(id, more); err != nil || more == 0 {
		return raw, err
	}
	return read(w.meta.pageSize * (int64(more) + 1))
}

// take marks pages as used.
func (w *walker) take(id uint64, more uint32) error {
	if id < firstDataPage || id >= w.meta.pages || uint64(more) >= w.meta.pages-id {
		return fmt.Errorf("page %d goes past the last one", id)
	}
	for i := id; i <= id+uint64(more); i++ {
		if w.seen[i] {
			return fmt.Errorf("page %d is in two places", i)
		}
		w.seen[i] = true
	}
	return nil
}

func kindOf(page []byte) uint16 { return binary.NativeEndian.Uint16(page[8:]) }
func countOf(page []byte) int   { return int(binary.NativeEndian.Uint16(page[10:])) }
func u32(raw []byte) int64      { return int64(binary.NativeEndian.Uint32(raw)) }

// fits says whether a page has room for its elements.
func fits(page []byte, n int) bool { return pageHeader+n*elementSize <= len(page) }

// part is what an element refers to: it lies behind all elements, and in the page.
func part(page []byte, elements, at int, pos, size int64) ([]byte, error) {
	start := int64(at) + pos
	if start < int64(pageHeader+elements*elementSize) || start > int64(len(page)) || size > int64(len(page))-start {
		return nil, errors.New("a row lies outside of its page")
	}
	return page[start : start+size], nil
}
