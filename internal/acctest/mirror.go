package acctest

import (
	"os"
	"path/filepath"
	"runtime"
)

// registries are where Terraform and OpenTofu look for a provider whose source names none.
var registries = []string{"registry.terraform.io", "registry.opentofu.org"}

// Mirror lets `terraform init` install the provider as it is built from this tree, from a folder in the directory:
// NewDir's dev_overrides leave nothing to install, and so no binary to be found.
func (d *Dir) Mirror() {
	d.t.Helper()
	binary := providerBinary(d.t)
	for _, registry := range registries {
		folder := filepath.Join(d.Path, "terraform.d", "plugins", registry, "prefectsso", "prefectsso", "0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Link(binary, filepath.Join(folder, filepath.Base(binary))); err != nil {
			d.t.Fatal(err)
		}
	}
	d.Setenv("TF_CLI_CONFIG_FILE", os.DevNull)
}

// MirrorOther is Mirror for another provider, whose binary is in a folder.
func (d *Dir) MirrorOther(source, folder string) {
	d.t.Helper()
	for _, registry := range registries {
		to := filepath.Join(d.Path, "terraform.d", "plugins", registry, filepath.FromSlash(source), "0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
			d.t.Fatal(err)
		}
	}
}
