\pset format unaligned
\pset tuples_only on
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT 'slot' FROM pg_create_logical_replication_slot('batch_slot', 'penstock');
INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 20000) i;

-- One transaction in several batches, none of them over its limit, all of them full but the last.
SELECT count(*) > 10 AS several, max(length(data)) <= 65536 + 5 AS within_limit,
       min(length(data)) FILTER (WHERE NOT last) > 65000 AS full
FROM (SELECT data, lsn, row_number() OVER (ORDER BY nr DESC) = 1 AS last
      FROM pg_logical_slot_peek_binary_changes('batch_slot', NULL, NULL)
          WITH ORDINALITY AS p (lsn, xid, data, nr)) AS batches;
-- A larger limit, and none at all: every frame is a batch then. 20000 rows, session, begin,
-- relation and commit.
SELECT count(*) FROM pg_logical_slot_peek_binary_changes('batch_slot', NULL, NULL,
                                                         'batch_bytes', '16MB');
SELECT count(*) FROM pg_logical_slot_peek_binary_changes('batch_slot', NULL, NULL,
                                                         'batch_bytes', '0');
-- Each ends with the tag of its checksum and four bytes.
SELECT bool_and(get_byte(data, length(data) - 5) = 125)
FROM pg_logical_slot_peek_binary_changes('batch_slot', NULL, NULL);
-- The same rows in JSON, each once and in order.
SELECT count(*), bool_and(id = nr)
FROM (SELECT (line::jsonb -> 'after' ->> 'id')::int AS id, row_number() OVER () AS nr
      FROM rows('batch_slot') AS line) AS r;

-- A row that is larger than a batch travels alone; others before and after it.
INSERT INTO t VALUES (-1, 'before'), (-2, repeat('x', 300000)), (-3, 'after');
SELECT (length(data) / 100000) FROM pg_logical_slot_peek_binary_changes('batch_slot', NULL, NULL);
SELECT left(line, 100), length(line) > 300000 FROM rows('batch_slot') AS line;

-- Values over max_value_bytes are marked; so are the largest of a row over max_row_bytes.
CREATE TABLE wide (id int PRIMARY KEY, a text, b text, c bytea);
INSERT INTO wide VALUES (1, repeat('a', 3000), repeat('b', 2000), repeat('c', 1000)::bytea);
ALTER TABLE wide REPLICA IDENTITY FULL;
UPDATE wide SET id = 2, a = 'small';
CREATE FUNCTION short(line text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(line,
                          '(?:(a)a{99,}|(b)b{99,}|(63)(?:63){99,})', '\1\2\3...', 'g')
$$;
SELECT short(masked(data))
FROM pg_logical_slot_peek_changes('batch_slot', NULL, NULL, 'format', 'json',
                                  'max_value_bytes', '2500')
WHERE data LIKE '{"frame": "change"%';
SELECT short(line) FROM rows('batch_slot', 'max_row_bytes', '5000') AS line;

DROP FUNCTION short(text);
DROP TABLE t, wide;
SELECT 'done' FROM pg_drop_replication_slot('batch_slot');
