#include "config/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/key_table.hpp"
#include "configuration_file.hpp"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Result<Configuration> from_file(const std::string& text) {
    const TemporaryFile file(text);
    return load_configuration({file.path(), {}, {}});
}
Result<Configuration> from_environment(Pairs environment) {
    return load_configuration({std::nullopt, std::move(environment), {}});
}
Result<Configuration> from_flags(Pairs flags) {
    return load_configuration({std::nullopt, {}, std::move(flags)});
}

TEST(Loader, reads_a_whole_file) {
    const auto loaded = from_file(R"(
[source]
url = "postgresql://cdc@db.example.com/shop"
tables = ["public.orders", "public.item_*"]
messages = true
max_value_bytes = "1MiB"
[kafka]
brokers = "localhost:9092"
single_broker = true
[kafka.properties]
"socket.timeout.ms" = 5000
ssl.ca.location = "/etc/ca.pem"
[topics]
partitions = 6
[limits]
commit_interval = "25ms"
)");
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    EXPECT_EQ(loaded->source_url.reveal(), "postgresql://cdc@db.example.com/shop");
    EXPECT_THAT(loaded->source_tables, ElementsAre("public.orders", "public.item_*"));
    EXPECT_TRUE(loaded->source_messages);
    EXPECT_EQ(loaded->source_max_value_bytes, 1U << 20);
    EXPECT_TRUE(loaded->kafka_single_broker);
    EXPECT_EQ(loaded->topics_partitions, 6U);
    EXPECT_EQ(loaded->limits.commit_interval, std::chrono::milliseconds(25));
    ASSERT_EQ(loaded->kafka_properties.size(), 2U);
    EXPECT_EQ(loaded->kafka_properties[0].first, "socket.timeout.ms");
    EXPECT_EQ(loaded->kafka_properties[0].second.reveal(), "5000");
    EXPECT_EQ(loaded->kafka_properties[1].first, "ssl.ca.location");
}

// A legal value of a row that is not its default.
std::string other_value(const KeyRow& row, const TemporaryFile& secret) {
    static const Configuration kDefaults;
    if (row.unit == KeyUnit::kSecretFile) return secret.path();
    if (!row.choices.empty()) {
        const std::string last(row.choices.substr(row.choices.rfind('|') + 1));
        const std::string first(row.choices.substr(0, row.choices.find('|')));
        return value_text(row, kDefaults) == last ? first : last;
    }
    const std::string type(type_name(row));
    if (type == "true or false") return value_text(row, kDefaults) == "true" ? "false" : "true";
    if (type == "time") return "10001ms";
    if (type == "size") return "5KiB";
    if (type == "number") return "7";
    return "some.text";
}

// What value_text() shows of it: of a secret only that it is set.
std::string shown(const KeyRow& row, const std::string& value) {
    return std::holds_alternative<Secret Configuration::*>(row.place) ? "(set)" : value;
}

std::string limited(const KeyRow& row, const std::string& value) {
    if (row.unit == KeyUnit::kBytes && row.minimum > 5U << 10) return "5MiB";
    if (row.name == "snapshot.where") return "shop.orders:id > 7";
    if (row.unit != KeyUnit::kTime || row.maximum == 0 || row.maximum >= 10'001'000) return value;
    return "999ms";
}

TEST(Loader, takes_every_key_from_file_environment_and_flag) {
    const TemporaryFile secret("hunter2\n");
    for (const KeyRow& row : key_table()) {
        SCOPED_TRACE(std::string(row.name));
        const std::string name(row.name);
        std::string value = limited(row, other_value(row, secret));
        if (row.name == "source.batch_bytes") value = "4KiB";
        if (row.name == "limits.window_bytes") value = "5MiB";
        const std::string expected = shown(row, value);
        const auto by_flag = from_flags({{name, value}});
        ASSERT_TRUE(by_flag) << to_text(by_flag.error());
        EXPECT_EQ(value_text(row, *by_flag), expected);
        const auto by_variable = from_environment({{environment_name(row), value}});
        ASSERT_TRUE(by_variable) << to_text(by_variable.error());
        EXPECT_EQ(value_text(row, *by_variable), expected);
        const bool list = type_name(row) == "list";
        const auto by_file =
            from_file(name + " = " + (list ? "[\"" + value + "\"]" : "\"" + value + "\""));
        ASSERT_TRUE(by_file) << to_text(by_file.error());
        EXPECT_EQ(value_text(row, *by_file), expected);
    }
}

TEST(Loader, lets_flags_win_over_environment_over_file_over_default) {
    const TemporaryFile file("topics.prefix = \"file\"\ntopics.partitions = 2\nslot.name = \"f\"");
    const auto loaded = load_configuration(
        {file.path(),
         {{"PENSTOCK_TOPICS_PREFIX", "environment"}, {"PENSTOCK_TOPICS_PARTITIONS", "3"}},
         {{"topics.prefix", "flag"}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->topics_prefix, "flag");
    EXPECT_EQ(loaded->topics_partitions, 3U);
    EXPECT_EQ(loaded->slot_name, "f");
    EXPECT_EQ(loaded->topics_replication, 3U);
}

TEST(Loader, names_the_nearest_key_to_one_it_does_not_know) {
    const auto by_file = from_file("[source]\n\ntabels = [\"a.b\"]");
    ASSERT_FALSE(by_file);
    EXPECT_EQ(by_file.error().name, ErrorName::kConfigurationUnknownKey);
    EXPECT_THAT(by_file.error().message, HasSubstr("\"source.tabels\""));
    EXPECT_THAT(by_file.error().detail, HasSubstr("line 3 of /tmp/"));
    EXPECT_THAT(by_file.error().hint, HasSubstr("\"source.tables\""));
    const auto by_variable = from_environment({{"PENSTOCK_KAFKA_BROKER", "x"}});
    ASSERT_FALSE(by_variable);
    EXPECT_THAT(by_variable.error().hint, HasSubstr("PENSTOCK_KAFKA_BROKERS"));
    EXPECT_EQ(from_flags({{"kafka.broker", "x"}}).error().name,
              ErrorName::kConfigurationUnknownKey);
    EXPECT_EQ(from_file("[sources]\nurl = \"x\"").error().name,
              ErrorName::kConfigurationUnknownKey);
}

TEST(Loader, leaves_variables_alone_that_are_of_no_section_of_ours) {
    EXPECT_TRUE(from_environment({{"PENSTOCK_CACHE", "/tmp"}, {"PENSTOCK_BUILD", "x"}}));
}

TEST(Loader, refuses_values_that_do_not_fit_and_says_what_does) {
    struct {
        const char* key;
        const char* value;
        const char* expected;
    } const cases[] = {
        {"source.messages", "maybe", "true or false is expected"},
        {"slot.takeover", "kill", "one of wait, terminate is expected"},
        {"topics.partitions", "many", "a number is expected"},
        {"topics.partitions", "0", "at least 1 and at most 10000 is expected"},
        {"limits.window_bytes", "x", "a size such as 64MiB is expected"},
        {"limits.window_bytes", "1", "at least 1MiB and at most 16GiB is expected"},
        {"limits.commit_interval", "10", "a time such as 200ms or 5s is expected"},
        {"limits.confirm_interval", "2min", "at least 1ms and at most 1min is expected"},
        {"format.value", "xml",
         "one of debezium-json, debezium-avro, protobuf, flat-json, "
         "flat-avro is expected"},
    };
    for (const auto& one : cases) {
        const auto loaded = from_flags({{one.key, one.value}});
        ASSERT_FALSE(loaded) << one.key;
        EXPECT_EQ(loaded.error().name, ErrorName::kConfigurationInvalid);
        EXPECT_THAT(loaded.error().message, HasSubstr(one.key));
        EXPECT_THAT(loaded.error().message, HasSubstr(one.expected));
        EXPECT_THAT(loaded.error().detail, HasSubstr(std::string("flag --") + one.key));
    }
}

TEST(Loader, knows_the_modes_of_a_snapshot) {
    for (const char* mode : {"never", "initial", "only", "when_needed"}) {
        EXPECT_TRUE(from_flags({{"snapshot.mode", mode}})) << mode;
    }
    EXPECT_EQ(from_flags({{"snapshot.mode", "sometimes"}}).error().name,
              ErrorName::kConfigurationInvalid);
}

TEST(Loader, takes_conditions_of_a_snapshot_by_table) {
    const auto with = [](const std::string& condition) {
        return check_for_run(*from_flags({{"source.url", "postgresql:///shop"},
                                          {"kafka.brokers", "localhost:9092"},
                                          {"snapshot.where", condition}}));
    };
    EXPECT_TRUE(with("public.orders:placed > '2026-01-01'::date"));
    for (const char* wrong : {"orders:true", "public.orders", "public.orders:", ":a.b"}) {
        const auto refused = with(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_THAT(refused.error().message, HasSubstr("snapshot.where"));
    }
}

TEST(Loader, refuses_files_it_cannot_read) {
    const auto missing = load_configuration({"/nonexistent/penstock.toml", {}, {}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().name, ErrorName::kConfigurationUnreadable);
    const auto broken = from_file("[source]\nurl = \"postgresql://u:hunter2@h/d\nx");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().name, ErrorName::kConfigurationUnreadable);
    EXPECT_THAT(broken.error().detail, HasSubstr("line 2"));
    EXPECT_THAT(to_text(broken.error()), Not(HasSubstr("hunter2")));
    EXPECT_EQ(from_flags({{"source.password_file", "/nonexistent/secret"}}).error().name,
              ErrorName::kConfigurationUnreadable);
}

TEST(Loader, refuses_values_of_another_shape) {
    EXPECT_EQ(from_file("source.tables = \"a.b\"").error().name, ErrorName::kConfigurationInvalid);
    EXPECT_EQ(from_file("slot.name = [\"a\"]").error().name, ErrorName::kConfigurationInvalid);
    EXPECT_EQ(from_file("slot.name = 1.5").error().name, ErrorName::kConfigurationInvalid);
    EXPECT_EQ(from_file("source.tables = [1]").error().name, ErrorName::kConfigurationInvalid);
    EXPECT_EQ(from_file("slot = 3").error().name, ErrorName::kConfigurationUnknownKey);
}

TEST(Loader, takes_secrets_from_files_without_their_line_end) {
    const TemporaryFile secret("hunter2\r\n");
    const auto loaded = from_flags({{"source.password_file", secret.path()}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->source_password.reveal(), "hunter2");
    EXPECT_EQ(value_text(*find_key("source.password"), *loaded), "(set)");
}

TEST(Loader, wants_database_brokers_and_legal_names_for_a_pipe) {
    Configuration configuration;
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("source.url"));
    configuration.source_url = Secret("postgresql:///shop");
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("kafka.brokers"));
    configuration.kafka_brokers = "localhost:9092";
    EXPECT_TRUE(check_for_run(configuration));
    configuration.slot_name = "Orders";
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("slot.name"));
    configuration.slot_name = "orders";
    configuration.topics_prefix = "a b";
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("topics.prefix"));
    configuration.topics_prefix = "shop";
    configuration.format_key_columns = {"public.orders:id,"};
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("format.key_columns"));
    configuration.format_key_columns = {"public.orders:id,day"};
    EXPECT_TRUE(check_for_run(configuration));
    configuration.messages_topics = {"audit=shop.audit", "a=b=shop.c"};
    EXPECT_TRUE(check_for_run(configuration));
    configuration.messages_topics = {"audit=shop audit"};
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("messages.topics"));
    configuration.messages_topics.clear();
    configuration.limits.backoff_min = configuration.limits.backoff_max + Duration(1);
    EXPECT_THAT(check_for_run(configuration).error().message, HasSubstr("limits.backoff_min"));
}

TEST(Loader, refuses_records_of_debezium_in_formats_that_are_not) {
    Configuration whole;
    whole.source_url = Secret("postgresql:///shop");
    whole.kafka_brokers = "localhost:9092";
    whole.format_value = "protobuf";
    ASSERT_TRUE(check_for_run(whole));
    Configuration transactions = whole;
    transactions.format_transaction_metadata = true;
    EXPECT_THAT(check_for_run(transactions).error().message,
                HasSubstr("format.transaction_metadata"));
    Configuration messages = whole;
    messages.messages_prefixes = {".*"};
    EXPECT_THAT(check_for_run(messages).error().message, HasSubstr("messages.prefixes"));
    Configuration heartbeat = whole;
    heartbeat.limits.heartbeat_interval = Duration{1'000'000};
    EXPECT_THAT(check_for_run(heartbeat).error().message, HasSubstr("heartbeat.interval"));
    Configuration raw = whole;
    raw.messages_topics = {"audit=shop.audit"};
    EXPECT_TRUE(check_for_run(raw));
}

TEST(Loader, takes_the_address_of_kafka_apart) {
    Configuration configuration;
    ASSERT_TRUE(apply_kafka_url(configuration, "kafka://a:9092,b:9093"));
    EXPECT_EQ(configuration.kafka_brokers, "a:9092,b:9093");
    EXPECT_EQ(configuration.topics_prefix, "penstock");
    ASSERT_TRUE(apply_kafka_url(configuration, "kafka://a:9092/shop"));
    EXPECT_EQ(configuration.kafka_brokers, "a:9092");
    EXPECT_EQ(configuration.topics_prefix, "shop");
    EXPECT_EQ(apply_kafka_url(configuration, "a:9092").error().name, ErrorName::kUsage);
    EXPECT_EQ(apply_kafka_url(configuration, "kafka://").error().name, ErrorName::kUsage);
}

}  // namespace
}  // namespace penstock
