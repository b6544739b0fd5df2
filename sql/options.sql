\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_slot', 'penstock');
CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO t VALUES (1);

-- The session frame names the options in force, defaults included.
SELECT jsonb_pretty(data::jsonb -> 'options')
FROM pg_logical_slot_peek_changes('options_slot', NULL, NULL, 'format', 'json', 'messages', 'on',
                                  'batch_bytes', '128kB', 'tables', 'public.t')
WHERE data LIKE '{"frame": "session"%';
SELECT data::jsonb ->> 'protocol_version', data::jsonb ->> 'slot', data::jsonb ->> 'server_encoding',
       data::jsonb ->> 'database' = current_database(),
       data::jsonb ->> 'server_version_num' = current_setting('server_version_num'),
       data::jsonb ->> 'system_identifier'
           = (SELECT system_identifier::text FROM pg_control_system()),
       data::jsonb ->> 'timeline' = (SELECT timeline_id::text FROM pg_control_checkpoint())
FROM pg_logical_slot_peek_changes('options_slot', NULL, NULL, 'format', 'json')
WHERE data LIKE '{"frame": "session"%';

-- Unknown, with the nearest that is known.
SELECT changes('options_slot', 'formt', 'json');
SELECT changes('options_slot', 'publication', 'x');
SELECT changes('options_slot', 'table', 'x.y');
SELECT changes('options_slot', repeat('x', 10000), 'x');
-- Given twice.
SELECT changes('options_slot', 'format', 'json');
-- Bad values, one for each option.
SELECT changes('options_slot', 'messages', 'maybe');
SELECT changes('options_slot', 'skip_unchanged_before', '2');
SELECT changes('options_slot', 'origin', 'local');
SELECT count(*) FROM pg_logical_slot_peek_changes('options_slot', NULL, NULL, 'format', 'xml');
SELECT changes('options_slot', 'batch_bytes', '-1');
SELECT changes('options_slot', 'batch_bytes', '1GB');
SELECT changes('options_slot', 'max_value_bytes', '0');
SELECT changes('options_slot', 'max_row_bytes', '12 parsecs');
SELECT changes('options_slot', 'publications', '');
SELECT changes('options_slot', 'publications', 'a,,b');
SELECT changes('options_slot', 'tables', '');
SELECT changes('options_slot', 'tables', 'no_schema');
SELECT changes('options_slot', 'tables', 'a.b,');
SELECT changes('options_slot', 'exclude_tables', 'a.b.c');
SELECT changes('options_slot', 'exclude_tables', '.b');
SELECT changes('options_slot', 'skip_columns', 'a.b');
SELECT changes('options_slot', 'protocol_min', 'one');
SELECT changes('options_slot', 'protocol_max', '0');
-- A version that cannot be agreed on.
SELECT changes('options_slot', 'protocol_min', '2', 'protocol_max', '3');
-- Binary output is no text.
SELECT count(*) FROM pg_logical_slot_peek_changes('options_slot', NULL, NULL);
-- An error leaves nothing behind that would trouble the next call; settings are the caller's again.
DO $$ BEGIN
    PERFORM changes('options_slot', 'formt', 'json');
EXCEPTION WHEN syntax_error THEN
    PERFORM changes('options_slot', 'tables', 'no.where');
END $$;
SET DateStyle = 'SQL, DMY';
SET search_path = public, pg_temp;
INSERT INTO t VALUES (2);
SELECT rows('options_slot');
SHOW DateStyle;
SHOW search_path;
RESET DateStyle;
RESET search_path;

DROP TABLE t;
SELECT 'done' FROM pg_drop_replication_slot('options_slot');
