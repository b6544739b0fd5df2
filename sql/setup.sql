-- What the other tests use. Positions, ids and times differ from run to run and are masked.
CREATE FUNCTION masked(line text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(line,
        ', "(xid|first_lsn|commit_lsn|end_lsn|lsn|origin_lsn|lsn_delta|commit_time|oid|leaf_oid|fingerprint)"'
        ': ("[^"]*"|-?[0-9]+)', '', 'g')
$$;

-- The changes since the last call, as JSON, without the session's introduction.
CREATE FUNCTION changes(slot name, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE sql AS $$
    SELECT masked(data)
    FROM pg_logical_slot_get_changes(slot, NULL, NULL, VARIADIC '{format,json}' || options)
    WHERE data NOT LIKE '{"frame": "session"%'
$$;

-- The same without relations, for tests that are about rows.
CREATE FUNCTION rows(slot name, VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE sql AS $$
    SELECT line FROM changes(slot, VARIADIC options) AS line
    WHERE line LIKE '{"frame": "change"%'
$$;

-- The extension: by the script that plugin/check has filled in, or as it is installed.
\set ECHO none
\getenv script PENSTOCK_EXTENSION_SCRIPT
\if :{?script}
\i :script
\else
CREATE EXTENSION penstock;
\endif
\set ECHO all
