-- The waiting list of an offer, first come, first served by id. Units that come free are held for its front: they count
-- as taken, with movements of their own in the ledger.

CREATE TABLE waitlist (
    id         INTEGER PRIMARY KEY,
    offer_id   INTEGER NOT NULL REFERENCES offers (id),
    person_id  INTEGER NOT NULL REFERENCES people (id),
    quantity   INTEGER NOT NULL CHECK (quantity > 0),              -- packs still wanted
    mode       TEXT NOT NULL CHECK (mode IN ('all', 'any')),       -- all of them or none; or what there is
    status     TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN
               ('waiting', 'offered', 'taken', 'declined', 'lapsed', 'left', 'served', 'closed')),
    held       INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND quantity),
    turn       INTEGER NOT NULL DEFAULT 0,                         -- how often units were held for it
    hold_until INTEGER,
    joined_at  INTEGER NOT NULL,
    offered_at INTEGER,
    passed_at  INTEGER,                                            -- told that fewer units than wanted went past
    ended_at   INTEGER,
    CHECK ((status = 'offered') = (held > 0)),
    CHECK ((status = 'offered') = (hold_until IS NOT NULL)),
    CHECK ((status IN ('waiting', 'offered')) = (ended_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX waitlist_live ON waitlist (offer_id, person_id) WHERE ended_at IS NULL;
-- Who could use more units, those included for whom some are held and not all they want.
CREATE INDEX waitlist_queue ON waitlist (offer_id, id) WHERE ended_at IS NULL AND held < quantity;
CREATE INDEX waitlist_holds ON waitlist (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX waitlist_held_since ON waitlist (offered_at) WHERE hold_until IS NOT NULL;
CREATE INDEX waitlist_by_person ON waitlist (person_id, id);

-- Whoever can't be written to keeps nothing from the others: what is held for them is due at once.
CREATE TRIGGER waitlist_blocked AFTER UPDATE OF blocked_at ON people WHEN NEW.blocked_at IS NOT NULL
BEGIN
    UPDATE waitlist SET hold_until = 0 WHERE person_id = NEW.id AND status = 'offered';
END;

-- The stall's rule, from the configuration at each start: acts that free units need it, whoever runs them.
CREATE TABLE waitlist_rules (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    hold_ms INTEGER NOT NULL CHECK (hold_ms > 0)
) STRICT;
INSERT INTO waitlist_rules (id, hold_ms) VALUES (1, 600000);

-- The ledger learns holds. A CHECK can't be changed in place, so the table is made anew with the same rows.
CREATE TABLE stock_movements_new (
    id       INTEGER PRIMARY KEY,
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    order_id INTEGER REFERENCES orders (id),
    entry_id INTEGER REFERENCES waitlist (id),
    kind     TEXT NOT NULL CHECK (kind IN ('take', 'give_back', 'hold', 'release', 'quantity')),
    units    INTEGER NOT NULL CHECK (kind = 'quantity' OR units > 0),
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    CHECK ((kind IN ('take', 'give_back')) = (order_id IS NOT NULL)),
    CHECK ((kind IN ('hold', 'release')) = (entry_id IS NOT NULL))
) STRICT;
INSERT INTO stock_movements_new (id, offer_id, order_id, kind, units, reason, at)
SELECT id, offer_id, order_id, kind, units, reason, at FROM stock_movements ORDER BY id;
DROP TABLE stock_movements;
ALTER TABLE stock_movements_new RENAME TO stock_movements;
CREATE INDEX stock_movements_by_offer ON stock_movements (offer_id);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX stock_movements_by_entry ON stock_movements (entry_id) WHERE entry_id IS NOT NULL;
CREATE TRIGGER stock_movements_keep_updates BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
CREATE TRIGGER stock_movements_keep_deletes BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
