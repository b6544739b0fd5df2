\pset format unaligned
\pset tuples_only on
CREATE TABLE item (id int PRIMARY KEY, name text, n int);
INSERT INTO item SELECT i, 'name ' || i, i FROM generate_series(1, 4) i;
SELECT 'slot' FROM pg_create_logical_replication_slot('update_slot', 'penstock');

-- The key stays: no old row was logged.
UPDATE item SET n = n + 1 WHERE id = 1;
-- The key changes: the old key comes with it.
UPDATE item SET id = 20 WHERE id = 2;
-- Several rows, and nothing changed at all.
UPDATE item SET name = name WHERE id IN (3, 4);
-- To null and back.
UPDATE item SET name = NULL WHERE id = 3;
UPDATE item SET name = 'back' WHERE id = 3;
-- Twice in one transaction.
BEGIN;
UPDATE item SET n = 100 WHERE id = 1;
UPDATE item SET n = 101 WHERE id = 1;
COMMIT;
SELECT changes('update_slot');

-- skip_unchanged_before leaves out of the old row what equals the new one.
ALTER TABLE item REPLICA IDENTITY FULL;
UPDATE item SET n = 7 WHERE id = 1;
UPDATE item SET name = NULL WHERE id = 1;
UPDATE item SET name = NULL, n = 8 WHERE id = 1;
SELECT rows('update_slot', 'skip_unchanged_before', 'true');

DROP TABLE item;
SELECT 'done' FROM pg_drop_replication_slot('update_slot');
