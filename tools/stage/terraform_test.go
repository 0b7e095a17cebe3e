package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// builds are the contents of what is in a mirror, by version.
func builds(t *testing.T, m stage.Mirror) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(m.Dir, "plugins", "registry.terraform.io", "prefectsso", "prefectsso", "*", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-prefectsso"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm()&0o100 == 0 {
			t.Errorf("%s cannot be run: %v, %v", file, info.Mode(), err)
		}
		got[filepath.Base(filepath.Dir(filepath.Dir(file)))] = string(content)
	}
	return got
}

// TestMirrorHasAVersionForEachBuild: Terraform's lock files know a build by its hash.
func TestMirrorHasAVersionForEachBuild(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "with space")
	m := stage.Mirror{Dir: filepath.Join(root, "dev")}
	provider := filepath.Join(root, "terraform-provider-prefectsso")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		build string
		want  []string
	}{
		{"first", []string{"0.1.1"}},
		{"first", []string{"0.1.1"}},
		{"second", []string{"0.1.1", "0.1.2"}},
		{"third", []string{"0.1.2", "0.1.3"}},
		{"second", []string{"0.1.3", "0.1.4"}},
	} {
		if err := os.WriteFile(provider, []byte(step.build), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := m.Put(provider); err != nil {
			t.Fatal(err)
		}
		got := builds(t, m)
		var versions []string
		for version := range got {
			versions = append(versions, version)
		}
		slices.Sort(versions)
		if !slices.Equal(versions, step.want) || got[step.want[len(step.want)-1]] != step.build {
			t.Errorf("after the %s build the mirror has %q, want %q, the newest with it", step.build, got, step.want)
		}
	}
}

func TestMirrorNeedsAProvider(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	err := stage.Mirror{Dir: filepath.Join(root, "dev")}.Put(filepath.Join(root, "absent"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without a provider: %v", err)
	}
}

func TestMirrorConfigQuotesPaths(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), `a "b" ${c} %{d}\e`)
	provider := filepath.Join(root, "terraform-provider-prefectsso")
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(provider, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	m := stage.Mirror{Dir: root}
	if err := m.Put(provider); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(m.CLIConfig())
	if err != nil {
		t.Fatal(err)
	}
	if want := `/a \"b\" $${c} %%{d}\\e/plugins"`; !strings.Contains(string(got), want) {
		t.Errorf("the CLI configuration is %s, want %s in it", got, want)
	}
}
