-- Sold out, presales that follow, and dates of theirs that move.

ALTER TABLE offers ADD COLUMN sold_out_at INTEGER;                 -- since when nothing is free; NULL: something is
ALTER TABLE offers ADD COLUMN sold_out_told_at INTEGER;            -- when its hosts were told of that
CREATE INDEX offers_sold_out ON offers (sold_out_at) WHERE sold_out_at IS NOT NULL AND sold_out_told_at IS NULL;

-- Presales that can still be ordered, also after their stream.
CREATE INDEX offers_presale ON offers (closes_at) WHERE availability = 'presale';

-- What was promised with the line: buyers who have not agreed to another date keep this one.
ALTER TABLE order_lines ADD COLUMN ships_from INTEGER;
ALTER TABLE order_lines ADD COLUMN ships_until INTEGER;
UPDATE order_lines SET (ships_from, ships_until) = (
    SELECT ships_from, ships_until FROM offers WHERE id = order_lines.offer_id AND availability = 'presale');

-- A presale from its draft on: first the host's terms, then the supplier's word, then an offer of its own.
CREATE TABLE presales (
    id             INTEGER PRIMARY KEY,
    from_offer_id  INTEGER NOT NULL REFERENCES offers (id),        -- what has sold out
    offer_id       INTEGER UNIQUE REFERENCES offers (id),          -- its own, once it is open
    supplier_id    INTEGER NOT NULL REFERENCES suppliers (id),
    status         TEXT NOT NULL DEFAULT 'draft'
                   CHECK (status IN ('draft', 'asked', 'countered', 'open', 'declined', 'dropped')),
    version        INTEGER NOT NULL DEFAULT 1,                     -- of the terms: an answer to others decides nothing
    quantity       INTEGER NOT NULL CHECK (quantity > 0),
    price          INTEGER NOT NULL CHECK (price > 0),
    ships_from     INTEGER NOT NULL,
    ships_until    INTEGER NOT NULL CHECK (ships_until >= ships_from),
    proposed_from  INTEGER,
    proposed_until INTEGER CHECK (proposed_until >= proposed_from),
    sold_out_at    INTEGER,
    drafted_by     INTEGER NOT NULL REFERENCES people (id),
    drafted_at     INTEGER NOT NULL,
    answered_by    INTEGER REFERENCES people (id),                 -- who spoke for the supplier; NULL: nobody of theirs
    opened_at      INTEGER,
    served_people  INTEGER NOT NULL DEFAULT 0,                     -- of the waiting list, when it opened
    served_units   INTEGER NOT NULL DEFAULT 0,
    ended_at       INTEGER,
    CHECK ((status = 'open') = (offer_id IS NOT NULL)),
    CHECK ((status = 'open') = (opened_at IS NOT NULL)),
    CHECK ((status = 'countered') = (proposed_until IS NOT NULL)),
    CHECK ((status IN ('declined', 'dropped')) = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX presales_live ON presales (from_offer_id) WHERE ended_at IS NULL;
CREATE INDEX presales_by_supplier ON presales (supplier_id, id) WHERE ended_at IS NULL;
CREATE INDEX presales_by_host ON presales (drafted_by);
CREATE INDEX presales_by_answer ON presales (answered_by) WHERE answered_by IS NOT NULL;

-- A presale ships later than promised: every buyer with an order of it is asked, reminded once, and shown to the host
-- if they have not answered by `answer_by`. `cursor` is the last order that was asked or reminded in this phase.
CREATE TABLE delays (
    id          INTEGER PRIMARY KEY,
    offer_id    INTEGER NOT NULL REFERENCES offers (id),
    was_from    INTEGER NOT NULL,                                  -- the earliest promise that still stands
    was_until   INTEGER NOT NULL,
    ships_from  INTEGER NOT NULL,
    ships_until INTEGER NOT NULL CHECK (ships_until >= ships_from),
    moved_by    INTEGER NOT NULL REFERENCES people (id),
    moved_at    INTEGER NOT NULL,
    answer_by   INTEGER NOT NULL,
    phase       TEXT NOT NULL DEFAULT 'ask' CHECK (phase IN ('ask', 'remind', 'close', 'over')),
    cursor      INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER,
    CHECK ((phase = 'over') = (due_at IS NULL))
) STRICT;
CREATE INDEX delays_by_offer ON delays (offer_id, id);
CREATE INDEX delays_due ON delays (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delays_by_mover ON delays (moved_by);

CREATE TABLE delay_choices (
    delay_id  INTEGER NOT NULL REFERENCES delays (id),
    order_id  INTEGER NOT NULL REFERENCES orders (id),
    choice    TEXT CHECK (choice IN ('keep', 'refund')),           -- NULL: not answered
    asked_at  INTEGER NOT NULL,
    chosen_at INTEGER,
    PRIMARY KEY (delay_id, order_id),
    CHECK ((choice IS NULL) = (chosen_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX delay_choices_by_order ON delay_choices (order_id, delay_id);
CREATE INDEX delay_choices_by_choice ON delay_choices (delay_id, choice);

-- What is told of one offer of the stream, not of the stream as a whole.
ALTER TABLE broadcasts ADD COLUMN offer_id INTEGER REFERENCES offers (id);
