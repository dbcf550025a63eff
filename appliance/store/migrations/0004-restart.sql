-- What a restart needs to know of agents and contacts besides their states, and what queues have learnt of their waits. Unfinished contacts
-- from before get what can be concluded: who is recorded although not all calls are is recorded on demand, and the agent who is responsible
-- has talked with the customer.

ALTER TABLE contacts ADD COLUMN agents TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN only_until_at REAL;
ALTER TABLE contacts ADD COLUMN home TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN home_place_at REAL;
ALTER TABLE contacts ADD COLUMN given_by TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN manager_wanted INTEGER CHECK (manager_wanted IN (0, 1));
ALTER TABLE contacts ADD COLUMN on_demand INTEGER NOT NULL DEFAULT 0 CHECK (on_demand IN (0, 1));
ALTER TABLE contacts ADD COLUMN recorded_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN ewt_basis TEXT NOT NULL DEFAULT '';

UPDATE contacts SET agents = agent WHERE outcome = '' AND connected_at IS NOT NULL;
UPDATE contacts SET home = queue, home_place_at = place_at WHERE outcome = '' AND queue NOT LIKE 'agent:%';
UPDATE contacts SET on_demand = 1 WHERE outcome = '' AND id IN (
    SELECT contact FROM recordings WHERE state = 'recording' AND kind <> 'message'
);

CREATE TABLE agents (
    agent TEXT NOT NULL,
    at REAL NOT NULL,
    idle_at REAL NOT NULL,
    seconds TEXT NOT NULL DEFAULT '',
    served TEXT NOT NULL DEFAULT '',
    missed INTEGER NOT NULL DEFAULT 0,
    wanted TEXT NOT NULL DEFAULT '',
    wanted_reason TEXT NOT NULL DEFAULT '',
    back TEXT NOT NULL DEFAULT '',
    wrap_up_limit_at REAL,
    help_at REAL,
    help_why TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (agent)
) STRICT;

CREATE TABLE expectations (
    queue TEXT NOT NULL,
    medium TEXT NOT NULL,
    at REAL NOT NULL,
    told INTEGER NOT NULL,
    held INTEGER NOT NULL,
    learnt TEXT NOT NULL,
    PRIMARY KEY (queue, medium)
) STRICT;
