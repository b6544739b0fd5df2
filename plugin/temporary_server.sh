# A PostgreSQL server for the length of a script: made, configured for the plugin of the build
# folder, run, and thrown away when the script ends. Sourced by plugin/check and
# tests/tools/make_vectors. Nothing is written into the system's PostgreSQL, and no port is opened:
# clients connect through the socket in $work.
#
#   start_server PG_CONFIG      sets $bin and $work
#   as_server COMMAND...        runs a command as the user the server runs as
#   extension_script            prints what CREATE EXTENSION penstock would run

# A server refuses to run as root; then an unprivileged user runs it.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u "$server_user" -- "$@"
    else
        "$@"
    fi
}

stop_server() {
    if [ -f "$work/data/postmaster.pid" ]; then
        as_server "$bin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}

server_settings() {
    echo "wal_level = logical"
    echo "dynamic_library_path = '$work/lib:\$libdir'"
    echo "unix_socket_directories = '$work'"
    echo "listen_addresses = ''"
    echo "fsync = off"
    echo "max_replication_slots = 20"
    # Only servers with the allow-list know this line; on others it would be an error.
    local known
    known=$(as_server "$bin/postgres" --describe-config)
    if [[ $known == *$'\n'output_plugin_libraries* ]]; then
        echo "output_plugin_libraries = 'pgoutput, test_decoding, penstock'"
    fi
    echo "${PENSTOCK_SERVER_CONF:-}"
}

# The extension as a plain script: the server of a test has no place to install it to.
extension_script() {
    echo "CREATE SCHEMA penstock;"
    sed -e '/^\\echo/d' -e "s/MODULE_PATHNAME/penstock/g" "$root/plugin/sql/penstock--1.0.sql"
}

start_server() {
    bin=$("$1" --bindir)
    server_user=$(id -un postgres 2>/dev/null || echo nobody)
    work=$(mktemp -d "${TMPDIR:-/tmp}/penstock-server.XXXXXX")
    trap stop_server EXIT
    if [ "$(id -u)" = 0 ]; then chown "$server_user" "$work"; fi
    cd "$work"
    install -m 755 -d "$work/lib"
    install -m 755 "$root/plugin/penstock.so" "$work/lib/"
    as_server "$bin/initdb" -D "$work/data" -U postgres -A trust -N --no-locale \
        --encoding=UTF8 >"$work/initdb.log" 2>&1 || { cat "$work/initdb.log" >&2; exit 1; }
    server_settings | as_server tee -a "$work/data/postgresql.conf" >/dev/null
    as_server "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null ||
        { cat "$work/log" >&2; exit 1; }
}
