-- Ordinals of what is not sent, truncates, messages in and outside of transactions, an origin.
-- option: exclude_tables public.hidden
-- option: messages true
CREATE TABLE t (id serial PRIMARY KEY, v text);
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE hidden (id int PRIMARY KEY);
SELECT FROM pg_replication_origin_create('far_away')
    WHERE NOT EXISTS (SELECT FROM pg_replication_origin WHERE roname = 'far_away');
-- prepare
BEGIN;
INSERT INTO hidden VALUES (1), (2);
INSERT INTO t (v) VALUES ('third'), ('fourth');
SELECT FROM pg_logical_emit_message(true, 'prefix', 'in the transaction');
TRUNCATE u, hidden, t RESTART IDENTITY CASCADE;
INSERT INTO t (v) VALUES ('after');
COMMIT;
SELECT FROM pg_logical_emit_message(false, 'outside', '\x00ff'::bytea);
BEGIN;
SELECT FROM pg_replication_origin_session_setup('far_away');
SELECT FROM pg_replication_origin_xact_setup('16/B374D848', '2024-02-29 12:00:00+00');
INSERT INTO t (v) VALUES ('from far away');
COMMIT;
