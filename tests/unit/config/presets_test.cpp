#include "config/presets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/key_table.hpp"
#include "config/loader.hpp"
#include "config/value_text.hpp"
#include "configuration_file.hpp"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Configuration> from_file(const std::string& text) {
    const TemporaryFile file(text);
    return load_configuration({file.path(), {}, {}});
}

TEST(Presets, every_setting_of_every_preset_is_a_key_with_a_right_value) {
    for (const Preset& preset : presets()) {
        Configuration configuration;
        for (const PresetSetting& setting : preset.settings) {
            const auto set = set_key(configuration, setting.key, setting.value, "preset");
            ASSERT_TRUE(set) << preset.name << ": " << set.error().message;
            EXPECT_EQ(value_text(*find_key(setting.key), configuration), setting.value);
        }
        EXPECT_THAT(std::string(find_key("preset")->choices), HasSubstr(std::string(preset.name)));
    }
}

TEST(Presets, stand_between_the_defaults_and_what_is_given) {
    const auto loaded = from_file("preset = \"clickhouse\"\n[format]\ndecimal = \"double\"\n");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->format_value, "flat-json");
    EXPECT_EQ(loaded->format_time, "microseconds");
    EXPECT_EQ(loaded->format_decimal, "double");
    EXPECT_FALSE(loaded->format_tombstones);
}

TEST(Presets, may_be_chosen_by_a_flag_or_the_environment) {
    const auto flag = load_configuration({std::nullopt, {}, {{"preset", "ksqldb"}}});
    EXPECT_TRUE(flag->flatten_enabled);
    const auto variable = load_configuration({std::nullopt, {{"PENSTOCK_PRESET", "ksqldb"}}, {}});
    EXPECT_TRUE(variable->flatten_enabled);
    const auto other = load_configuration({std::nullopt, {{"PENSTOCK_CACHE", "x"}}, {}});
    EXPECT_TRUE(other) << "only what begins like a section is ours";
}

TEST(Presets, an_unknown_one_is_refused_with_the_known_ones) {
    const auto refused = from_file("preset = \"spark\"\n");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("materialize"));
}

TEST(Patterns, are_separated_by_commas_that_no_backslash_takes) {
    EXPECT_THAT(split_patterns("a\\.b, c{1\\,2} ,,d"), ElementsAre("a\\.b", "c{1\\,2}", "d"));
    EXPECT_THAT(split_patterns(""), ElementsAre());
    EXPECT_THAT(split_patterns("a\\"), ElementsAre("a\\"));
}

TEST(Patterns, are_a_list_or_one_text_in_the_file) {
    const auto list = from_file("[filter]\ntable_include = [\"a.b\", \"c{1,2}\"]\n");
    EXPECT_THAT(list->filter_table_include, ElementsAre("a.b", "c{1,2}"));
    const auto text = from_file("[filter]\ntable_include = \"a.b,c{1\\\\,2}\"\n");
    EXPECT_THAT(text->filter_table_include, ElementsAre("a.b", "c{1\\,2}"));
}

TEST(Patterns, have_a_length_in_front_where_one_is_wanted) {
    EXPECT_EQ(parse_counted_pattern("10:a:b")->length, 10U);
    EXPECT_EQ(parse_counted_pattern("10:a:b")->pattern, "a:b");
    for (const char* text : {"", "a", "10", "10:", ":a", "-1:a", "1x:a"}) {
        EXPECT_FALSE(parse_counted_pattern(text)) << text;
    }
    Configuration configuration;
    configuration.source_url = Secret("postgresql:///shop");
    configuration.kafka_brokers = "localhost:9092";
    configuration.columns_truncate = {"0:a"};
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("columns.truncate"));
    configuration.columns_truncate = {"1:a"};
    EXPECT_TRUE(check_for_run(configuration));
    configuration.outbox_fields = {"tenant"};
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("outbox.fields"));
    configuration.outbox_fields = {"tenant:header", "ts:envelope:at"};
    EXPECT_TRUE(check_for_run(configuration));
}

}  // namespace
}  // namespace penstock
