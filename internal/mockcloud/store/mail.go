package store

import (
	"time"

	"github.com/google/uuid"
)

// keptMails is how many mails the outbox keeps.
const keptMails = 1000

// Mail is a mail that would have been sent. It is the one place where codes can
// be read, as in the mailboxes of the people they are for.
type Mail struct {
	ID      uuid.UUID
	Created time.Time
	To      string
	Subject string
	Text    string `secret:"true"`
	// InvitationID and Code are in the text, too; programs find them here.
	InvitationID uuid.UUID
	Code         string `secret:"true"`
	// LoginCode is the code of a mail that lets somebody log in.
	LoginCode string `secret:"true"`
}

// Outbox gives the mails, newest last.
func (r *Reader) Outbox() []*Mail { return r.data.mailsInTime.get(struct{}{}) }

// send puts a mail into the outbox.
func (tx *Tx) send(m Mail) {
	m.ID, m.Created = tx.newID(), tx.stamp()
	tx.data.mails.put(tx, m.ID, &m)
	if all := tx.Outbox(); len(all) > keptMails {
		tx.data.mails.delete(tx, all[0].ID)
	}
}
