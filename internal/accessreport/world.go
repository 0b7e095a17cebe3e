package accessreport

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/access"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/english"
)

// What accounts are like can be kept in a file, so that a pipeline without a key can report.

// maxAge is how old a file may be unless --stale-ok is given.
const maxAge = 7 * 24 * time.Hour

// worldFormat tells a file with worlds from others; the number is its version.
const worldFormat = "prefectsso-world-1"

// worldFile is what --save-world writes. It has addresses and roles of everybody, and no key, token or secret.
type worldFile struct {
	Format   string         `json:"format"`
	Saved    time.Time      `json:"saved"`
	Accounts []access.World `json:"accounts"`
}

// save writes worlds into a file that only its owner can read. What was there before stays until the new one is whole.
func save(name string, now time.Time, worlds []access.World) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("could not save the world: %w", err)
		}
	}()
	text, err := json.Marshal(worldFile{worldFormat, now.UTC().Truncate(time.Second), worlds})
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // it is of no use
		}
	}()
	if _, err = file.Write(text); err != nil {
		_ = file.Close() // the error before it says more
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// load reads worlds from a file.
func load(name string, now time.Time, staleOK bool) (*worldFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("could not read the world: %w", err)
	}
	var file worldFile
	if err := json.Unmarshal(text, &file); err != nil || file.Format != worldFormat {
		return nil, fmt.Errorf("%s is no world that this version saved with --save-world", name)
	}
	switch age := now.Sub(file.Saved); {
	case age > maxAge && !staleOK:
		return nil, fmt.Errorf("%s was saved %s ago, on %s: save it anew, or accept that with --stale-ok", name, english.Count(int(age.Hours()/24), "day"), file.Saved.Format(time.DateOnly))
	case age < -time.Hour:
		return nil, fmt.Errorf("%s was saved on %s, which is yet to come: one of the clocks is wrong", name, file.Saved.Format(time.RFC3339))
	}
	return &file, nil
}

// world returns an account of the file.
func (f *worldFile) world(name, account string) (access.World, error) {
	var there []string
	for _, w := range f.Accounts {
		if accountKey(w.AccountID) == account {
			return w, nil
		}
		there = append(there, w.AccountID)
	}
	if there == nil {
		return access.World{}, errors.New(name + " has no account in it")
	}
	return access.World{}, fmt.Errorf("%s is of account %s, and the plan is about account %s", name, strings.Join(there, ", "), account)
}
