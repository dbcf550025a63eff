-- The company's side of the service centre: customers, what is out, what is planned, what is owed. grid.db is made from this.
CREATE TABLE customers (account TEXT PRIMARY KEY, phone TEXT NOT NULL, address TEXT NOT NULL, area TEXT NOT NULL);
CREATE TABLE outages (area TEXT PRIMARY KEY, notice TEXT NOT NULL, back TEXT NOT NULL, is_over INTEGER NOT NULL);
CREATE TABLE planned (day TEXT PRIMARY KEY, notice TEXT NOT NULL);
CREATE TABLE owed (account TEXT PRIMARY KEY, amount REAL NOT NULL, month TEXT NOT NULL, due TEXT NOT NULL);
INSERT INTO customers VALUES ('3307001', '13800138000', '人民路十八号', 'A12');
INSERT INTO customers VALUES ('3307002', '13800138002', '解放路六号', 'B03');
INSERT INTO outages VALUES ('A12', '人民路一带因线路故障停电，抢修人员已到现场。', '21:30', 0);
INSERT INTO planned VALUES ('2026-12-05', '十二月五日上午八点到十一点，新华街检修停电。');
INSERT INTO planned VALUES ('2026-12-08', '十二月八日下午一点到四点，东门路检修停电。');
INSERT INTO owed VALUES ('3307001', 146.3, '2026-11', '2026-12-15');
