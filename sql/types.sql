-- Every type of the wire, with ordinary and special values, as the JSON output shows them.
SELECT 'created' FROM pg_create_logical_replication_slot('types', 'penstock');
CREATE FUNCTION frames(slot name) RETURNS SETOF json LANGUAGE sql AS $$
    SELECT data::json FROM pg_logical_slot_get_changes(slot, NULL, NULL, 'format', 'json')
$$;
-- The after images of what happened since the last call.
CREATE FUNCTION images() RETURNS SETOF json LANGUAGE sql AS $$
    SELECT frame->'after' FROM frames('types') AS frame WHERE frame->>'frame' = 'change'
$$;
-- The value kinds of all columns, as the relation frames tell them.
CREATE FUNCTION kinds() RETURNS TABLE (kind int, types text) LANGUAGE sql AS $$
    SELECT (c->>'kind')::int, string_agg(DISTINCT coalesce(c->>'base_type', c->>'type'), ', ')
    FROM frames('types') AS frame, json_array_elements(frame->'columns') AS c
    WHERE frame->>'frame' = 'relation'
    GROUP BY 1 ORDER BY 1
$$;

-- Integers and what is stored like them.
CREATE TABLE integers (id int PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, o oid, x xid, x8 xid8,
                       lsn pg_lsn, rc regclass, rt regtype);
INSERT INTO integers VALUES
    (1, true, 1, 1, 1, 1, '1', '1', '0/1', 'pg_class', 'int4'),
    (2, false, -32768, -2147483648, -9223372036854775808, 0, '0', '0', '0/0', 0, 0),
    (3, true, 32767, 2147483647, 9223372036854775807, 4294967295, '4294967295',
     '18446744073709551615', 'FFFFFFFF/FFFFFFFF', 'pg_type', 'text'),
    (4, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM images();

-- Floats: every bit comes through, negative zero included.
CREATE TABLE floats (id int PRIMARY KEY, f4 float4, f8 float8);
INSERT INTO floats VALUES
    (1, 0.1, 0.1), (2, '-0', '-0'), (3, 'NaN', 'NaN'), (4, 'Infinity', '-Infinity'),
    (5, 1.17549435e-38, 2.2250738585072014e-308), (6, 3.4028235e38, 1.7976931348623157e308),
    (7, 1.4e-45, 4.9e-324), (8, 1, 100000);
SELECT * FROM images();

-- Numerics keep their scale.
CREATE TABLE numerics (id int PRIMARY KEY, n numeric, n12 numeric(12, 2));
INSERT INTO numerics VALUES
    (1, 1.50, 1.5), (2, 'NaN', 'NaN'), (3, 'Infinity', 0), (4, '-Infinity', -0.01), (5, 0, 0.00),
    (6, 0.000, 9999999999.99), (7, -0.00001234, -9999999999.99), (8, 10000, 10000), (9, 1e20, 1),
    (10, 1e-20, 1), (11, 10000.0001, 1), (12, 99999999.99999999, 1), (13, 1.10000, NULL);
SELECT * FROM images();
INSERT INTO numerics VALUES (20, repeat('9', 1000)::numeric), (21, 1e131071), (22, '1e-16383');
SELECT (r->>'n')::numeric = n AND r->>'n' = n::text AS equal, length(r->>'n')
FROM images() AS r JOIN numerics ON id = (r->>'id')::int ORDER BY id;

-- Text, with everything JSON must escape.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "great"');
CREATE TABLE texts (id int PRIMARY KEY, t text, v varchar(10), c char(5), n name, q "char", j json,
                    jb jsonb, m mood);
INSERT INTO texts VALUES
    (1, 'plain', 'plain', 'pad', 'name', 'q', '{"b":1,  "a":[1.0,"x"]}', '{"b":1,  "a":[1.0,"x"]}', 'ok'),
    (2, '', '', '', '', '', '""', '""', 'sad'),
    (3, E'quote " backslash \\ slash / tab \t newline \n return \r \b \f \001 \037', '"', '\',
     'a b', '\377', '{"u":"\u0000","a":1,"a":2}', '{"u":"\u0001","a":1,"a":2}', 'it''s "great"'),
    (4, 'null', NULL, NULL, NULL, NULL, 'null', 'null', NULL),
    (5, '__debezium_unavailable_value', NULL, NULL, NULL, NULL, '1e400', '[1e10, {}, [], {"k": []}, null]',
     NULL);
SELECT * FROM images();
-- Beyond ASCII the server is asked what is equal, so that no terminal has a say in it.
INSERT INTO texts VALUES
    (6, U&'\00E9 \20AC \+01F600', U&'\00E9', U&'\20AC', U&'\+01F600', NULL, '["\u00e9"]',
     jsonb_build_array(U&'\00E9'));
SELECT r->>'t' = t, r->>'v' = v, r->>'c' = rpad(c, 5), r->>'n' = n::text, r->>'j' = j::text, r->>'jb' = jb::text
FROM images() AS r JOIN texts ON id = (r->>'id')::int;

-- A label that is renamed, and one that is born in the same transaction.
BEGIN;
INSERT INTO texts (id, m) VALUES (10, 'sad');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
INSERT INTO texts (id, m) VALUES (11, 'blue');
COMMIT;
ALTER TYPE mood ADD VALUE 'new';
INSERT INTO texts (id, m) VALUES (12, 'new');
BEGIN;
CREATE TYPE fresh AS ENUM ('a', 'b');
CREATE TABLE freshly (id int PRIMARY KEY, f fresh);
INSERT INTO freshly VALUES (1, 'b');
COMMIT;
SELECT * FROM images();

-- Bytes, bits, uuid.
CREATE TABLE bytes (id int PRIMARY KEY, b bytea, u uuid, bit bit(3), vb varbit);
INSERT INTO bytes VALUES
    (1, '\x00ff5c', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '101', '1010101010101'),
    (2, '', '00000000-0000-0000-0000-000000000000', '000', '');
SELECT * FROM images();

-- Dates and times, infinities and the ends of the ranges.
SET TimeZone = 'UTC';
CREATE TABLE times (id int PRIMARY KEY, d date, t time, ttz timetz, ts timestamp, tstz timestamptz);
INSERT INTO times VALUES
    (1, '1970-01-01', '00:00', '00:00+00', '1970-01-01', '1970-01-01+00'),
    (2, '2024-02-29', '12:34:56.789012', '12:34:56.789012+05:30', '2024-02-29 12:34:56.789012',
     '2024-02-29 12:34:56.789012+05:30'),
    (3, '1969-12-31', '24:00:00', '24:00-15:59', '1969-12-31 23:59:59.999999', '1969-12-31+00'),
    (4, 'infinity', NULL, NULL, 'infinity', 'infinity'),
    (5, '-infinity', NULL, NULL, '-infinity', '-infinity'),
    (6, '4713-01-01 BC', NULL, NULL, '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC'),
    (7, '5874897-12-31', NULL, NULL, '294247-01-10 04:00:54.775806', '294247-01-10 04:00:54.775806+00'),
    (8, '0044-03-15 BC', '23:59:60', NULL, '2016-12-31 23:59:60', '0001-01-01+00');
SELECT * FROM images();
-- A timestamp that the wire cannot hold is marked, never bent.
INSERT INTO times (id, ts, tstz) VALUES
    (9, '294276-12-31 23:59:59.999999', '294247-01-10 04:00:54.775807+00');
SELECT frame->'after' AS after, frame->'marked_after' AS marked
FROM frames('types') AS frame WHERE frame->>'frame' = 'change';

-- Intervals stay apart in months, days and microseconds.
CREATE TABLE intervals (id int PRIMARY KEY, i interval, m money);
INSERT INTO intervals VALUES
    (1, '1 year 2 months -3 days 04:05:06.789', 12.34), (2, '0', 0), (3, '-1 second', -0.01),
    (4, '-178000000 years', '-92233720368547758.08'), (5, '178000000 years', '92233720368547758.07'),
    (6, '1 month -1 day 23:00', 1000000);
SELECT * FROM images();

-- Text by the type's own output function.
CREATE TABLE networks (id int PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8, ts tsvector, tq tsquery);
INSERT INTO networks VALUES
    (1, '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a:1 b:2A', 'a & !b'),
    (2, '::1', '2001:db8::/32', NULL, NULL, '', NULL);
CREATE TABLE shapes (id int PRIMARY KEY, p point, l line, s lseg, b box, h path, g polygon, c circle);
INSERT INTO shapes VALUES
    (1, '(1,2.5)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))',
     '<(0,0),5>'),
    (2, '(0.1,-Infinity)', NULL, NULL, NULL, '((0,0),(1,1))', NULL, NULL);
CREATE TABLE ranges (id int PRIMARY KEY, i4 int4range, n numrange, d daterange, ts tsrange, tstz tstzrange,
                     m int4multirange);
INSERT INTO ranges VALUES
    (1, '[1,5)', '(1.50,2.0]', '[2024-01-01,2024-02-01)', '[2024-01-01,)', '[2024-01-01+00,infinity)',
     '{[1,2),[5,6)}'),
    (2, 'empty', '(,)', NULL, NULL, NULL, '{}');
SELECT * FROM images();

-- Domains are their base type; composites are text.
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE DOMAIN small_positive AS positive CHECK (value < 10);
CREATE DOMAIN numbers AS int[];
CREATE DOMAIN price AS numeric(12, 2);
CREATE TYPE pair AS (a int, b text, d date);
CREATE TABLE composed (id small_positive PRIMARY KEY, n numbers, p price, c pair, r refcursor);
INSERT INTO composed VALUES (1, '{1,2}', 1.5, (1, 'a b', '2024-01-02'), 'cursor'),
    (2, NULL, NULL, (NULL, NULL, NULL), NULL);
SELECT * FROM images();

-- The kind of every column above.
UPDATE integers SET id = 5 WHERE id = 4;
UPDATE floats SET id = 9 WHERE id = 8;
UPDATE numerics SET id = 14 WHERE id = 13;
UPDATE texts SET id = 7 WHERE id = 5;
UPDATE bytes SET id = 3 WHERE id = 2;
UPDATE times SET id = 10 WHERE id = 8;
UPDATE intervals SET id = 7 WHERE id = 6;
UPDATE networks SET id = 3 WHERE id = 2;
UPDATE shapes SET id = 3 WHERE id = 2;
UPDATE ranges SET id = 3 WHERE id = 2;
UPDATE composed SET id = 3 WHERE id = 2;
SELECT * FROM kinds();

-- Numeric text is that of numeric_out for a large random set: many lengths, zeros in every place.
SELECT 'seeded' FROM (SELECT setseed(0.42)) AS s;
CREATE FUNCTION random_digits(count int) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(CASE WHEN random() < 0.4 THEN '0' ELSE floor(random() * 10)::int::text END, ''), '')
    FROM generate_series(1, count)
$$;
CREATE TABLE random_numerics (id int PRIMARY KEY, n numeric, j jsonb);
INSERT INTO random_numerics
    SELECT i, n, jsonb_build_object('n', n, 'a', jsonb_build_array(n, -n, i, chr(i % 300 + 1)))
    FROM (SELECT i, (CASE WHEN random() < 0.5 THEN '-' ELSE '' END || '0' ||
                     random_digits((random() * CASE WHEN i % 10 = 0 THEN 300 ELSE 25 END)::int) || '.0' ||
                     random_digits((random() * CASE WHEN i % 10 = 5 THEN 300 ELSE 20 END)::int))::numeric AS n
          FROM generate_series(1, 20000) AS i) AS made;
SELECT count(*), count(*) FILTER (WHERE r->>'n' = n::text) AS numeric_equal,
       count(*) FILTER (WHERE r->>'j' = j::text) AS jsonb_equal
FROM images() AS r JOIN random_numerics ON id = (r->>'id')::int;

-- A jsonb whose text is far larger than what is stored is marked when that goes over the limit.
CREATE TABLE huge (id int PRIMARY KEY, j jsonb);
INSERT INTO huge SELECT 1, jsonb_agg(j) FROM (SELECT '1e131071'::jsonb AS j) AS one, generate_series(1, 10000);
SELECT frame->'after' AS after, frame->'marked_after' AS marked
FROM frames('types') AS frame WHERE frame->>'frame' = 'change';

SELECT pg_drop_replication_slot('types');
DROP TABLE integers, floats, numerics, texts, freshly, bytes, times, intervals, networks, shapes, ranges,
    composed, random_numerics, huge;
DROP TYPE mood, fresh, pair;
DROP DOMAIN numbers, small_positive, positive, price;
DROP FUNCTION kinds(), images(), frames(name), random_digits(int);
