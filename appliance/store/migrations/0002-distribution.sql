-- Distribution: where a contact stands and for whom it waits, call-backs, what was said of the wait, who is in a conversation, and why an
-- agent was rung. Rows from before get the defaults: they had no priority, no call-back and no statement.

ALTER TABLE contacts ADD COLUMN direction TEXT NOT NULL DEFAULT 'in';
ALTER TABLE contacts ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN vip INTEGER NOT NULL DEFAULT 0 CHECK (vip IN (0, 1));
ALTER TABLE contacts ADD COLUMN place_at REAL;
ALTER TABLE contacts ADD COLUMN only TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN call_back TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN ewt_low_s REAL;
ALTER TABLE contacts ADD COLUMN ewt_high_s REAL;
ALTER TABLE contacts ADD COLUMN ewt_after_s REAL;
ALTER TABLE contacts ADD COLUMN data TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN parties TEXT NOT NULL DEFAULT '';

ALTER TABLE recordings ADD COLUMN participants TEXT NOT NULL DEFAULT '';

ALTER TABLE agent_states ADD COLUMN until_at REAL;

CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    contact TEXT NOT NULL,
    at REAL NOT NULL,
    queue TEXT NOT NULL,
    strategy TEXT NOT NULL,
    chosen TEXT NOT NULL,
    candidates TEXT NOT NULL,
    excluded TEXT NOT NULL,
    more INTEGER NOT NULL
) STRICT;

CREATE INDEX decisions_by_contact ON decisions (contact);

CREATE INDEX contacts_to_call_back ON contacts (place_at) WHERE call_back <> '' AND outcome = '';
