package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/client"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/normalized"
)

func TestRoleInForm(t *testing.T) {
	t.Parallel()
	const admin, other = "0C1F1D2E-0000-4000-8000-00000000000A", "0c1f1d2e-0000-4000-8000-00000000000b"
	row := client.Membership{AccountRoleID: "0c1f1d2e-0000-4000-8000-00000000000a", AccountRoleName: "Admin"}
	for written, want := range map[string]string{
		"Admin": "Admin", "Member": "Admin", "": "Admin",
		admin: admin, other: row.AccountRoleID,
	} {
		if got := roleInForm(written, row); got != want {
			t.Errorf("roleInForm(%q) = %q, want %q", written, got, want)
		}
	}
}

func TestMemberRolesModelFromAPI(t *testing.T) {
	t.Parallel()
	m := memberRolesModel{Roles: normalized.Email.MapValue(map[string]string{"Ada@x.example": "Admin", "bob@x.example": "Member", "gone@x.example": "Admin"})}
	gone := m.fromAPI("0c1f1d2e-0000-4000-8000-000000000001", map[string]client.Membership{
		"ada@x.example": {AccountRoleName: "Owner"}, "bob@x.example": {AccountRoleName: "Member"},
	})
	want := normalized.Email.MapValue(map[string]string{"Ada@x.example": "Owner", "bob@x.example": "Member"})
	if !m.Roles.Equal(want) || !slices.Equal(gone, []string{"gone@x.example"}) {
		t.Errorf("roles %s, gone %v; want %s and gone@x.example", m.Roles, gone, want)
	}
}

func TestDomainsModelKeepsSpelling(t *testing.T) {
	t.Parallel()
	m := domainsModel{Names: normalized.Domain.SetValue([]string{"Acme.com.", "gone.example"})}
	m.fromAPI("0c1f1d2e-0000-4000-8000-000000000001", []client.Domain{{Name: "acme.com"}, {Name: "new.example"}})
	if want := normalized.Domain.SetValue([]string{"Acme.com.", "new.example"}); !m.Names.Equal(want) {
		t.Errorf("names %s, want %s", m.Names, want)
	}
}

func TestPromotionsFirst(t *testing.T) {
	t.Parallel()
	owner := client.AccountRole{Name: "Owner", Permissions: []string{"read:account", client.PermissionBypassSSO}}
	member := client.AccountRole{Name: "Member"}
	phases := promotionsFirst([]roleChange{{role: member}, {role: owner}, {role: member}})
	if len(phases[0]) != 1 || phases[0][0].role.Name != "Owner" || len(phases[1]) != 2 {
		t.Errorf("phases %v, want the Owner first and two Members after", phases)
	}
}

// The person joins while Terraform waits: the third look finds them.
func TestWaitForMember(t *testing.T) {
	t.Parallel()
	var looks atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		rows := []map[string]any{}
		if looks.Add(1) > 2 {
			rows = append(rows, map[string]any{"id": "m1", "email": "late@x.example", "account_role_name": "Member", "active": true})
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(rows); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	c, err := client.New(client.Config{Endpoint: server.URL, APIKey: "pnu_test", RequestTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	member, err := waitForMember(context.Background(), c.Members("0c1f1d2e-0000-4000-8000-000000000001"), "late@x.example", time.Minute)
	if err != nil || member.ID != "m1" {
		t.Errorf("found %+v, %v; want m1", member, err)
	}
	if n := looks.Load(); n != 3 {
		t.Errorf("%d looks, want 3", n)
	}
}
