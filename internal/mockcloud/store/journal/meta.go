package journal

import (
	"encoding/binary"
	"hash/fnv"
	"io"
)

// A bbolt file begins with two meta pages, of which the later valid one counts. Numbers
// are in the byte order of the machine. This is its layout, counted from the page's
// start: 16 bytes of page header, then magic, version, page size and flags (4 bytes
// each), the root's page and sequence, the page of the free list, the number of pages,
// the transaction, and a checksum over all before it (8 bytes each).
const (
	pageHeader    = 16
	metaSize      = 80
	boltMagic     = 0xED0CDAED
	boltVersion   = 2
	noFreelist    = 1<<64 - 1
	minPageSize   = 1 << 10
	maxPageSize   = 1 << 24
	firstDataPage = 2
)

// meta is what a meta page says.
type meta struct {
	pageSize                    int64
	root, freelist, pages, txid uint64
}

// parseMeta reads a meta page; ok says whether bbolt takes it for a whole one.
func parseMeta(raw []byte) (m meta, ok bool) {
	if len(raw) < metaSize {
		return m, false
	}
	order := binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(raw[pageHeader : metaSize-8]) // it never fails
	m = meta{
		pageSize: int64(order.Uint32(raw[24:])), root: order.Uint64(raw[32:]), freelist: order.Uint64(raw[48:]),
		pages: order.Uint64(raw[56:]), txid: order.Uint64(raw[64:]),
	}
	return m, order.Uint32(raw[16:]) == boltMagic && order.Uint32(raw[20:]) == boltVersion &&
		order.Uint64(raw[72:]) == sum.Sum64()
}

// metas are the meta pages of a file.
type metas struct {
	// valid are those that are whole, the one that counts first.
	valid []meta
	// traces says that something of a bbolt file is there at all.
	traces bool
	// torn says that they do not belong together, or not where they are.
	torn bool
}

// readMetas reads both meta pages. Where the first is not whole the second is looked
// for where any page size would put it, as bbolt does.
func readMetas(r io.ReaderAt) metas {
	var out metas
	read := func(at int64) (m meta, ok bool) {
		raw := make([]byte, metaSize)
		n, _ := r.ReadAt(raw, at) // what cannot be read is not whole
		m, ok = parseMeta(raw[:n])
		out.traces = out.traces || ok || n >= 20 && binary.NativeEndian.Uint32(raw[16:]) == boltMagic
		return m, ok
	}
	first, firstOK := read(0)
	if firstOK {
		out.valid = append(out.valid, first)
		if size := first.pageSize; size < minPageSize || size > maxPageSize || size&(size-1) != 0 {
			out.torn = true
			return out
		}
	}
	for size := int64(minPageSize); size <= maxPageSize; size <<= 1 {
		if firstOK && size != first.pageSize {
			continue
		}
		if second, ok := read(size); ok {
			out.valid = append(out.valid, second)
			out.torn = second.pageSize != size
			break
		}
	}
	if len(out.valid) == 2 && out.valid[1].txid > out.valid[0].txid {
		out.valid[0], out.valid[1] = out.valid[1], out.valid[0]
	}
	// They are of transactions that followed each other.
	out.torn = out.torn || len(out.valid) == 2 && out.valid[0].txid-out.valid[1].txid != 1
	return out
}
