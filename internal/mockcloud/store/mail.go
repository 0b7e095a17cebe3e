package store

import (
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
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

var (
	mailTable   = table.Declare(&tables, "mails", func(m *Mail) (uuid.UUID, time.Time) { return m.ID, m.Created }, table.Sealed)
	mailsInTime = table.Group(mailTable, func(*Mail) (struct{}, bool) { return struct{}{}, true })
)

// Outbox returns the mails, newest last.
func (r *Reader) Outbox() []*Mail { return mailsInTime.Get(r.db, struct{}{}) }

// sendMail puts a mail into the outbox.
func (tx *Tx) sendMail(m Mail) {
	m.ID, m.Created = tx.newID(), tx.stamp()
	mailTable.Put(tx.db, &m)
	if all := tx.Outbox(); len(all) > keptMails {
		mailTable.Delete(tx.db, all[0].ID)
	}
}
