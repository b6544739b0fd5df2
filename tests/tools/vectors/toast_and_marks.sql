-- Values that the server did not log, that are too large to carry, that have no place on the wire.
-- option: max_value_bytes 20000
CREATE TABLE doc (id int PRIMARY KEY, n int, big text, ts timestamptz);
ALTER TABLE doc ALTER big SET STORAGE EXTERNAL;
CREATE TABLE whole (id int, big text);
ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
ALTER TABLE whole REPLICA IDENTITY FULL;
-- prepare
BEGIN;
INSERT INTO doc VALUES (1, 1, repeat('a', 9000), '294276-12-31 23:59:59.999999+00');
UPDATE doc SET n = 2;
UPDATE doc SET big = repeat('b', 30000), ts = 'infinity';
DELETE FROM doc;
COMMIT;
BEGIN;
INSERT INTO whole VALUES (1, repeat('c', 3000));
UPDATE whole SET id = 2;
COMMIT;
