#include <gtest/gtest.h>

#include "engine/field_numbers.hpp"
#include "engine/router.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

struct TableOf {
    Relation relation;

    explicit TableOf(std::uint32_t oid, std::uint32_t id = 1) {
        relation.oid = oid;
        relation.id = id;
        relation.schema = "public";
        relation.name = "t";
    }
    TableOf& column(std::uint32_t attnum, std::string name, ValueKind kind, bool array = false) {
        Column& column = relation.columns.emplace_back();
        column.attnum = attnum;
        column.name = std::move(name);
        column.kind = kind;
        column.array = array;
        return *this;
    }
    std::shared_ptr<Relation> shared() const { return std::make_shared<Relation>(relation); }
};

std::vector<std::uint32_t> numbers(const Relation& relation) {
    std::vector<std::uint32_t> all;
    for (const Column& column : relation.columns) all.push_back(column.number);
    return all;
}

using Numbers = std::vector<std::uint32_t>;

TableOf first() {
    return TableOf(100)
        .column(1, "id", ValueKind::kInt32)
        .column(3, "name", ValueKind::kString)
        .column(4, "tags", ValueKind::kString, true);
}

struct FieldNumbers : testing::Test {
    TopicState topic{1, 100, {}};

    // The numbers of the table's columns; what is retired is kept.
    Numbers assign(TableOf table) {
        changed = assign_field_numbers(topic, table.relation);
        retired = table.relation.retired;
        return numbers(table.relation);
    }
    bool changed = false;
    std::vector<RetiredField> retired;
};

TEST_F(FieldNumbers, first_table_has_its_attnums) {
    EXPECT_EQ(assign(first()), (Numbers{1, 3, 4}));
    EXPECT_TRUE(changed);
    EXPECT_EQ(assign(first()), (Numbers{1, 3, 4}));
    EXPECT_FALSE(changed);
    EXPECT_TRUE(retired.empty());
}

TEST_F(FieldNumbers, topic_that_another_format_filled_takes_the_first_table_that_it_numbers) {
    topic.relation_oid = 77;
    EXPECT_EQ(assign(first()), (Numbers{1, 3, 4}));
    EXPECT_EQ(topic.relation_oid, 100U);
}

TEST_F(FieldNumbers, dropped_column_is_retired_and_its_name_comes_back_under_a_new_number) {
    assign(first());
    TableOf grown = TableOf(100)
                        .column(1, "id", ValueKind::kInt32)
                        .column(4, "tags", ValueKind::kString, true)
                        .column(5, "name", ValueKind::kString);
    EXPECT_EQ(assign(grown), (Numbers{1, 4, 5}));
    EXPECT_EQ(retired, (std::vector<RetiredField>{{3, "name"}}));
}

TEST_F(FieldNumbers, renamed_column_keeps_its_number) {
    assign(first());
    TableOf renamed = first();
    renamed.relation.columns[1].name = "title";
    EXPECT_EQ(assign(renamed), (Numbers{1, 3, 4}));
    EXPECT_TRUE(changed);
    EXPECT_TRUE(retired.empty());
}

TEST_F(FieldNumbers, changed_kind_has_a_number_of_its_own_and_its_old_one_when_it_comes_back) {
    assign(first());
    TableOf retyped = first();
    retyped.relation.columns[1].kind = ValueKind::kInt64;
    EXPECT_EQ(assign(retyped), (Numbers{1, 2048, 4}));
    EXPECT_EQ(retired, (std::vector<RetiredField>{{3, "name"}}));
    TableOf no_array = retyped;
    no_array.relation.columns[2].array = false;
    EXPECT_EQ(assign(no_array), (Numbers{1, 2048, 2049}));
    EXPECT_EQ(assign(first()), (Numbers{1, 3, 4}));
    EXPECT_EQ(retired, (std::vector<RetiredField>{{2048, "name"}, {2049, "tags"}}));
}

TEST_F(FieldNumbers, recreated_table_is_matched_by_name_and_kind) {
    assign(first());
    const TableOf recreated = TableOf(200)
                                  .column(1, "name", ValueKind::kString)
                                  .column(2, "id", ValueKind::kInt32)
                                  .column(3, "tags", ValueKind::kString)
                                  .column(4, "news", ValueKind::kBool);
    EXPECT_EQ(assign(recreated), (Numbers{3, 1, 2048, 2049}));
    EXPECT_EQ(retired, (std::vector<RetiredField>{{4, "tags"}}));
    EXPECT_EQ(assign(recreated), (Numbers{3, 1, 2048, 2049}));
    EXPECT_FALSE(changed);
    // The first table comes back, as in a swap of two tables.
    EXPECT_EQ(assign(first()), (Numbers{1, 3, 4}));
    EXPECT_EQ(assign(recreated), (Numbers{3, 1, 2048, 2049}));
}

TEST_F(FieldNumbers, names_that_change_places_keep_to_their_columns) {
    assign(first());
    TableOf swapped = first();
    swapped.relation.columns[0].name = "name";
    swapped.relation.columns[1].name = "id";
    EXPECT_EQ(assign(swapped), (Numbers{1, 3, 4}));
}

TEST_F(FieldNumbers, numbers_of_protobuf_itself_are_passed_over) {
    assign(first());
    topic.fields.push_back({100, 9, 18999, "last", 1});
    EXPECT_EQ(assign(TableOf(200).column(1, "news", ValueKind::kBool)), (Numbers{20000}));
}

struct NumberingEncoder : FakeEncoder {
    bool numbers_fields() const override { return true; }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override {
        prepared = relation;
        return FakeEncoder::prepare(relation, route);
    }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        const std::string number = std::to_string(relation.columns.front().number);
        return {{"public.t-value", "PROTOBUF", number}};
    }
    std::shared_ptr<const Relation> prepared;
};

TEST(RouterNumbers, relation_has_the_numbers_of_the_state_before_its_schema_is_asked_for) {
    NumberingEncoder encoder;
    Outbox outbox;
    Router router(encoder, outbox);
    TopicState known{1, 100, {{100, 1, 1, "id", 2}}};
    router.resume({{"public.t", known}});
    outbox.drain();
    const TableOf recreated = TableOf(200).column(1, "new", ValueKind::kBool);
    ASSERT_TRUE(router.describe(recreated.shared()));
    auto commands = outbox.drain();
    ASSERT_EQ(commands.size(), 1U);
    ASSERT_TRUE(router.topic_ready({std::get<EnsureTopic>(commands[0]).topic, 1, 1000}));
    commands = outbox.drain();
    ASSERT_EQ(commands.size(), 1U);
    const auto asked = std::get<EnsureSchemas>(commands[0]);
    ASSERT_EQ(asked.schemas.size(), 1U);
    EXPECT_EQ(asked.schemas[0].text, "2048");
    ASSERT_TRUE(router.schemas_ready({asked.ticket, {7}}));
    ASSERT_TRUE(router.routed(1));
    EXPECT_EQ(encoder.prepared->columns[0].number, 2048U);
    EXPECT_EQ(encoder.prepared->retired, (std::vector<RetiredField>{{1, "id"}}));
    const auto changed = router.take_changed();
    ASSERT_EQ(changed.size(), 1U);
    known.fields.push_back({200, 1, 2048, "new", 1});
    EXPECT_EQ(changed[0].second.fields, known.fields);
}

TEST(RouterNumbers, state_of_a_format_without_numbers_stays_as_it_is) {
    FakeEncoder encoder;
    Outbox outbox;
    Router router(encoder, outbox);
    TopicState known{1, 100, {}};
    known.table = {100, "public", "t", "public.t"};
    router.resume({{"public.t", known}});
    ASSERT_TRUE(router.describe(first().shared()));
    const auto commands = outbox.drain();
    ASSERT_TRUE(router.topic_ready({std::get<EnsureTopic>(commands.back()).topic, 1, 1000}));
    EXPECT_TRUE(router.routed(1));
    EXPECT_TRUE(router.take_changed().empty());
}

}  // namespace
}  // namespace penstock::test
