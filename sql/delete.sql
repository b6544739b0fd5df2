\pset format unaligned
\pset tuples_only on
CREATE TABLE item (id int PRIMARY KEY, name text);
CREATE TABLE keyless (id int, name text);
INSERT INTO item SELECT i, 'name ' || i FROM generate_series(1, 3) i;
INSERT INTO keyless SELECT i, 'name ' || i FROM generate_series(1, 3) i;
SELECT 'slot' FROM pg_create_logical_replication_slot('delete_slot', 'penstock');

DELETE FROM item WHERE id = 1;
-- Without a replica identity the server logs no old row; the change still counts and is sent.
DELETE FROM keyless WHERE id = 1;
ALTER TABLE keyless REPLICA IDENTITY FULL;
DELETE FROM keyless WHERE id = 2;
-- Inserted and deleted in one transaction.
BEGIN;
INSERT INTO item VALUES (9, 'nine');
DELETE FROM item WHERE id = 9;
COMMIT;
SELECT changes('delete_slot');

DROP TABLE item, keyless;
SELECT 'done' FROM pg_drop_replication_slot('delete_slot');
