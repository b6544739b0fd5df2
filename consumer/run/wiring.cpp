#include "run/wiring.hpp"

#include <algorithm>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "config/registry_rules.hpp"
#include "control/socket_path.hpp"
#include "run/shape_wiring.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        if (!text.empty()) text += ',';
        text += item;
    }
    return text;
}

// The value that stands beside `name` in a table of choices. The configuration has been checked
// against the same names, so the first one is only ever the default.
template <class T, std::size_t N>
T choice(const std::pair<std::string_view, T> (&table)[N], std::string_view name) {
    for (const auto& [text, value] : table) {
        if (text == name) return value;
    }
    return table[0].second;
}

constexpr std::pair<std::string_view, ValueFormat> kFormats[] = {
    {"debezium-json", ValueFormat::kDebeziumJson}, {"debezium-avro", ValueFormat::kDebeziumAvro},
    {"protobuf", ValueFormat::kProtobuf},          {"flat-json", ValueFormat::kFlatJson},
    {"flat-avro", ValueFormat::kFlatAvro},
};
constexpr std::pair<std::string_view, DecimalHandling> kDecimals[] = {
    {"precise", DecimalHandling::kPrecise},
    {"string", DecimalHandling::kString},
    {"double", DecimalHandling::kDouble},
    {"bounded", DecimalHandling::kBounded},
};
constexpr std::pair<std::string_view, TimePrecision> kTimes[] = {
    {"adaptive", TimePrecision::kAdaptive},
    {"adaptive_time_microseconds", TimePrecision::kAdaptiveTimeMicroseconds},
    {"connect", TimePrecision::kConnect},
    {"isostring", TimePrecision::kIsoString},
    {"microseconds", TimePrecision::kMicroseconds},
    {"nanoseconds", TimePrecision::kNanoseconds},
};
constexpr std::pair<std::string_view, SchemaFraming> kFramings[] = {
    {"raw", SchemaFraming::kNone},
    {"confluent", SchemaFraming::kConfluent},
    {"header", SchemaFraming::kHeader},
};
constexpr std::pair<std::string_view, BinaryHandling> kBinaries[] = {
    {"bytes", BinaryHandling::kBytes},
    {"base64", BinaryHandling::kBase64},
    {"base64-url-safe", BinaryHandling::kBase64UrlSafe},
    {"hex", BinaryHandling::kHex},
};

constexpr std::pair<std::string_view, RegistryAuth> kRegistryAuths[] = {
    {"none", RegistryAuth::kNone},
    {"basic", RegistryAuth::kBasic},
    {"bearer", RegistryAuth::kBearer},
    {"oauth", RegistryAuth::kOauth},
};

std::chrono::milliseconds milliseconds_of(Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

// "pattern:column,column"; a text of another form was refused with the configuration.
KeyColumns key_columns_of(const std::string& text) {
    KeyColumns keys;
    const auto colon = text.rfind(':');
    keys.table = text.substr(0, colon);
    for (std::size_t at = colon; at != std::string::npos;) {
        const auto next = text.find(',', at + 1);
        keys.columns.push_back(text.substr(at + 1, next - at - 1));
        at = next;
    }
    return keys;
}

}  // namespace

SourceSettings make_source_settings(const Configuration& configuration, int interrupt_fd) {
    SourceSettings settings;
    settings.url = configuration.source_url;
    settings.password = configuration.source_password;
    settings.slot = configuration.slot_name;
    settings.plugin = configuration.source_plugin;
    settings.failover = configuration.slot_failover;
    settings.connect_timeout = configuration.source_connect_timeout;
    settings.statement_timeout = configuration.source_statement_timeout;
    settings.interrupt_fd = interrupt_fd;
    auto& options = settings.plugin_options;
    const auto add_list = [&options](const char* name, const std::vector<std::string>& items) {
        if (!items.empty()) options.emplace_back(name, joined(items));
    };
    add_list("tables", configuration.source_tables);
    add_list("exclude_tables", configuration.source_exclude_tables);
    // The server reads the list as identifiers and folds what is not quoted.
    std::vector<std::string> publications;
    for (const std::string& name : configuration.source_publications) {
        publications.push_back(quote_identifier(name));
    }
    add_list("publications", publications);
    add_list("skip_columns", configuration.source_skip_columns);
    const bool messages =
        configuration.source_messages || !configuration.messages_prefixes.empty() ||
        !configuration.messages_topics.empty() || !configuration.emit_topics.empty();
    if (messages) options.emplace_back("messages", "true");
    if (configuration.source_origin != "any") {
        options.emplace_back("origin", configuration.source_origin);
    }
    if (configuration.source_skip_unchanged_before) {
        options.emplace_back("skip_unchanged_before", "true");
    }
    options.emplace_back("max_value_bytes", std::to_string(configuration.source_max_value_bytes));
    options.emplace_back("max_row_bytes", std::to_string(configuration.source_max_row_bytes));
    options.emplace_back("batch_bytes", std::to_string(configuration.source_batch_bytes));
    return settings;
}

SnapshotSettings make_snapshot_settings(const Configuration& configuration, int interrupt_fd) {
    constexpr std::size_t kReadersMax = 4;
    SourceSettings source = make_source_settings(configuration, interrupt_fd);
    SnapshotSettings settings;
    settings.url = std::move(source.url);
    settings.password = std::move(source.password);
    settings.plugin_options = std::move(source.plugin_options);
    if (configuration.source_option_ignored == "stop") {
        settings.unfiltered_publications = configuration.source_publications;
    }
    settings.choice = {configuration.snapshot_tables,
                       configuration.snapshot_exclude_tables,
                       configuration.snapshot_first,
                       {}};
    for (const std::string& text : configuration.snapshot_where) {
        const std::size_t colon = text.find(':');
        settings.choice.where.push_back({text.substr(0, colon), text.substr(colon + 1)});
    }
    settings.connect_timeout = source.connect_timeout;
    settings.interrupt_fd = interrupt_fd;
    const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
    settings.readers = configuration.snapshot_readers != 0 ? configuration.snapshot_readers
                                                           : std::min(cores, kReadersMax);
    return settings;
}

KafkaSettings make_kafka_settings(const Configuration& configuration, std::uint64_t instance) {
    KafkaSettings settings;
    settings.brokers = configuration.kafka_brokers;
    settings.prefix = configuration.topics_prefix;
    settings.slot = configuration.slot_name;
    settings.instance = instance;
    settings.delivery = configuration.kafka_delivery == "at-least-once" ? Delivery::kAtLeastOnce
                                                                        : Delivery::kExactlyOnce;
    settings.partitions = static_cast<std::int32_t>(configuration.topics_partitions);
    settings.replication = static_cast<std::int32_t>(configuration.topics_replication);
    settings.cleanup_policy = configuration.topics_cleanup_policy;
    settings.single_broker = configuration.kafka_single_broker;
    settings.transaction_timeout = milliseconds_of(configuration.kafka_transaction_timeout);
    settings.request_timeout = milliseconds_of(configuration.kafka_request_timeout);
    settings.fence_timeout = milliseconds_of(configuration.kafka_fence_timeout);
    const auto add = [&settings](const char* name, const std::string& value) {
        if (!value.empty()) settings.properties.emplace_back(name, Secret(value));
    };
    add("security.protocol", configuration.kafka_security_protocol);
    add("sasl.mechanism", configuration.kafka_sasl_mechanism);
    add("sasl.username", configuration.kafka_sasl_username);
    add("sasl.password", configuration.kafka_sasl_password.reveal());
    add("ssl.ca.location", configuration.kafka_ssl_ca_location);
    add("ssl.certificate.location", configuration.kafka_ssl_certificate_location);
    add("ssl.key.location", configuration.kafka_ssl_key_location);
    add("ssl.key.password", configuration.kafka_ssl_key_password.reveal());
    for (const auto& property : configuration.kafka_properties) {
        settings.properties.push_back(property);
    }
    return settings;
}

namespace {
PipeName pipe_name(const Configuration& configuration) {
    return {configuration.slot_name, configuration.topics_prefix, configuration.kafka_brokers};
}
}  // namespace

Result<std::string> control_path(const Configuration& configuration) {
    if (!configuration.run_socket.empty()) return configuration.run_socket;
    return prepare_socket_path(pipe_name(configuration));
}

std::vector<std::string> control_candidates(const Configuration& configuration) {
    if (!configuration.run_socket.empty()) return {configuration.run_socket};
    return socket_candidates(pipe_name(configuration));
}

RegistrySettings make_registry_settings(const Configuration& configuration) {
    RegistrySettings settings;
    settings.urls = registry_urls(configuration);
    settings.auth = choice(kRegistryAuths, configuration.registry_auth);
    settings.username = configuration.registry_username;
    settings.password = configuration.registry_password;
    settings.token = configuration.registry_token;
    settings.oauth_token_url = configuration.registry_oauth_token_url;
    settings.oauth_client_id = configuration.registry_oauth_client_id;
    settings.oauth_client_secret = configuration.registry_oauth_client_secret;
    settings.oauth_scope = configuration.registry_oauth_scope;
    settings.oauth_logical_cluster = configuration.registry_oauth_logical_cluster;
    settings.oauth_identity_pool = configuration.registry_oauth_identity_pool;
    settings.ca = configuration.registry_ssl_ca_location;
    settings.certificate = configuration.registry_ssl_certificate_location;
    settings.key = configuration.registry_ssl_key_location;
    settings.key_password = configuration.registry_ssl_key_password;
    settings.normalize = configuration.registry_normalize;
    settings.auto_register = configuration.registry_auto_register;
    settings.check_compatibility = configuration.registry_check_compatibility;
    settings.timeout = milliseconds_of(configuration.registry_timeout);
    settings.backoff_min = milliseconds_of(configuration.limits.backoff_min);
    settings.backoff_max = milliseconds_of(configuration.limits.backoff_max);
    return settings;
}

EncodeOptions make_encode_options(const Configuration& configuration, const std::string& database) {
    EncodeOptions options;
    options.format = choice(kFormats, configuration.format_value);
    options.topic_prefix = configuration.topics_prefix;
    options.database = database;
    options.schemas_enable = configuration.format_schemas;
    options.compat =
        configuration.format_debezium_compat == "3.7" ? DebeziumCompat::k37 : DebeziumCompat::k36;
    options.decimal = choice(kDecimals, configuration.format_decimal);
    options.time = choice(kTimes, configuration.format_time);
    options.binary = choice(kBinaries, configuration.format_binary);
    options.hstore =
        configuration.format_hstore == "map" ? HstoreHandling::kMap : HstoreHandling::kJson;
    options.interval = configuration.format_interval == "string" ? IntervalHandling::kString
                                                                 : IntervalHandling::kNumeric;
    options.money_fraction_digits =
        static_cast<std::uint32_t>(configuration.format_money_fraction_digits);
    options.unknown_types =
        configuration.format_unknown_types == "omit" ? UnknownTypes::kOmit : UnknownTypes::kText;
    options.unavailable_value = configuration.format_unavailable_value;
    options.tombstones = configuration.format_tombstones;
    options.truncates = configuration.format_truncates;
    options.transaction_metadata = configuration.format_transaction_metadata;
    options.heartbeat = configuration.limits.heartbeat_interval > Duration::zero();
    options.message_prefixes = configuration.messages_prefixes;
    for (const std::string& text : configuration.messages_topics) {
        const std::size_t sign = text.rfind('=');
        options.message_topics.push_back({text.substr(0, sign), text.substr(sign + 1)});
    }
    options.generated_columns = configuration.format_generated_columns;
    options.old_row_zeros = configuration.format_old_row_zeros;
    options.debezium_infinite_dates = configuration.format_debezium_infinite_dates;
    options.context_headers = configuration.format_context_headers;
    options.unrepresentable = configuration.format_unrepresentable == "null"
                                  ? UnrepresentableValues::kNull
                                  : UnrepresentableValues::kStop;
    options.no_identity =
        configuration.format_no_identity == "publish" ? NoIdentity::kPublish : NoIdentity::kStop;
    options.partitioner =
        configuration.format_partitioner == "stable" ? Partitioner::kStable : Partitioner::kKafka;
    options.framing = choice(kFramings, configuration.format_framing);
    options.publish_schemas = uses_registry(configuration);
    for (const std::string& text : configuration.format_key_columns) {
        options.key_columns.push_back(key_columns_of(text));
    }
    options.decimal_numbers =
        configuration.format_decimal_numbers && configuration.format_value.ends_with("-json");
    set_shape_options(configuration, options);
    return options;
}

}  // namespace penstock
