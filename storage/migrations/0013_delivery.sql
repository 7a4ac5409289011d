-- What suppliers take for delivery, places where goods can be picked up, and several addresses for a buyer.

CREATE TABLE tariffs (
    supplier_id INTEGER PRIMARY KEY REFERENCES suppliers (id),
    terms       TEXT NOT NULL CHECK (json_valid(terms)),           -- fee, free_from, regions: storage/tariffs.py
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE tariff_changes (
    id          INTEGER PRIMARY KEY,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id),
    before      TEXT NOT NULL CHECK (json_valid(before)),
    after       TEXT NOT NULL CHECK (json_valid(after)),
    changed_by  INTEGER NOT NULL REFERENCES people (id),
    changed_at  INTEGER NOT NULL,
    undone_at   INTEGER
) STRICT;
CREATE INDEX tariff_changes_by_actor ON tariff_changes (changed_by);

-- The fee of each supplier's parcel as it was when the order was placed; together they are orders.delivery_fee.
CREATE TABLE order_deliveries (
    order_id      INTEGER NOT NULL REFERENCES orders (id),
    supplier_id   INTEGER NOT NULL REFERENCES suppliers (id),
    supplier_name TEXT NOT NULL,
    fee           INTEGER NOT NULL CHECK (fee >= 0),
    PRIMARY KEY (order_id, supplier_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pickup_points (
    id          INTEGER PRIMARY KEY,
    supplier_id INTEGER REFERENCES suppliers (id),                 -- NULL: for whatever the stall sells
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,
    hours       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    closed_at   INTEGER
) STRICT;
CREATE INDEX pickup_points_open ON pickup_points (coalesce(supplier_id, 0)) WHERE closed_at IS NULL;

-- The last number given out at a place in a stream. An order that goes elsewhere leaves its number unused for ever.
CREATE TABLE pickup_counters (
    point_id  INTEGER NOT NULL REFERENCES pickup_points (id),
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    last      INTEGER NOT NULL CHECK (last > 0),
    PRIMARY KEY (point_id, stream_id)
) STRICT, WITHOUT ROWID;

-- An order that is picked up keeps name, address and hours of the place in `address`, as they were shown.
ALTER TABLE orders ADD COLUMN pickup_point_id INTEGER REFERENCES pickup_points (id);
ALTER TABLE orders ADD COLUMN pickup_number INTEGER CHECK ((pickup_number IS NULL) = (pickup_point_id IS NULL));
ALTER TABLE orders ADD COLUMN location TEXT;                       -- "27.1234560,114.1234560", as the buyer shared it
CREATE UNIQUE INDEX orders_by_pickup ON orders (pickup_point_id, stream_id, pickup_number)
    WHERE pickup_point_id IS NOT NULL;

ALTER TABLE shipments ADD COLUMN pickup_number INTEGER;            -- the order's, for the list of what waits there
CREATE INDEX shipments_to_hand_over ON shipments (supplier_id, id)
    WHERE status = 'shipped' AND pickup_number IS NOT NULL;

-- The address with the highest place is the one parcels go to; replaced_at is also set when one is removed.
ALTER TABLE addresses ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE addresses ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE addresses ADD COLUMN location TEXT;
