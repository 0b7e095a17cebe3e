package table

import "testing"

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ID": "id", "AccountID": "account_id", "FirstName": "first_name", "AILogSummaries": "ai_log_summaries",
		"WorkOSOrganizationID": "work_os_organization_id", "IPAllowlist": "ip_allowlist", "Name": "name",
	} {
		if got := snakeCase(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
