package provider

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

func oktaDirectory() *scimDirectoryModel {
	return &scimDirectoryModel{
		Name: types.StringValue("Okta"), Type: types.StringValue("okta scim v2.0"), Enabled: types.BoolValue(true),
		DefaultRole: types.StringValue("Member"), DeprovisionAction: types.StringValue(deprovisionDeactivate), SyncGroupsToTeams: types.BoolValue(true),
		AllowedDomains: normalized.Domain.SetValue([]string{"Acme.com"}),
	}
}

func noDomains() normalized.Set {
	return normalized.Domain.SetNull()
}

// An update sends what differs, and nothing else.
func TestSCIMDirectoryChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*scimDirectoryModel)
		want   string
	}{
		"nothing":           {func(*scimDirectoryModel) {}, `{}`},
		"a name":            {func(m *scimDirectoryModel) { m.Name = types.StringValue("Entra") }, `{"name":"Entra"}`},
		"a type":            {func(m *scimDirectoryModel) { m.Type = types.StringValue("azure scim v2.0") }, `{"type":"azure scim v2.0"}`},
		"off":               {func(m *scimDirectoryModel) { m.Enabled = types.BoolValue(false) }, `{"state":"unlinked"}`},
		"a role":            {func(m *scimDirectoryModel) { m.DefaultRole = types.StringValue("Auditor") }, `{"default_account_role_id":"role"}`},
		"an action":         {func(m *scimDirectoryModel) { m.DeprovisionAction = types.StringValue(deprovisionDelete) }, `{"deprovision_action":"delete"}`},
		"teams":             {func(m *scimDirectoryModel) { m.SyncGroupsToTeams = types.BoolValue(false) }, `{"sync_groups_to_teams":false}`},
		"the same domains":  {func(m *scimDirectoryModel) { m.AllowedDomains = normalized.Domain.SetValue([]string{"acme.COM."}) }, `{}`},
		"other domains":     {func(m *scimDirectoryModel) { m.AllowedDomains = normalized.Domain.SetValue([]string{"B.example"}) }, `{"allowed_domains":["b.example"]}`},
		"all domains":       {func(m *scimDirectoryModel) { m.AllowedDomains = noDomains() }, `{"allowed_domains":null}`},
		"a name and a role": {func(m *scimDirectoryModel) { m.Name, m.DefaultRole = types.StringValue("X"), types.StringValue("Y") }, `{"name":"X","default_account_role_id":"role"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := oktaDirectory()
			test.change(m)
			got, err := json.Marshal(m.changes(oktaDirectory(), "role"))
			if err != nil || string(got) != test.want {
				t.Errorf("%s, %v, want %s", got, err, test.want)
			}
		})
	}
	on, off := oktaDirectory(), oktaDirectory()
	off.Enabled = types.BoolValue(false)
	if got := on.changes(off, "role").State; got != client.DirectoryLinked {
		t.Errorf("switching on writes %q", got)
	}
}

// The server's answer keeps the forms that the configuration uses while they mean the same.
func TestSCIMDirectoryFromAPI(t *testing.T) {
	t.Parallel()
	const id = "3f0b3c1e-0000-4000-8000-000000000001"
	answer := client.Directory{
		ID: "directory_1", Name: "Okta", Type: "okta scim v2.0", State: client.DirectoryUnlinked, DefaultAccountRoleID: id,
		DeprovisionAction: deprovisionDelete, AllowedDomains: []string{"acme.com", "b.example"}, SCIMEndpoint: "https://x.example/scim",
	}
	role := client.AccountRole{ID: id, Name: "Auditor"}
	m := oktaDirectory()
	m.fromAPI("a", &answer, role)
	if m.DefaultRole.ValueString() != "Auditor" || m.Enabled.ValueBool() || m.SyncGroupsToTeams.ValueBool() || !m.Configurable.ValueBool() ||
		!slices.Equal(m.AllowedDomains.Written(), []string{"Acme.com", "b.example"}) || m.SCIMEndpoint.ValueString() != answer.SCIMEndpoint {
		t.Errorf("by name: %+v", m)
	}
	m = oktaDirectory()
	m.DefaultRole = types.StringValue(strings.ToUpper(id))
	answer.AllowedDomains = nil
	m.fromAPI("a", &answer, role)
	if m.DefaultRole.ValueString() != strings.ToUpper(id) || !m.AllowedDomains.IsNull() {
		t.Errorf("by id: %+v", m)
	}
	m = oktaDirectory()
	m.observe("a", &client.Directory{ID: "directory_1", Name: "Okta", Type: "okta scim v2.0", State: "active"})
	if m.Configurable.ValueBool() || !m.Enabled.ValueBool() || m.DefaultRole.ValueString() != "Member" || !m.SCIMEndpoint.IsNull() || m.UnverifiedAttributes.IsNull() {
		t.Errorf("adopted: %+v", m)
	}
}

func TestSCIMTokenToNew(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 500, time.UTC)
	m := scimTokenModel{Name: types.StringValue("okta"), ExpiresIn: normalized.Duration.StringValue("24h")}
	w := m.toNew("secret", now)
	if w.Name != "okta" || w.Token != "secret" || w.Run || w.OldTokenExpiresInSeconds != nil || !w.ExpiresAt.Equal(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("written %+v", w)
	}
	m.ExpiresIn = normalized.Duration.StringNull()
	if w := m.toNew("secret", now); w.ExpiresAt != nil {
		t.Errorf("an end that nobody asked for: %s", w.ExpiresAt)
	}
}

func TestNoRoom(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	one, two := client.SCIMToken{ID: "1", Name: "old", Suffix: "aaaa", ExpiresAt: &expires}, client.SCIMToken{ID: "2", Name: "new", Suffix: "bbbb"}
	for name, test := range map[string]struct {
		live []client.SCIMToken
		want string // "" for room
	}{
		"none":            {nil, ""},
		"one":             {[]client.SCIMToken{one}, ""},
		"one and a run's": {[]client.SCIMToken{one, {ID: "3", Run: true}}, ""},
		"two":             {[]client.SCIMToken{one, two}, "old (…aaaa, id 1, expires 2026-11-22T13:00:00Z) and new (…bbbb, id 2, never expires)"},
	} {
		d := noRoom(test.live, "directory_1")
		if (d == nil) != (test.want == "") || d != nil && !strings.Contains(d.Detail(), test.want) {
			t.Errorf("%s: %v", name, d)
		}
	}
}

func TestWarnOfTokenExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for expires, want := range map[string]string{"": "", "2026-12-10T00:00:00Z": "18 days", "2026-11-21T00:00:00Z": "0 days", "2027-01-10T00:00:00Z": ""} {
		var diags diag.Diagnostics
		warnOfTokenExpiry(&scimTokenModel{ExpiresAt: textOrNull(expires)}, now, &diags)
		if (want == "") != (len(diags) == 0) || want != "" && !strings.Contains(diags[0].Detail(), want) || diags.HasError() {
			t.Errorf("%s: %v, want %q", expires, diags, want)
		}
	}
}

// No diagnostic of a token repeats what may be a secret.
func TestBearerToken(t *testing.T) {
	t.Parallel()
	const good = "0123456789abcdefghijABCDEFGHIJ._"
	for token, valid := range map[string]bool{
		good: true, good + "~+/-==": true, good[1:]: false, good + "=a": false, good + " ": false, good + "é": false,
		strings.Repeat("a", 512): true, strings.Repeat("a", 513): false,
	} {
		var resp validator.StringResponse
		bearerToken{}.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("token_wo"), ConfigValue: types.StringValue(token)}, &resp)
		if resp.Diagnostics.HasError() == valid {
			t.Errorf("%q: %v", token, resp.Diagnostics)
		}
		for _, d := range resp.Diagnostics {
			if strings.Contains(d.Summary()+d.Detail(), token) {
				t.Errorf("%q is repeated", token)
			}
		}
	}
}

func TestDurationBetween(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{"0s": true, "1h": true, "48h": true, "48h1s": false, "-1s": false, "1500ms": false, "no duration": true} {
		var resp validator.StringResponse
		durationBetween{0, maxOverlap}.ValidateString(t.Context(), validator.StringRequest{ConfigValue: types.StringValue(text)}, &resp)
		if resp.Diagnostics.HasError() == valid {
			t.Errorf("%q: %v", text, resp.Diagnostics)
		}
	}
}
