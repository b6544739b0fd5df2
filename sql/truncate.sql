\pset format unaligned
\pset tuples_only on
CREATE TABLE a (id serial PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);
CREATE TABLE c (id int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('truncate_slot', 'penstock');

TRUNCATE c;
TRUNCATE a RESTART IDENTITY CASCADE;
-- Each truncated relation takes an ordinal, one that is not sent too; it is then written.
BEGIN;
INSERT INTO c VALUES (1);
TRUNCATE b, c;
INSERT INTO c VALUES (2);
COMMIT;
SELECT changes('truncate_slot');

BEGIN;
INSERT INTO c VALUES (3);
TRUNCATE b, c;
INSERT INTO c VALUES (4);
COMMIT;
SELECT changes('truncate_slot', 'exclude_tables', 'public.b');

DROP TABLE a, b, c;
SELECT 'done' FROM pg_drop_replication_slot('truncate_slot');
