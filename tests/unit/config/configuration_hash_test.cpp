#include <gtest/gtest.h>

#include <set>

#include "config/key_table.hpp"
#include "config/loader.hpp"

namespace penstock {
namespace {

Configuration with(const char* key, const char* value) {
    Configuration configuration;
    EXPECT_TRUE(set_key(configuration, key, value, "a test")) << key;
    return configuration;
}

// The hashes are compared with what older releases wrote: they may never change by themselves.
TEST(ConfigurationHash, is_the_same_in_every_release) {
    EXPECT_EQ(configuration_hash({}), 0x297780775C67F0B8U);
    EXPECT_EQ(configuration_hash(with("slot.name", "orders")), 0xF85E686648582ABAU);
    EXPECT_EQ(selection_hash({}), 0x478FEE1BD52522B5U);
    EXPECT_EQ(selection_hash(with("source.tables", "public.orders")), 0xFCD4378DD13AD931U);
}

TEST(ConfigurationHash, changes_with_what_binds_a_pipe) {
    std::set<std::uint64_t> seen = {configuration_hash({})};
    for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {"slot.name", "other"},
             {"source.plugin", "pgoutput"},
             {"topics.prefix", "shop"},
             {"format.value", "protobuf"},
             {"format.key_columns", "public.a:b"},
             {"format.partitioner", "stable"},
             {"format.no_identity", "publish"}}) {
        const Configuration changed = with(key, value);
        EXPECT_TRUE(seen.insert(configuration_hash(changed)).second) << key;
        EXPECT_EQ(selection_hash(changed), selection_hash({})) << key;
    }
}

TEST(ConfigurationHash, of_the_selection_changes_with_what_is_captured) {
    std::set<std::uint64_t> seen = {selection_hash({})};
    for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
             {"source.tables", "a.b"},
             {"source.exclude_tables", "a.b"},
             {"source.publications", "a.b"},
             {"source.publication_missing", "empty"},
             {"source.messages", "true"},
             {"source.origin", "none"},
             {"source.skip_columns", "a.b.c"}}) {
        const Configuration changed = with(key, value);
        EXPECT_TRUE(seen.insert(selection_hash(changed)).second) << key;
        EXPECT_EQ(configuration_hash(changed), configuration_hash({})) << key;
    }
}

TEST(ConfigurationHash, leaves_out_what_may_change_at_any_start) {
    for (const KeyRow& row : key_table()) {
        const std::string_view section = row.name.substr(0, row.name.find('.'));
        if (section == "limits" || section == "log" || section == "kafka") {
            EXPECT_EQ(row.bound, KeyBound::kFree) << row.name;
        }
    }
}

TEST(EngineOptions, carry_modes_limits_and_hashes) {
    Configuration configuration = with("limits.batch_rows", "7");
    configuration.kafka_transactions = "atomic";
    configuration.slot_takeover = "terminate";
    configuration.source_publication_missing = "empty";
    configuration.slot_name = "orders";
    const EngineOptions options = make_engine_options(configuration, 42);
    EXPECT_EQ(options.batch_rows_max, 7U);
    EXPECT_EQ(options.transactions, TransactionsMode::kAtomic);
    EXPECT_EQ(options.takeover, TakeoverMode::kTerminate);
    EXPECT_EQ(options.publication_missing, PublicationMissing::kEmpty);
    EXPECT_EQ(options.slot, "orders");
    EXPECT_EQ(options.instance, 42U);
    EXPECT_EQ(options.configuration_hash, configuration_hash(configuration));
    EXPECT_EQ(options.selection_hash, selection_hash(configuration));
}

TEST(EngineOptions, wait_for_company_only_where_a_commit_costs_something) {
    Configuration configuration;
    EXPECT_EQ(make_engine_options(configuration, 1).commit_interval, Duration{10'000});
    configuration.kafka_delivery = "at-least-once";
    EXPECT_EQ(make_engine_options(configuration, 1).commit_interval, Duration{1'000});
    configuration = with("limits.commit_interval", "5ms");
    configuration.kafka_delivery = "at-least-once";
    EXPECT_EQ(make_engine_options(configuration, 1).commit_interval, Duration{5'000});
}

TEST(KeyTable, has_one_row_a_name_with_help) {
    std::set<std::string_view> names;
    std::set<std::string> variables;
    for (const KeyRow& row : key_table()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(variables.insert(environment_name(row)).second) << row.name;
        EXPECT_FALSE(row.help.empty()) << row.name;
        EXPECT_NE(row.help.back(), '.') << row.name;
    }
}

TEST(KeyTable, is_the_reference_page) {
    const std::string page = configuration_reference();
    for (const KeyRow& row : key_table()) {
        EXPECT_NE(page.find("| `" + std::string(row.name) + "` |"), std::string::npos) << row.name;
    }
}

}  // namespace
}  // namespace penstock
