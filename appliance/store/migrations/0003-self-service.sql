-- Self service: where callers were in call flows, what they answered, what is to be sent to them, and what a ticket's caller wants.

ALTER TABLE tickets ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN wants_answer INTEGER NOT NULL DEFAULT 0 CHECK (wants_answer IN (0, 1));

CREATE TABLE node_visits (
    seq INTEGER PRIMARY KEY,
    contact TEXT NOT NULL,
    at REAL NOT NULL,
    flow TEXT NOT NULL,
    version TEXT NOT NULL,
    node TEXT NOT NULL,
    left_by TEXT NOT NULL,
    stayed_s REAL NOT NULL,
    timeouts INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX node_visits_by_flow ON node_visits (flow, at);
CREATE INDEX node_visits_by_contact ON node_visits (contact);

CREATE TABLE poll_answers (
    seq INTEGER PRIMARY KEY,
    contact TEXT NOT NULL,
    at REAL NOT NULL,
    poll TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;

CREATE INDEX poll_answers_by_poll ON poll_answers (poll, question, at);

CREATE TABLE outgoing (
    id TEXT NOT NULL,
    contact TEXT NOT NULL,
    asked_at REAL NOT NULL,
    medium TEXT NOT NULL,
    address TEXT NOT NULL,
    document TEXT NOT NULL,
    language TEXT NOT NULL,
    data TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    PRIMARY KEY (id)
) STRICT;

CREATE INDEX outgoing_waiting ON outgoing (asked_at) WHERE state = 'waiting';
