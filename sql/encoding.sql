-- Databases that are not in UTF-8: text is converted, or marked with its raw bytes; never an error.
-- JSON output is pure ASCII there, for it travels as text of the server encoding.
SELECT current_database() AS main \gset
CREATE DATABASE penstock_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE penstock_euc_jp ENCODING 'EUC_JP' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE penstock_win1252 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
CREATE DATABASE penstock_sql_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;

-- LATIN1: everything converts, names and labels and what becomes text along the way.
\c penstock_latin1
SELECT 'created' FROM pg_create_logical_replication_slot('latin1', 'penstock');
CREATE FUNCTION bytes(hex text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(decode(hex, 'hex'), getdatabaseencoding())
$$;
CREATE TYPE textrange AS RANGE (subtype = text);
DO $$ BEGIN
    EXECUTE format('CREATE TYPE mood AS ENUM (%L, %L)', bytes('e9'), 'plain');
    EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, %I text, c char(3), n name, j json, jb jsonb, m mood,'
                   ' a text[], ea mood[], r textrange, d text DEFAULT %L)',
                   bytes('74e4'), bytes('fc'), bytes('df'));
    EXECUTE format('INSERT INTO %I VALUES (1, bytes(''e9ff''), bytes(''e9''), bytes(''e9''),'
                   ' to_json(bytes(''e9'')), to_jsonb(bytes(''e9'')), bytes(''e9'')::mood,'
                   ' ARRAY[bytes(''e9''), NULL, ''b''], ARRAY[bytes(''e9''), ''plain'']::mood[],'
                   ' textrange(bytes(''e9''), NULL))', bytes('74e4'));
    EXECUTE format('INSERT INTO %I VALUES (2, ''plain'', ''abc'')', bytes('74e4'));
END $$;
CREATE TABLE frames AS
    SELECT data::json AS frame FROM pg_logical_slot_get_changes('latin1', NULL, NULL, 'format', 'json');
SELECT frame->>'server_encoding' AS encoding FROM frames WHERE frame->>'frame' = 'session';
SELECT frame->'table' AS table, c->'name' AS column, c->'default' AS default, c->'enum_labels' AS labels
FROM frames, json_array_elements(frame->'columns') AS c WHERE frame->>'frame' = 'relation';
SELECT frame->'after' AS after, frame->'marked_after' AS marked FROM frames WHERE frame->>'frame' = 'change';
SELECT pg_drop_replication_slot('latin1');

-- EUC_JP: several bytes a character, and one that has no place in Unicode.
\c penstock_euc_jp
SELECT 'created' FROM pg_create_logical_replication_slot('euc_jp', 'penstock');
CREATE FUNCTION bytes(hex text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(decode(hex, 'hex'), getdatabaseencoding())
$$;
CREATE TABLE texts (id int PRIMARY KEY, t text, a text[], jb jsonb);
INSERT INTO texts VALUES
    (1, bytes('a4a2b0a1'), ARRAY[bytes('a4a2'), 'b'], jsonb_build_array(bytes('a4a2'))),
    (2, bytes('61a9a1'), ARRAY[bytes('a9a1'), 'b'], jsonb_build_array(bytes('a9a1')));
UPDATE texts SET a = '{}' WHERE id = 2;
DELETE FROM texts WHERE id = 2;
SELECT data::json->'after' AS after, data::json->'marked_after' AS marked
FROM pg_logical_slot_get_changes('euc_jp', NULL, NULL, 'format', 'json') WHERE data::json->>'frame' = 'change';
SELECT pg_drop_replication_slot('euc_jp');

-- WIN1252 has five bytes that stand for nothing.
\c penstock_win1252
SELECT 'created' FROM pg_create_logical_replication_slot('win1252', 'penstock');
CREATE FUNCTION bytes(hex text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(decode(hex, 'hex'), getdatabaseencoding())
$$;
CREATE TABLE texts (id int PRIMARY KEY, t text);
INSERT INTO texts VALUES (1, bytes('80e9')), (2, bytes('6181'));
SELECT data::json->'after' AS after, data::json->'marked_after' AS marked
FROM pg_logical_slot_get_changes('win1252', NULL, NULL, 'format', 'json') WHERE data::json->>'frame' = 'change';
SELECT pg_drop_replication_slot('win1252');

-- SQL_ASCII promises nothing: bytes that are UTF-8 are text, others are marked, names are escaped.
\c penstock_sql_ascii
SELECT 'created' FROM pg_create_logical_replication_slot('sql_ascii', 'penstock');
CREATE FUNCTION bytes(hex text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT convert_from(decode(hex, 'hex'), getdatabaseencoding())
$$;
DO $$ BEGIN
    EXECUTE format('CREATE TYPE mood AS ENUM (%L, %L)', bytes('e9'), bytes('c3a9'));
    EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, %I text, c char(5), n name, j json, m mood, a text[],'
                   ' by bytea)', bytes('74e4'), bytes('c3bc'));
    EXECUTE format('INSERT INTO %I VALUES (1, bytes(''c3a9''), bytes(''f09f9880''), bytes(''c3a9''),'
                   ' bytes(''22c3a922'')::json, bytes(''c3a9'')::mood, ARRAY[bytes(''c3a9''), NULL], ''\xff'')',
                   bytes('74e4'));
    EXECUTE format('INSERT INTO %I VALUES (2, bytes(''ff''), bytes(''c3''), bytes(''eda080''),'
                   ' bytes(''22c022'')::json, bytes(''e9'')::mood, ARRAY[''a'', bytes(''e9'')], ''\xff'')',
                   bytes('74e4'));
END $$;
-- The server's own JSON functions refuse \u escapes here, so the lines are taken as text.
CREATE TABLE lines AS
    SELECT data FROM pg_logical_slot_get_changes('sql_ascii', NULL, NULL, 'format', 'json');
SELECT substring(data FROM '"table": "[^"]*"') AS name, substring(data FROM '"columns":.*') AS columns
FROM lines WHERE data LIKE '{"frame": "relation"%';
SELECT substring(data FROM '"after":.*') AS row FROM lines WHERE data LIKE '{"frame": "change"%';
SELECT pg_drop_replication_slot('sql_ascii');

\c :main
DROP DATABASE penstock_latin1;
DROP DATABASE penstock_euc_jp;
DROP DATABASE penstock_win1252;
DROP DATABASE penstock_sql_ascii;
