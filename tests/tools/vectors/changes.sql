-- Inserts, updates and deletes under every replica identity, with null, zero and empty values.
CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(10, 2), flag bool DEFAULT false);
CREATE TABLE whole (a int, b text);
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE none (a int, b text);
CREATE TABLE by_index (a int NOT NULL, b int NOT NULL, c text);
CREATE UNIQUE INDEX by_index_key ON by_index (b, a);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_key;
INSERT INTO by_index VALUES (1, 2, 'three');
-- prepare
BEGIN;
INSERT INTO item VALUES (1, 'one', 1.50, true), (2, NULL, NULL, NULL), (0, '', 0, false);
UPDATE item SET name = 'uno' WHERE id = 1;
UPDATE item SET id = 3 WHERE id = 2;
DELETE FROM item WHERE id = 0;
COMMIT;
BEGIN;
INSERT INTO whole VALUES (1, 'x'), (NULL, NULL);
UPDATE whole SET b = 'y' WHERE a = 1;
DELETE FROM whole;
COMMIT;
BEGIN;
INSERT INTO none VALUES (1, 'x');
UPDATE none SET b = 'y';
DELETE FROM none;
COMMIT;
UPDATE by_index SET a = 7;
