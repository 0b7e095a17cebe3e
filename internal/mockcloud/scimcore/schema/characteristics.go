package schema

// Type is what an attribute's values are (RFC 7643 section 2.3).
type Type int

// The data types. String is the default.
const (
	String Type = iota
	Boolean
	Decimal
	Integer
	DateTime
	Binary
	Reference
	Complex
)

// String is the type's name in a schema document.
func (t Type) String() string {
	return [...]string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}[t]
}

// Mutability says who may write an attribute, and when (RFC 7643 section 7).
type Mutability int

// The circumstances under which an attribute can be written. ReadWrite is the
// default.
const (
	ReadWrite Mutability = iota
	ReadOnly
	Immutable
	WriteOnly
)

// String is the mutability's name in a schema document.
func (m Mutability) String() string {
	return [...]string{"readWrite", "readOnly", "immutable", "writeOnly"}[m]
}

// Returned says when an attribute is shown (RFC 7643 section 7).
type Returned int

// The circumstances under which an attribute is shown. Default is the default.
const (
	Default Returned = iota
	Always
	Request
	Never
)

// String is the name in a schema document.
func (r Returned) String() string {
	return [...]string{"default", "always", "request", "never"}[r]
}

// Uniqueness says among which resources a value occurs once (RFC 7643 section 7).
type Uniqueness int

// The scopes of uniqueness. None is the default.
const (
	None Uniqueness = iota
	Server
	Global
)

// String is the uniqueness's name in a schema document.
func (u Uniqueness) String() string {
	return [...]string{"none", "server", "global"}[u]
}
