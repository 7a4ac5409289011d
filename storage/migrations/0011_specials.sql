-- Special offers: flash prices with a timer and a quantity, prices from a quantity on, and codes that take something off.

-- `taken` counts packs at the flash price in orders that stand. At most one is open per offer; one whose time is over
-- counts no more, and is closed by the clock or by the next one.
CREATE TABLE flashes (
    id         INTEGER PRIMARY KEY,
    offer_id   INTEGER NOT NULL REFERENCES offers (id),
    price      INTEGER NOT NULL CHECK (price >= 0),
    quantity   INTEGER CHECK (quantity > 0),                       -- NULL = as many as the offer has
    taken      INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0),
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    closed_at  INTEGER,
    created_by INTEGER NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL,
    CONSTRAINT never_over_the_flash CHECK (quantity IS NULL OR taken <= quantity)
) STRICT;
CREATE UNIQUE INDEX flashes_open ON flashes (offer_id) WHERE closed_at IS NULL;
CREATE INDEX flashes_to_close ON flashes (ends_at) WHERE closed_at IS NULL;
CREATE INDEX flashes_by_host ON flashes (created_by);

-- From `quantity` packs on, each costs `price` / `quantity`.
CREATE TABLE quantity_steps (
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    quantity INTEGER NOT NULL CHECK (quantity >= 2),
    price    INTEGER NOT NULL CHECK (price >= 0),
    PRIMARY KEY (offer_id, quantity)
) STRICT, WITHOUT ROWID;

-- `used` counts orders with the code that stand.
CREATE TABLE coupons (
    id         INTEGER PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('percent', 'amount')),
    value      INTEGER NOT NULL CHECK (value > 0 AND (kind = 'amount' OR value <= 100)),
    currency   TEXT NOT NULL,
    uses       INTEGER CHECK (uses > 0),                           -- NULL = any number
    per_buyer  INTEGER CHECK (per_buyer > 0),                      -- NULL = any number
    used       INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER,
    stopped_at INTEGER,
    created_by INTEGER NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL,
    CONSTRAINT never_over_used CHECK (uses IS NULL OR used <= uses)
) STRICT;
CREATE INDEX coupons_by_host ON coupons (created_by);

-- A code with no row here is for everything.
CREATE TABLE coupon_products (
    coupon_id  INTEGER NOT NULL REFERENCES coupons (id),
    product_id INTEGER NOT NULL REFERENCES products (id),
    PRIMARY KEY (coupon_id, product_id)
) STRICT, WITHOUT ROWID;

-- Wrong codes a person has typed lately, at the summary of an order or just so.
CREATE TABLE coupon_tries (
    person_id INTEGER NOT NULL REFERENCES people (id),
    place     TEXT NOT NULL CHECK (place IN ('summary', 'chat')),
    wrong     INTEGER NOT NULL CHECK (wrong > 0),
    since     INTEGER NOT NULL,
    PRIMARY KEY (person_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_tries_by_age ON coupon_tries (since);

ALTER TABLE orders ADD COLUMN coupon_id INTEGER REFERENCES coupons (id);
CREATE INDEX orders_by_coupon ON orders (coupon_id, buyer_id) WHERE coupon_id IS NOT NULL;

-- What was taken off each line and why, frozen with the order: `amount` of a line's rows is its discount.
CREATE TABLE order_specials (
    id        INTEGER PRIMARY KEY,
    order_id  INTEGER NOT NULL REFERENCES orders (id),
    line_id   INTEGER NOT NULL REFERENCES order_lines (id),
    kind      TEXT NOT NULL CHECK (kind IN ('flash', 'steps', 'coupon')),
    units     INTEGER NOT NULL CHECK (units > 0),                  -- packs it applies to
    amount    INTEGER NOT NULL CHECK (amount >= 0),
    flash_id  INTEGER REFERENCES flashes (id),
    threshold INTEGER,                                             -- from how many packs on
    code      TEXT,                                                -- the coupon's
    UNIQUE (line_id, kind),
    CHECK ((kind = 'flash') = (flash_id IS NOT NULL)),
    CHECK ((kind = 'steps') = (threshold IS NOT NULL)),
    CHECK ((kind = 'coupon') = (code IS NOT NULL))
) STRICT;
CREATE INDEX order_specials_by_order ON order_specials (order_id);
CREATE INDEX order_specials_by_flash ON order_specials (flash_id) WHERE flash_id IS NOT NULL;
