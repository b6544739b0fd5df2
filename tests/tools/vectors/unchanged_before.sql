-- The old row without what equals the new one.
-- option: skip_unchanged_before true
CREATE TABLE whole (id int, a text, b text);
ALTER TABLE whole REPLICA IDENTITY FULL;
INSERT INTO whole VALUES (1, 'a', NULL);
-- prepare
UPDATE whole SET a = 'x';
UPDATE whole SET b = 'y';
UPDATE whole SET b = NULL, id = 2;
UPDATE whole SET id = id;
