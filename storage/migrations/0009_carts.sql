-- Carts, and goods added to an order that stands already.

-- What somebody means to order, one line an offer. A cart holds no units; `price` is the one that was shown.
CREATE TABLE cart_lines (
    person_id INTEGER NOT NULL REFERENCES people (id),
    offer_id  INTEGER NOT NULL REFERENCES offers (id),
    quantity  INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 9999),
    price     INTEGER NOT NULL CHECK (price >= 0),
    added_at  INTEGER NOT NULL,
    PRIMARY KEY (person_id, offer_id)
) STRICT, WITHOUT ROWID;

-- Checkouts that went into an order of before; the one an order began with is `orders.checkout_id`.
CREATE TABLE order_additions (
    checkout_id INTEGER PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    added_at    INTEGER NOT NULL
) STRICT;
