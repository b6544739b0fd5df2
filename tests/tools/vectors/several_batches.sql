-- A transaction that does not fit into one batch.
-- option: batch_bytes 1000
CREATE TABLE t (id int PRIMARY KEY, v text);
-- prepare
INSERT INTO t SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, 20) i;
