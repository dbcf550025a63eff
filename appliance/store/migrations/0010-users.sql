-- Those who log in to the appliance, what their roles may do, and their sessions.

CREATE TABLE users (
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    agent TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    password_hash TEXT NOT NULL DEFAULT '',
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until_at REAL NOT NULL DEFAULT 0.0,
    changed_at REAL NOT NULL DEFAULT 0.0,
    seen_at REAL NOT NULL DEFAULT 0.0,
    PRIMARY KEY (login)
) STRICT;

CREATE TABLE roles (
    name TEXT NOT NULL,
    permissions TEXT NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    PRIMARY KEY (name)
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL,
    login TEXT NOT NULL,
    address TEXT NOT NULL,
    since_at REAL NOT NULL,
    used_at REAL NOT NULL,
    until_at REAL NOT NULL,
    ended_at REAL,
    PRIMARY KEY (id)
) STRICT;
