package store

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
)

// crockford is the alphabet of ULIDs: base 32 without I, L, O and U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const ulidLength = 26

// ulid spells 16 bytes the way ULIDs are spelled, which is how the identity vendor
// spells its ids.
func ulid(id uuid.UUID) string {
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	var out [ulidLength]byte
	for i := ulidLength - 1; i >= 0; i-- {
		out[i] = crockford[lo&31]
		lo, hi = lo>>5|hi<<59, hi>>5
	}
	return string(out[:])
}

// parseULID reads what ulid wrote. There is one spelling of each id, so that an id
// that is compared as text is the same id.
func parseULID(text string) (id uuid.UUID, ok bool) {
	// 26 digits hold two bits more than an id has.
	if len(text) != ulidLength || text[0] > '7' {
		return id, false
	}
	var hi, lo uint64
	for i := range text {
		digit := strings.IndexByte(crockford, text[i])
		if digit < 0 {
			return id, false
		}
		hi, lo = hi<<5|lo>>59, lo<<5|uint64(digit)
	}
	binary.BigEndian.PutUint64(id[:8], hi)
	binary.BigEndian.PutUint64(id[8:], lo)
	return id, true
}

// newULID begins with the time in milliseconds, so that later ids come later in
// every order.
func (tx *Tx) newULID() uuid.UUID {
	id := tx.newID()
	var now [8]byte
	binary.BigEndian.PutUint64(now[:], uint64(tx.Now().UnixMilli()))
	copy(id[:6], now[2:])
	return id
}

// orderedID gives a UUID of version 7 for a row created at a stamp, with the stamp's
// microsecond behind the millisecond (RFC 9562, sections 5.7 and 6.2, method 3): the
// order of ids, also as ULIDs, is that of stamps.
func (tx *Tx) orderedID(stamp time.Time) uuid.UUID {
	id := tx.newID()
	var moment [8]byte
	binary.BigEndian.PutUint64(moment[:], uint64(stamp.UnixMilli()))
	copy(id[:6], moment[2:])
	binary.BigEndian.PutUint16(id[6:8], 7<<12|uint16(stamp.UnixMicro()%1000))
	id[8] = id[8]&0x3f | 0x80
	return id
}
