-- The first schema: one table for each class of appliance/core/records.py and the store's own `boots`.
-- Times (*_at, at) are seconds since the epoch, UTC; durations (*_s) seconds. Append-only tables count their rows in `seq`.

CREATE TABLE agent_states (
    seq INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    station TEXT NOT NULL DEFAULT '',
    contact TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE alarms (
    id TEXT NOT NULL,
    severity TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    advice TEXT NOT NULL,
    raised_at REAL NOT NULL,
    cleared_at REAL,
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE call_events (
    seq INTEGER PRIMARY KEY,
    contact TEXT NOT NULL,
    at REAL NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE contacts (
    id TEXT NOT NULL,
    medium TEXT NOT NULL,
    ani TEXT NOT NULL,
    dnis TEXT NOT NULL,
    arrived_at REAL NOT NULL,
    stage TEXT NOT NULL,
    stage_at REAL NOT NULL,
    language TEXT NOT NULL DEFAULT '',
    queue TEXT NOT NULL DEFAULT '',
    agent TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '',
    answered_at REAL,
    queued_at REAL,
    connected_at REAL,
    ended_at REAL,
    wait_s REAL,
    talk_s REAL NOT NULL DEFAULT 0.0,
    cause INTEGER NOT NULL DEFAULT 0,
    keys TEXT NOT NULL DEFAULT '',
    line TEXT NOT NULL DEFAULT '',
    leg TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE legs (
    id TEXT NOT NULL,
    contact TEXT NOT NULL,
    line TEXT NOT NULL,
    party TEXT NOT NULL,
    started_at REAL NOT NULL,
    answered_at REAL,
    ended_at REAL NOT NULL,
    cause INTEGER NOT NULL,
    by_far_end INTEGER NOT NULL CHECK (by_far_end IN (0, 1)),
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE recordings (
    id TEXT NOT NULL,
    contact TEXT NOT NULL,
    kind TEXT NOT NULL,
    file TEXT NOT NULL,
    agent TEXT NOT NULL,
    began_at REAL NOT NULL,
    duration_s REAL,
    size_bytes INTEGER,
    state TEXT NOT NULL DEFAULT 'recording',
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id)
) STRICT;

CREATE TABLE tickets (
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    contact TEXT NOT NULL,
    ani TEXT NOT NULL,
    call_back TEXT NOT NULL,
    recording TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    PRIMARY KEY (number)
) STRICT;

CREATE TABLE boots (
    boot INTEGER NOT NULL,
    version TEXT NOT NULL,
    began_at REAL NOT NULL,
    alive_at REAL NOT NULL,
    ended_at REAL,
    PRIMARY KEY (boot)
) STRICT;

CREATE INDEX contacts_by_arrival ON contacts (arrived_at, outcome);
CREATE INDEX contacts_by_caller ON contacts (ani, arrived_at);
CREATE INDEX contacts_by_agent ON contacts (agent, arrived_at);
CREATE INDEX contacts_unfinished ON contacts (arrived_at) WHERE outcome = '';

CREATE INDEX legs_by_contact ON legs (contact);
CREATE INDEX call_events_by_contact ON call_events (contact);
CREATE INDEX agent_states_by_agent ON agent_states (agent, at);
CREATE INDEX agent_states_newest ON agent_states (agent); -- by seq: a clock once wrong must not decide which is newest

CREATE INDEX recordings_by_contact ON recordings (contact);
CREATE INDEX recordings_by_agent ON recordings (agent, began_at);
CREATE INDEX recordings_by_begin ON recordings (began_at);
CREATE INDEX recordings_by_file ON recordings (file);
CREATE INDEX recordings_unfinished ON recordings (began_at) WHERE state = 'recording';

CREATE INDEX tickets_by_contact ON tickets (contact);
CREATE INDEX tickets_by_caller ON tickets (ani, created_at);
CREATE INDEX tickets_by_creation ON tickets (created_at);
CREATE INDEX tickets_by_state ON tickets (state, created_at);

CREATE INDEX alarms_by_time ON alarms (raised_at);
CREATE INDEX alarms_raised ON alarms (raised_at) WHERE cleared_at IS NULL;
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_who ON audit (who, at);
