"""The two loads of every comparison, and the clusters they run in."""
from servers import Postgres

# 9 columns of the common types, whole old rows, so that updates and deletes carry both images.
TABLE = """
CREATE TABLE {name} (id bigint PRIMARY KEY, n int NOT NULL, amount numeric(12,2), name text,
    ts timestamptz, flag boolean, uid uuid, doc jsonb, val double precision);
ALTER TABLE {name} REPLICA IDENTITY FULL;
"""

# 850,000 changes in 850 transactions of 1,000 rows.
MIXED = """
DO $$ BEGIN
  FOR t IN 0..499 LOOP
    INSERT INTO bench
    SELECT t*1000+i, (t*1000+i)*7 % 1000003, ((t*1000+i) % 99991)::numeric(12,2) + 0.37,
           substr(md5((t*1000+i)::text),1,20), clock_timestamp(), i%3=0,
           md5((t*1000+i)::text||'u')::uuid,
           jsonb_build_object('k', i, 'tag', substr(md5(i::text),1,6)), (t*1000+i)*1.000123
    FROM generate_series(1,1000) i;
    COMMIT;
  END LOOP;
  FOR t IN 0..249 LOOP
    UPDATE bench SET n = n+1, amount = amount+1, ts = clock_timestamp()
     WHERE id BETWEEN t*1000+1 AND t*1000+1000;
    COMMIT;
  END LOOP;
  FOR t IN 400..499 LOOP
    DELETE FROM bench WHERE id BETWEEN t*1000+1 AND t*1000+1000;
    COMMIT;
  END LOOP;
END $$;
"""
MIXED_CHANGES = 850_000
MIXED_IMAGES = 500_000 + 2 * 250_000 + 100_000
MIXED_RECORDS = 950_000  # With one tombstone per delete.

# 500,000 transactions of one inserted row.
SINGLE = """
DO $$ BEGIN
  FOR i IN 1..500000 LOOP
    INSERT INTO single VALUES (i, i*7 % 1000003, (i % 99991)::numeric(12,2) + 0.37,
           substr(md5(i::text),1,20), clock_timestamp(), i%3=0, md5(i::text||'u')::uuid,
           jsonb_build_object('k', i % 1000, 'tag', substr(md5(i::text),1,6)), i*1.000123);
    COMMIT;
  END LOOP;
END $$;
"""
SINGLE_CHANGES = 500_000

SETTINGS = {
    "shared_buffers": "'1GB'",
    "max_wal_size": "'16GB'",
    "checkpoint_timeout": "'60min'",
    "max_wal_senders": 40,
    "max_replication_slots": 60,
    "logical_decoding_work_mem": "'256MB'",
    "output_plugin_libraries":
        "'pgoutput, test_decoding, penstock, wal2json, decoderbufs, penstock_floor'",
}


def write(postgres, script):
    """Runs a load in a session of its own; its transactions do not wait for the disk."""
    with postgres.connect() as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(script)


def cluster(folder, plugins=()):
    """A cluster for measuring: fsync on, no autovacuum, the peers' plugins allowed."""
    postgres = Postgres(folder, fsync=True, settings=SETTINGS)
    for library in plugins:
        (postgres.folder / "lib" / library.name).write_bytes(library.read_bytes())
    return postgres
