\pset format unaligned
\pset tuples_only on
CREATE TABLE t (id int PRIMARY KEY);
SELECT 'slot' FROM pg_create_logical_replication_slot('message_slot', 'penstock');

-- Off by default; a transactional one still takes its ordinal and is counted as decoded.
BEGIN;
INSERT INTO t VALUES (1);
SELECT 'emitted' FROM pg_logical_emit_message(true, 'prefix', 'not wanted');
INSERT INTO t VALUES (2);
COMMIT;
SELECT changes('message_slot');

BEGIN;
INSERT INTO t VALUES (3);
SELECT 'emitted' FROM pg_logical_emit_message(true, 'prefix', 'in the transaction');
INSERT INTO t VALUES (4);
COMMIT;
-- Alone in its transaction.
SELECT 'emitted' FROM pg_logical_emit_message(true, 'only', '');
-- Outside of any transaction, although one is open and is rolled back.
BEGIN;
SELECT 'emitted' FROM pg_logical_emit_message(false, 'outside', 'of the transaction');
ROLLBACK;
-- Bytes that are no text.
SELECT 'emitted' FROM pg_logical_emit_message(true, 'bytes', '\x00ff01'::bytea);
SELECT changes('message_slot', 'messages', 'true');

-- One that is larger than a client must be able to hold is left out, and that is told.
SELECT 'emitted' FROM pg_logical_emit_message(true, 'large', repeat('x', 5000));
SELECT 'emitted' FROM pg_logical_emit_message(false, 'large outside', repeat('x', 5000));
-- The commit brings the message before it to disk, from where it is decoded.
INSERT INTO t VALUES (5);
SELECT regexp_replace(line, 'at [0-9A-F]+/[0-9A-F]+', 'at X/X')
FROM changes('message_slot', 'messages', 'true', 'max_row_bytes', '4096') AS line;

-- An event without a table: lengths and bytes of topic, key, payload, and of two headers.
SELECT 'emitted' FROM penstock.emit('shop.events', 'k', U&'\00e9', '{"a": "1", "b": null}');
SELECT 'emitted' FROM penstock.emit('shop.events', NULL, '\x00'::bytea);
SELECT changes('message_slot', 'messages', 'true');
SELECT penstock.emit('a topic', 'k', 'v');
SELECT penstock.emit(NULL, 'k', 'v');
SELECT penstock.emit('t', 'k', 'v', '["no", "object"]');

DROP TABLE t;
SELECT 'done' FROM pg_drop_replication_slot('message_slot');
