-- One column of each kind of value, with ordinary values, with extremes, and all null.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN percent AS numeric(5, 2);
CREATE TABLE types (
    id int PRIMARY KEY, b bool, i2 int2, i8 int8, o oid, x8 xid8, lsn pg_lsn, f4 float4, f8 float8,
    n numeric, t text, v varchar(10), c char(5), ci citext, j json, jb jsonb, m mood, bytes bytea,
    u uuid, d date, ti time, ts timestamp, tz timestamptz, iv interval, mo money, bi bit(5),
    vb varbit, ip inet, r int4range, p pair, pc percent, ttz timetz);
-- prepare
INSERT INTO types VALUES
    (1, true, -5, 12345678901, 42, '77', '16/B374D848', 1.5, 0.1, 12345.67890, U&'text \00fc\2603',
     'varchar', 'ch', 'CiText', '{"a": 1}', '{"b": [1, 2.50]}', 'ok',
     '\x00ff10', '00112233-4455-6677-8899-aabbccddeeff', '2024-02-29', '12:34:56.789',
     '2024-02-29 12:34:56.789',
     '2024-02-29 12:34:56.789+00', '1 year -2 months 3 days 04:05:06.7', '12.34', B'10110', B'101',
     '192.0.2.1/24', '[1,5)', ROW(1, 'y'), 99.5, '12:00:00+02'),
    (2, false, -32768, -9223372036854775808, 0, '0', '0/0', '-Infinity', 'NaN', 'NaN', '', '', '',
     '', 'null', 'null', 'sad', '', '00000000-0000-0000-0000-000000000000', '-infinity', '00:00',
     '-infinity', '-infinity', '0', '0', B'00000', B'', '::', 'empty', ROW(NULL, NULL), 0,
     '00:00:00+15:59'),
    (3, true, 32767, 9223372036854775807, 4294967295, '18446744073709551615', 'FFFFFFFF/FFFFFFFF',
     'Infinity', '1e308', 'Infinity', repeat('x', 200), 'x', 'x', 'x', '[]', '[]', 'happy', '\xff',
     'ffffffff-ffff-ffff-ffff-ffffffffffff', 'infinity', '24:00', 'infinity', 'infinity',
     '178000000 years', '92233720368547758.07', B'11111', B'1', '255.255.255.255', '(,)',
     ROW(-1, ''), -1, '24:00:00-15:59'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL);
