-- penstock.encode_row gives the very bytes that the stream sends for the same row. The messages are
-- taken apart here by hand, so that no code of the plugin judges itself.
CREATE FUNCTION read_varint(message bytea, start int, OUT value bigint, OUT next int)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    shift int := 0;
    byte int;
BEGIN
    value := 0;
    next := start;
    LOOP
        byte := get_byte(message, next);
        next := next + 1;
        -- Lengths and tags are small; the rest of a larger number is only passed by.
        IF shift < 35 THEN
            value := value | ((byte & 127)::bigint << shift);
        END IF;
        shift := shift + 7;
        EXIT WHEN byte < 128;
    END LOOP;
END
$$;
-- The fields of a message in order; `bytes` is the content of one that has a length, `rest` what
-- follows the field.
CREATE FUNCTION fields(message bytea) RETURNS TABLE (number int, bytes bytea, rest bytea)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    place int := 0;
    word bigint;
    tag bigint;
BEGIN
    WHILE place < length(message) LOOP
        SELECT v.value, v.next INTO tag, place FROM public.read_varint(message, place) AS v;
        number := (tag >> 3)::int;
        bytes := NULL;
        CASE tag & 7
            WHEN 0 THEN
                SELECT v.next INTO place FROM public.read_varint(message, place) AS v;
            WHEN 1 THEN
                place := place + 8;
            WHEN 5 THEN
                place := place + 4;
            ELSE
                SELECT v.value, v.next INTO word, place FROM public.read_varint(message, place) AS v;
                bytes := substring(message FROM place + 1 FOR word::int);
                place := place + word::int;
        END CASE;
        rest := substring(message FROM place + 1);
        RETURN NEXT;
    END LOOP;
END
$$;
-- The changes of the stream since the last call: bytes of each Change.
CREATE FUNCTION streamed(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF bytea
LANGUAGE sql AS $$
    SELECT change.bytes
    FROM pg_logical_slot_get_binary_changes('encode_row', NULL, NULL, VARIADIC options) AS written,
         public.fields(written.data) AS frame, public.fields(frame.bytes) AS change
    WHERE frame.number = 1 AND change.number = 1
$$;
-- The rows of a table by both ways: how many came by the stream, and how many differ.
CREATE FUNCTION compared(name text, VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (streamed bigint, missing bigint, surplus bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH sent AS MATERIALIZED (
            SELECT row.bytes FROM public.streamed(VARIADIC %L::text[]) AS change, public.fields(change) AS row
            WHERE row.number = 3),
        encoded AS (SELECT penstock.encode_row(t.*) AS bytes FROM %s AS t)
        SELECT (SELECT count(*) FROM sent),
               (SELECT count(*) FROM (TABLE sent EXCEPT ALL TABLE encoded) AS d),
               (SELECT count(*) FROM (TABLE encoded EXCEPT ALL TABLE sent) AS d)
        $query$, options, name);
END
$$;
SELECT 'created' FROM pg_create_logical_replication_slot('encode_row', 'penstock');
CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE public.pair AS (a int, b text);
CREATE DOMAIN public.small AS int CHECK (value < 10);
-- From here on nothing is found by search_path.
SELECT penstock.pin_settings();

-- Every kind of value of the wire, ordinary and at its ends.
CREATE TABLE public.numbers (id int PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, o oid, x8 xid8, l pg_lsn,
                             f4 float4, f8 float8, n numeric, n2 numeric(12, 2), m money, d public.small);
INSERT INTO public.numbers VALUES
    (1, true, 1, -1, 1, 1, '1', '0/1', 0.1, 0.1, 1.50, 1.5, 12.34, 9),
    (2, false, -32768, -2147483648, -9223372036854775808, 0, '0', '0/0', '-0', 'NaN', 'NaN', 0, -0.01, 0),
    (3, NULL, 32767, 2147483647, 9223372036854775807, 4294967295, '18446744073709551615',
     'FFFFFFFF/FFFFFFFF', 'Infinity', '-Infinity', '-Infinity', -9999999999.99, '92233720368547758.07', -1),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1e100, NULL, NULL, NULL);
SELECT * FROM public.compared('public.numbers');
CREATE TABLE public.words (id int PRIMARY KEY, t text, v varchar(9), c char(5), n name, q "char", j json, jb jsonb,
                           x xml, m public.mood, i inet, mac macaddr, ts tsvector, p point, r int4range,
                           mr int4multirange, tz timetz, pair public.pair);
INSERT INTO public.words VALUES
    (1, 'plain', 'plain', 'pad', 'name', 'q', '{"b":1,  "a":[1.0]}', '{"b":1,  "a":[1.0]}', '<a/>', 'ok',
     '10.0.0.1/8', '08:00:2b:01:02:03', 'a:1 b:2A', '(1,2.5)', '[1,5)', '{[1,2),[5,6)}', '12:34+02',
     (1, 'a b')),
    (2, '', '', '', '', '', '""', 'null', NULL, 'sad', '::1', NULL, '', NULL, 'empty', '{}', NULL, (NULL, NULL)),
    (3, E'\u00e9\u20ac', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL);
SELECT * FROM public.compared('public.words');
CREATE TABLE public.moments (id int PRIMARY KEY, d date, t time, ts timestamp, tstz timestamptz, i interval);
INSERT INTO public.moments VALUES
    (1, '2024-02-29', '12:34:56.789012', '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56+05:30',
     '1 year 2 months -3 days 04:05:06.789'),
    (2, 'infinity', '24:00', 'infinity', '-infinity', '0'),
    (3, '-infinity', '00:00', '4713-01-01 00:00:00 BC', '1970-01-01+00', '-1 second'),
    (4, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM public.compared('public.moments');
CREATE TABLE public.blobs (id int PRIMARY KEY, b bytea, u uuid, bit bit(3), vb varbit);
INSERT INTO public.blobs VALUES
    (1, '\x00ff5c', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '101', '1010101010101'),
    (2, '', '00000000-0000-0000-0000-000000000000', '000', ''), (3, NULL, NULL, NULL, NULL);
SELECT * FROM public.compared('public.blobs');
CREATE TABLE public.lists (id int PRIMARY KEY, i int[], t text[], n numeric[], ts timestamptz[], b bool[],
                           m public.mood[], y bytea[], j jsonb[], iv interval[]);
INSERT INTO public.lists VALUES
    (1, '{1,NULL,3}', '{a,"",NULL}', '{1.50,NaN}', '{infinity}', '{t,f}', '{ok,sad}', '{"\\x00"}', '{"{}"}',
     '{1 day}'),
    (2, '[2:3]={1,2}', '{{a,b},{c,d}}', '{}', NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM public.compared('public.lists');

-- Values that lie out of line, compressed or not, come whole by both ways.
CREATE TABLE public.large (id int PRIMARY KEY, plain text, packed text, j jsonb);
ALTER TABLE public.large ALTER plain SET STORAGE EXTERNAL;
INSERT INTO public.large
    SELECT 1, string_agg(md5(i::text), ''), repeat('abc', 100000), jsonb_agg(i)
    FROM generate_series(1, 3000) AS i;
SELECT * FROM public.compared('public.large');

-- Dropped columns leave a gap in the numbers, added ones have a value without being stored,
-- generated ones are values like others.
CREATE TABLE public.shaped (id int PRIMARY KEY, gone text, kept text);
INSERT INTO public.shaped VALUES (1, 'gone', 'kept');
ALTER TABLE public.shaped DROP gone, ADD added int DEFAULT 7,
    ADD made text GENERATED ALWAYS AS (upper(kept)) STORED;
INSERT INTO public.shaped VALUES (2, 'more', NULL);
ALTER TABLE public.shaped REPLICA IDENTITY FULL;
SELECT count(*) > 0 AS read FROM public.streamed();
UPDATE public.shaped SET kept = kept || '!';
SELECT * FROM public.compared('public.shaped');
SELECT f.number FROM public.shaped AS t, public.fields(penstock.encode_row(t.*)) AS f WHERE id = 1;

-- A partition's row as its root's: the root's numbers, whatever the order in the leaf.
CREATE TABLE public.root (id int PRIMARY KEY, a text, b int) PARTITION BY RANGE (id);
CREATE TABLE public.leaf (b int, gone int, a text, id int NOT NULL);
ALTER TABLE public.leaf DROP gone;
ALTER TABLE public.root ATTACH PARTITION public.leaf FOR VALUES FROM (1) TO (100);
CREATE PUBLICATION by_root FOR TABLE public.root WITH (publish_via_partition_root);
INSERT INTO public.root VALUES (1, 'one', 11), (2, NULL, 22);
SELECT row.bytes = penstock.encode_row(t, 'public.root') AS equal_as_root,
       row.bytes = penstock.encode_row(t) AS equal_as_leaf
FROM public.streamed('publications', 'by_root') WITH ORDINALITY AS sent (change, place)
     CROSS JOIN public.fields(sent.change) AS row JOIN public.leaf AS t ON t.id = sent.place
WHERE row.number = 3 ORDER BY sent.place;
-- A row that is read through the root is the root's already.
SELECT penstock.encode_row(r) = penstock.encode_row(l, 'public.root') AS equal
FROM public.root AS r JOIN public.leaf AS l USING (id) ORDER BY id;

-- What cannot be carried is marked, in front of the row: the same marks as in the stream.
CREATE TABLE public.marks (id int PRIMARY KEY, ts timestamp, t text, after text);
INSERT INTO public.marks VALUES (1, '294276-12-31 23:59:59.999999', repeat('x', 2000), 'here');
SELECT penstock.pin_settings('max_value_bytes', '1000');
SELECT mark.number, mark.rest = sent.bytes AS row_equal,
       (SELECT array_agg((m.number, m.bytes)::text) FROM public.fields(mark.bytes) AS m) =
       (SELECT array_agg((m.number, m.bytes)::text) FROM public.fields(change) AS m WHERE m.number IN (6, 8))
       AS marks_equal
FROM public.streamed('max_value_bytes', '1000') AS change, public.fields(change) AS sent, public.marks AS t,
     LATERAL (SELECT * FROM public.fields(penstock.encode_row(t.*)) LIMIT 1) AS mark
WHERE sent.number = 3;

-- Columns that the stream skips are skipped.
SELECT penstock.pin_settings('skip_columns', 'public.blobs.b');
UPDATE public.blobs SET u = 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
SELECT * FROM public.compared('public.blobs', 'skip_columns', 'public.blobs.b');

SELECT pg_drop_replication_slot('encode_row');
DROP PUBLICATION by_root;
DROP TABLE public.numbers, public.words, public.moments, public.blobs, public.lists, public.large, public.shaped,
    public.root, public.marks;
DROP TYPE public.mood, public.pair;
DROP DOMAIN public.small;
DROP FUNCTION public.compared(text, text[]), public.streamed(text[]), public.fields(bytea),
    public.read_varint(bytea, int);
