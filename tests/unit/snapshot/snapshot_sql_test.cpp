#include <gtest/gtest.h>

#include "snapshot/snapshot_sql.hpp"

namespace penstock {
namespace {

SnapshotTable table() {
    SnapshotTable found;
    found.oid = found.published_as = 17000;
    found.schema = "public";
    found.name = "t";
    return found;
}

TEST(SnapshotSql, a_range_is_read_by_ctid_as_whole_rows_of_the_table_alone) {
    EXPECT_EQ(copy_statement(table(), {0, 10, 20, {}}),
              "COPY (SELECT t.ctid, penstock.encode_row(t.*) FROM ONLY \"public\".\"t\" AS t WHERE "
              "t.ctid >= '(10,0)'::tid AND t.ctid < '(20,0)'::tid) TO STDOUT (FORMAT binary)");
}

TEST(SnapshotSql, a_leaf_is_read_as_its_root) {
    SnapshotTable leaf = table();
    leaf.published_as = 16999;
    EXPECT_NE(copy_statement(leaf, {}).find("encode_row(t.*, 16999::oid::regclass)"),
              std::string::npos);
}

TEST(SnapshotSql, a_resumed_range_leaves_newer_rows_out_and_keeps_what_could_be_old) {
    EXPECT_NE(copy_statement(table(), {0, 0, 5, "90:95:91"})
                  .find("AND (coalesce(penstock.visible_in(t.xmin, '90:95:91'), true) OR "),
              std::string::npos);
}

TEST(SnapshotSql, names_cannot_leave_their_quotes) {
    SnapshotTable hostile = table();
    hostile.schema = "a\"; DROP TABLE x; --";
    hostile.name = "b\"c";
    EXPECT_EQ(lock_statement(hostile.schema, hostile.name),
              "LOCK TABLE ONLY \"a\"\"; DROP TABLE x; --\".\"b\"\"c\" IN ACCESS SHARE MODE");
    EXPECT_NE(copy_statement(hostile, {}).find("ONLY \"a\"\"; DROP TABLE x; --\".\"b\"\"c\" AS t"),
              std::string::npos);
}

TEST(SnapshotSql, a_condition_cannot_swallow_what_stands_behind_it) {
    SnapshotTable chosen = table();
    chosen.predicate = "id > 3 -- so";
    EXPECT_NE(copy_statement(chosen, {0, 0, 5, {}, chosen.predicate})
                  .find(" AND (id > 3 -- so\n)) TO STDOUT"),
              std::string::npos);
    EXPECT_TRUE(explain_statement(chosen).ends_with("WHERE $1::bool AND (id > 3 -- so\n)"));
}

TEST(SnapshotSql, the_first_pattern_that_fits_gives_place_and_condition) {
    const auto sql = selected_tables_statement(
        {{"public.*"}, {"public.log"}, {"public.a", "public.b"}, {{"public.c", "true"}}});
    ASSERT_TRUE(sql);
    EXPECT_NE(sql->find("CASE WHEN EXISTS"), std::string::npos);
    EXPECT_NE(sql->find(" THEN 1 ELSE 2 END AS place"), std::string::npos);
    EXPECT_NE(sql->find(" THEN 0 ELSE NULL END AS condition"), std::string::npos);
    EXPECT_NE(sql->find(" AND NOT EXISTS"), std::string::npos);
    EXPECT_FALSE(selected_tables_statement({{"nodot"}, {}, {}, {}}));
}

TEST(SnapshotSql, options_of_the_stream_are_pinned_as_literals) {
    EXPECT_EQ(pin_settings_statement({{"tables", "public.it's"}, {"messages", "true"}}),
              "SELECT penstock.pin_settings(VARIADIC ARRAY['tables', 'public.it''s', 'messages', "
              "'true']::text[])");
}

}  // namespace
}  // namespace penstock
