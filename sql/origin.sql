\pset format unaligned
\pset tuples_only on
CREATE TABLE t (id int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('origin_slot', 'penstock');
SELECT 'origin' FROM pg_replication_origin_create('far_away');
SELECT 'session' FROM pg_replication_origin_session_setup('far_away');
BEGIN;
SELECT 'xact' FROM pg_replication_origin_xact_setup('0/AB', '2024-01-01 00:00:00+00');
INSERT INTO t VALUES (1);
COMMIT;
SELECT 'reset' FROM pg_replication_origin_session_reset();
INSERT INTO t VALUES (2);

-- An origin is named in Begin, with its position there.
SELECT masked(data) || coalesce(substring(data FROM '"origin_lsn": "[^"]*"'), '')
FROM pg_logical_slot_peek_changes('origin_slot', NULL, NULL, 'format', 'json')
WHERE data LIKE '{"frame": "begin"%';
-- And can be left out.
SELECT changes('origin_slot', 'origin', 'none');

SELECT 'drop' FROM pg_replication_origin_drop('far_away');
DROP TABLE t;
SELECT 'done' FROM pg_drop_replication_slot('origin_slot');
