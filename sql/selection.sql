\pset format unaligned
\pset tuples_only on
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id int PRIMARY KEY);
CREATE TABLE shop.order_lines (id int PRIMARY KEY);
CREATE TABLE shop."Order,s.x" (id int PRIMARY KEY);
CREATE TABLE public.other (id int PRIMARY KEY);
CREATE UNLOGGED TABLE shop.unlogged (id int PRIMARY KEY);
CREATE MATERIALIZED VIEW shop.view AS SELECT 1 AS id;
CREATE TABLE shop.parts (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE shop.parts_east PARTITION OF shop.parts FOR VALUES IN ('east');
-- The tables of the rows that a choice of options sends, over and over the same changes.
CREATE FUNCTION sent(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT array_to_string(options, ' ') || ' -> '
        || coalesce(string_agg(substring(data FROM '"table": "([^}]*)", "relation_id'), ' '
                               ORDER BY nr), 'nothing')
    FROM pg_logical_slot_peek_changes('selection_slot', NULL, NULL,
                                      VARIADIC '{format,json}' || options)
        WITH ORDINALITY AS p (lsn, xid, data, nr)
    WHERE data LIKE '{"frame": "change"%'
$$;
SELECT 'slot' FROM pg_create_logical_replication_slot('selection_slot', 'penstock');
BEGIN;
INSERT INTO shop.orders VALUES (1);
INSERT INTO shop.order_lines VALUES (1);
INSERT INTO shop."Order,s.x" VALUES (1);
INSERT INTO public.other VALUES (1);
INSERT INTO shop.unlogged VALUES (1);
REFRESH MATERIALIZED VIEW shop.view;
INSERT INTO shop.parts VALUES (1, 'east');
COMMIT;

-- No option: everything that can be published.
SELECT sent();
-- Patterns.
SELECT sent('tables', 'shop.orders');
SELECT sent('tables', 'shop.order*');
SELECT sent('tables', 'shop.order?');
SELECT sent('tables', 'shop.??????');
SELECT sent('tables', '*.other, shop.orders');
SELECT sent('tables', 'SHOP.orders');
SELECT sent('tables', 's*p.o*r*s');
SELECT sent('tables', '*.*');
SELECT sent('tables', 'shop.Order\,s\.x');
SELECT sent('tables', 'nowhere.*');
SELECT sent('exclude_tables', 'shop.*');
SELECT sent('tables', 'shop.*', 'exclude_tables', '*.*lines');
-- A partition is meant by its ancestors' names too.
SELECT sent('tables', 'shop.parts');
SELECT sent('tables', 'shop.parts_east');
SELECT sent('exclude_tables', 'shop.parts');

-- What is not selected still counts as decoded, and its ordinals are taken.
SELECT line FROM changes('selection_slot', 'tables', 'public.other') AS line;

-- Columns that are passed by are in no row and in no description.
CREATE TABLE shop.secrets (id int PRIMARY KEY, name text, secret text, secret_too text);
INSERT INTO shop.secrets VALUES (1, 'n', 's', 't');
UPDATE shop.secrets SET secret = 'u';
SELECT changes('selection_slot', 'skip_columns', 'shop.secrets.secret*');
-- But not those of a key.
INSERT INTO shop.secrets VALUES (2, 'n', 's', 't');
SELECT changes('selection_slot', 'skip_columns', '*.secrets.*');

DROP FUNCTION sent(text[]);
\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP TABLE other;
SELECT 'done' FROM pg_drop_replication_slot('selection_slot');
