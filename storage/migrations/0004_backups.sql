-- Copies of the books, and books that were put back from a copy.

-- Every daily copy that was made or failed.
CREATE TABLE backups (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    file  TEXT NOT NULL,                                           -- the whole path, as it was then
    bytes INTEGER CHECK (bytes > 0),
    error TEXT,                                                    -- one word of storage.backup.Why
    CHECK ((bytes IS NULL) = (error IS NOT NULL))
) STRICT;
CREATE INDEX backups_made ON backups (at) WHERE error IS NULL;

-- What happened between `known_until` and `restored_at` is gone from these books; people still have the messages.
CREATE TABLE restores (
    id          INTEGER PRIMARY KEY,
    file        TEXT NOT NULL,
    known_until INTEGER NOT NULL,                                  -- the newest instant the copy knew of
    restored_at INTEGER NOT NULL,
    opened_at   INTEGER                                            -- the first start of the bot after it
) STRICT;

-- Dropped because it may have been sent after the copy was made; `livestall restore --resend` lets it go.
ALTER TABLE outbox ADD COLUMN set_aside_at INTEGER;
CREATE INDEX outbox_set_aside ON outbox (id) WHERE set_aside_at IS NOT NULL;
