\pset format unaligned
\pset tuples_only on
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE hidden (id int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('empty_slot', 'penstock');

-- A transaction of which nothing is sent sends nothing, not even a session frame.
BEGIN;
COMMIT;
CREATE TABLE ddl_only (id int);
INSERT INTO hidden VALUES (1);
SELECT 'emitted' FROM pg_logical_emit_message(true, 'not', 'asked for');
CREATE TEMP TABLE scratch (id int);
INSERT INTO scratch VALUES (1);
SELECT count(*) FROM pg_logical_slot_peek_changes('empty_slot', NULL, NULL, 'format', 'json',
                                                  'tables', 'public.t');
SELECT count(*) FROM pg_logical_slot_peek_binary_changes('empty_slot', NULL, NULL,
                                                         'tables', 'public.t');
-- One row among many that are not sent: its ordinal tells how many were passed over.
BEGIN;
INSERT INTO hidden SELECT generate_series(2, 101);
INSERT INTO t VALUES (1);
INSERT INTO hidden SELECT generate_series(102, 350);
INSERT INTO t VALUES (2);
INSERT INTO t VALUES (3);
COMMIT;
SELECT changes('empty_slot', 'tables', 'public.t');

DROP TABLE t, hidden, ddl_only, scratch;
SELECT 'done' FROM pg_drop_replication_slot('empty_slot');
