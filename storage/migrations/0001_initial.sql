-- The books of the stall. Instants are UTC milliseconds, money is an integer of minor units with its currency,
-- texts in several languages are JSON objects {"en": …, "zh": …}. CHECKs are backstops behind the acts.

CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- The bots that have served this file; the newest one names the deep links when nobody is on-line to ask.
CREATE TABLE bots (
    id       INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    seen_at  INTEGER NOT NULL
) STRICT;

------------------------------------------------------------------------------------------------ people

CREATE TABLE people (
    id                INTEGER PRIMARY KEY CHECK (id > 0),   -- Telegram's user id, and the private chat's id
    name              TEXT NOT NULL,
    username          TEXT,
    language          TEXT,                                 -- chosen with /language
    telegram_language TEXT,                                 -- what Telegram says of the person's app
    follows_since     INTEGER,
    blocked_at        INTEGER,                              -- the bot can't write to this person since then
    created_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX people_followers ON people (id) WHERE follows_since IS NOT NULL AND blocked_at IS NULL;

CREATE TABLE suppliers (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    county     TEXT NOT NULL DEFAULT '',
    households INTEGER CHECK (households >= 0),
    designated INTEGER NOT NULL DEFAULT 0 CHECK (designated IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE roles (
    id          INTEGER PRIMARY KEY,
    person_id   INTEGER NOT NULL REFERENCES people (id),
    role        TEXT NOT NULL CHECK (role IN ('owner', 'host', 'cashier', 'supplier')),
    supplier_id INTEGER REFERENCES suppliers (id),
    granted_by  INTEGER REFERENCES people (id),             -- NULL: by the configuration or the command line
    granted_at  INTEGER NOT NULL,
    revoked_at  INTEGER,
    CHECK ((role = 'supplier') = (supplier_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX roles_live ON roles (person_id, role, ifnull(supplier_id, 0)) WHERE revoked_at IS NULL;
CREATE INDEX roles_holders ON roles (role, supplier_id) WHERE revoked_at IS NULL;

CREATE TABLE invites (
    id          INTEGER PRIMARY KEY,
    token_hash  TEXT NOT NULL UNIQUE,                       -- SHA-256; the token itself is shown once
    role        TEXT NOT NULL CHECK (role IN ('host', 'cashier', 'supplier')),
    supplier_id INTEGER REFERENCES suppliers (id),
    created_by  INTEGER REFERENCES people (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    used_by     INTEGER REFERENCES people (id),
    used_at     INTEGER,
    CHECK ((role = 'supplier') = (supplier_id IS NOT NULL))
) STRICT;

CREATE TABLE addresses (
    id         INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES people (id),
    recipient  TEXT NOT NULL,
    phone      TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    replaced_at INTEGER
) STRICT;
CREATE INDEX addresses_current ON addresses (person_id, id) WHERE replaced_at IS NULL;

-- One question at a time per person. AUTOINCREMENT: a dialog's id stands in buttons and must never come again.
CREATE TABLE dialogs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id  INTEGER NOT NULL UNIQUE REFERENCES people (id),
    kind       TEXT NOT NULL,
    step       TEXT NOT NULL,
    data       TEXT NOT NULL CHECK (json_valid(data)),
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

----------------------------------------------------------------------------------- products and streams

CREATE TABLE products (
    id                INTEGER PRIMARY KEY,
    code              TEXT NOT NULL UNIQUE,
    names             TEXT NOT NULL CHECK (json_valid(names)),
    units             TEXT NOT NULL CHECK (json_valid(units)),
    base_units        TEXT NOT NULL CHECK (json_valid(base_units)),
    descriptions      TEXT NOT NULL CHECK (json_valid(descriptions)),
    pack_milli        INTEGER NOT NULL CHECK (pack_milli > 0),     -- thousandths of a base unit in one pack
    price             INTEGER NOT NULL CHECK (price >= 0),
    currency          TEXT NOT NULL,
    stock             INTEGER CHECK (stock >= 0),                  -- what the supplier names; NULL = unlimited
    limit_per_buyer   INTEGER CHECK (limit_per_buyer > 0),
    supplier_id       INTEGER NOT NULL REFERENCES suppliers (id),
    ships_within_days INTEGER CHECK (ships_within_days >= 0),
    picture           TEXT,                                        -- an address as given in the catalogue
    photo             TEXT,                                        -- Telegram file_id
    archived_at       INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE streams (
    id           INTEGER PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    host_id      INTEGER NOT NULL REFERENCES people (id),
    starts_at    INTEGER NOT NULL,
    platforms    TEXT NOT NULL CHECK (json_valid(platforms)),      -- [{"name": …, "url": …}]
    photo        TEXT,                                             -- Telegram file_id
    status       TEXT NOT NULL DEFAULT 'draft'
                 CHECK (status IN ('draft', 'announced', 'live', 'ended', 'cancelled')),
    created_at   INTEGER NOT NULL,
    announced_at INTEGER,
    live_at      INTEGER,
    ended_at     INTEGER,
    cancelled_at INTEGER
) STRICT;
CREATE INDEX streams_open ON streams (starts_at) WHERE status IN ('announced', 'live');
CREATE INDEX streams_by_host ON streams (host_id, id);

CREATE TABLE stream_watchers (
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    person_id INTEGER NOT NULL REFERENCES people (id),
    since     INTEGER NOT NULL,
    PRIMARY KEY (stream_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE offers (
    id                INTEGER PRIMARY KEY,
    stream_id         INTEGER NOT NULL REFERENCES streams (id),
    product_id        INTEGER NOT NULL REFERENCES products (id),
    supplier_id       INTEGER NOT NULL REFERENCES suppliers (id),
    price             INTEGER NOT NULL CHECK (price >= 0),
    currency          TEXT NOT NULL,
    quantity          INTEGER CHECK (quantity >= 0),               -- NULL = unlimited
    taken             INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0),
    limit_per_buyer   INTEGER CHECK (limit_per_buyer > 0),
    availability      TEXT NOT NULL DEFAULT 'in_stock' CHECK (availability IN ('in_stock', 'presale')),
    opens_at          INTEGER,                                     -- NULL: when the stream is announced
    closes_at         INTEGER,                                     -- NULL: when the stream ends
    ships_within_days INTEGER CHECK (ships_within_days >= 0),
    ships_from        INTEGER,
    ships_until       INTEGER,
    created_by        INTEGER NOT NULL REFERENCES people (id),
    created_at        INTEGER NOT NULL,
    CONSTRAINT never_oversold CHECK (quantity IS NULL OR taken <= quantity),
    UNIQUE (stream_id, product_id, availability)
) STRICT;

------------------------------------------------------------------------------------------------ orders

CREATE TABLE orders (
    id             INTEGER PRIMARY KEY,
    code           TEXT NOT NULL UNIQUE,
    buyer_id       INTEGER NOT NULL REFERENCES people (id),
    stream_id      INTEGER REFERENCES streams (id),
    checkout_id    INTEGER UNIQUE,                                 -- the dialog it came from: one order each
    status         TEXT NOT NULL DEFAULT 'pending'
                   CHECK (status IN ('pending', 'paid', 'completed', 'expired', 'cancelled')),
    currency       TEXT NOT NULL,
    lines_total    INTEGER NOT NULL CHECK (lines_total >= 0),
    discount_total INTEGER NOT NULL DEFAULT 0 CHECK (discount_total >= 0),
    delivery_fee   INTEGER NOT NULL DEFAULT 0 CHECK (delivery_fee >= 0),
    total          INTEGER NOT NULL CHECK (total >= 0),
    recipient      TEXT NOT NULL,
    phone          TEXT NOT NULL,
    address        TEXT NOT NULL,
    pay_method     TEXT NOT NULL,                                  -- name of the payment method shown
    terms          TEXT NOT NULL,                                  -- version of the perishables sentence shown
    created_at     INTEGER NOT NULL,
    pay_by         INTEGER NOT NULL,                               -- what the buyer is shown
    hold_until     INTEGER,                                        -- real expiry; NULL while none is running
    remind_at      INTEGER,                                        -- unpaid reminder; NULL when sent or pointless
    paid_at        INTEGER,
    completed_at   INTEGER,
    expired_at     INTEGER,
    cancelled_at   INTEGER,
    cancelled_by   INTEGER REFERENCES people (id),
    cancel_reason  TEXT,
    CHECK (total = lines_total - discount_total + delivery_fee),
    CHECK (hold_until IS NULL OR status = 'pending'),
    CHECK (remind_at IS NULL OR status = 'pending')
) STRICT;
CREATE INDEX orders_by_buyer ON orders (buyer_id, id);
CREATE INDEX orders_by_stream ON orders (stream_id, status);
CREATE INDEX orders_to_expire ON orders (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX orders_to_remind ON orders (remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE order_lines (
    id            INTEGER PRIMARY KEY,
    order_id      INTEGER NOT NULL REFERENCES orders (id),
    offer_id      INTEGER NOT NULL REFERENCES offers (id),
    product_id    INTEGER NOT NULL REFERENCES products (id),
    supplier_id   INTEGER NOT NULL REFERENCES suppliers (id),
    supplier_name TEXT NOT NULL,
    code          TEXT NOT NULL,
    names         TEXT NOT NULL CHECK (json_valid(names)),
    units         TEXT NOT NULL CHECK (json_valid(units)),
    base_units    TEXT NOT NULL CHECK (json_valid(base_units)),
    pack_milli    INTEGER NOT NULL CHECK (pack_milli > 0),
    quantity      INTEGER NOT NULL CHECK (quantity > 0),
    unit_price    INTEGER NOT NULL CHECK (unit_price >= 0),
    discount      INTEGER NOT NULL DEFAULT 0 CHECK (discount >= 0),
    total         INTEGER NOT NULL CHECK (total >= 0),
    CHECK (total = quantity * unit_price - discount)
) STRICT;
CREATE INDEX order_lines_by_order ON order_lines (order_id);
CREATE INDEX order_lines_by_offer ON order_lines (offer_id, order_id);

-- Every unit that was taken, given back or put up: offers.taken and offers.quantity are recounted from here.
CREATE TABLE stock_movements (
    id       INTEGER PRIMARY KEY,
    offer_id INTEGER NOT NULL REFERENCES offers (id),
    order_id INTEGER REFERENCES orders (id),
    kind     TEXT NOT NULL CHECK (kind IN ('take', 'give_back', 'quantity')),
    units    INTEGER NOT NULL CHECK (kind = 'quantity' OR units > 0),
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    CHECK (kind = 'quantity' OR order_id IS NOT NULL)
) STRICT;
CREATE INDEX stock_movements_by_offer ON stock_movements (offer_id);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id) WHERE order_id IS NOT NULL;
CREATE TRIGGER stock_movements_keep_updates BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;
CREATE TRIGGER stock_movements_keep_deletes BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'the stock ledger is append-only');
END;

CREATE TABLE payments (
    id           INTEGER PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders (id),
    number       INTEGER NOT NULL,                                 -- shown as CODE-P-1
    method       TEXT NOT NULL,
    amount       INTEGER NOT NULL CHECK (amount >= 0),
    currency     TEXT NOT NULL,
    status       TEXT NOT NULL DEFAULT 'submitted' CHECK (status IN ('submitted', 'confirmed', 'rejected')),
    submitted_at INTEGER NOT NULL,
    decided_at   INTEGER,
    decided_by   INTEGER REFERENCES people (id),
    reason       TEXT,
    UNIQUE (order_id, number),
    CHECK ((status = 'submitted') = (decided_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX payments_open ON payments (order_id) WHERE status = 'submitted';
CREATE INDEX payments_waiting ON payments (submitted_at) WHERE status = 'submitted';

CREATE TABLE receipts (
    id             INTEGER PRIMARY KEY,
    payment_id     INTEGER NOT NULL REFERENCES payments (id),
    kind           TEXT NOT NULL CHECK (kind IN ('photo', 'document', 'text')),
    text           TEXT,                                           -- typed reference or caption
    file_id        TEXT,
    file_unique_id TEXT,
    file_name      TEXT,
    mime           TEXT,
    size           INTEGER,
    bytes          BLOB,
    sha256         TEXT,
    fetch_after    INTEGER,                                        -- when to try for the bytes; NULL: done or given up
    fetch_attempts INTEGER NOT NULL DEFAULT 0,
    received_at    INTEGER NOT NULL,
    CHECK ((kind = 'text') = (file_id IS NULL))
) STRICT;
CREATE INDEX receipts_by_payment ON receipts (payment_id);
CREATE INDEX receipts_to_fetch ON receipts (fetch_after) WHERE fetch_after IS NOT NULL;
CREATE INDEX receipts_by_file ON receipts (file_unique_id) WHERE file_unique_id IS NOT NULL;

CREATE TABLE refunds (
    id         INTEGER PRIMARY KEY,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    number     INTEGER NOT NULL,                                   -- shown as CODE-R-1
    amount     INTEGER NOT NULL CHECK (amount > 0),
    currency   TEXT NOT NULL,
    status     TEXT NOT NULL DEFAULT 'owed' CHECK (status IN ('owed', 'done')),
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    done_at    INTEGER,
    done_by    INTEGER REFERENCES people (id),
    UNIQUE (order_id, number),
    CHECK ((status = 'done') = (done_at IS NOT NULL))
) STRICT;
CREATE INDEX refunds_owed ON refunds (created_at) WHERE status = 'owed';

CREATE TABLE shipments (
    id           INTEGER PRIMARY KEY,
    order_id     INTEGER NOT NULL REFERENCES orders (id),
    supplier_id  INTEGER NOT NULL REFERENCES suppliers (id),
    status       TEXT NOT NULL DEFAULT 'requested'
                 CHECK (status IN ('requested', 'accepted', 'shipped', 'delivered', 'short', 'failed')),
    ships_by     INTEGER,
    carrier      TEXT,
    tracking     TEXT,
    requested_at INTEGER NOT NULL,
    accepted_at  INTEGER,
    shipped_at   INTEGER,
    ended_at     INTEGER,                                          -- delivered, short or failed
    UNIQUE (order_id, supplier_id)
) STRICT;
CREATE INDEX shipments_by_supplier ON shipments (supplier_id, status);

CREATE TABLE questions (
    id          INTEGER PRIMARY KEY,
    person_id   INTEGER NOT NULL REFERENCES people (id),
    order_id    INTEGER REFERENCES orders (id),
    audience    TEXT NOT NULL CHECK (audience IN ('host', 'cashier')),
    text        TEXT NOT NULL,
    photo       TEXT,                                              -- Telegram file_id of a picture sent with it
    asked_at    INTEGER NOT NULL,
    answered_by INTEGER REFERENCES people (id),
    answered_at INTEGER
) STRICT;
CREATE INDEX questions_by_person ON questions (person_id, id);

CREATE TABLE answers (
    id          INTEGER PRIMARY KEY,
    question_id INTEGER NOT NULL REFERENCES questions (id),
    author_id   INTEGER NOT NULL REFERENCES people (id),
    text        TEXT NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_by_question ON answers (question_id);

------------------------------------------------------------------------------------- time and messages

-- One row per stream and moment; the people are found when it is due. `cursor` is the last person told.
CREATE TABLE reminders (
    id        INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    starts_at INTEGER NOT NULL,                                    -- the start it speaks of
    before_ms INTEGER NOT NULL CHECK (before_ms >= 0),
    due_at    INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'dropped')),
    cursor    INTEGER NOT NULL DEFAULT 0,
    note      TEXT,
    UNIQUE (stream_id, starts_at, before_ms)
) STRICT;
CREATE INDEX reminders_due ON reminders (due_at) WHERE state = 'due';

CREATE TABLE broadcasts (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    stream_id  INTEGER NOT NULL REFERENCES streams (id),
    state      TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done')),
    cursor     INTEGER NOT NULL DEFAULT 0,
    told       INTEGER NOT NULL DEFAULT 0,
    created_by INTEGER NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL,
    done_at    INTEGER
) STRICT;
CREATE INDEX broadcasts_running ON broadcasts (id) WHERE state = 'running';

CREATE TABLE inbox (
    bot_id       INTEGER NOT NULL,
    update_id    INTEGER NOT NULL,
    raw          TEXT NOT NULL,
    received_at  INTEGER NOT NULL,
    done_at      INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    error        TEXT,
    set_aside_at INTEGER,
    PRIMARY KEY (bot_id, update_id)
) STRICT;
CREATE INDEX inbox_open ON inbox (bot_id, update_id) WHERE done_at IS NULL AND set_aside_at IS NULL;
CREATE INDEX inbox_set_aside ON inbox (set_aside_at) WHERE set_aside_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT NOT NULL,
    params     TEXT NOT NULL CHECK (json_valid(params)),
    chat_id    INTEGER NOT NULL,
    lane       INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 3),
    not_before INTEGER NOT NULL,
    card       TEXT,                                               -- the message to edit, once it has been sent
    anchor     INTEGER,                                            -- the message that was tapped
    dedupe_key TEXT UNIQUE,
    state      TEXT NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'sending', 'sent', 'dropped', 'failed')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    repeated   INTEGER NOT NULL DEFAULT 0,                         -- times it may have been seen before
    error      TEXT,
    message_id INTEGER,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
CREATE INDEX outbox_queued ON outbox (lane, id) WHERE state = 'queued';
CREATE INDEX outbox_later ON outbox (not_before) WHERE state = 'queued';
CREATE INDEX outbox_by_chat ON outbox (chat_id, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_by_card ON outbox (card, chat_id) WHERE state = 'queued' AND card IS NOT NULL;
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';
CREATE INDEX outbox_repeated ON outbox (id) WHERE repeated > 0;
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE cards (
    card       TEXT NOT NULL,
    chat_id    INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    has_media  INTEGER NOT NULL CHECK (has_media IN (0, 1)),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (card, chat_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_by_message ON cards (chat_id, message_id);

CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor_id INTEGER,                                              -- NULL: the clock or the command line
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,                                        -- order:42, stream:7, person:1001 …
    details  TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details))
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, id);
