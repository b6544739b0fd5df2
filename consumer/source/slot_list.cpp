#include "source/slot_list.hpp"

#include <charconv>

#include "source/postgres_connection.hpp"

namespace penstock {
namespace {

constexpr const char* kSlots = R"(
SELECT slot_name, coalesce(plugin, 'physical'), database, active, temporary, confirmed_flush_lsn,
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END, restart_lsn)::bigint,
       wal_status
FROM pg_replication_slots ORDER BY slot_name)";

}  // namespace

Result<std::vector<SlotRow>> list_slots(const SourceSettings& settings) {
    auto connection =
        PostgresConnection::open({settings.url, settings.password, false, settings.connect_timeout,
                                  settings.statement_timeout, settings.interrupt_fd});
    if (!connection) return Failure(connection.error());
    auto rows = connection->query(kSlots);
    if (!rows) return Failure(rows.error());
    std::vector<SlotRow> slots;
    for (int i = 0; i < rows->count(); ++i) {
        SlotRow slot;
        slot.name = rows->string(i, 0);
        slot.plugin = rows->string(i, 1);
        slot.database = rows->string(i, 2);
        slot.active = rows->truth(i, 3);
        slot.temporary = rows->truth(i, 4);
        slot.confirmed_flush_lsn = parse_lsn(rows->text(i, 5)).value_or(Lsn{});
        if (!rows->is_null(i, 6)) {
            const std::string_view bytes = rows->text(i, 6);
            std::int64_t retained = 0;
            std::from_chars(bytes.data(), bytes.data() + bytes.size(), retained);
            slot.retained_bytes = retained;
        }
        slot.wal_status = rows->string(i, 7);
        slots.push_back(std::move(slot));
    }
    return slots;
}

}  // namespace penstock
