-- One table in several shapes, a partition published as its root, names that need care.
-- option: publications everything
CREATE TABLE t (id int PRIMARY KEY, gone text, v text DEFAULT 'd');
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root);
CREATE TABLE root (id int, region text, v text, PRIMARY KEY (region, id))
    PARTITION BY LIST (region);
CREATE TABLE leaf (dropped int, v text, region text NOT NULL, id int NOT NULL);
ALTER TABLE leaf DROP COLUMN dropped;
ALTER TABLE root ATTACH PARTITION leaf FOR VALUES IN ('east');
-- prepare
BEGIN;
INSERT INTO t VALUES (1, 'x');
ALTER TABLE t DROP COLUMN gone;
ALTER TABLE t ADD COLUMN later int NOT NULL DEFAULT 5;
INSERT INTO t VALUES (2);
COMMIT;
INSERT INTO root VALUES (1, 'east', 'x');
UPDATE root SET id = 2;
CREATE TABLE U&"na\00efve ""table"".x" (U&"c\00f6l" int);
INSERT INTO U&"na\00efve ""table"".x" VALUES (1);
