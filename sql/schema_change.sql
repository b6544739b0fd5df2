\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('schema_slot', 'penstock');
CREATE TABLE t (id int PRIMARY KEY, a text);
INSERT INTO t VALUES (1, 'one');

-- A new shape is described before the first row that has it.
ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 7;
INSERT INTO t VALUES (2, 'two');
-- A dropped column's number is not used again.
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t ADD COLUMN c bool;
INSERT INTO t VALUES (3, 3, true);
-- Renames, types, and a default without a rewrite for rows that were there before.
ALTER TABLE t RENAME COLUMN b TO bb;
ALTER TABLE t ALTER COLUMN bb TYPE bigint;
UPDATE t SET c = false WHERE id = 1;
ALTER TABLE t RENAME TO tt;
INSERT INTO tt VALUES (4, 4, NULL);
CREATE SCHEMA elsewhere;
ALTER TABLE tt SET SCHEMA elsewhere;
INSERT INTO elsewhere.tt VALUES (5, 5, NULL);
ALTER SCHEMA elsewhere RENAME TO nowhere;
INSERT INTO nowhere.tt VALUES (6, 6, NULL);
SELECT changes('schema_slot');

-- In one transaction, with rows of both shapes.
BEGIN;
INSERT INTO nowhere.tt VALUES (7, 7, NULL);
ALTER TABLE nowhere.tt ADD COLUMN d text DEFAULT 'd';
INSERT INTO nowhere.tt VALUES (8, 8, NULL);
ROLLBACK;
BEGIN;
INSERT INTO nowhere.tt VALUES (9, 9, NULL);
ALTER TABLE nowhere.tt ADD COLUMN e text DEFAULT 'e';
INSERT INTO nowhere.tt VALUES (10, 10, NULL);
COMMIT;
-- What changes no shape sends no description: an index, statistics, a comment, a storage option.
CREATE INDEX tt_c ON nowhere.tt (c);
INSERT INTO nowhere.tt VALUES (11, 11, NULL);
ANALYZE nowhere.tt;
INSERT INTO nowhere.tt VALUES (12, 12, NULL);
VACUUM nowhere.tt;
COMMENT ON TABLE nowhere.tt IS 'a comment';
ALTER TABLE nowhere.tt SET (fillfactor = 90);
INSERT INTO nowhere.tt VALUES (13, 13, NULL);
-- A shape that was described before keeps its id.
ALTER TABLE nowhere.tt REPLICA IDENTITY FULL;
INSERT INTO nowhere.tt VALUES (14, 14, NULL);
ALTER TABLE nowhere.tt REPLICA IDENTITY DEFAULT;
INSERT INTO nowhere.tt VALUES (15, 15, NULL);
SELECT changes('schema_slot');

-- Columns of every sort: identity, generated, defaults, enum, domain.
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE SEQUENCE numbers;
CREATE TABLE nowhere.all_sorts (
    id int GENERATED ALWAYS AS IDENTITY,
    n bigint DEFAULT nextval('numbers'),
    m mood DEFAULT 'sad'::mood,
    p percent,
    twice int GENERATED ALWAYS AS (length(t) * 2) STORED,
    t text DEFAULT upper('x' || 'y'),
    at timestamptz DEFAULT now(),
    moods mood[]);
INSERT INTO nowhere.all_sorts (p, t, at) VALUES (99.5, 'abc', '2024-02-29 12:00:00+00');
ALTER TYPE mood ADD VALUE 'ok' BEFORE 'happy';
INSERT INTO nowhere.all_sorts (m, at, moods)
VALUES ('ok', '2024-02-29 12:00:00+00', '{happy,ok}');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
INSERT INTO nowhere.all_sorts (at) VALUES ('2024-02-29 12:00:00+00');
ALTER DOMAIN percent RENAME TO share;
INSERT INTO nowhere.all_sorts (at, m) VALUES ('2024-02-29 12:00:00+00', NULL);
SELECT changes('schema_slot');

-- A table of the same name is another one.
DROP TABLE nowhere.tt;
CREATE TABLE nowhere.tt (id int PRIMARY KEY);
INSERT INTO nowhere.tt VALUES (1);
-- Rewrites make no rows.
VACUUM FULL nowhere.tt;
ALTER TABLE nowhere.tt ALTER COLUMN id TYPE bigint USING id + 1;
SELECT changes('schema_slot');

-- No column at all, and no live one.
CREATE TABLE nowhere.nothing ();
INSERT INTO nowhere.nothing DEFAULT VALUES;
ALTER TABLE nowhere.nothing ADD COLUMN a int, DROP COLUMN IF EXISTS b;
ALTER TABLE nowhere.nothing DROP COLUMN a;
INSERT INTO nowhere.nothing DEFAULT VALUES;
SELECT changes('schema_slot');

DROP SCHEMA nowhere CASCADE;
DROP TYPE mood CASCADE;
DROP DOMAIN share;
DROP SEQUENCE numbers;
SELECT 'done' FROM pg_drop_replication_slot('schema_slot');
