-- The SQL functions of the extension: what they refuse, what they tell, who may call them.
CREATE TABLE plain (id int PRIMARY KEY, v text);
INSERT INTO plain VALUES (1, 'one');

-- A session must be prepared, and stay so.
SELECT penstock.encode_row(t) FROM plain AS t;
SELECT penstock.relation('plain');
SELECT penstock.pin_settings('publications');
SELECT penstock.pin_settings('publications', NULL);
SELECT penstock.pin_settings('no_such_option', 'x');
BEGIN;
SELECT penstock.pin_settings();
SHOW DateStyle;
SELECT penstock.encode_row(t) FROM public.plain AS t;
ROLLBACK;
SELECT penstock.encode_row(t) FROM plain AS t;
SELECT penstock.pin_settings();
SHOW search_path;
SET TimeZone = 'Asia/Tokyo';
SELECT penstock.encode_row(t) FROM public.plain AS t;
SELECT penstock.pin_settings();
SELECT penstock.encode_row(t) FROM public.plain AS t;

-- Only whole rows of tables.
SELECT penstock.encode_row((id, v)) FROM public.plain;
SELECT penstock.encode_row(s) FROM (SELECT v, id FROM public.plain) AS s;
CREATE TYPE public.pair AS (a int, b text);
SELECT penstock.encode_row(row(1, 'x')::public.pair);
CREATE VIEW public.seen AS SELECT * FROM public.plain;
SELECT penstock.encode_row(s) FROM public.seen AS s;
SELECT penstock.relation('public.seen');
SELECT penstock.encode_row(NULL::public.plain) IS NULL AS no_row;
SELECT penstock.encode_row(row(NULL, NULL)::public.plain) AS all_null;
SELECT penstock.encode_row(t, 'public.plain') = penstock.encode_row(t) AS own FROM public.plain AS t;
CREATE TABLE public.root (id int, v text) PARTITION BY LIST (id);
CREATE TABLE public.leaf PARTITION OF public.root FOR VALUES IN (1);
INSERT INTO public.leaf VALUES (1, 'x');
SELECT penstock.encode_row(t, 'public.plain') FROM public.leaf AS t;
SELECT penstock.encode_row(t, 'public.root') FROM public.leaf AS t;

-- One statement may meet rows of several tables, and a table in several shapes.
SELECT penstock.encode_row(r) FROM (SELECT t AS r FROM public.plain AS t) AS one
UNION ALL SELECT penstock.encode_row(r) FROM (SELECT t AS r FROM public.leaf AS t) AS two;
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        RAISE NOTICE '%', (SELECT penstock.encode_row(t) FROM public.plain AS t);
        EXECUTE format('ALTER TABLE public.plain ADD c%s int DEFAULT %s', i, i);
    END LOOP;
END
$$;
ALTER TABLE public.plain DROP c1, DROP c2, DROP c3;

-- The description: the same for the same shape in every session, another for another shape.
SELECT penstock.relation('public.plain') = penstock.relation('public.plain', 'public.plain') AS own,
       penstock.relation('public.leaf') = penstock.relation('public.leaf', 'public.root') AS as_root,
       position('plain'::bytea IN penstock.relation('public.plain')) > 0 AS named;
CREATE TEMP TABLE before AS SELECT penstock.relation('public.plain') AS shape;
SELECT shape = penstock.relation('public.plain') AS same FROM before;
ALTER TABLE public.plain ADD w int;
SELECT shape = penstock.relation('public.plain') AS same FROM before;

-- What the stream selects by the same options.
CREATE PUBLICATION by_root FOR TABLE public.root WITH (publish_via_partition_root);
CREATE PUBLICATION by_leaf FOR TABLE public.root;
CREATE PUBLICATION updates FOR TABLE public.plain WITH (publish = 'update');
CREATE FUNCTION public.selected(OUT "table" name, OUT published_as regclass) RETURNS SETOF record
LANGUAGE sql AS $$
    SELECT relname, penstock.published_as(oid) FROM pg_class
    WHERE relname IN ('plain', 'leaf', 'root', 'seen') AND penstock.published_as(oid) IS NOT NULL
    ORDER BY relname
$$;
SELECT * FROM public.selected();
SELECT penstock.pin_settings('publications', 'by_root');
SELECT * FROM public.selected();
SELECT penstock.pin_settings('publications', 'by_leaf');
SELECT * FROM public.selected();
SELECT penstock.pin_settings('publications', 'updates');
SELECT * FROM public.selected();
SELECT penstock.pin_settings('tables', 'public.*', 'exclude_tables', 'public.plain');
SELECT * FROM public.selected();
SELECT penstock.pin_settings('publications', 'nobody');
SELECT * FROM public.selected();
SELECT penstock.pin_settings();

-- Visibility by xmin alone.
SELECT penstock.visible_in('90'::xid, '100:200:150,160') AS before,
       penstock.visible_in('120'::xid, '100:200:150,160') AS finished,
       penstock.visible_in('150'::xid, '100:200:150,160') AS running,
       penstock.visible_in('200'::xid, '100:200:150,160') AS later,
       penstock.visible_in('2'::xid, '100:200:') AS frozen,
       penstock.visible_in('0'::xid, '100:200:') AS none,
       penstock.visible_in(NULL, '100:200:') AS unknown;
SELECT penstock.visible_in('90'::xid, '100');
-- A row that was written after the snapshot is told apart, also when it was frozen since.
BEGIN;
INSERT INTO public.root VALUES (1, 'y');
COMMIT;
SELECT pg_current_snapshot() AS snapshot \gset
INSERT INTO public.root VALUES (1, 'z');
SELECT v, penstock.visible_in(xmin, :'snapshot') AS visible FROM public.leaf ORDER BY v;
VACUUM FREEZE public.leaf;
SELECT v, penstock.visible_in(xmin, :'snapshot') AS visible FROM public.leaf ORDER BY v;

-- Nobody calls them who was not granted to.
CREATE ROLE penstock_nobody;
SET ROLE penstock_nobody;
SELECT penstock.pin_settings();
RESET ROLE;
GRANT USAGE ON SCHEMA penstock TO penstock_nobody;
SET ROLE penstock_nobody;
SELECT penstock.pin_settings();
SELECT penstock.visible_in('90'::xid, '100:200:');
SELECT penstock.relation('pg_class');
SELECT penstock.published_as('pg_class');
SELECT penstock.encode_row(c) FROM pg_class AS c LIMIT 1;
SELECT penstock.emit('t', 'k', 'v');
RESET ROLE;
REVOKE USAGE ON SCHEMA penstock FROM penstock_nobody;
DROP ROLE penstock_nobody;
DROP PUBLICATION by_root, by_leaf, updates;
DROP FUNCTION public.selected();
DROP VIEW public.seen;
DROP TYPE public.pair;
DROP TABLE public.plain, public.root;
