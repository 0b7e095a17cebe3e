package client

import (
	"context"
	"net/http"
	"slices"
	"testing"
)

// TestWroteIsReported: of each request that may have changed an account, also a failed one, and of none that reads.
func TestWroteIsReported(t *testing.T) {
	t.Parallel()
	var reported []string
	answer := http.StatusOK
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		respond(answer, "application/json", `{}`)(w, r)
	})
	c := newTestClient(t, inProcess{server}, func(cfg *Config) {
		cfg.MaxRetries = 0
		cfg.Wrote = func(account, noun string) { reported = append(reported, account+" "+noun) }
	})
	ctx := context.Background()
	for name, test := range map[string]struct {
		call func() error
		want string
	}{
		"read": {func() error { _, err := c.GetAccount(ctx, testAccount); return err }, ""},
		"read by POST": {func() error {
			_, err := c.ListMemberships(ctx, testAccount, MembershipQuery{})
			return err
		}, ""},
		"role":        {func() error { return c.UpdateMembershipRole(ctx, testAccount, "m", "r") }, "account_memberships"},
		"account":     {func() error { return c.SetAuthExpiration(ctx, testAccount, nil) }, ""},
		"activation":  {func() error { _, err := c.ActivateConnection(ctx, testAccount, "conn", false); return err }, "sso"},
		"refresh":     {func() error { _, err := c.RefreshConnection(ctx, testAccount, "conn"); return err }, "sso"},
		"mapping":     {func() error { return c.DeleteGroupRoleMapping(ctx, testAccount, "directory_1", "m") }, "sso"},
		"team access": {func() error { return c.RemoveTeamAccess(ctx, testAccount, "w", "t") }, "workspaces"},
	} {
		reported = nil
		_ = test.call() // answers here say nothing of a change; that it was tried is enough
		want := []string{testAccount + " " + test.want}
		if test.want == "" && name != "account" {
			want = nil
		}
		if !slices.Equal(reported, want) {
			t.Errorf("%s: told %q, want %q", name, reported, want)
		}
	}
	answer, reported = http.StatusInternalServerError, nil
	if err := c.DeleteDirectory(ctx, testAccount, "directory_1"); err == nil || len(reported) != 1 {
		t.Errorf("a failed write: told %q, error %v", reported, err)
	}
}
