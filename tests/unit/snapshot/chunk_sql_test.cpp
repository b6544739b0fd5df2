#include <gtest/gtest.h>

#include "snapshot/chunk_session.hpp"
#include "snapshot/chunk_sql.hpp"

namespace penstock {
namespace {

KeyColumn column(const char* name, const char* type, const char* schema = "pg_catalog") {
    const auto op = [schema](const char* sign) {
        return "OPERATOR(" + std::string(schema) + "." + sign + ")";
    };
    return {name, type, {}, op("<"), op("<="), op("="), op(">="), op(">"), true};
}

TEST(ChunkSql, a_chunk_lies_between_its_cursors_in_the_order_of_the_index) {
    ChunkStatement chunk;
    chunk.table = "\"s\".\"t\"";
    chunk.key = {column("b\"c", "text"), column("a", "integer")};
    chunk.key[0].collation = "pg_catalog.\"C\"";
    chunk.after = "{\"it's\",1}";
    chunk.predicate = "v > 1 -- all";
    chunk.rows_max = 7;
    EXPECT_EQ(chunk_statement(chunk),
              "COPY (SELECT penstock.encode_row(t.*), ARRAY[t.\"b\"\"c\"::text, "
              "t.\"a\"::text]::text[]::text FROM ONLY \"s\".\"t\" AS t WHERE true AND "
              "ROW(t.\"b\"\"c\" COLLATE pg_catalog.\"C\", t.\"a\") OPERATOR(pg_catalog.>) "
              "ROW((('{\"it''s\",1}'::text[])[1]::text) COLLATE pg_catalog.\"C\", "
              "(('{\"it''s\",1}'::text[])[2]::integer)) AND (v > 1 -- all\n) ORDER BY "
              "t.\"b\"\"c\" COLLATE pg_catalog.\"C\" USING OPERATOR(pg_catalog.<), t.\"a\" USING "
              "OPERATOR(pg_catalog.<) LIMIT 7) TO STDOUT (FORMAT binary)");
}

TEST(ChunkSql, columns_with_operators_of_several_schemas_are_compared_one_by_one) {
    ChunkStatement chunk;
    chunk.table = "t";
    chunk.key = {column("a", "integer"), column("b", "x.kind", "x")};
    chunk.until = "{1,2}";
    const std::string sql = chunk_statement(chunk);
    EXPECT_EQ(sql.find("ROW("), std::string::npos);
    EXPECT_NE(sql.find("t.\"a\" OPERATOR(pg_catalog.=)"), std::string::npos) << sql;
    EXPECT_NE(sql.find("t.\"b\" OPERATOR(x.<=)"), std::string::npos) << sql;
}

TEST(ChunkSql, a_table_without_a_key_is_read_as_it_lies) {
    ChunkStatement chunk;
    chunk.table = "t";
    chunk.published_as = "17";
    EXPECT_EQ(chunk_statement(chunk),
              "COPY (SELECT penstock.encode_row(t.*, 17::oid::regclass), ''::text FROM ONLY t AS t "
              "WHERE true) TO STDOUT (FORMAT binary)");
}

TEST(ChunkSql, a_snapshot_is_read_as_the_server_prints_it) {
    const VisibleTransactions some = visible_transactions(
        "4294967300:4294967310:4294967305,"
        "4294967301");
    EXPECT_EQ(some.xmin, 4294967300U);
    EXPECT_EQ(some.xmax, 4294967310U);
    EXPECT_EQ(some.running, (std::vector<std::uint64_t>{4294967301U, 4294967305U}));
    EXPECT_EQ(visible_transactions("10:10:"), (VisibleTransactions{10, 10, {}}));
}

TEST(ChunkSql, who_runs_at_or_above_xmax_is_added_with_its_epoch) {
    VisibleTransactions some = visible_transactions("4294967300:4294967300:");
    add_running(some, "3,4,6");
    EXPECT_EQ(some.running, (std::vector<std::uint64_t>{4294967300U, 4294967302U}));
    add_running(some, "");
    EXPECT_EQ(some.running.size(), 2U);
}

TEST(ChunkSql, the_merge_key_is_what_old_rows_carry) {
    Relation relation;
    for (std::uint32_t i = 1; i <= 3; ++i) relation.columns.emplace_back().attnum = i;
    relation.columns[0].primary_key_position = 1;
    relation.columns[2].replica_key_position = 1;
    using Key = std::vector<std::uint32_t>;
    relation.replica_identity = ReplicaIdentity::kIndex;
    EXPECT_EQ(merge_key_of(relation), Key{3});
    relation.replica_identity = ReplicaIdentity::kFull;
    EXPECT_EQ(merge_key_of(relation), Key{1});
    relation.replica_identity = ReplicaIdentity::kNothing;
    EXPECT_EQ(merge_key_of(relation), Key{});
}

}  // namespace
}  // namespace penstock
