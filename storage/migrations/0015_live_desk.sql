-- The desk during a stream: selling that pauses, and one product that is told to everybody.

-- Since when nothing of it can be ordered, until a host goes on; orders and holds that stand are not touched.
ALTER TABLE offers ADD COLUMN paused_at INTEGER;
ALTER TABLE streams ADD COLUMN paused_at INTEGER;              -- everything the stream sells

CREATE INDEX broadcasts_by_offer ON broadcasts (offer_id, id) WHERE offer_id IS NOT NULL;
