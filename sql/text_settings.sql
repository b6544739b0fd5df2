-- Text output must not depend on the settings of the session that decodes, nor change them.
SELECT 'created' FROM pg_create_logical_replication_slot('settings', 'penstock');
CREATE TYPE mixed AS (d date, ts timestamp, tstz timestamptz, i interval, f4 float4, f8 float8, b bytea,
                      m money, c regclass);
CREATE TABLE settings (id int PRIMARY KEY, mixed mixed, many mixed[], tstz tstzrange, d daterange, f point,
                       arr timestamptz[], f8 float8, b bytea, m money, i interval);
INSERT INTO settings
SELECT 1, r, ARRAY[r], '[2024-03-15 12:00+00,)', '[2024-03-15,)', point(1.0/3, 2), '{2024-03-15 12:00+00}',
       1.0::float8 / 3, '\xdeadbeef', 12.5, '1 year 2 days 03:04:05'
FROM (SELECT ROW('2024-03-15', '0044-03-15 12:34:56.789 BC', '2024-03-15 12:00+00', '1 year 2 days 03:04:05',
                 1.0::float4 / 3, 1.0::float8 / 3, '\xdead5c', 12.5, 'settings')::mixed AS r) AS made;

CREATE FUNCTION decoded() RETURNS SETOF json LANGUAGE sql AS $$
    SELECT data::json->'after'
    FROM pg_logical_slot_peek_changes('settings', NULL, NULL, 'format', 'json', 'tables', 'public.settings')
    WHERE data::json->>'frame' = 'change'
$$;
CREATE TABLE seen (settings text, row text);
INSERT INTO seen SELECT 'first', decoded()::text;
SELECT key, value FROM seen, json_each(row::json);

-- The same by hostile settings of the session...
SET DateStyle = 'German, DMY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Asia/Kolkata';
SET extra_float_digits = -15;
SET bytea_output = 'escape';
SET xmlbinary = 'hex';
SET quote_all_identifiers = on;
SET search_path = pg_catalog;
INSERT INTO public.seen SELECT 'session', public.decoded()::text;
-- ... which are still in force.
SELECT name, setting FROM pg_settings
WHERE name IN ('DateStyle', 'IntervalStyle', 'TimeZone', 'extra_float_digits', 'bytea_output', 'xmlbinary',
               'quote_all_identifiers', 'search_path')
ORDER BY name COLLATE "C";
RESET search_path;

-- ... inside a transaction that has set its own ...
BEGIN;
SET LOCAL DateStyle = 'SQL, MDY';
SET LOCAL TimeZone = 'America/New_York';
SAVEPOINT s;
INSERT INTO seen SELECT 'transaction', decoded()::text;
RELEASE s;
SHOW DateStyle;
SHOW TimeZone;
COMMIT;
SHOW DateStyle;

-- ... and after an error has thrown the decoding out.
\set VERBOSITY sqlstate
SELECT count(*) FROM pg_logical_slot_peek_changes('settings', NULL, NULL, 'format', 'json', 'nonsense', '1');
\set VERBOSITY default
SHOW TimeZone;
SHOW search_path;
INSERT INTO seen SELECT 'after an error', decoded()::text;
RESET ALL;

-- As settings of the database, by which every walsender starts.
SELECT current_database() AS main \gset
ALTER DATABASE :"main" SET DateStyle = 'Postgres, DMY';
ALTER DATABASE :"main" SET TimeZone = 'Pacific/Chatham';
ALTER DATABASE :"main" SET extra_float_digits = -3;
ALTER DATABASE :"main" SET bytea_output = 'escape';
\c -
INSERT INTO seen SELECT 'database', decoded()::text;
ALTER DATABASE :"main" RESET DateStyle;
ALTER DATABASE :"main" RESET TimeZone;
ALTER DATABASE :"main" RESET extra_float_digits;
ALTER DATABASE :"main" RESET bytea_output;
\c -

SELECT settings, row = first_value(row) OVER (ORDER BY settings <> 'first') AS same FROM seen ORDER BY 1;

SELECT pg_drop_replication_slot('settings');
DROP TABLE settings, seen;
DROP TYPE mixed;
DROP FUNCTION decoded();
