-- Callers who are blocked, allowed or VIPs by an operator's word, and service numbers that an operator closed.

CREATE TABLE listed_callers (
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    until_at REAL,
    priority INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (number)
) STRICT;

CREATE TABLE closures (
    number TEXT NOT NULL,
    at REAL NOT NULL,
    who TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    until_at REAL,
    say TEXT NOT NULL DEFAULT '',
    onward TEXT NOT NULL DEFAULT '',
    open INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    PRIMARY KEY (number)
) STRICT;
