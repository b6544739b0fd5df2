-- Arrays: nulls, dimensions, lower bounds, and every kind of element.
SELECT 'created' FROM pg_create_logical_replication_slot('arrays', 'penstock');
CREATE FUNCTION images() RETURNS SETOF json LANGUAGE sql AS $$
    SELECT data::json->'after'
    FROM pg_logical_slot_get_changes('arrays', NULL, NULL, 'format', 'json')
    WHERE data::json->>'frame' = 'change'
$$;

CREATE TABLE arrays (id int PRIMARY KEY, i int[]);
INSERT INTO arrays VALUES
    (1, '{}'), (2, '{1}'), (3, '{1,NULL,-3}'), (4, '{NULL}'), (5, '{NULL,NULL}'),
    (6, '{{1,2},{3,4}}'), (7, '{{1,NULL},{NULL,4}}'), (8, '{{{1,2},{3,4}},{{5,6},{7,8}}}'),
    (9, '[0:2]={1,2,3}'), (10, '[-1:0][5:6]={{1,2},{3,4}}'), (11, '[0:0]={NULL}'), (12, NULL),
    (13, '{{{{{{1}}}}}}'), (14, '{2147483647,-2147483648}');
SELECT * FROM images();

-- Every kind of element.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE DOMAIN numbers AS int[];
CREATE TABLE elements (id int PRIMARY KEY, b bool[], i2 int2[], i8 int8[], o oid[], x8 xid8[], f4 float4[],
                       f8 float8[], n numeric[], t text[], c char(3)[], nm name[], j json[], jb jsonb[],
                       by bytea[], u uuid[], d date[], tm time[], ts timestamp[], tstz timestamptz[],
                       iv interval[], m money[], bt varbit[], inet inet[], r int4range[], e mood[], p pair[],
                       dm positive[], da numbers, dd numbers[], v int2vector);
INSERT INTO elements VALUES
    (1, '{t,f,NULL}', '{1,-32768}', '{9223372036854775807,-9223372036854775808}', '{0,4294967295}',
     '{18446744073709551615}', '{0.1,NaN,NULL}', '{0.1,-Infinity,NULL,-0}', '{1.50,NaN,NULL,0.00}',
     '{a,NULL,"",NULL,"q\"b\\c, d","NULL"}', '{ab,NULL}', '{name}', ARRAY['{"a": 1}', NULL]::json[],
     ARRAY['{"a":1}', 'null', NULL]::jsonb[], '{"\\x00ff","",NULL}',
     '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}', '{2024-02-29,infinity,-infinity}', '{24:00,00:00}',
     '{1970-01-01,-infinity,NULL}', '{1970-01-01+00,infinity}', '{1 month,0,-1 day,NULL}', '{1.50,-2}',
     '{101,"",NULL}', '{10.0.0.1,NULL}', '{"[1,2)",empty}', '{ok,sad,NULL}', ARRAY[(1, 'a b'), NULL]::pair[],
     '{1,2}', '{1,NULL}', '{"{1,2}","{3}"}', '1 2 3'),
    (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
     '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '');
SELECT key, value FROM images() AS image, json_each(image) WHERE image->>'id' = '1';
UPDATE elements SET b = b;
SELECT DISTINCT value::text FROM images() AS image, json_each(image) WHERE image->>'id' = '2' AND key <> 'id';

-- One element that cannot be carried marks the array.
CREATE TABLE marked (id int PRIMARY KEY, ts timestamp[]);
INSERT INTO marked VALUES (1, '{1970-01-01,294276-12-31}'), (2, '{1970-01-01}');
SELECT data::json->'after' AS after, data::json->'marked_after' AS marked
FROM pg_logical_slot_get_changes('arrays', NULL, NULL, 'format', 'json')
WHERE data::json->>'frame' = 'change';

-- A large array, compressed, and one out of line.
INSERT INTO arrays SELECT 20, array_agg(0) FROM generate_series(1, 100000);
INSERT INTO arrays SELECT 21, array_agg(i * 7919 % 65537) FROM generate_series(1, 100000) AS i;
INSERT INTO arrays SELECT 22, array_agg(CASE WHEN i % 3 = 0 THEN i END) FROM generate_series(1, 1000) AS i;
SELECT id, json_array_length(r->'i'), (r->>'i')::jsonb = to_jsonb(i) AS equal
FROM images() AS r JOIN arrays ON id = (r->>'id')::int ORDER BY id;

SELECT pg_drop_replication_slot('arrays');
DROP TABLE arrays, elements, marked;
DROP TYPE mood, pair;
DROP DOMAIN positive, numbers;
DROP FUNCTION images();
