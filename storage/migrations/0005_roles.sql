-- Roles that are taken and given back, invitations that are withdrawn, and how owners look through the audit.

ALTER TABLE roles ADD COLUMN revoked_by INTEGER REFERENCES people (id);     -- NULL: by the configuration or the command line
ALTER TABLE invites ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE invites ADD COLUMN withdrawn_by INTEGER REFERENCES people (id);
CREATE INDEX invites_open ON invites (expires_at) WHERE used_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX questions_open ON questions (audience, id) WHERE answered_at IS NULL;
CREATE INDEX people_by_username ON people (username COLLATE NOCASE) WHERE username IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor_id, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_time ON audit (at);
