package acctest

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/go-version"
)

// Feature is something that this provider offers and that not every Terraform or OpenTofu takes.
type Feature struct {
	Name string // as the guide on versions has it
	// Terraform and OpenTofu are the first versions that have it; empty for none.
	Terraform, OpenTofu string
}

// The features.
var (
	WriteOnly        = Feature{"Write-only arguments (`client_secret_wo`, `token_wo`)", "1.11.0", "1.11.0"}
	Ephemeral        = Feature{"Ephemeral `prefectsso_scim_token`", "1.11.0", "1.11.0"}
	Functions        = Feature{"Functions (`provider::prefectsso::…`)", "1.11.0", "1.11.0"}
	ImportByIdentity = Feature{"`import` blocks by `identity`", "1.12.0", "1.12.0"}
	Query            = Feature{"List resources (`terraform query`)", "1.14.0", ""}
	Actions          = Feature{"Actions", "1.14.0", ""}
	JUnit            = Feature{"`terraform test -junit-xml`, as in the guide on modules", "1.11.0", ""}
)

// Features are all features, in the order of the guide.
var Features = []Feature{WriteOnly, Ephemeral, Functions, ImportByIdentity, Query, Actions, JUnit}

// Needs skips the test where the program that it runs does not have a feature. `make test-matrix` runs it with programs that
// have each, so that none is skipped everywhere.
func (d *Dir) Needs(f Feature) {
	d.t.Helper()
	if is := d.Version(); !is.Has(f) {
		d.t.Skipf("%s has no %s", is, f.Name)
	}
}

// Has reports whether a version has a feature.
func (v Version) Has(f Feature) bool {
	first := f.Terraform
	if v.OpenTofu {
		first = f.OpenTofu
	}
	return first != "" && v.Number.Core().GreaterThanOrEqual(version.Must(version.NewVersion(first)))
}

// Version is which program the tests run.
type Version struct {
	OpenTofu bool
	Number   *version.Version
}

func (v Version) String() string {
	if v.OpenTofu {
		return "OpenTofu " + v.Number.String()
	}
	return "Terraform " + v.Number.String()
}

// Version asks the program which one it is.
func (d *Dir) Version() Version {
	d.t.Helper()
	var installed struct {
		Version string `json:"terraform_version"` // OpenTofu calls it so, too
	}
	if err := json.Unmarshal([]byte(d.MustRun("version", "-json")), &installed); err != nil {
		d.t.Fatal(err)
	}
	number, err := version.NewVersion(installed.Version)
	if err != nil {
		d.t.Fatal(err)
	}
	return Version{OpenTofu: strings.HasPrefix(d.MustRun("version"), "OpenTofu"), Number: number}
}
