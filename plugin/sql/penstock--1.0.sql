-- The SQL side of the output plugin.
\echo Use "CREATE EXTENSION penstock" to load this file. \quit

-- Prepares this session for the functions below: sets, once, what the text of values depends on,
-- and takes options of the output plugin (names and values in turn), so that rows are encoded under
-- the same limits and selected by the same rules as in the stream.
CREATE FUNCTION penstock.pin_settings(VARIADIC options text[] DEFAULT '{}') RETURNS void
AS 'MODULE_PATHNAME', 'penstock_pin_settings' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

-- The description of a table as the stream sends it (message Relation of the wire, without an id),
-- as it is now. `as` is the ancestor that a partition is published as.
CREATE FUNCTION penstock.relation(relation regclass, "as" regclass DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'penstock_relation' LANGUAGE C STABLE PARALLEL SAFE;

-- What the rows of a table are published as by the pinned options: the table itself or an ancestor,
-- null where its inserts are not selected.
CREATE FUNCTION penstock.published_as(relation regclass) RETURNS regclass
AS 'MODULE_PATHNAME', 'penstock_published_as' LANGUAGE C STABLE STRICT PARALLEL SAFE;

-- The row message of a whole row of a table, by the encoder of the stream: the very bytes that the
-- stream would send for it. Anonymous records are refused; `as` maps a partition to its ancestor.
CREATE FUNCTION penstock.encode_row("row" record, "as" regclass DEFAULT NULL) RETURNS bytea
AS 'MODULE_PATHNAME', 'penstock_encode_row' LANGUAGE C STABLE PARALLEL SAFE;

-- Whether a row that is visible now was visible in `snapshot` too, by its raw xmin; null where a
-- frozen row could lie on either side.
CREATE FUNCTION penstock.visible_in(xmin xid, snapshot text) RETURNS boolean
AS 'MODULE_PATHNAME', 'penstock_visible_in' LANGUAGE C STABLE STRICT PARALLEL SAFE;

-- The schema is everybody's to see and nobody's to use: whoever takes snapshots is granted these.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock FROM PUBLIC;
