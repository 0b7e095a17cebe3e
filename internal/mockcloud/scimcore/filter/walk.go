package filter

// Walk calls a function for every comparison in a filter. Those in a value path have
// the paths that they have there.
func Walk(e Expr, visit func(Compare)) {
	switch e := e.(type) {
	case And:
		Walk(e.Left, visit)
		Walk(e.Right, visit)
	case Or:
		Walk(e.Left, visit)
		Walk(e.Right, visit)
	case Not:
		Walk(e.Filter, visit)
	case ValuePath:
		Walk(e.Filter, visit)
	case Compare:
		visit(e)
	}
}

// IsDate reports whether a comparison is one with a date and time, or with nothing at
// all, or looks at a part of the text.
func IsDate(c Compare) bool {
	switch c.Op {
	case Pr, Co, Sw, Ew:
		return true
	}
	text, ok := c.Value.(string)
	if !ok {
		return c.Value == nil
	}
	_, ok = dateTime(text)
	return ok
}
