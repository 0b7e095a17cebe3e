package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/prefectsso/terraform-provider-prefectsso/tools/stage"
)

// origin is where the project is at home: goreleaser asks git for it.
const origin = "https://github.com/prefectsso/terraform-provider-prefectsso"

// buildTwice builds the commit that is checked out in two folders, compares, and leaves the files in dist.
func buildTwice(ctx context.Context, say func(string, ...any), root, dir string) (dist string, err error) {
	if changed, err := command(ctx, root, nil, "", "git", "status", "--porcelain"); err != nil {
		return "", err
	} else if changed != "" {
		say("not in it is what is not committed:\n%s", changed)
	}
	key, err := makeKey(ctx, say, filepath.Join(dir, "gpg"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, key.forget(context.WithoutCancel(ctx))) }()

	// The second is a clone of the first, so that both are of one commit even if somebody commits meanwhile.
	from := root
	var sums [2]map[string]string
	var built [2]string
	for i, name := range []string{"one", "another place"} {
		clone := filepath.Join(dir, name)
		say("building, %d of 2", i+1)
		if err := build(ctx, root, from, clone, key); err != nil {
			return "", err
		}
		from = clone
		built[i] = filepath.Join(clone, "dist")
		if sums[i], err = hashes(built[i]); err != nil {
			return "", err
		}
	}
	if err := same(sums[0], sums[1]); err != nil {
		return "", err
	}
	say("two builds have one hash for each of %d files", len(sums[0]))
	if err := key.verify(ctx, built[0]); err != nil {
		return "", err
	}

	dist = filepath.Join(root, "dist")
	if err := os.RemoveAll(dist); err != nil {
		return "", err
	}
	files, err := published(built[0])
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if err := stage.CopyFile(filepath.Join(dist, filepath.Base(file)), file); err != nil {
			return "", err
		}
	}
	return dist, nil
}

// build makes a release of what is committed in from, in a folder of its own, with the tools of root.
func build(ctx context.Context, root, from, clone string, key *key) error {
	for _, args := range [][]string{
		{"git", "clone", "--quiet", "--no-hardlinks", from, clone},
		{"git", "-C", clone, "remote", "set-url", "origin", origin},
	} {
		if _, err := command(ctx, root, nil, "", args...); err != nil {
			return err
		}
	}
	// The tools are built already; links, because the clone's Makefile looks for them in its own bin.
	if err := os.Mkdir(filepath.Join(clone, "bin"), 0o700); err != nil {
		return err
	}
	for _, tool := range []string{"go-licenses", "cyclonedx-gomod"} {
		if err := os.Symlink(filepath.Join(root, "bin", tool), filepath.Join(clone, "bin", tool)); err != nil {
			return err
		}
	}
	args := []string{filepath.Join(root, "bin", "goreleaser"), "release", "--snapshot", "--clean"}
	// goreleaser finds cyclonedx-gomod there.
	env := []string{"PATH=" + filepath.Join(root, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")}
	if key == nil {
		args = append(args, "--skip=sign")
	} else {
		env = append(env, key.env()...)
	}
	_, err := command(ctx, clone, env, "", args...)
	return err
}

// key is a signing key for this run, as the release workflow has one: with a passphrase.
type key struct {
	home, fingerprint, passphrase string
}

// makeKey makes a key. Without gpg there is none, and nothing is signed.
func makeKey(ctx context.Context, say func(string, ...any), home string) (*key, error) {
	if _, err := exec.LookPath("gpg"); err != nil {
		say("nothing is signed: %v", err)
		return nil, nil
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	k := &key{home: home, passphrase: rand.Text()}
	_, err := command(ctx, home, k.env(), k.passphrase, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0",
		"--quick-generate-key", "releasecheck", "rsa3072", "sign", "1d")
	if err != nil {
		return nil, err
	}
	listed, err := command(ctx, home, k.env(), "", "gpg", "--batch", "--with-colons", "--list-secret-keys")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(listed) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" && len(fields) > 9 {
			k.fingerprint = fields[9]
			return k, nil
		}
	}
	return nil, fmt.Errorf("gpg lists no fingerprint of the key that it made:\n%s", listed)
}

func (k *key) env() []string {
	return []string{"GNUPGHOME=" + k.home, "GPG_FINGERPRINT=" + k.fingerprint, "GPG_PASSPHRASE=" + k.passphrase}
}

// verify checks the signature of the checksums.
func (k *key) verify(ctx context.Context, dist string) error {
	if k == nil {
		return nil
	}
	sums, err := one(filepath.Join(dist, "*_SHA256SUMS"))
	if err != nil {
		return err
	}
	_, err = command(ctx, dist, k.env(), "", "gpg", "--batch", "--verify", sums+".sig", sums)
	return err
}

// forget ends gpg's agent, which holds the key.
func (k *key) forget(ctx context.Context) error {
	if k == nil {
		return nil
	}
	_, err := command(ctx, k.home, k.env(), "", "gpgconf", "--kill", "gpg-agent")
	return err
}

// command runs a program in a folder and gives what it printed. An error has that in it.
func command(ctx context.Context, dir string, env []string, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return strings.TrimSpace(out.String()), nil
}
