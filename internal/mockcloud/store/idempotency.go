package store

import (
	"crypto/hmac"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/table"
)

// answerLife is how long the answer to a create is given again.
const answerLife = 24 * time.Hour

// KeptAnswer is the answer to a create that came with an Idempotency-Key.
type KeptAnswer struct {
	ID        uuid.UUID // made of the account, the path, the caller and the key
	Created   time.Time
	AccountID uuid.UUID
	// BodyMAC recognizes the body, which may hold secrets and is not kept.
	BodyMAC []byte `secret:"true"`
	// Answer is JSON.
	Answer []byte `secret:"true"`
}

var (
	answerTable      = table.Declare(&tables, "kept_answers", func(a *KeptAnswer) (uuid.UUID, time.Time) { return a.ID, a.Created }, table.Sealed)
	answersByAccount = table.Group(answerTable, func(a *KeptAnswer) (uuid.UUID, bool) { return a.AccountID, true }, table.DeletedWith(accountTable))
)

// CreateCall is a create as far as it matters for doing it only once.
type CreateCall struct {
	AccountID uuid.UUID
	// By is who sends it: each actor has keys of its own, or one would be shown the answers of another.
	By Actor
	// Path is where it was sent: each collection has keys of its own.
	Path, Key string
	Body      []byte
}

func (q CreateCall) id() uuid.UUID {
	return uuid.NewSHA1(q.AccountID, []byte(q.Path+"\x00"+q.By.ActorID.String()+"\x00"+q.Key))
}

const macIdempotency = "idempotency"

// AnswerTo returns the answer to a request that was made before; known says whether
// it was. The same key with another body is Invalid.
func (r *Reader) AnswerTo(q CreateCall) (answer json.RawMessage, known bool, err error) {
	kept, ok := answerTable.Get(r.db, q.id())
	if !ok || !r.Now().Before(kept.Created.Add(answerLife)) {
		return nil, false, nil
	}
	if !hmac.Equal(kept.BodyMAC, r.mac(macIdempotency, q.Body)) {
		return nil, false, &Invalid{Problems: []Problem{{
			In: "header", Loc: []any{"Idempotency-Key"}, Type: "value_error",
			Msg: "Value error, this key was used with another body; a new request needs a new key",
		}}}
	}
	return kept.Answer, true, nil
}

// KeepAnswer keeps the answer to a request for a day. Older ones go.
func (tx *Tx) KeepAnswer(q CreateCall, answer json.RawMessage) {
	now := tx.stamp()
	for _, kept := range slices.Clone(answersByAccount.Get(tx.db, q.AccountID)) {
		if now.Before(kept.Created.Add(answerLife)) {
			break
		}
		answerTable.Delete(tx.db, kept.ID)
	}
	kept := &KeptAnswer{ID: q.id(), Created: now, AccountID: q.AccountID, BodyMAC: tx.mac(macIdempotency, q.Body), Answer: answer}
	answerTable.Put(tx.db, kept)
}
