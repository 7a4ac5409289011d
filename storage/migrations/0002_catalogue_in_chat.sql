-- The catalogue in the chat: files that were sent, changes of single products, albums of pictures.

-- A file a host has sent. Its rows wait here until they are accepted, so that a restart loses nothing.
CREATE TABLE imports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,                 -- stands in buttons and must never come again
    person_id   INTEGER NOT NULL REFERENCES people (id),
    file_id     TEXT NOT NULL,                                     -- Telegram's, to fetch it again
    file_name   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('unread', 'offered', 'imported', 'dropped')),
    rows        TEXT CHECK (rows IS NULL OR json_valid(rows)),     -- the good rows, until it is decided
    bad         TEXT CHECK (bad IS NULL OR json_valid(bad)),       -- the others with their reasons
    preview     TEXT CHECK (preview IS NULL OR json_valid(preview)), -- what it changes, as the host was shown
    received_at INTEGER NOT NULL,
    decided_at  INTEGER,
    CHECK ((rows IS NOT NULL) = (state = 'offered'))
) STRICT;
CREATE INDEX imports_received ON imports (received_at);

-- What was changed of one product in the chat, with what was before: JSON values of the column.
CREATE TABLE product_changes (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    field      TEXT NOT NULL CHECK (field IN ('names', 'price', 'stock', 'photo', 'archived')),
    before     TEXT NOT NULL CHECK (json_valid(before)),
    after      TEXT NOT NULL CHECK (json_valid(after)),
    changed_by INTEGER NOT NULL REFERENCES people (id),
    changed_at INTEGER NOT NULL,
    undone_at  INTEGER
) STRICT;

-- The pictures of an album as they come, one update each; `change_id` is NULL where no product was meant.
CREATE TABLE album_pictures (
    person_id  INTEGER NOT NULL REFERENCES people (id),
    album      TEXT NOT NULL,                                      -- Telegram's media_group_id
    message_id INTEGER NOT NULL,
    caption    TEXT NOT NULL,
    change_id  INTEGER REFERENCES product_changes (id),
    at         INTEGER NOT NULL,
    PRIMARY KEY (person_id, album, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX album_pictures_at ON album_pictures (at);

ALTER TABLE products ADD COLUMN picture_refused_at INTEGER;       -- when Telegram last could not load `picture`
CREATE INDEX products_refused ON products (id) WHERE picture_refused_at IS NOT NULL;
