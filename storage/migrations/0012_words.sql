-- Orders in words: groups that are linked to the stall, and what is held for people who have ordered there.

CREATE TABLE groups (
    id        INTEGER PRIMARY KEY,
    chat_id   INTEGER NOT NULL CHECK (chat_id < 0),
    title     TEXT NOT NULL,
    token     TEXT NOT NULL UNIQUE,                                -- stands in the link shown to the group
    stream_id INTEGER REFERENCES streams (id),                     -- NULL: whichever is live, else the next
    can_read  INTEGER NOT NULL CHECK (can_read IN (0, 1)),         -- does the bot get every message?
    linked_by INTEGER NOT NULL REFERENCES people (id),
    linked_at INTEGER NOT NULL,
    posted_at INTEGER,                                             -- when the collective message last moved down
    ended_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX groups_live ON groups (chat_id) WHERE ended_at IS NULL;

-- Units held for words until an order is placed. A stranger is in no other table: `person_id` references nobody.
CREATE TABLE claims (
    id         INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL,                                   -- 0: forgotten
    stream_id  INTEGER NOT NULL REFERENCES streams (id),
    group_id   INTEGER REFERENCES groups (id),                     -- NULL: written down by a host, not in a group
    status     TEXT NOT NULL CHECK (status IN ('held', 'opened', 'ordered', 'released', 'dropped')),
    words      INTEGER NOT NULL DEFAULT 1 CHECK (words > 0),       -- how often its person has added to it
    added_by   INTEGER REFERENCES people (id),                     -- the host who wrote it down
    hold_until INTEGER,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    CHECK ((status IN ('held', 'opened')) = (hold_until IS NOT NULL)),
    CHECK ((hold_until IS NULL) = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX claims_live ON claims (person_id, stream_id) WHERE ended_at IS NULL;
CREATE INDEX claims_by_person ON claims (person_id, id);
CREATE INDEX claims_by_group ON claims (group_id, stream_id, status) WHERE group_id IS NOT NULL;
CREATE INDEX claims_by_stream ON claims (stream_id) WHERE ended_at IS NULL;
CREATE INDEX claims_to_release ON claims (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX claims_to_forget ON claims (ended_at) WHERE ended_at IS NOT NULL AND person_id <> 0;

CREATE TABLE claim_lines (
    claim_id INTEGER NOT NULL REFERENCES claims (id),
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),                -- as it was wanted
    held     INTEGER NOT NULL CHECK (held BETWEEN 0 AND quantity), -- of it, what is held now
    is_kept  INTEGER NOT NULL CHECK (is_kept IN (0, 1)),           -- 0: first paid, first served, so nothing is held
    price    INTEGER NOT NULL CHECK (price >= 0),                  -- when it was wanted
    CHECK (held = 0 OR is_kept),
    PRIMARY KEY (claim_id, offer_id)
) STRICT, WITHOUT ROWID;

-- The ledger learns claims. A CHECK can't be changed in place, so the table is made anew with the same rows.
CREATE TABLE stock_movements_new (
    id       INTEGER PRIMARY KEY,
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    order_id INTEGER REFERENCES orders (id),
    entry_id INTEGER REFERENCES waitlist (id),
    claim_id INTEGER REFERENCES claims (id),
    kind     TEXT NOT NULL CHECK (kind IN ('take', 'give_back', 'hold', 'release', 'quantity')),
    units    INTEGER NOT NULL CHECK (kind = 'quantity' OR units > 0),
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    CHECK ((kind IN ('take', 'give_back')) = (order_id IS NOT NULL)),
    CHECK ((kind IN ('hold', 'release')) = (entry_id IS NOT NULL OR claim_id IS NOT NULL)),
    CHECK (entry_id IS NULL OR claim_id IS NULL)
) STRICT;
INSERT INTO stock_movements_new (id, offer_id, order_id, entry_id, kind, units, reason, at)
SELECT id, offer_id, order_id, entry_id, kind, units, reason, at FROM stock_movements ORDER BY id;
DROP TABLE stock_movements;
ALTER TABLE stock_movements_new RENAME TO stock_movements;
CREATE INDEX stock_movements_by_offer ON stock_movements (offer_id);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX stock_movements_by_entry ON stock_movements (entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX stock_movements_by_claim ON stock_movements (claim_id) WHERE claim_id IS NOT NULL;
CREATE TRIGGER stock_movements_keep_updates BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
CREATE TRIGGER stock_movements_keep_deletes BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
