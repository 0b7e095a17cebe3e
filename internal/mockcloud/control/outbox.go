package control

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store"
)

// mailBody is a mail on the wire.
type mailBody struct {
	ID           uuid.UUID `json:"id"`
	Created      time.Time `json:"created"`
	To           string    `json:"to"`
	Subject      string    `json:"subject"`
	Text         string    `json:"text"`
	InvitationID uuid.UUID `json:"invitation_id"`
	InviteCode   string    `json:"invite_code"`
	LoginCode    string    `json:"login_code,omitempty"`
}

// outbox is GET /_mockcloud/outbox. Nothing is mailed to anybody: this is where
// the codes are found that people would find in their mail.
func (c *Control) outbox(w http.ResponseWriter, _ *http.Request) {
	out := []mailBody{}
	err := c.Store.View(func(r *store.Reader) error {
		for _, m := range r.Outbox() {
			out = append(out, mailBody{
				ID: m.ID, Created: m.Created, To: m.To, Subject: m.Subject, Text: m.Text,
				InvitationID: m.InvitationID, InviteCode: m.Code, LoginCode: m.LoginCode,
			})
		}
		return nil
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	reply(w, http.StatusOK, out)
}
