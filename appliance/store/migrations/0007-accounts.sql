-- Accounts by which callers identify themselves: hashes of their PINs, wrong tries, locks.

CREATE TABLE accounts (
    accounts TEXT NOT NULL,
    account TEXT NOT NULL,
    pin_hash TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until_at REAL NOT NULL DEFAULT 0.0,
    changed_at REAL NOT NULL DEFAULT 0.0,
    PRIMARY KEY (accounts, account)
) STRICT;
