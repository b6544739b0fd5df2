#include "source/postgres_error.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

Error error_of(std::string sqlstate, Doing doing, std::string primary = "text",
               std::string hint = {}) {
    return postgres_error({std::move(sqlstate), std::move(primary), {}, std::move(hint)},
                          {doing, "orders", "penstock", "cdc"});
}

TEST(PostgresError, names_each_refusal_by_sqlstate_and_by_what_was_done) {
    struct {
        const char* sqlstate;
        Doing doing;
        ErrorName name;
    } const cases[] = {
        {"55006", Doing::kStartingReplication, ErrorName::kSlotActive},
        {"42704", Doing::kStartingReplication, ErrorName::kSlotMissing},
        {"42704", Doing::kQuerying, ErrorName::kPostgresQueryFailed},
        {"42710", Doing::kCreatingSlot, ErrorName::kSlotActive},
        {"55000", Doing::kStartingReplication, ErrorName::kSlotLost},
        {"53300", Doing::kConnecting, ErrorName::kNoFreeSender},
        {"53400", Doing::kCreatingSlot, ErrorName::kNoFreeSlot},
        {"58P01", Doing::kCreatingSlot, ErrorName::kPluginMissing},
        {"42501", Doing::kConnecting, ErrorName::kRoleNotReplication},
        {"22023", Doing::kStartingReplication, ErrorName::kPluginOption},
        {"42601", Doing::kStartingReplication, ErrorName::kPluginOption},
        {"28P01", Doing::kConnecting, ErrorName::kPostgresAuthentication},
        {"28000", Doing::kConnecting, ErrorName::kPostgresAuthentication},
        {"3D000", Doing::kConnecting, ErrorName::kPostgresAuthentication},
        {"57P03", Doing::kConnecting, ErrorName::kServerShuttingDown},
        {"57P01", Doing::kStreaming, ErrorName::kPostgresConnectionLost},
        {"08006", Doing::kConnecting, ErrorName::kPostgresUnreachable},
        {"08006", Doing::kStreaming, ErrorName::kPostgresConnectionLost},
        {"53100", Doing::kStreaming, ErrorName::kPostgresConnectionLost},
        {"XX000", Doing::kStreaming, ErrorName::kPostgresQueryFailed},
        {"", Doing::kConnecting, ErrorName::kPostgresUnreachable},
        {"", Doing::kStreaming, ErrorName::kPostgresConnectionLost},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(error_of(one.sqlstate, one.doing).name, one.name) << one.sqlstate;
    }
}

TEST(PostgresError, tells_wal_level_from_a_lost_slot_by_the_name_of_the_setting) {
    EXPECT_EQ(
        error_of("55000", Doing::kStartingReplication, "dekodieren braucht wal_level >= logical")
            .name,
        ErrorName::kWalLevel);
}

TEST(PostgresError, gives_the_statements_that_allow_the_plugin) {
    const Error error =
        error_of("42501", Doing::kCreatingSlot, "library \"penstock\" may not be used",
                 "add it to \"output_plugin_libraries\" and reload");
    EXPECT_EQ(error.name, ErrorName::kPluginNotAllowed);
    EXPECT_NE(error.hint.find("ALTER ROLE \"cdc\" SET output_plugin_libraries = penstock"),
              std::string::npos);
    EXPECT_NE(error.hint.find("ALTER SYSTEM SET output_plugin_libraries = pgoutput, "
                              "test_decoding, penstock"),
              std::string::npos);
    EXPECT_EQ(error_of("42501", Doing::kCreatingSlot, "must be replication role").name,
              ErrorName::kRoleNotReplication);
}

TEST(PostgresError, takes_the_sqlstate_out_of_the_text_of_a_failed_connection) {
    const auto message = parse_connection_failure(
        "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password "
        "authentication failed for user \"cdc\"\nLOCATION:  auth_failed, auth.c:338\n");
    EXPECT_EQ(message.sqlstate, "28P01");
    EXPECT_EQ(message.primary, "password authentication failed for user \"cdc\"");
}

TEST(PostgresError, leaves_the_sqlstate_empty_when_no_server_answered) {
    const auto message = parse_connection_failure(
        "connection to server at \"db\" (10.0.0.1), port 5432 failed: Connection refused\n\tIs it "
        "running?");
    EXPECT_EQ(message.sqlstate, "");
    EXPECT_TRUE(message.primary.ends_with("Connection refused"));
    EXPECT_EQ(parse_connection_failure("").primary, "");
    EXPECT_EQ(parse_connection_failure("FATAL:  28P0").sqlstate, "");
}

TEST(PostgresError, does_not_let_server_text_steer_the_terminal) {
    const Error error = error_of("XX000", Doing::kQuerying, "a\x1b[31mb\nc\x7F");
    EXPECT_EQ(error.message, "could not query PostgreSQL: a [31mb c");
    EXPECT_EQ(printable(std::string(5000, 'x')).size(), 1000U);
}

TEST(PostgresError, quotes_identifiers_and_literals) {
    EXPECT_EQ(quote_identifier("a\"b; DROP"), "\"a\"\"b; DROP\"");
    EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

}  // namespace
}  // namespace penstock
