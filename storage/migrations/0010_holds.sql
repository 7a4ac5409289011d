-- Who gets the goods, what a buyer may change, what they ask for once it is paid, and who may not order.

-- on_order: an order holds its units while it can be paid. first_paid: only a confirmed payment takes them.
ALTER TABLE offers ADD COLUMN hold TEXT NOT NULL DEFAULT 'on_order' CHECK (hold IN ('on_order', 'first_paid'));
-- As it was when the line was ordered, like its price.
ALTER TABLE order_lines ADD COLUMN hold TEXT NOT NULL DEFAULT 'on_order' CHECK (hold IN ('on_order', 'first_paid'));
CREATE INDEX order_lines_unheld ON order_lines (offer_id, order_id) WHERE hold = 'first_paid';

ALTER TABLE people ADD COLUMN ordering_blocked_at INTEGER;      -- a host lets them order no more since then
CREATE INDEX people_blocked ON people (id) WHERE ordering_blocked_at IS NOT NULL;
CREATE INDEX orders_ran_out_of ON orders (buyer_id, expired_at) WHERE status = 'expired';
CREATE INDEX orders_ran_out ON orders (expired_at, buyer_id) WHERE status = 'expired';

-- A parcel that ended as `failed` because it was called off before it left, not because nobody could supply it.
ALTER TABLE shipments ADD COLUMN called_off_at INTEGER;

-- What buyers ask for after payment. `wanted`: {"lines": {"line": packs left}} or {"recipient", "phone", "address"}.
CREATE TABLE change_requests (
    id         INTEGER PRIMARY KEY,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    kind       TEXT NOT NULL CHECK (kind IN ('cancel', 'change', 'address')),
    wanted     TEXT NOT NULL CHECK (json_valid(wanted)),
    status     TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'agreed', 'declined', 'withdrawn', 'lapsed')),
    reason     TEXT,                                               -- why it was declined, a message key
    asked_at   INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by INTEGER REFERENCES people (id),
    CHECK ((status = 'open') = (decided_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX change_requests_open ON change_requests (order_id) WHERE status = 'open';
CREATE INDEX change_requests_waiting ON change_requests (asked_at) WHERE status = 'open';
CREATE INDEX change_requests_by_order ON change_requests (order_id);
CREATE INDEX change_requests_by_decider ON change_requests (decided_by) WHERE decided_by IS NOT NULL;
