\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('insert_slot', 'penstock');

-- The relation comes once, before the first change that refers to it; Begin and Commit frame the
-- transaction; Commit counts.
CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL DEFAULT 'none', price numeric(10, 2));
INSERT INTO item VALUES (1, 'one', 1.50), (2, 'two', NULL);
INSERT INTO item (id) VALUES (3);
SELECT changes('insert_slot');

-- Zero, false and the empty string are values; null is null.
CREATE TABLE edge (n int, b bool, t text, f float8);
INSERT INTO edge VALUES (0, false, '', 0), (NULL, NULL, NULL, NULL);
SELECT rows('insert_slot');

-- INSERT ... ON CONFLICT, COPY and a multi-row insert are inserts like any other.
INSERT INTO item VALUES (1, 'again', 2) ON CONFLICT DO NOTHING;
INSERT INTO item VALUES (4, 'four', 4) ON CONFLICT DO NOTHING;
INSERT INTO item VALUES (4, 'four', 4) ON CONFLICT (id) DO UPDATE SET price = item.price + 1;
COPY item FROM stdin;
5	five	5.00
6	six	6.00
\.
SELECT rows('insert_slot');

-- What is rolled back is not there, also in part.
BEGIN;
INSERT INTO item VALUES (7, 'seven', 7);
SAVEPOINT s;
INSERT INTO item VALUES (8, 'eight', 8);
ROLLBACK TO s;
INSERT INTO item VALUES (9, 'nine', 9);
COMMIT;
BEGIN;
INSERT INTO item VALUES (10, 'ten', 10);
ROLLBACK;
SELECT changes('insert_slot');

-- Names are quoted as JSON wants them.
CREATE TABLE "we""ird.table" ("a ""b"" \c" int, "ü" text);
INSERT INTO "we""ird.table" VALUES (1, E'tab\there "quoted" \\ ünicode \u2603');
SELECT changes('insert_slot');

DROP TABLE item, edge, "we""ird.table";
SELECT 'done' FROM pg_drop_replication_slot('insert_slot');
