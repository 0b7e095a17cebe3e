package console_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/console"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

const bots = `
accounts:
  - id: ` + mocktest.Account + `
    handle: acme
    name: Acme
    features: [sso, teams]
    users:
      - {email: owner@acme.com, role: Owner}
      - {email: ada@acme.com, workspaces: {staging: Developer}}
    service_accounts:
      - {name: terraform, role: Owner}
      - {name: deploy, workspaces: {production: Runner}}
      - {name: idle}
      - {name: retired, workspaces: {production: Viewer}}
    workspaces: [{handle: production, name: Production}, {handle: staging, name: Staging}]
    teams: [{name: Data, users: [ada@acme.com], service_accounts: [deploy], workspaces: {staging: Viewer}}]
`

// TestServiceAccounts: which workspaces service accounts get into, and how, shows where
// it does of people, and in the picture and its tables beside people.
func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed(bots)
	w.does(func(tx *store.Tx) error {
		for _, bot := range tx.Bots(w.account) {
			if bot.Name != "retired" {
				continue
			}
			m, err := tx.MembershipOfBot(w.account, bot.ID)
			if err != nil {
				return err
			}
			return tx.SetActive(w.account, []uuid.UUID{m.ID}, false)
		}
		return nil
	})
	overview := w.page("")
	overview.Want(http.StatusOK,
		"How 2 active people sign in: 2 without being asked for a login. 3 service accounts authenticate with their keys.",
		"<title>Service accounts: 3 service accounts</title>", "<title>By key: 3 service accounts</title>",
		"<title>Owner: 1 person, 1 service account</title>", "<title>Production: 1 person, 2 service accounts</title>",
		"<title>Staging: 2 people, 2 service accounts</title>", "<title>No workspace: 1 service account</title>",
		"<title>Member to Production: 1 service account</title>", "<title>Member to Staging: 1 person, 1 service account</title>",
	)
	for line, numbers := range map[string]string{"Service accounts</bdi></th><td><bdi>By key": "0 3", "Member</bdi></th><td><bdi>Staging": "1 1", "By key</bdi></th><td><bdi>Member": "0 2"} {
		found := regexp.MustCompile(regexp.QuoteMeta(line) + `</bdi></td><td class="number">(\d+)</td><td class="number">(\d+)</td>`).FindStringSubmatch(overview.Body)
		if found == nil || found[1]+" "+found[2] != numbers {
			t.Errorf("the line %q has the numbers %q, want %s", line, found, numbers)
		}
	}
	list := w.page("people?show=bots")
	list.Want(http.StatusOK, "1 to 4 of 4", "<bdi>Production, Staging</bdi>")
	page := regexp.MustCompile(`people/[0-9a-f-]{36}(?:"><bdi>deploy)`).FindString(list.Body)
	if page == "" {
		t.Fatal("deploy is not in the list")
	}
	w.page(page[:len("people/")+36]).Want(http.StatusOK,
		`<tr><th scope="row"><bdi>Production</bdi></th><td><bdi>Runner</bdi></td><td>directly</td></tr>`,
		`<tr><th scope="row"><bdi>Staging</bdi></th><td><bdi>Viewer</bdi></td><td>by the team Data</td></tr>`,
	)
}

// TestOnlyServiceAccounts: an account without people has them in the picture all the same.
func TestOnlyServiceAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, console.Options{}).seed("accounts:\n- {handle: acme, name: Acme, service_accounts: [{name: one}]}\n")
	w.page("").Want(http.StatusOK, "No people are active in this account. 1 service account authenticates with its key.", "<title>No workspace: 1 service account</title>")
}

// TestRecent: how long a login counts as recent, from a scenario, however long.
func TestRecent(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[string]string{"43200": "for 12h0m0s", "9223372036854775807": "for 9,223,372,036,854,775,807 seconds"} {
		w := newWorld(t, console.Options{}).seed("accounts:\n- {handle: acme, auth_expiration_seconds: " + seconds + "}\n")
		w.page("sign-on").Want(http.StatusOK, "A login counts as recent "+want)
	}
}
