#include "snapshot/table_description.hpp"

#include "engine/frame.hpp"
#include "snapshot/answer_text.hpp"
#include "snapshot/snapshot_sql.hpp"
#include "source/description_decoder.hpp"
#include "source/postgres_connection.hpp"

namespace penstock {
namespace {

Status check_there(PostgresConnection& connection, const std::string& name) {
    auto there = connection.query(
        "SELECT to_regprocedure('penstock.relation(regclass,regclass)') IS NOT NULL, "
        "to_regclass($1) IS NOT NULL",
        {name}, {});
    if (!there) return Failure(there.error());
    if (!there->truth(0, 0)) {
        return fail(ErrorName::kExtensionMissing, "could not look at a table: database \"" +
                                                      printable(connection.database()) +
                                                      "\" does not have the extension penstock");
    }
    if (there->truth(0, 1)) return {};
    return fail(ErrorName::kUsage, "table \"" + printable(name) + "\" does not exist", {},
                "Write schema.table, in double quotes where SQL wants them.");
}

}  // namespace

Result<TableDescription> describe_table(const SnapshotSettings& settings, const std::string& name) {
    auto connection = PostgresConnection::open({.url = settings.url,
                                                .password = settings.password,
                                                .timeout = settings.connect_timeout,
                                                .interrupt_fd = settings.interrupt_fd});
    if (!connection) return Failure(connection.error());
    if (Status there = check_there(*connection, name); !there) return Failure(there.error());
    auto pinned = connection->query(pin_settings_statement(settings.plugin_options));
    if (!pinned) return Failure(pinned.error());
    auto rows = connection->query(
        "SELECT encode(penstock.relation(of, penstock.published_as(of)), 'hex') "
        "FROM to_regclass($1) AS of",
        {name}, {});
    if (!rows) return Failure(rows.error());
    RelationFrame frame;
    if (const char* wrong = read_relation(bytes_of_hex(rows->text(0, 0)), frame)) {
        return fail(ErrorName::kFrameInvalid, std::string("invalid description: ") + wrong);
    }
    return TableDescription{std::move(frame.relation), connection->database()};
}

}  // namespace penstock
