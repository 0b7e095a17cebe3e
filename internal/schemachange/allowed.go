package schemachange

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/go-version"
)

// Release is what the newest release offered. An empty version means that there is none yet.
type Release struct {
	Version string `json:"version"`
	Schema  Schema `json:"schema"`
}

// Section is a version in the changelog. That of what is unreleased has none.
type Section struct {
	Version string
	Entries []string
}

var heading = regexp.MustCompile(`^## \[([^\]]+)\]`)

// Changelog reads a changelog in the form of Keep a Changelog, the newest section first.
func Changelog(text string) (sections []Section) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch found := heading.FindStringSubmatch(line); {
		case found != nil:
			s := Section{Version: found[1]}
			if s.Version == "Unreleased" {
				s.Version = ""
			}
			sections = append(sections, s)
		case len(sections) == 0:
		case strings.HasPrefix(line, "- "):
			last := &sections[len(sections)-1]
			last.Entries = append(last.Entries, strings.TrimPrefix(line, "- "))
		}
	}
	return sections
}

// Refused says which changes since a release the changelog does not allow, and why; none is leave to go on.
//
// A breaking change has an entry that begins with **Breaking:** and names it, a stricter rule an entry that names it, both
// above the section of that release. Where there is a newer version than the release already, its number has to fit:
// docs/guides/versions.md has the policy.
func Refused(since Release, changes []Change, changelog []Section) (why []string) {
	var entries []string
	next := ""
	for _, s := range changelog {
		if since.Version != "" && s.Version == since.Version {
			break
		}
		if next == "" {
			next = s.Version
		}
		entries = append(entries, s.Entries...)
	}
	most := Compatible
	for _, c := range changes {
		most = max(most, c.Kind)
		if c.Kind >= Stricter && !named(c, entries) {
			lead := ""
			if c.Kind == Breaking {
				lead = "that begins with **Breaking:** and "
			}
			why = append(why, fmt.Sprintf("%s: CHANGELOG.md has no entry %snames it", c, lead))
		}
	}
	if since.Version != "" && next != "" {
		if err := fits(since.Version, next, most); err != nil {
			why = append(why, err.Error())
		}
	}
	return why
}

// named reports whether an entry names what changed: the whole path, or the thing and the attribute.
func named(c Change, entries []string) bool {
	_, of, found := strings.Cut(c.Path, " ") // `resource prefectsso_domain.name`
	if !found {
		of = c.Path // `provider.endpoint`
	}
	thing, attribute, inside := strings.Cut(of, ".")
	for _, entry := range entries {
		if c.Kind == Breaking && !strings.HasPrefix(entry, "**Breaking:**") {
			continue
		}
		if strings.Contains(entry, "`"+of+"`") {
			return true
		}
		if strings.Contains(entry, "`"+thing+"`") && (!inside || strings.Contains(entry, "`"+attribute+"`")) {
			return true
		}
	}
	return false
}

// fits reports whether a version may follow another one with changes of that kind.
func fits(from, to string, most Kind) error {
	old, err := version.NewSemver(from)
	if err != nil {
		return err
	}
	next, err := version.NewSemver(to)
	if err != nil {
		return err
	}
	if !next.GreaterThan(old) {
		return fmt.Errorf("version %s does not come after %s", to, from)
	}
	was, is := old.Segments(), next.Segments()
	major, minor := is[0] > was[0], is[0] > was[0] || is[1] > was[1]
	switch {
	case most == Breaking && was[0] > 0 && !major:
		return fmt.Errorf("version %s breaks what works with %s: it has to be %d.0.0", to, from, was[0]+1)
	case most == Breaking && !minor:
		return fmt.Errorf("version %s breaks what works with %s: it has to be %d.%d.0", to, from, was[0], was[1]+1)
	case most >= Added && was[0] > 0 && !minor:
		return fmt.Errorf("version %s has more than fixes over %s: it has to be %d.%d.0", to, from, was[0], was[1]+1)
	}
	return nil
}
