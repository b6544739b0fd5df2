\pset format unaligned
\pset tuples_only on
-- A type whose output function raises an error: only the server can do that, and the stream stops at
-- it. The context names column, table and transaction, and the option that passes by.
CREATE TYPE unprintable;
SET client_min_messages = warning;
CREATE FUNCTION unprintable_in(cstring) RETURNS unprintable
    LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION unprintable_out(unprintable) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT AS 'trigger_out';
CREATE TYPE unprintable (INPUT = unprintable_in, OUTPUT = unprintable_out, LIKE = text);
RESET client_min_messages;
CREATE TABLE t (id int PRIMARY KEY, v unprintable, w text);
SELECT 'slot' FROM pg_create_logical_replication_slot('error_slot', 'penstock');
INSERT INTO t VALUES (1, NULL, 'no value, no error');
INSERT INTO t VALUES (2, 'x', 'w');
DO $$
DECLARE
    message text;
    context text;
BEGIN
    PERFORM changes('error_slot');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, context = PG_EXCEPTION_CONTEXT;
    RAISE NOTICE '%', message;
    RAISE NOTICE '%', regexp_replace(split_part(context, E'\n', 1), 'transaction \d+', 'transaction N');
END $$;
-- It comes again, until it is passed by.
SELECT count(*) FROM changes('error_slot', 'skip_columns', 'public.t.v');
INSERT INTO t VALUES (3, NULL, 'w');
SELECT rows('error_slot');

DROP TABLE t;
SET client_min_messages = warning;
DROP TYPE unprintable CASCADE;
SELECT 'done' FROM pg_drop_replication_slot('error_slot');
