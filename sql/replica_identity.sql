\pset format unaligned
\pset tuples_only on
CREATE TABLE item (a int NOT NULL, b int NOT NULL, c text, PRIMARY KEY (b, a));
CREATE UNIQUE INDEX item_c ON item (a);
INSERT INTO item VALUES (1, 10, 'one'), (2, 20, 'two'), (3, 30, NULL);
SELECT 'slot' FROM pg_create_logical_replication_slot('identity_slot', 'penstock');

-- DEFAULT: the primary key, in the key's own order.
UPDATE item SET a = 11 WHERE a = 1;
UPDATE item SET c = 'x' WHERE a = 11;
DELETE FROM item WHERE a = 11;
SELECT changes('identity_slot');

-- USING INDEX.
ALTER TABLE item REPLICA IDENTITY USING INDEX item_c;
UPDATE item SET a = 12 WHERE a = 2;
UPDATE item SET b = 21 WHERE a = 12;
SELECT changes('identity_slot');

-- FULL: every column, null included.
ALTER TABLE item REPLICA IDENTITY FULL;
UPDATE item SET c = 'three' WHERE a = 3;
DELETE FROM item WHERE a = 3;
SELECT changes('identity_slot');

-- NOTHING.
ALTER TABLE item REPLICA IDENTITY NOTHING;
UPDATE item SET c = 'zero';
UPDATE item SET a = 13;
DELETE FROM item;
SELECT changes('identity_slot');

-- A key for tables without a primary key: the first unique index over NOT NULL columns, whole and
-- immediate.
CREATE TABLE other (a int NOT NULL, b int NOT NULL, c int, d int NOT NULL);
CREATE UNIQUE INDEX other_partial ON other (a) WHERE a > 0;
CREATE UNIQUE INDEX other_expression ON other ((a + b));
CREATE UNIQUE INDEX other_nullable ON other (a, c);
ALTER TABLE other ADD CONSTRAINT other_deferrable UNIQUE (d) DEFERRABLE;
CREATE UNIQUE INDEX other_good ON other (d, b) INCLUDE (a);
CREATE UNIQUE INDEX other_later ON other (a);
INSERT INTO other VALUES (1, 2, 3, 4);
SELECT changes('identity_slot');

DROP TABLE item, other;
SELECT 'done' FROM pg_drop_replication_slot('identity_slot');
