\pset format unaligned
\pset tuples_only on
-- Long values are shortened in what is printed; what matters is where they are.
CREATE FUNCTION short(line text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(line, '(?:(a)a{99,}|(b)b{99,}|(c)c{99,}|(d)d{99,}|(e)e{99,}|(f)f{99,}|(k)k{99,})',
                          '\1\2\3\4\5\6\7...', 'g')
$$;
CREATE TABLE doc (id int PRIMARY KEY, small int, big text, bigger text);
ALTER TABLE doc ALTER big SET STORAGE EXTERNAL, ALTER bigger SET STORAGE EXTERNAL;
SELECT 'slot' FROM pg_create_logical_replication_slot('toast_slot', 'penstock');

INSERT INTO doc VALUES (1, 1, repeat('a', 10000), repeat('b', 20000));
-- Neither long value is logged again: unchanged, not null.
UPDATE doc SET small = 2 WHERE id = 1;
-- One of them is.
UPDATE doc SET big = repeat('c', 10000) WHERE id = 1;
-- To null, and to something short.
UPDATE doc SET big = NULL WHERE id = 1;
UPDATE doc SET bigger = 'short' WHERE id = 1;
SELECT short(line) FROM rows('toast_slot') AS line;

-- With FULL the old row has the value that the new one does not repeat.
ALTER TABLE doc REPLICA IDENTITY FULL;
UPDATE doc SET bigger = repeat('d', 10000) WHERE id = 1;
UPDATE doc SET small = 3 WHERE id = 1;
DELETE FROM doc WHERE id = 1;
SELECT short(line) FROM rows('toast_slot') AS line;
INSERT INTO doc VALUES (1, 1, repeat('a', 10000), repeat('b', 20000));
UPDATE doc SET small = 2, big = repeat('c', 10000) WHERE id = 1;
SELECT short(line) FROM rows('toast_slot', 'skip_unchanged_before', 'true') AS line;

-- Compressed in line, and compressed out of line.
ALTER TABLE doc ALTER big SET STORAGE MAIN, ALTER bigger SET STORAGE EXTENDED;
INSERT INTO doc VALUES (2, 2, repeat('e', 5000), repeat('f', 400000));
UPDATE doc SET small = 4 WHERE id = 2;
SELECT short(line) FROM rows('toast_slot') AS line;

-- A key that is out of line itself.
CREATE TABLE keyed (k text PRIMARY KEY, n int);
ALTER TABLE keyed ALTER k SET STORAGE EXTERNAL;
INSERT INTO keyed VALUES (repeat('k', 2100), 1);
UPDATE keyed SET n = 2;
DELETE FROM keyed;
SELECT short(line) FROM rows('toast_slot') AS line;

DROP TABLE doc, keyed;
DROP FUNCTION short(text);
SELECT 'done' FROM pg_drop_replication_slot('toast_slot');
