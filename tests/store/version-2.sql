-- A database of schema version 2, as the last program of that version left it: a conversation, callers who wait, one of them for an
-- agent by name, a call-back; agents on a call, in wrap-up and in a pause.
PRAGMA application_id = 1752134764;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'hotline','0001-first','2026-11-28 17:23:33.763329+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'hotline','0002-distribution','2026-11-28 17:23:33.777938+00:00');
CREATE TABLE agent_states (
    seq INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    station TEXT NOT NULL DEFAULT '',
    contact TEXT NOT NULL DEFAULT ''
, until_at REAL) STRICT;
INSERT INTO "agent_states" VALUES(1,'1001',1700000005.0,'ready','','8001','',NULL);
INSERT INTO "agent_states" VALUES(2,'1002',1700000005.0,'ready','','8002','',NULL);
INSERT INTO "agent_states" VALUES(3,'1003',1700000006.0,'not-ready','lunch','8003','',NULL);
INSERT INTO "agent_states" VALUES(4,'1001',1700000035.0,'on-call','','8001','0002-000001',NULL);
INSERT INTO "agent_states" VALUES(5,'1002',1700000110.0,'wrap-up','','8002','0002-000000',1700000700.0);
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
INSERT INTO "alarms" VALUES('2-5','yellow','line:trunk','line ''trunk'' is lost','look',1700000050.0,1700000060.0);
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "audit" VALUES(1,1700000005.0,'agent:1001','log-in','8001');
CREATE TABLE boots (
    boot INTEGER NOT NULL,
    version TEXT NOT NULL,
    began_at REAL NOT NULL,
    alive_at REAL NOT NULL,
    ended_at REAL,
    PRIMARY KEY (boot)
) STRICT;
INSERT INTO "boots" VALUES(1,'0.1.0',1699999100.0,1699999900.0,1699999900.0);
INSERT INTO "boots" VALUES(2,'0.2.0',1700000000.0,1700000000.0,NULL);
CREATE TABLE call_events (
    seq INTEGER PRIMARY KEY,
    contact TEXT NOT NULL,
    at REAL NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "call_events" VALUES(1,'0002-000001',1700000020.0,'queued','billing');
INSERT INTO "call_events" VALUES(2,'0002-000001',1700000035.0,'connected','1001');
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
    leg TEXT NOT NULL DEFAULT '', direction TEXT NOT NULL DEFAULT 'in', priority INTEGER NOT NULL DEFAULT 0, vip INTEGER NOT NULL DEFAULT 0 CHECK (vip IN (0, 1)), place_at REAL, only TEXT NOT NULL DEFAULT '', call_back TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT '', ewt_low_s REAL, ewt_high_s REAL, ewt_after_s REAL, data TEXT NOT NULL DEFAULT '', parties TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id)
) STRICT;
INSERT INTO "contacts" VALUES('0002-000000','voice','+8613800000001','95500',1700000001.0,'ended',1700000009.0,'zh','billing','1001','answered',1700000010.0,1700000002.0,1700000004.0,1700000009.0,15.0,5.0,0,'11','trunk','','in',0,0,1700000002.0,'','',0,'',0.0,60.0,5.0,'','');
INSERT INTO "contacts" VALUES('0002-000001','voice','+8613800000001','95500',1700000010.0,'connected',1700000035.0,'zh','billing','1001','',1700000010.0,1700000020.0,1700000035.0,NULL,15.0,0.0,0,'11','trunk','a@pbx','in',0,0,1700000020.0,'','',0,'',0.0,60.0,5.0,'','[["a@pbx","customer","",0,0,"","",""],["0002-000001/2.1","agent","1001",0,0,"","",""]]');
INSERT INTO "contacts" VALUES('0002-000002','voice','13900000002','95500',1700000100.0,'queued',1700000120.0,'zh','billing','','',1700000100.0,1700000120.0,NULL,NULL,NULL,0.0,0,'11','trunk','b@pbx','in',1,0,1700000060.0,'1002','',0,'',60.0,180.0,15.0,'','');
INSERT INTO "contacts" VALUES('0002-000003','voice','13900000003','95500',1700000101.0,'callback',1700000120.0,'zh','billing','','',1700000100.0,1700000120.0,NULL,NULL,NULL,0.0,0,'11','trunk','','in',1,0,1700000061.0,'','13900000003',0,'',NULL,NULL,NULL,'','');
INSERT INTO "contacts" VALUES('0002-000004','voice','13900000004','95500',1700000102.0,'queued',1700000120.0,'zh','agent:1001','','',1700000100.0,1700000120.0,NULL,NULL,NULL,0.0,0,'11','trunk','d@pbx','in',1,0,1700000061.0,'','',0,'',NULL,NULL,NULL,'','');
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
INSERT INTO "decisions" VALUES(1,'0002-000001',1700000020.0,'billing','longest-idle','1001','1001 rank 1 figure 12.5','',0);
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
INSERT INTO "legs" VALUES('0002-000000/2.9','0002-000000','trunk','agent:1001',1700000002.0,1700000004.0,1700000009.0,16,0);
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
    error TEXT NOT NULL DEFAULT '', participants TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id)
) STRICT;
INSERT INTO "recordings" VALUES('0002-000001-1','0002-000001','call','2023-11-14/0002-000001-1.wav','1001',1700000035.0,NULL,NULL,'recording','','caller agent:1001');
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
INSERT INTO "tickets" VALUES('T-00009','message','0002-000000','13900000002','13900000002','','en',1700000150.0,'open');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX contacts_by_arrival ON contacts (arrived_at, outcome);
CREATE INDEX contacts_by_caller ON contacts (ani, arrived_at);
CREATE INDEX contacts_by_agent ON contacts (agent, arrived_at);
CREATE INDEX contacts_unfinished ON contacts (arrived_at) WHERE outcome = '';
CREATE INDEX legs_by_contact ON legs (contact);
CREATE INDEX call_events_by_contact ON call_events (contact);
CREATE INDEX agent_states_by_agent ON agent_states (agent, at);
CREATE INDEX agent_states_newest ON agent_states (agent);
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
CREATE INDEX decisions_by_contact ON decisions (contact);
CREATE INDEX contacts_to_call_back ON contacts (place_at) WHERE call_back <> '' AND outcome = '';
CREATE VIEW agent_states_local AS SELECT
    seq,
    agent,
    strftime('%Y-%m-%d %H:%M:%f', at, 'unixepoch', 'localtime') AS at,
    state,
    reason,
    station,
    contact,
    strftime('%Y-%m-%d %H:%M:%f', until_at, 'unixepoch', 'localtime') AS until_at
FROM agent_states;
CREATE VIEW alarms_local AS SELECT
    id,
    severity,
    source,
    text,
    advice,
    strftime('%Y-%m-%d %H:%M:%f', raised_at, 'unixepoch', 'localtime') AS raised_at,
    strftime('%Y-%m-%d %H:%M:%f', cleared_at, 'unixepoch', 'localtime') AS cleared_at
FROM alarms;
CREATE VIEW audit_local AS SELECT
    seq,
    strftime('%Y-%m-%d %H:%M:%f', at, 'unixepoch', 'localtime') AS at,
    who,
    what,
    detail
FROM audit;
CREATE VIEW call_events_local AS SELECT
    seq,
    contact,
    strftime('%Y-%m-%d %H:%M:%f', at, 'unixepoch', 'localtime') AS at,
    what,
    detail
FROM call_events;
CREATE VIEW contacts_local AS SELECT
    id,
    medium,
    ani,
    dnis,
    strftime('%Y-%m-%d %H:%M:%f', arrived_at, 'unixepoch', 'localtime') AS arrived_at,
    stage,
    strftime('%Y-%m-%d %H:%M:%f', stage_at, 'unixepoch', 'localtime') AS stage_at,
    language,
    queue,
    agent,
    outcome,
    strftime('%Y-%m-%d %H:%M:%f', answered_at, 'unixepoch', 'localtime') AS answered_at,
    strftime('%Y-%m-%d %H:%M:%f', queued_at, 'unixepoch', 'localtime') AS queued_at,
    strftime('%Y-%m-%d %H:%M:%f', connected_at, 'unixepoch', 'localtime') AS connected_at,
    strftime('%Y-%m-%d %H:%M:%f', ended_at, 'unixepoch', 'localtime') AS ended_at,
    wait_s,
    talk_s,
    cause,
    keys,
    line,
    leg,
    direction,
    priority,
    vip,
    strftime('%Y-%m-%d %H:%M:%f', place_at, 'unixepoch', 'localtime') AS place_at,
    only,
    call_back,
    attempts,
    origin,
    ewt_low_s,
    ewt_high_s,
    ewt_after_s,
    data,
    parties
FROM contacts;
CREATE VIEW decisions_local AS SELECT
    seq,
    contact,
    strftime('%Y-%m-%d %H:%M:%f', at, 'unixepoch', 'localtime') AS at,
    queue,
    strategy,
    chosen,
    candidates,
    excluded,
    more
FROM decisions;
CREATE VIEW legs_local AS SELECT
    id,
    contact,
    line,
    party,
    strftime('%Y-%m-%d %H:%M:%f', started_at, 'unixepoch', 'localtime') AS started_at,
    strftime('%Y-%m-%d %H:%M:%f', answered_at, 'unixepoch', 'localtime') AS answered_at,
    strftime('%Y-%m-%d %H:%M:%f', ended_at, 'unixepoch', 'localtime') AS ended_at,
    cause,
    by_far_end
FROM legs;
CREATE VIEW recordings_local AS SELECT
    id,
    contact,
    kind,
    file,
    agent,
    strftime('%Y-%m-%d %H:%M:%f', began_at, 'unixepoch', 'localtime') AS began_at,
    duration_s,
    size_bytes,
    state,
    error,
    participants
FROM recordings;
CREATE VIEW tickets_local AS SELECT
    number,
    kind,
    contact,
    ani,
    call_back,
    recording,
    language,
    strftime('%Y-%m-%d %H:%M:%f', created_at, 'unixepoch', 'localtime') AS created_at,
    state
FROM tickets;
CREATE VIEW boots_local AS SELECT
    boot,
    version,
    strftime('%Y-%m-%d %H:%M:%f', began_at, 'unixepoch', 'localtime') AS began_at,
    strftime('%Y-%m-%d %H:%M:%f', alive_at, 'unixepoch', 'localtime') AS alive_at,
    strftime('%Y-%m-%d %H:%M:%f', ended_at, 'unixepoch', 'localtime') AS ended_at
FROM boots;
COMMIT;
