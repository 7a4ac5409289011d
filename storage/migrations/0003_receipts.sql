-- Receipts as they really come: in albums, forwarded, as files that may not be what they say they are. Pictures that
-- come with a question are kept like receipts: file ids belong to one bot.

ALTER TABLE receipts ADD COLUMN album TEXT;                        -- Telegram's media_group_id
ALTER TABLE receipts ADD COLUMN forwarded_from TEXT;               -- whose message it was before, by name
ALTER TABLE receipts ADD COLUMN content TEXT                       -- what its first bytes are; NULL: not looked at
    CHECK (content IN ('picture', 'pdf', 'other'));
CREATE INDEX receipts_by_album ON receipts (album) WHERE album IS NOT NULL;
CREATE INDEX receipts_by_sha256 ON receipts (sha256) WHERE sha256 IS NOT NULL;

ALTER TABLE questions ADD COLUMN photo_bytes BLOB;
ALTER TABLE questions ADD COLUMN photo_fetch_after INTEGER;        -- when to try for the bytes; NULL: done or given up
ALTER TABLE questions ADD COLUMN photo_fetch_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN album TEXT;                       -- of the picture that came with it
UPDATE questions SET photo_fetch_after = asked_at WHERE photo IS NOT NULL;
CREATE INDEX questions_to_fetch ON questions (photo_fetch_after) WHERE photo_fetch_after IS NOT NULL;
CREATE INDEX questions_by_album ON questions (album) WHERE album IS NOT NULL;
