package report

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// What is no JSON plan is told apart, so that people learn what to give instead.
func TestReadPlanRejects(t *testing.T) {
	t.Parallel()
	const canary = "s3cr3t-canary"
	for name, tc := range map[string]struct{ input, want string }{
		"nothing":                  {" \n", "the input is empty"},
		"a saved plan":             {"PK\x03\x04\x14\x00\x08\x00", "a saved plan itself"},
		"words":                    {"No changes. Your infrastructure matches the configuration. " + canary, "the input is no JSON"},
		"half a plan":              {`{"format_version":"1.2","planned_values":{"x":"` + canary, "no whole JSON document (it breaks at byte "},
		"two documents":            {`{"format_version":"1.2","planned_values":{}}{}`, "no whole JSON document"},
		"messages":                 {`{"@level":"info","@message":"` + canary + `"}` + "\n" + `{"@level":"info"}`, "messages of a command with -json"},
		"a list":                   {`[]`, "this JSON is not a Terraform plan"},
		"a shown state":            {`{"format_version":"1.0","values":{"outputs":{"a":"` + canary + `"}}}`, "this is a state"},
		"an empty state":           {`{"format_version":"1.0"}`, "this is a state"},
		"a state file":             {`{"version":4,"serial":1,"lineage":"x","resources":[]}`, "this is a state"},
		"other JSON":               {`{"name":"` + canary + `"}`, "not a Terraform plan"},
		"a later format, bare":     {`{"format_version":"2.0","changes":[]}`, `format version "2.0"`},
		"an early format":          {`{"format_version":"0.2","planned_values":{}}`, `format version "0.2", which Terraform before 1.1 wrote`},
		"half of another format":   {`{"format_version":"1.2","changes":[]}`, "not a Terraform plan"},
		"noise":                    {"\x00\xff\x13\x37" + canary, "the input is no JSON"},
		"half of UTF-16":           {"\xff\xfe{\x00\"\x00f", "no whole JSON document"},
		"a later format":           {`{"format_version":"2.0","planned_values":{}}`, `format version "2.0"`},
		"a format of no use":       {`{"format_version":1.2,"planned_values":{}}`, "format version 1.2"},
		"a plan bent out of shape": {`{"format_version":"1.2","planned_values":{},"resource_drift":"` + canary + `"}`, "resource_drift is a JSON string"},
		"a time that is none":      {`{"format_version":"1.2","planned_values":{},"timestamp":"` + canary + `"}`, "does not parse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read("drift-report", strings.NewReader(tc.input))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("%v, want %q in it", err, tc.want)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the input is repeated: %v", err)
			}
			if !strings.Contains(err.Error(), "terraform show -json") && !strings.Contains(tc.want, "format version") {
				t.Errorf("%v does not say what to do", err)
			}
		})
	}
}

// What cannot be read at all is named, with its file.
func TestOpenRejects(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.json")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	terminal, err := os.Open(os.DevNull) // a device, too
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }() // it was only read
	for want, file := range map[string]string{
		folder + " is a folder: run `terraform plan": folder, empty + ": the input is empty": empty, "no such file": filepath.Join(folder, "absent"),
		"not a directory": filepath.Join(empty, "below"), "there is no input": "",
	} {
		if _, err := Open("access-report", file, terminal); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
	}
}

// Fields that later versions of the format add do no harm.
func TestReadPlanOfALaterMinorVersion(t *testing.T) {
	t.Parallel()
	p, err := Read("drift-report", strings.NewReader(`{"format_version":"1.9","planned_values":{},"new":{},"timestamp":"2026-11-22T08:00:00Z"}`))
	if err != nil || p.Timestamp.Hour() != 8 {
		t.Errorf("%+v, %v", p, err)
	}
}

// PowerShell's redirection writes UTF-16, and some editors a byte order mark.
func TestReadPlanInOtherEncodings(t *testing.T) {
	t.Parallel()
	const text = `{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"ö.😀"}]}`
	utf16le, utf16be := []byte{0xFF, 0xFE}, []byte{0xFE, 0xFF}
	for _, unit := range utf16.Encode([]rune(text + "\r\n")) {
		utf16le = binary.LittleEndian.AppendUint16(utf16le, unit)
		utf16be = binary.BigEndian.AppendUint16(utf16be, unit)
	}
	for name, input := range map[string]string{
		"plain": text, "a byte order mark": "\uFEFF" + text, "UTF-16, little-endian": string(utf16le), "UTF-16, big-endian": string(utf16be),
		"UTF-16 with half a unit": string(utf16le) + "\r",
	} {
		p, err := Read("drift-report", strings.NewReader(input))
		if err != nil || p.ResourceChanges[0].Address != "ö.😀" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := Read("drift-report", bytes.NewReader([]byte{0xFF, 0xFE})); err == nil || !strings.Contains(err.Error(), "the input is empty") {
		t.Errorf("a mark and nothing else: %v", err)
	}
}
