package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// put writes a file of a release.
func put(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped is an archive with files of these contents.
func zipped(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, content := range files {
		to, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTwoBuilds(t *testing.T) {
	t.Parallel()
	if err := same(map[string]string{"a.zip": "1"}, map[string]string{"a.zip": "1"}); err != nil {
		t.Error(err)
	}
	for name, builds := range map[string][2]map[string]string{
		"other hash":    {{"a.zip": "1"}, {"a.zip": "2"}},
		"one file more": {{"a.zip": "1"}, {"a.zip": "1", "b.zip": "1"}},
		"nothing":       {},
	} {
		if err := same(builds[0], builds[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := read(dir); err == nil {
		t.Error("an empty folder is a release")
	}
	put(t, dir, "terraform-provider-prefectsso_0.0.0-SNAPSHOT-3fcc20b_linux_amd64.zip", nil)
	put(t, dir, "mockcloud_0.0.0-SNAPSHOT-3fcc20b_linux_amd64.tar.gz", nil)
	put(t, dir, "artifacts.json", nil)
	r, err := read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.version != "0.0.0-SNAPSHOT-3fcc20b" || len(r.archives) != 2 {
		t.Errorf("read %+v", r)
	}
	if a, err := r.of("mockcloud", "linux_amd64"); err != nil || a.binary(r.version) != "mockcloud" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := r.of("mockcloud", "plan9_amd64"); err == nil {
		t.Error("there is an archive for Plan 9")
	}
	put(t, dir, "mockcloud_0.0.1_darwin_arm64.tar.gz", nil)
	if _, err := read(dir); err == nil {
		t.Error("archives of two versions are one release")
	}
}

// A release with one archive of this platform lacks all others, and its mistakes are all said at once.
func TestCheckOfARelease(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("takes itself for a program of Linux")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const base = "terraform-provider-prefectsso_1.2.3"
	good := map[string][]byte{"LICENSE": nil, "THIRD_PARTY_LICENSES.txt": nil, "terraform-provider-prefectsso_v1.2.3": program}
	put(t, dir, base+"_linux_"+runtime.GOARCH+".zip", zipped(t, good))
	put(t, dir, base+"_darwin_arm64.zip", zipped(t, good))
	put(t, dir, base+"_windows_amd64.zip", zipped(t, map[string][]byte{"LICENSE": nil}))
	put(t, dir, base+"_linux_"+runtime.GOARCH+".cdx.json", []byte(`{"components":[{"name":"golang.org/x/net"}]}`))
	manifest := put(t, t.TempDir(), "manifest.json", []byte("{}"))
	put(t, dir, base+"_SHA256SUMS", []byte(strings.Repeat("0", 64)+"  "+base+"_manifest.json\n"))
	r, err := read(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = r.check(manifest)
	if err == nil {
		t.Fatal("the release is as it should be")
	}
	for _, want := range []string{
		"terraform-provider-prefectsso is there for",
		"mockcloud is there for []",
		base + "_darwin_arm64.zip: its program is for linux_",
		base + "_windows_amd64.zip: it has [\"LICENSE\"]",
		"the checksums have another manifest",
		base + "_darwin_arm64.zip has the hash",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it is not said that %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "the manifest: ") || strings.Contains(err.Error(), base+"_linux_"+runtime.GOARCH+".zip: ") {
		t.Errorf("what is right is refused:\n%v", err)
	}
}
