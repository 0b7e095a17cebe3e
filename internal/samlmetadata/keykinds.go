package samlmetadata

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // only to name the kind of a key that is never used
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"
)

// keyKind is a kind of public key.
type keyKind struct {
	// is returns the kind's name for a key of it.
	is func(crypto.PublicKey) (name string, ok bool)
	// unusable returns why signatures are not verified with such a key; nil where they are.
	unusable func(crypto.PublicKey) *Problem
}

// The bounds of RSA keys: below, a signature is not believed; above, checking one
// takes too long.
const (
	minRSABits = 2048
	maxRSABits = 16384
)

// keyKinds is the whole policy of keys: what the login verifies is usable here, and
// nothing else.
var keyKinds = []keyKind{
	{
		is: func(key crypto.PublicKey) (string, bool) {
			k, ok := key.(*rsa.PublicKey)
			if !ok {
				return "", false
			}
			return fmt.Sprintf("RSA %d", k.N.BitLen()), true
		},
		unusable: unusableRSA,
	},
	{
		is: func(key crypto.PublicKey) (string, bool) {
			k, ok := key.(*ecdsa.PublicKey)
			if !ok {
				return "", false
			}
			return "EC " + k.Curve.Params().Name, true
		},
		unusable: unusableEC,
	},
	{
		is:       func(key crypto.PublicKey) (string, bool) { _, ok := key.(ed25519.PublicKey); return "Ed25519", ok },
		unusable: notVerified,
	},
	{
		is:       func(key crypto.PublicKey) (string, bool) { _, ok := key.(*dsa.PublicKey); return "DSA", ok },
		unusable: notVerified,
	},
}

func notVerified(crypto.PublicKey) *Problem {
	return &Problem{KeyTypeUnusable, verified}
}

// verified is what every other kind of key is told.
const verified = "only signatures by RSA keys and by EC keys on P-256, P-384 and P-521 are verified"

func unusableEC(key crypto.PublicKey) *Problem {
	if k, ok := key.(*ecdsa.PublicKey); ok && slices.Contains([]string{"P-256", "P-384", "P-521"}, k.Curve.Params().Name) {
		return nil
	}
	return notVerified(key)
}

func unusableRSA(key crypto.PublicKey) *Problem {
	k, ok := key.(*rsa.PublicKey)
	switch {
	case !ok:
		return notVerified(key)
	case k.N.BitLen() < minRSABits:
		return &Problem{KeyTooShort, fmt.Sprintf("at least %d bits are needed", minRSABits)}
	case k.N.BitLen() > maxRSABits:
		return &Problem{KeyTooLong, fmt.Sprintf("more than %d bits take too long to check", maxRSABits)}
	case k.N.Bit(0) == 0 || k.E < 3 || k.E%2 == 0:
		return &Problem{KeyTypeUnusable, "its numbers are not those of an RSA key"}
	}
	return nil
}

// KeyKind returns the name of a key's kind, such as "RSA 2048" or "EC P-256".
func KeyKind(key crypto.PublicKey) string {
	for _, kind := range keyKinds {
		if name, ok := kind.is(key); ok {
			return name
		}
	}
	return "unknown"
}

// unusableKey returns why a key cannot be used, and nil if it can.
func unusableKey(key crypto.PublicKey) *Problem {
	for _, kind := range keyKinds {
		if _, ok := kind.is(key); ok {
			return kind.unusable(key)
		}
	}
	return &Problem{KeyTypeUnusable, "its kind of key is not known; " + verified}
}
