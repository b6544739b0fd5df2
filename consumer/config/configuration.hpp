// Everything a user may choose, as plain values with their defaults. Filled by load_configuration()
// from file, environment and flags through the one table of keys (key_table.hpp); read by whoever
// builds the parts. No TOML here, no I/O, no decisions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/secret.hpp"
#include "engine/engine.hpp"

namespace penstock {

struct Configuration {
    std::string preset;  // Of presets.hpp; empty for none. Its settings are in place already.

    // [source]
    Secret source_url;
    Secret source_password;
    std::string source_plugin = "penstock";
    std::vector<std::string> source_tables;
    std::vector<std::string> source_exclude_tables;
    std::vector<std::string> source_publications;
    std::string source_publication_missing = "stop";
    std::string source_option_ignored = "stop";
    bool source_messages = false;
    std::string source_origin = "any";
    std::vector<std::string> source_skip_columns;
    bool source_skip_unchanged_before = false;
    std::size_t source_max_value_bytes = 32U << 20;
    std::size_t source_max_row_bytes = 48U << 20;
    std::size_t source_batch_bytes = 64U << 10;
    Duration source_connect_timeout{10'000'000};
    Duration source_statement_timeout{60'000'000};

    // [slot]
    std::string slot_name = "penstock";
    std::string slot_takeover = "wait";
    bool slot_failover = true;

    // [kafka]
    std::string kafka_brokers;
    bool kafka_single_broker = false;
    std::string kafka_delivery = "exactly-once";
    std::string kafka_transactions = "pieces";
    std::string kafka_security_protocol;
    std::string kafka_sasl_mechanism;
    std::string kafka_sasl_username;
    Secret kafka_sasl_password;
    std::string kafka_ssl_ca_location;
    std::string kafka_ssl_certificate_location;
    std::string kafka_ssl_key_location;
    Secret kafka_ssl_key_password;
    Duration kafka_transaction_timeout{60'000'000};
    Duration kafka_request_timeout{10'000'000};
    Duration kafka_fence_timeout{30'000'000};
    // [kafka.properties]: librdkafka's own, by their own names.
    std::vector<std::pair<std::string, Secret>> kafka_properties;

    // [topics]
    std::string topics_prefix = "penstock";
    std::uint64_t topics_partitions = 1;
    std::uint64_t topics_replication = 3;
    std::string topics_cleanup_policy = "delete";
    std::string topics_lost = "stop";
    std::string topics_on_rename = "follow";

    // [format]
    std::string format_value = "debezium-json";
    bool format_schemas = false;
    std::string format_debezium_compat = "3.6";
    std::string format_decimal = "precise";
    std::string format_time = "adaptive";
    std::string format_binary = "bytes";
    std::string format_hstore = "json";
    std::string format_interval = "numeric";
    std::uint64_t format_money_fraction_digits = 2;
    std::string format_unknown_types = "text";
    std::string format_unavailable_value = "__debezium_unavailable_value";
    bool format_tombstones = true;
    bool format_truncates = false;
    bool format_transaction_metadata = false;
    bool format_generated_columns = false;
    bool format_old_row_zeros = false;
    bool format_debezium_infinite_dates = false;
    bool format_context_headers = false;
    std::string format_unrepresentable = "stop";
    std::vector<std::string> format_unrepresentable_null;
    std::vector<std::string> format_unrepresentable_bytes;
    std::string format_no_identity = "stop";
    std::string format_partitioner = "kafka";
    std::string format_framing = "raw";
    std::vector<std::string> format_key_columns;  // "pattern of schema.table:column,column"
    bool format_decimal_numbers = false;

    // [filter]: regular expressions; of each pair at most one is given.
    std::vector<std::string> filter_schema_include;
    std::vector<std::string> filter_schema_exclude;
    std::vector<std::string> filter_table_include;
    std::vector<std::string> filter_table_exclude;
    std::vector<std::string> filter_column_include;
    std::vector<std::string> filter_column_exclude;

    std::vector<std::string> filter_skip_too_large;
    std::vector<std::string> filter_cut_too_large;  // "length:pattern"

    // [flatten]
    bool flatten_enabled = false;
    std::string flatten_deletes = "tombstone";
    std::vector<std::string> flatten_add_fields;  // "fact" or "fact:name"
    std::string flatten_add_fields_prefix = "__";
    std::vector<std::string> flatten_add_headers;
    std::string flatten_add_headers_prefix = "__";

    // [outbox]
    std::vector<std::string> outbox_tables;
    std::string outbox_id = "id";
    std::string outbox_key = "aggregateid";
    std::string outbox_payload = "payload";
    std::string outbox_timestamp;
    std::string outbox_route_by = "aggregatetype";
    std::string outbox_route_pattern = "(?<routedByValue>.*)";
    std::string outbox_route_topic = "outbox.event.${routedByValue}";
    // "column:header", "column:envelope:name", "column:partition"
    std::vector<std::string> outbox_fields;
    std::string outbox_schema_version;
    std::string outbox_tracing;
    bool outbox_expand_json = false;
    bool outbox_tombstone_on_empty_payload = false;
    std::string outbox_updates = "skip";
    std::string outbox_format = "json";

    // [columns]
    std::vector<std::string> columns_mask;      // "length:pattern"
    std::vector<std::string> columns_truncate;  // "length:pattern"
    std::vector<std::string> columns_hash;
    Secret columns_hash_salt;
    std::string columns_hash_version = "v2";
    std::vector<std::string> columns_source_type;

    // [messages]
    std::vector<std::string> messages_prefixes;
    std::vector<std::string> messages_topics;  // "prefix=topic"

    // [emit]
    std::vector<std::string> emit_topics;
    std::string emit_unlisted = "stop";

    // [registry]
    std::string registry_url;
    std::string registry_auth = "none";
    std::string registry_username;
    Secret registry_password;
    Secret registry_token;
    std::string registry_oauth_token_url;
    std::string registry_oauth_client_id;
    Secret registry_oauth_client_secret;
    std::string registry_oauth_scope;
    std::string registry_oauth_logical_cluster;
    std::string registry_oauth_identity_pool;
    std::string registry_ssl_ca_location;
    std::string registry_ssl_certificate_location;
    std::string registry_ssl_key_location;
    Secret registry_ssl_key_password;
    bool registry_normalize = false;
    bool registry_auto_register = true;
    bool registry_check_compatibility = true;
    Duration registry_timeout{10'000'000};

    // [snapshot]
    std::string snapshot_mode = "never";
    std::uint64_t snapshot_readers = 0;  // 0: as many as the machine has cores, at most 4.
    std::uint64_t snapshot_range_bytes = 64U << 20;
    std::vector<std::string> snapshot_tables;
    std::vector<std::string> snapshot_exclude_tables;
    std::vector<std::string> snapshot_where;  // "pattern of schema.table:condition"
    std::vector<std::string> snapshot_first;

    // [run]
    std::string run_socket;  // Empty: a place of its own; "off": none.

    // [log]
    std::string log_level = "info";

    // [limits]: the engine's own names; the rest of its options is set by make_engine_options().
    EngineOptions limits;
};

// The engine's options of this configuration: limits, modes and both hashes. `instance` is random
// and of this process.
EngineOptions make_engine_options(const Configuration& configuration, std::uint64_t instance);

// FNV-1a over the names and values of the keys that may not change while a state exists: slot,
// plugin, prefix, topic naming, key rule and partitioner (KeyRow::bound == kPipe).
std::uint64_t configuration_hash(const Configuration& configuration);

// The same over the keys that choose what is captured (KeyRow::bound == kSelection).
std::uint64_t selection_hash(const Configuration& configuration);

}  // namespace penstock
