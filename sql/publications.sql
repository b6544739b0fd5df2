\pset format unaligned
\pset tuples_only on
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (id int PRIMARY KEY, v text);
CREATE SCHEMA s;
CREATE TABLE s.c (id int PRIMARY KEY);
CREATE PUBLICATION inserts FOR TABLE a WITH (publish = 'insert');
CREATE PUBLICATION updates FOR TABLE a, b WITH (publish = 'update, truncate');
CREATE PUBLICATION schema FOR TABLES IN SCHEMA s;
CREATE PUBLICATION "Every, thing" FOR ALL TABLES;
CREATE PUBLICATION empty;
SELECT 'slot' FROM pg_create_logical_replication_slot('publication_slot', 'penstock');
CREATE FUNCTION sent(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT masked(data)
    FROM pg_logical_slot_peek_changes('publication_slot', NULL, NULL,
                                      VARIADIC '{format,json}' || options)
    WHERE data ~ '^{"frame": "(change|truncate|notice)'
$$;
INSERT INTO a VALUES (1, 'x');
UPDATE a SET v = 'y';
DELETE FROM a;
INSERT INTO b VALUES (1, 'x');
UPDATE b SET v = 'y';
TRUNCATE a, b;
INSERT INTO s.c VALUES (1);

-- Actions add up over publications.
SELECT sent('publications', 'inserts');
SELECT sent('publications', 'inserts,updates');
SELECT sent('publications', 'schema');
SELECT sent('publications', '"Every, thing"');
-- And patterns add to them, or take away.
SELECT sent('publications', 'inserts', 'tables', 'public.b');
SELECT sent('publications', 'inserts,updates', 'exclude_tables', 'public.b');
-- Nothing to publish is told, in a transaction of which nothing is sent otherwise.
SELECT sent('publications', 'empty');
-- A publication that does not exist stops nobody; it is told once.
SELECT sent('publications', 'missing,schema');
SELECT 'consumed', count(*) FROM changes('publication_slot');

-- One that comes, goes and comes again: each time it is missed.

INSERT INTO a VALUES (1, 'before it exists');
CREATE PUBLICATION late FOR TABLE a;
INSERT INTO a VALUES (2, 'while it exists');
DROP PUBLICATION late;
INSERT INTO a VALUES (3, 'after it was dropped');
CREATE PUBLICATION late FOR TABLE b;
INSERT INTO a VALUES (4, 'it publishes another table');
ALTER PUBLICATION late ADD TABLE a;
INSERT INTO a VALUES (5, 'it publishes this one again');
ALTER PUBLICATION late SET (publish = 'delete');
INSERT INTO a VALUES (6, 'but no inserts');
DELETE FROM a WHERE id = 6;
SELECT line FROM changes('publication_slot', 'publications', 'late') AS line
WHERE line !~ '"frame": "(begin|commit|relation)';

-- Row filters and column lists are not applied, and that is told.
CREATE PUBLICATION filtered FOR TABLE a WHERE (id > 100), b (id);
INSERT INTO a VALUES (7, 'x');
INSERT INTO b VALUES (7, 'x');
SELECT line FROM changes('publication_slot', 'publications', 'filtered') AS line
WHERE line !~ '"frame": "(begin|commit|relation)';

-- Partitions: as themselves, or as their root. Leaves differ from the root in their numbers.
CREATE TABLE root (id int, region text, v text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE leaf (dropped int, v text, region text NOT NULL, id int NOT NULL);
ALTER TABLE leaf DROP COLUMN dropped;
ALTER TABLE root ATTACH PARTITION leaf FOR VALUES IN ('east');
CREATE TABLE middle PARTITION OF root FOR VALUES IN ('west') PARTITION BY RANGE (id);
CREATE TABLE middle_leaf PARTITION OF middle FOR VALUES FROM (0) TO (100);
CREATE PUBLICATION leaves FOR TABLE root;
CREATE PUBLICATION roots FOR TABLE root WITH (publish_via_partition_root);
CREATE PUBLICATION middles FOR TABLE middle WITH (publish_via_partition_root);
INSERT INTO root VALUES (1, 'east', 'x'), (2, 'west', 'y');
UPDATE root SET id = 3 WHERE id = 1;
DELETE FROM root WHERE id = 3;
TRUNCATE leaf;
TRUNCATE root;
CREATE FUNCTION all_frames(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT masked(data)
    FROM pg_logical_slot_peek_changes('publication_slot', NULL, NULL,
                                      VARIADIC '{format,json}' || options)
    WHERE data !~ '^{"frame": "session'
$$;
SELECT all_frames('publications', 'leaves');
SELECT all_frames('publications', 'roots');
SELECT all_frames('publications', 'middles');
SELECT sent('publications', 'middles,roots');

SET client_min_messages = warning;
DROP PUBLICATION inserts, updates, schema, "Every, thing", empty, late, filtered, leaves, roots, middles;
DROP FUNCTION sent(text[]), all_frames(text[]);
DROP TABLE a, b, root;
DROP SCHEMA s CASCADE;
SELECT 'done' FROM pg_drop_replication_slot('publication_slot');
