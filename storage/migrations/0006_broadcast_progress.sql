-- How far a broadcast has come is counted from the messages it is made of, and told to the host who began it.

ALTER TABLE outbox ADD COLUMN broadcast_id INTEGER REFERENCES broadcasts (id);   -- what this message is a part of
CREATE INDEX outbox_by_broadcast ON outbox (broadcast_id, state, ended_at) WHERE broadcast_id IS NOT NULL;

ALTER TABLE broadcasts ADD COLUMN report_at INTEGER;   -- when to tell how far it is; NULL: nothing more to tell
CREATE INDEX broadcasts_to_report ON broadcasts (report_at) WHERE report_at IS NOT NULL;
