package account_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// TestSecretsStaySecret makes one of every secret there is and looks for it in the
// audit trail, the snapshot and the log.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	var logs mocktest.Log
	s, state := withStore(t, mocktest.NewClock(), &logs)
	ada := s.MemberNamed("ada@acme.com")
	var key keyRow
	s.Call("POST", "/api/users/"+ada.UserID+"/api_keys", mocktest.Member, obj{"name": "k"}).Want(201).Into(&key)
	bot := createBot(t, s, obj{"name": "ci"})
	var turned botRow
	s.Call("POST", bots+"/"+bot.ID+"/rotate_api_key", mocktest.Owner, obj{"old_key_expires_in_seconds": 60}).Want(201).Into(&turned)
	_, token := logIn(t, state, "ada@acme.com", "192.0.2.1", "", time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC))
	s.Call("GET", root, token, nil).Want(200)
	s.Call("POST", invitations+"/", mocktest.Owner, []obj{{"email": "new@comer.example", "account_role_id": s.RoleNamed("Member").ID}}).Want(201)
	var code string
	var recorded []byte
	if err := state.View(func(r *store.Reader) error {
		mail := r.Outbox()[0]
		code = mail.Code
		events, err := r.Events(uuid.MustParse(mocktest.Account))
		if err != nil {
			return err
		}
		snapshot, err := r.Snapshot()
		if err != nil {
			return err
		}
		recorded, err = json.Marshal(map[string]any{"events": events, "snapshot": snapshot})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.Call("POST", "/api/invitations/"+noone+"/accept?invite_code="+code, mocktest.Member, nil).Want(404)
	if !strings.Contains(string(recorded), "prefect-cloud.api-key.rotated") || !strings.Contains(logs.String(), "rotate_api_key") {
		t.Fatal("nothing was told at all")
	}
	for name, secret := range map[string]string{
		"user key": key.Key, "bot key": bot.APIKey.Key, "rotated bot key": turned.APIKey.Key,
		"session token": token, "invite code": code, "scenario key": mocktest.Owner,
	} {
		if len(secret) < len(mocktest.Owner) {
			t.Fatalf("no %s: %q", name, secret)
		}
		for where, text := range map[string]string{"state": string(recorded), "log": logs.String()} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s shows the %s: %s", where, name, fmt.Sprintf("%.2000s", text))
			}
		}
	}
}
