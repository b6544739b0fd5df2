-- Facts that must not be swallowed: a missing publication, a row filter that is not applied.
-- option: publications missing,filtered
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE other (id int PRIMARY KEY);
CREATE PUBLICATION filtered FOR TABLE t WHERE (id > 5);
-- prepare
INSERT INTO other VALUES (1);
INSERT INTO t VALUES (1);
