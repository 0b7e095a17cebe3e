package chaos

import (
	"errors"
	"maps"
	"slices"
)

// step is something to do in a walk, after others.
type step struct {
	after []string
	run   func() error
}

// errSkipped is the error of a step that a failed one comes before.
var errSkipped = errors.New("something before it failed")

// walk runs steps, some of them at once, each after those that it is after. A step that fails takes those with it that
// come after it. It returns their errors by their names.
func walk(steps map[string]step, atOnce int) map[string]error {
	type result struct {
		name string
		err  error
	}
	names := slices.Sorted(maps.Keys(steps))
	begun, ended := map[string]bool{}, map[string]error{}
	results := make(chan result)
	running := 0
	for len(ended) < len(steps) {
		for _, name := range names {
			if begun[name] || running == atOnce {
				continue
			}
			ready, failed := true, false
			for _, before := range steps[name].after {
				if _, known := steps[before]; !known {
					continue
				}
				err, done := ended[before]
				ready, failed = ready && done, failed || err != nil
			}
			if !ready {
				continue
			}
			begun[name] = true
			running++
			go func() {
				if failed {
					results <- result{name, errSkipped}
					return
				}
				results <- result{name, steps[name].run()}
			}()
		}
		if running == 0 {
			panic("the steps of a walk wait for each other")
		}
		got := <-results
		running--
		ended[got.name] = got.err
	}
	return ended
}
