-- The company's side of the service centre: subscribers, and a bill for each month. billing.db is made from this.
CREATE TABLE subscribers (account TEXT PRIMARY KEY, name TEXT NOT NULL, mail TEXT NOT NULL);
CREATE TABLE bills (
    account TEXT NOT NULL, month TEXT NOT NULL, amount REAL NOT NULL, local REAL NOT NULL, distance REAL NOT NULL, data REAL NOT NULL,
    due TEXT NOT NULL, paid INTEGER NOT NULL, PRIMARY KEY (account, month)
);
INSERT INTO subscribers VALUES ('5718800001', '王小明', 'wang@example.com');
INSERT INTO subscribers VALUES ('5718800002', '李文', '');
INSERT INTO bills VALUES ('5718800001', '2026-09', 88.5, 30.0, 18.5, 40.0, '2026-10-20', 1);
INSERT INTO bills VALUES ('5718800001', '2026-10', 102.05, 42.0, 20.05, 40.0, '2026-11-20', 0);
INSERT INTO bills VALUES ('5718800001', '2026-11', 76.0, 26.0, 10.0, 40.0, '2026-12-20', 0);
INSERT INTO bills VALUES ('5718800002', '2026-11', 40.0, 0.0, 0.0, 40.0, '2026-12-20', 1);
