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

-- What can be the name of a topic; null cannot.
CREATE DOMAIN penstock.topic_name AS text
    CHECK (VALUE IS NOT NULL AND VALUE ~ '^[a-zA-Z0-9._-]{1,249}$' AND VALUE NOT IN ('.', '..'));

-- An event for Kafka without a table: it lives in the log alone, is published with the changes of
-- its transaction and in their order, and is gone with a transaction that rolls back. The pipe
-- publishes it to `topic` if emit.topics lists that. Key, payload (null is a tombstone) and
-- headers, an object of texts, become the record's bytes as they are. Returns its place in the log.
--
-- The message: a byte 1, then topic, key and payload, the number of headers, and name and value of
-- each; a text is its length in four bytes, -1 for a null, and its bytes.
CREATE FUNCTION penstock.emit(topic penstock.topic_name, key bytea, payload bytea,
                              headers jsonb DEFAULT NULL) RETURNS pg_lsn
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN pg_catalog.pg_logical_emit_message(true, 'penstock.emit',
    decode('01', 'hex')
    || int4send(octet_length(convert_to(topic, 'UTF8'))) || convert_to(topic, 'UTF8')
    || COALESCE(int4send(octet_length(key)) || key, int4send(-1))
    || COALESCE(int4send(octet_length(payload)) || payload, int4send(-1))
    || COALESCE((
        SELECT int4send(count(*)::int4) || string_agg(
            int4send(octet_length(convert_to(header.name, 'UTF8')))
            || convert_to(header.name, 'UTF8')
            || COALESCE(int4send(octet_length(convert_to(header.value, 'UTF8')))
                        || convert_to(header.value, 'UTF8'), int4send(-1)), ''::bytea)
        FROM jsonb_each_text(headers) AS header(name, value)), int4send(0)));

CREATE FUNCTION penstock.emit(topic penstock.topic_name, key text, payload text,
                              headers jsonb DEFAULT NULL) RETURNS pg_lsn
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN penstock.emit(topic, convert_to(key, 'UTF8'), convert_to(payload, 'UTF8'), headers);

CREATE FUNCTION penstock.emit(topic penstock.topic_name, key text, payload jsonb,
                              headers jsonb DEFAULT NULL) RETURNS pg_lsn
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN penstock.emit(topic, convert_to(key, 'UTF8'), convert_to(payload::text, 'UTF8'), headers);

-- The schema is everybody's to see and nobody's to use: whoever takes snapshots is granted these.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA penstock FROM PUBLIC;
