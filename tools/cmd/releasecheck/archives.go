package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// wanted are the platforms that archives have to be there for: those that the registry recommends, and what else people
// run Terraform on.
var wanted = map[string][]string{
	"terraform-provider-prefectsso": {
		"darwin_amd64", "darwin_arm64", "freebsd_amd64", "freebsd_arm64", "linux_amd64", "linux_arm", "linux_arm64",
		"windows_amd64", "windows_arm64",
	},
	"mockcloud": {"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64"},
}

// release is a folder with the files of one.
type release struct {
	dir, version string
	archives     []archive
}

// archive is one file that people download.
type archive struct {
	path, program, platform string
}

var archiveName = regexp.MustCompile(`^(terraform-provider-prefectsso|mockcloud)_(.+)_([a-z]+_[a-z0-9]+)\.(zip|tar\.gz)$`)

// read finds the archives of a release.
func read(dir string) (release, error) {
	r := release{dir: dir}
	files, err := published(dir)
	if err != nil {
		return r, err
	}
	for _, file := range files {
		found := archiveName.FindStringSubmatch(filepath.Base(file))
		if found == nil {
			continue
		}
		if r.version == "" {
			r.version = found[2]
		}
		if found[2] != r.version {
			return r, fmt.Errorf("%s is of another version than %s", file, r.version)
		}
		r.archives = append(r.archives, archive{path: file, program: found[1], platform: found[3]})
	}
	if len(r.archives) == 0 {
		return r, fmt.Errorf("there is no archive in %s", dir)
	}
	return r, nil
}

// of is the archive of a program for a platform.
func (r release) of(program, platform string) (archive, error) {
	for _, a := range r.archives {
		if a.program == program && a.platform == platform {
			return a, nil
		}
	}
	return archive{}, fmt.Errorf("there is no archive of %s for %s in %s", program, platform, r.dir)
}

// check holds a release against what the registry wants, and what this project promises.
func (r release) check(manifest string) (err error) {
	sums, err := r.sums()
	if err != nil {
		return err
	}
	problem := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
	for program, platforms := range wanted {
		var got []string
		for _, a := range r.archives {
			if a.program == program {
				got = append(got, a.platform)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, platforms) {
			problem("%s is there for %q, want %q", program, got, platforms)
		}
	}
	for _, a := range r.archives {
		if e := a.check(r.version); e != nil {
			problem("%s: %w", filepath.Base(a.path), e)
		}
		if filepath.Ext(a.path) != ".zip" && a.program != "mockcloud" {
			problem("%s: the registry wants a zip", filepath.Base(a.path))
		}
	}
	// goreleaser uploads the project's own file under that name, and puts no copy among the archives.
	if content, e := os.ReadFile(manifest); e != nil {
		problem("the manifest: %w", e)
	} else if sum := sha256.Sum256(content); sums["terraform-provider-prefectsso_"+r.version+"_manifest.json"] != hex.EncodeToString(sum[:]) {
		problem("the checksums have another manifest than %s", manifest)
	}
	there, e := hashes(r.dir)
	if e != nil {
		return errors.Join(err, e)
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if strings.HasSuffix(name, "_SHA256SUMS") {
			continue
		}
		if sums[name] != there[name] {
			problem("%s has the hash %s, and the checksums say %q", name, there[name], sums[name])
		}
	}
	return err
}

// sums reads the file with the checksums.
func (r release) sums() (map[string]string, error) {
	file, err := one(filepath.Join(r.dir, "*_SHA256SUMS"))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		sum, name, found := strings.Cut(lines.Text(), "  ")
		if !found {
			return nil, fmt.Errorf("%s has the line %q", file, lines.Text())
		}
		out[name] = sum
	}
	return out, nil
}

// binary is the program's name in the archive: Terraform wants the version in the provider's.
func (a archive) binary(version string) string {
	name := a.program
	if name != "mockcloud" {
		name += "_v" + version
	}
	if strings.HasPrefix(a.platform, "windows_") {
		name += ".exe"
	}
	return name
}

// check looks at what is in an archive, and at the list of modules beside it.
func (a archive) check(version string) error {
	files, err := a.open()
	if err != nil {
		return err
	}
	want := []string{"LICENSE", "THIRD_PARTY_LICENSES.txt", a.binary(version)}
	if a.program == "mockcloud" {
		want = append(want, "Containerfile")
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		return fmt.Errorf("it has %q, want %q", got, want)
	}
	if platform, err := platformOf(files[a.binary(version)]); err != nil {
		return err
	} else if platform != a.platform && platform != strings.Replace(a.platform, "freebsd", "linux", 1) {
		return fmt.Errorf("its program is for %s", platform)
	}
	list, err := os.ReadFile(filepath.Join(filepath.Dir(a.path), a.program+"_"+version+"_"+a.platform+".cdx.json"))
	if err != nil {
		return err
	}
	var modules struct {
		Components []struct {
			Name string `json:"name"`
		} `json:"components"`
	}
	if err := json.Unmarshal(list, &modules); err != nil {
		return err
	}
	for _, c := range modules.Components {
		if c.Name == "golang.org/x/net" {
			return nil
		}
	}
	return fmt.Errorf("the list of its modules lacks golang.org/x/net, which is in it: %d modules", len(modules.Components))
}

// open reads the files of an archive.
func (a archive) open() (map[string][]byte, error) {
	files := map[string][]byte{}
	if strings.HasSuffix(a.path, ".zip") {
		z, err := zip.OpenReader(a.path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = z.Close() }() // only read
		for _, f := range z.File {
			from, err := f.Open()
			if err != nil {
				return nil, err
			}
			files[f.Name], err = io.ReadAll(from)
			if err := errors.Join(err, from.Close()); err != nil {
				return nil, err
			}
		}
		return files, nil
	}
	raw, err := os.Open(a.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = raw.Close() }() // only read
	unzipped, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(unzipped); ; {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[head.Name], err = io.ReadAll(t); err != nil {
			return nil, err
		}
	}
}

// platformOf says what a program is for, by its header. FreeBSD's are ELF as Linux's are, and no field tells a static one
// of Go from the other: both count as linux.
func platformOf(program []byte) (string, error) {
	from := bytes.NewReader(program)
	if f, err := elf.NewFile(from); err == nil {
		arch, known := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_ARM: "arm"}[f.Machine]
		if known {
			return "linux_" + arch, nil
		}
	}
	if f, err := macho.NewFile(from); err == nil {
		arch, known := map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[f.Cpu]
		if known {
			return "darwin_" + arch, nil
		}
	}
	if f, err := pe.NewFile(from); err == nil {
		arch, known := map[uint16]string{pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}[f.Machine]
		if known {
			return "windows_" + arch, nil
		}
	}
	return "", errors.New("its program has no header that is known here")
}

// published are the files of a release that people see.
func published(dir string) (files []string, err error) {
	for _, pattern := range []string{"*.zip", "*.tar.gz", "*.cdx.json", "*_SHA256SUMS"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// hashes are those of the files of a release, by name.
func hashes(dir string) (map[string]string, error) {
	files, err := published(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(file, "_SHA256SUMS") {
			// goreleaser writes its lines as the builds come to their ends.
			content = []byte(strings.Join(slices.Sorted(strings.Lines(string(content))), ""))
		}
		sum := sha256.Sum256(content)
		out[filepath.Base(file)] = hex.EncodeToString(sum[:])
	}
	return out, nil
}

// same compares two builds.
func same(first, second map[string]string) (err error) {
	if len(first) == 0 {
		return errors.New("nothing was built")
	}
	names := maps.Clone(first)
	maps.Copy(names, second)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if first[name] != second[name] {
			err = errors.Join(err, fmt.Errorf("%s is built with two hashes, %q and %q", name, first[name], second[name]))
		}
	}
	return err
}

// one is the only file of a pattern.
func one(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("want one file %s, found %q", pattern, found)
	}
	return found[0], nil
}
