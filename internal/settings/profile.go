package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pelletier/go-toml/v2"
)

// profile is what counts of a profile of Prefect's command line.
type profile struct {
	file, name   string // name is "" where none was read
	active       string // whom the file calls active, where no other was asked for
	broken       bool   // it could not be read, which has been said
	endpoint     string
	apiKey       string
	headers      any // text in JSON or a table; nil where there are none
	certificates string
}

// keyless returns why a profile gave no key, in a sentence that follows another.
func (p profile) keyless() string {
	switch {
	case p.name != "":
		return fmt.Sprintf(" The profile %q in %s has no %s either.", p.name, p.file, EnvAPIKey)
	case p.active != "":
		return fmt.Sprintf(" The active profile %q is not in %s.", p.active, p.file)
	}
	return ""
}

// readProfile reads the profile that was asked for, else the active one. Where
// neither a profile nor a file was asked for, a file that is not there is none, and one
// that cannot be read matters only if something is missing without it.
func (r *resolver) readProfile() profile {
	if r.profileUnknown() {
		return profile{}
	}
	name, nameFrom := first(r.args.Profile, r.getenv(EnvProfile), "")
	file, fileFrom := r.profilesFile()
	if file == "" {
		if nameFrom != nowhere {
			r.fail(ArgProfile, "No profiles file", fmt.Sprintf("The profile %q is asked for by %s, and there is no home directory to look for .prefect/profiles.toml in. Set `profiles_file` or %s.", name, r.name(nameFrom, ArgProfile, EnvProfile), EnvProfilesFile))
		}
		return profile{broken: nameFrom != nowhere}
	}
	asked := nameFrom != nowhere || fileFrom != nowhere
	content, err := os.ReadFile(file)
	if !asked && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) { // HOME may be /dev/null
		return profile{}
	}
	var all profiles
	if err == nil {
		all, err = parseProfiles(content)
	}
	if err != nil {
		return r.brokenProfiles(file, asked, err)
	}
	return r.chooseProfile(all, profile{file: file}, name, nameFrom)
}

// profilesFile returns where Prefect's tools look for profiles. The source is nowhere
// where the file itself was not named.
func (r *resolver) profilesFile() (string, source) {
	home := firstOf(r.getenv("HOME"), r.getenv("USERPROFILE"))
	file, from := first(r.args.ProfilesFile, r.getenv(EnvProfilesFile), "")
	if from != nowhere {
		return inHome(file, home), from
	}
	dir := r.getenv(EnvHome)
	switch {
	case dir != "":
		dir = inHome(dir, home)
	case home != "":
		dir = filepath.Join(home, ".prefect")
	default:
		return "", nowhere
	}
	return filepath.Join(dir, "profiles.toml"), nowhere
}

// inHome puts the home directory in place of a leading ~.
func inHome(path, home string) string {
	if rest, found := strings.CutPrefix(path, "~/"); found && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// brokenProfiles says that the file cannot be used. It stops the run where
// it was asked for, or where nothing else gives a key.
func (r *resolver) brokenProfiles(file string, asked bool, err error) profile {
	elsewhere := r.args.APIKey != "" || r.getenv(EnvAPIKey) != "" || r.unknown(ArgAPIKey)
	detail := fmt.Sprintf("%s cannot be used: %v.", file, err)
	var syntax *syntaxError
	switch {
	case errors.As(err, &syntax):
		detail = fmt.Sprintf("%s is no profiles file in TOML: line %d, column %d. Values stand in quotes, as in %s = \"%s\"; `prefect profile ls` reads the same file.", file, syntax.line, syntax.column, EnvEndpoint, DefaultEndpoint)
	case errors.Is(err, fs.ErrNotExist):
		detail = fmt.Sprintf("%s does not exist. It comes from `profiles_file`, else from %s, else it is profiles.toml in %s or in ~/.prefect; `prefect cloud login` writes it.", file, EnvProfilesFile, EnvHome)
	}
	if !asked {
		detail += fmt.Sprintf(" No argument and no variable asks for this file; to do without profiles, name an empty one with %s.", EnvProfilesFile)
	}
	r.problems = append(r.problems, Problem{
		Argument: ArgProfilesFile, Warning: !asked && elsewhere, Summary: "Profiles file cannot be used", Detail: detail, Err: err,
	})
	return profile{broken: true}
}

// profiles is a profiles file.
type profiles struct {
	Active   string                    `toml:"active"`
	Profiles map[string]map[string]any `toml:"profiles"`
}

// syntaxError says where a file is no TOML. The parser's own words may repeat what
// stands there, a key without quotes for one.
type syntaxError struct{ line, column int }

// Error implements error.
func (e *syntaxError) Error() string {
	return fmt.Sprintf("no TOML at line %d, column %d", e.line, e.column)
}

func parseProfiles(content []byte) (profiles, error) {
	var all profiles
	err := toml.Unmarshal(bytes.TrimPrefix(content, []byte("\uFEFF")), &all)
	var at *toml.DecodeError
	switch {
	case errors.As(err, &at):
		line, column := at.Position()
		return profiles{}, &syntaxError{line, column}
	case err != nil:
		return profiles{}, errors.New("it has not the form of a profiles file, which has `active` and tables such as [profiles.cloud]")
	}
	return all, nil
}

func (r *resolver) chooseProfile(all profiles, p profile, name string, from source) profile {
	if from == nowhere {
		name = all.Active
	}
	table, there := all.Profiles[name]
	switch {
	case !there && from == nowhere:
		p.active = name // one that Prefect's tools bring along, such as "ephemeral", stands in no file
		return p
	case !there:
		known := "it has no profiles"
		if len(all.Profiles) > 0 {
			known = "it has " + strings.Join(quoted(slices.Sorted(maps.Keys(all.Profiles))), ", ")
		}
		r.fail(ArgProfile, "No such profile", fmt.Sprintf("%s has no profile %q, which %s asks for; %s.", p.file, name, r.name(from, ArgProfile, EnvProfile), known))
		p.broken = true
		return p
	}
	p.name = name
	p.endpoint = r.text(p, table, EnvEndpoint)
	p.apiKey = r.text(p, table, EnvAPIKey)
	p.certificates = r.text(p, table, EnvCertificates)
	p.headers = table[EnvCustomHeaders]
	return p
}

// text reads a setting of a profile, which is text.
func (r *resolver) text(p profile, table map[string]any, setting string) string {
	value, there := table[setting]
	text, ok := value.(string)
	if there && !ok {
		r.fail(ArgProfile, "Invalid profile", fmt.Sprintf("%s of the profile %q in %s is no text: write it in quotes.", setting, p.name, p.file))
	}
	return text
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		text, _ := json.Marshal(name) // a string: cannot fail
		out[i] = string(text)
	}
	return out
}
