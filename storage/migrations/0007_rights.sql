-- People's rights: what is kept of a person can be erased on request, and what is over its time goes by itself.

-- The text of an update is needed until it is done, and no longer; who it came from is kept beside it.
ALTER TABLE inbox ADD COLUMN sender_id INTEGER;
CREATE INDEX inbox_by_sender ON inbox (sender_id) WHERE sender_id IS NOT NULL;
UPDATE inbox SET raw = '' WHERE done_at IS NOT NULL;
UPDATE inbox SET sender_id = coalesce(
    json_extract(raw, '$.message.from.id'), json_extract(raw, '$.callback_query.from.id'))
    WHERE done_at IS NULL AND json_valid(raw);

-- Masked since then: recipient, phone, address and tracking of an order; a receipt; a question with its answers.
ALTER TABLE orders ADD COLUMN contact_erased_at INTEGER;
ALTER TABLE receipts ADD COLUMN erased_at INTEGER;
ALTER TABLE questions ADD COLUMN erased_at INTEGER;
CREATE INDEX orders_with_contact ON orders (coalesce(completed_at, cancelled_at, expired_at, paid_at))
    WHERE contact_erased_at IS NULL AND status <> 'pending';
CREATE INDEX orders_with_buyer ON orders (created_at) WHERE buyer_id <> 4503599627370496;
CREATE INDEX receipts_kept ON receipts (received_at) WHERE erased_at IS NULL;
CREATE INDEX questions_kept ON questions (asked_at) WHERE erased_at IS NULL;
CREATE INDEX addresses_by_person ON addresses (person_id);
CREATE INDEX addresses_replaced ON addresses (replaced_at) WHERE replaced_at IS NOT NULL;
CREATE INDEX dialogs_by_age ON dialogs (updated_at);

-- Where a person stands in the books, to find it all when they ask.
CREATE INDEX orders_by_canceller ON orders (cancelled_by) WHERE cancelled_by IS NOT NULL;
CREATE INDEX payments_by_decider ON payments (decided_by) WHERE decided_by IS NOT NULL;
CREATE INDEX refunds_by_payer ON refunds (done_by) WHERE done_by IS NOT NULL;
CREATE INDEX questions_by_answerer ON questions (answered_by) WHERE answered_by IS NOT NULL;
CREATE INDEX answers_by_author ON answers (author_id);
CREATE INDEX stream_watchers_by_person ON stream_watchers (person_id);
CREATE INDEX IF NOT EXISTS audit_by_actor ON audit (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX outbox_cards ON outbox (card) WHERE card IS NOT NULL AND message_id IS NOT NULL;
CREATE INDEX cards_of_copies ON cards (updated_at) WHERE instr(card, '^') > 0;
CREATE INDEX outbox_told ON outbox (chat_id, id) WHERE ended_at IS NOT NULL;

-- One row an erasure: how far it has come. `person_id` is Telegram's id until nothing else names it.
CREATE TABLE erasures (
    pseudonym   INTEGER PRIMARY KEY REFERENCES people (id),
    person_id   INTEGER,
    anchor      INTEGER,                                           -- the message whose button asked for it
    phase       TEXT NOT NULL CHECK (phase IN
                ('receipts', 'orders', 'questions', 'updates', 'farewell', 'messages', 'person', 'file', 'done')),
    cursor      INTEGER NOT NULL DEFAULT 0,                        -- the last row of the phase that is done
    farewell_id INTEGER,                                           -- the outbox row of the last message
    audit_to    INTEGER NOT NULL,                                  -- the newest rows of then: what comes after is
    inbox_to    INTEGER NOT NULL,                                  -- of somebody who has come back
    asked_at    INTEGER NOT NULL,
    due_at      INTEGER,                                           -- when to go on; NULL: done
    finished_at INTEGER,
    CHECK ((phase = 'done') = (due_at IS NULL)),
    CHECK ((phase = 'done') = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX erasures_due ON erasures (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX erasures_open ON erasures (person_id) WHERE person_id IS NOT NULL;
