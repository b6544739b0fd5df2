-- Types that come with an extension or a library: citext is text by the function it borrows, ltree is
-- text by its own, hstore and every other stranger go through the text fallback; xml loses an encoding
-- declaration that no longer holds.
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
CREATE EXTENSION hstore;
SELECT 'created' FROM pg_create_logical_replication_slot('extension_types', 'penstock');
CREATE FUNCTION frames() RETURNS SETOF json LANGUAGE sql AS $$
    SELECT data::json FROM pg_logical_slot_get_changes('extension_types', NULL, NULL, 'format', 'json')
$$;
CREATE TABLE strangers (id int PRIMARY KEY, c citext, l ltree, h hstore, cs citext[], hs hstore[], x xml);
INSERT INTO strangers VALUES
    (1, 'MixedCase', 'Top.Science', 'a=>1, b=>NULL', '{A,NULL}', ARRAY['a=>"x y"', NULL]::hstore[], '<a>text</a>'),
    (2, '', '', '', '{}', '{}', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'),
    (3, NULL, NULL, NULL, NULL, NULL, '<?xml version="1.0" standalone="yes"?><a/>'),
    (4, NULL, NULL, NULL, NULL, NULL, E'\n<a/>');
CREATE TABLE stranger_frames AS SELECT frame FROM frames() AS frame;
SELECT frame->'after' AS after FROM stranger_frames WHERE frame->>'frame' = 'change';
SELECT c->'name' AS name, c->'type' AS type, c->'kind' AS kind, c->'array' AS array
FROM stranger_frames, json_array_elements(frame->'columns') AS c WHERE frame->>'frame' = 'relation';
SELECT (frame->'after'->>'x') = concat(x) AS as_xml_out
FROM stranger_frames JOIN strangers ON id = (frame->'after'->>'id')::int WHERE frame->>'frame' = 'change';

-- A type made of built-in functions is what the functions make of it.
SET client_min_messages = warning;
CREATE TYPE myint;
CREATE FUNCTION myint_in(cstring) RETURNS myint LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION myint_out(myint) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE myint (INPUT = myint_in, OUTPUT = myint_out, LIKE = int4);
RESET client_min_messages;
CREATE TABLE borrowed (id int PRIMARY KEY, m myint, ms myint[]);
INSERT INTO borrowed VALUES (1, '-7', '{1,NULL}');
SELECT frame->'after' AS after FROM frames() AS frame
WHERE frame->>'frame' = 'change' AND frame->>'table' = 'public.borrowed';

SELECT pg_drop_replication_slot('extension_types');
DROP TABLE strangers, stranger_frames, borrowed;
SET client_min_messages = warning;
DROP TYPE myint CASCADE;
RESET client_min_messages;
DROP FUNCTION frames();
DROP EXTENSION citext, ltree, hstore;
