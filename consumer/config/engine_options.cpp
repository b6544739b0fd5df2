#include <string>

#include "config/configuration.hpp"
#include "config/key_table.hpp"

namespace penstock {
namespace {

// FNV-1a, 64 bit: small, stable for ever, and good enough to notice a change that nobody intends
// to hide.
class Fnv1a {
public:
    void add(std::string_view text) {
        for (const char c : text) {
            hash_ ^= static_cast<unsigned char>(c);
            hash_ *= 0x100000001B3ULL;
        }
    }
    std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

// Names and values with separators that neither can hold, so that no two lists read the same. What
// has its default does not enter: a key that a later release adds leaves the hashes of older states
// alone, for which its default has to be what those did.
std::uint64_t hash_of(KeyBound bound, const Configuration& configuration, std::string_view extra) {
    static const Configuration kDefaults;
    Fnv1a hash;
    hash.add(extra);
    for (const KeyRow& row : key_table()) {
        const std::string value = value_text(row, configuration);
        if (row.bound != bound || value == value_text(row, kDefaults)) continue;
        hash.add(row.name);
        hash.add(std::string_view("\0", 1));
        hash.add(value);
        hash.add(std::string_view("\0", 1));
    }
    return hash.value();
}

}  // namespace

std::uint64_t configuration_hash(const Configuration& configuration) {
    // Not the format itself, which may change at any start, but how it names topics.
    const bool debezium = configuration.format_value.starts_with("debezium-");
    return hash_of(KeyBound::kPipe, configuration, debezium ? "debezium names" : "own names");
}

std::uint64_t selection_hash(const Configuration& configuration) {
    return hash_of(KeyBound::kSelection, configuration, "selection");
}

EngineOptions make_engine_options(const Configuration& configuration, std::uint64_t instance) {
    constexpr Duration kCommitIntervalAtLeastOnce{1'000};
    EngineOptions options = configuration.limits;
    options.slot = configuration.slot_name;
    options.plugin = configuration.source_plugin;
    options.registry = configuration.registry_url;
    options.instance = instance;
    options.configuration_hash = configuration_hash(configuration);
    options.selection_hash = selection_hash(configuration);
    options.transactions = configuration.kafka_transactions == "atomic" ? TransactionsMode::kAtomic
                                                                        : TransactionsMode::kPieces;
    options.transaction_timeout = configuration.kafka_transaction_timeout;
    options.takeover =
        configuration.slot_takeover == "terminate" ? TakeoverMode::kTerminate : TakeoverMode::kWait;
    options.publication_missing = configuration.source_publication_missing == "empty"
                                      ? PublicationMissing::kEmpty
                                      : PublicationMissing::kStop;
    options.option_ignored = configuration.source_option_ignored == "go_on" ? OptionIgnored::kGoOn
                                                                            : OptionIgnored::kStop;
    options.on_rename = configuration.topics_on_rename == "stop"   ? OnRename::kStop
                        : configuration.topics_on_rename == "keep" ? OnRename::kKeep
                                                                   : OnRename::kFollow;
    options.topic_lost = configuration.topics_lost == "go_on" ? TopicLost::kGoOn : TopicLost::kStop;
    options.snapshot_mode = configuration.snapshot_mode == "initial" ? SnapshotMode::kInitial
                            : configuration.snapshot_mode == "only"  ? SnapshotMode::kOnly
                            : configuration.snapshot_mode == "when_needed"
                                ? SnapshotMode::kWhenNeeded
                                : SnapshotMode::kNever;
    constexpr std::uint64_t kBlockBytes = 8192;  // The server's default; only a measure of work.
    options.snapshot_range_blocks = configuration.snapshot_range_bytes / kBlockBytes;
    // Without Kafka transactions a batch costs the brokers next to nothing, so nobody has to wait
    // for company. What the user has chosen stands.
    const bool chosen = options.commit_interval != EngineOptions{}.commit_interval;
    if (configuration.kafka_delivery == "at-least-once" && !chosen) {
        options.commit_interval = kCommitIntervalAtLeastOnce;
    }
    return options;
}

}  // namespace penstock
