package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/idpguide"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/identity"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/router"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scim"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// The steps to directory sync, by their place.
const (
	chooseDirectory = iota
	nameDirectory
	copyEndpoint
	watchDirectory
)

func directorySteps() []*step {
	return []*step{
		chooseDirectory: {"directory", "Directory", "Which directory?", "directory.html", viewDirectories, takeDirectory},
		nameDirectory:   {"name", "Name", "What is it called?", "name.html", viewName, takeName},
		copyEndpoint:    {"endpoint", "Endpoint", "Copy these values", "endpoint.html", viewEndpoint, nil},
		watchDirectory:  {"status", "Status", "Does it push?", "status.html", viewStatus, nil},
	}
}

// directory is a product that pushes people and groups.
type directory struct {
	Type store.DirectoryType
	Name string
}

const anotherDirectory store.DirectoryType = "generic scim v2.0"

// IsNamed reports whether it is a product that has a name here.
func (d directory) IsNamed() bool { return d.Type != anotherDirectory }

// InSentence is its name within a sentence.
func (d directory) InSentence() string {
	if !d.IsNamed() {
		return "your directory"
	}
	return d.Name
}

// directories are those that have a name on the page, and one for all others.
func directories() []directory {
	return []directory{
		{"cyberark scim v2.0", "CyberArk"},
		{"jump cloud scim v2.0", "JumpCloud"},
		{"azure scim v2.0", "Microsoft Entra ID"},
		{"okta scim v2.0", "Okta"},
		{"onelogin scim v2.0", "OneLogin"},
		{"pingfederate scim v2.0", "PingFederate"},
		{"rippling scim v2.0", "Rippling"},
		{"sailpoint scim v2.0", "SailPoint"},
		{anotherDirectory, "Another one"},
	}
}

// directoryOf finds a directory by its type.
func directoryOf(kind store.DirectoryType) (directory, bool) {
	all := directories()
	i := slices.IndexFunc(all, func(d directory) bool { return d.Type == kind })
	if i < 0 {
		return directory{}, false
	}
	return all[i], true
}

// directoryCounts say what a directory pushed.
type directoryCounts struct{ Active, Inactive, Groups int }

// enterDirectory reads what the pages of directory sync need.
func (v *visit) enterDirectory(r *store.Reader) {
	var err error
	if v.directory, err = r.Directory(v.link.AccountID, v.link.DirectoryID); err != nil {
		v.directory = nil // none was made yet, or it is gone
		return
	}
	v.counts.Active, v.counts.Inactive, v.counts.Groups = r.DirectoryCounts(v.directory)
	v.allowed = r.AllowedDomains(v.directory)
}

func (v *visit) isLinked() bool {
	return v.directory != nil && v.directory.State == store.DirectoryLinked
}

// firstDirectory: the directory is made once.
func (v *visit) firstDirectory() int {
	if v.directory != nil {
		return copyEndpoint
	}
	return chooseDirectory
}

func (v *visit) reachedDirectory() int {
	switch {
	case v.directory != nil:
		return watchDirectory
	case v.link.DirectoryType == "":
		return chooseDirectory
	}
	return nameDirectory
}

// directoryChoice is the directories' page.
type directoryChoice struct {
	Directories []directory
	Chosen      store.DirectoryType
}

func viewDirectories(v *visit) any { return directoryChoice{directories(), v.link.DirectoryType} }

// takeDirectory is POST /setup/directory.
func takeDirectory(v *visit) {
	chosen, known := directoryOf(store.DirectoryType(v.r.PostFormValue("type")))
	if !known {
		v.ask(viewDirectories(v), problem{"directory-0", "Choose a directory. If yours is not in the list, choose “Another one”."})
		return
	}
	v.choose(nameDirectory, func(tx *store.Tx, link *store.SetupLink) { tx.ChooseDirectoryInSetup(link, chosen.Type) })
}

// viewName proposes the product's name.
func viewName(v *visit) any {
	chosen, _ := directoryOf(v.link.DirectoryType) // an earlier step took no other
	if !chosen.IsNamed() {
		return "Directory"
	}
	return chosen.Name
}

// takeName is POST /setup/name: it makes the directory and its token. The page that
// answers is the only one that ever shows the token.
func takeName(v *visit) {
	name := strings.TrimSpace(v.r.PostFormValue("name"))
	if name == "" {
		v.ask(name, problem{"name", "Give the directory a name."})
		return
	}
	token, err := v.makeDirectory(directoryBody{name, v.link.DirectoryType})
	if err != nil {
		v.rejectName(name, err)
		return
	}
	v.step = copyEndpoint
	v.ask(v.endpoint(token))
}

// directoryBody is the part of the API's body that the pages fill in.
type directoryBody struct {
	Name string              `json:"name"`
	Type store.DirectoryType `json:"type"`
}

// makeDirectory goes the way of POST …/sso/directories and …/tokens.
func (v *visit) makeDirectory(body directoryBody) (token string, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	change, err := identity.ReadDirectory(raw)
	if err != nil {
		return "", err
	}
	err = v.update(func(tx *store.Tx, link *store.SetupLink) error {
		saved, secret, err := tx.SaveDirectorySetup(link, change)
		if err != nil {
			return err
		}
		v.link, token = saved, secret
		v.enterDirectory(&tx.Reader)
		return nil
	})
	return token, err
}

// rejectName says what is wrong with a name.
func (v *visit) rejectName(name string, err error) {
	var conflict *store.Conflict
	var invalid *store.Invalid
	switch {
	case errors.As(err, &conflict):
		v.ask(name, problem{"name", sentence(conflict.Reason)})
	case errors.As(err, &invalid):
		problems := make([]problem, len(invalid.Problems))
		for i, p := range invalid.Problems {
			problems[i] = problem{"name", sentence(strings.TrimPrefix(p.Msg, "Value error, "))}
		}
		v.ask(name, problems...)
	default:
		v.failed(v.w, v.r, err)
	}
}

// endpoint is the page with what the directory needs.
type endpoint struct {
	Directory directory
	Guide     guided
	Name      string
	// Token is empty when it was shown before.
	Token   string
	Domains []string
	Next    string
}

func viewEndpoint(v *visit) any { return v.endpoint("") }

// endpoint is the page, with the token when it was made just now.
func (v *visit) endpoint(token string) endpoint {
	return endpoint{
		Directory: v.chosenDirectory(), Guide: v.directoryGuide(token), Name: v.directory.Name, Token: token,
		Domains: v.allowed, Next: v.way.steps[watchDirectory].path(),
	}
}

func (v *visit) chosenDirectory() directory {
	chosen, _ := directoryOf(v.directory.Type) // the step is reached only with one
	return chosen
}

// directoryGuide is the guide of the directory that was made.
func (v *visit) directoryGuide(token string) guided {
	return v.guideOf(string(v.directory.Type), v.chosenDirectory().InSentence(), map[idpguide.Value]string{
		idpguide.SCIMEndpoint: scim.Endpoint(router.BaseURL(v.PublicURL, v.r), v.directory.Endpoint), idpguide.SCIMToken: token,
	})
}

// status is the last page.
type status struct {
	Name     string
	Linked   bool
	Off      bool
	Called   time.Time
	Counts   directoryCounts
	Endpoint string
	Guide    guided
}

// People returns the counts of the directory's people, in words.
func (s status) People() string {
	switch {
	case s.Counts.Active+s.Counts.Inactive == 0:
		return "none yet"
	case s.Counts.Inactive == 0:
		return fmt.Sprint(s.Counts.Active, " active")
	}
	return fmt.Sprint(s.Counts.Active, " active, ", s.Counts.Inactive, " inactive")
}

func viewStatus(v *visit) any {
	d := v.directory // the step is reached only with one
	return status{
		Name: d.Name, Linked: v.isLinked(), Off: d.State == store.DirectoryUnlinked,
		Called: d.LastSynced, Counts: v.counts, Endpoint: v.way.steps[copyEndpoint].path(),
		Guide: v.directoryGuide(""),
	}
}
