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

// IsDateTime reports whether a text is compared as a date and time with another one.
func IsDateTime(text string) bool {
	_, ok := dateTime(text)
	return ok
}

// Cost is how many comparisons a filter makes of a value at most. One with a long text
// counts as several.
func Cost(e Expr) int {
	const unit = 256
	cost := 0
	Walk(e, func(c Compare) {
		text, _ := c.Value.(string)
		cost += 1 + len(text)/unit
	})
	return cost
}
