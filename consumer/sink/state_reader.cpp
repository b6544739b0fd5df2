#include "sink/state_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>

#include "sink/open_transactions.hpp"
#include "sink/state_codec.hpp"
#include "sink/state_topic.hpp"

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

// Offsets looked at from the end backwards, until what is wanted has been found.
constexpr std::array<std::int64_t, 4> kWindows = {64, 1024, 16'384,
                                                  std::numeric_limits<std::int64_t>::max()};

constexpr int kPollMs = 100;

bool complete(const StateView& view, ReadDepth depth) {
    if (!view.position) return false;
    if (depth == ReadDepth::kHint || view.too_new) return true;
    return view.topics.size() >= view.position->topic_keys &&
           view.snapshot_keys >= view.position->snapshot_keys;
}

// One read_committed reader of the state partition.
class PartitionReader {
public:
    static Result<std::unique_ptr<PartitionReader>> create(const KafkaSettings& settings) {
        std::unique_ptr<PartitionReader> reader(new PartitionReader(settings.request_timeout));
        Result<ConfHandle> conf = client_conf(settings, {ClientKind::kReader, {}});
        if (!conf) return Failure(conf.error());
        Result<ClientHandle> client =
            make_client(std::move(*conf), ClientKind::kReader, reader->journal_);
        if (!client) return Failure(client.error());
        reader->client_ = std::move(*client);
        const std::string name = state_topic_name(settings);
        reader->topic_.reset(rd_kafka_topic_new(reader->client_.get(), name.c_str(), nullptr));
        return reader;
    }

    // The last stable offset: how far a hint reads, for it must not wait for anybody's transaction.
    KafkaResult<std::int64_t> stable_end(const Cancelled& cancelled) {
        std::int64_t low = 0;
        std::int64_t high = 0;
        const rd_kafka_resp_err_t code =
            ask_in_slices(client_.get(), journal_, patience_, cancelled, [&](int patience_ms) {
                return rd_kafka_query_watermark_offsets(
                    client_.get(), rd_kafka_topic_name(topic_.get()), 0, &low, &high, patience_ms);
            });
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return high;
        return tl::unexpected(failure(code));
    }

    // Reads [from, end) into `collector`: done when the position of the reader has passed `end`.
    KafkaStatus read(std::int64_t from, std::int64_t end, StateCollector& collector,
                     const Cancelled& cancelled) {
        if (rd_kafka_consume_start(topic_.get(), 0, from) != 0)
            return tl::unexpected(failure(rd_kafka_last_error()));
        KafkaStatus status = read_started(from, end, collector, cancelled);
        rd_kafka_consume_stop(topic_.get(), 0);
        return status;
    }

private:
    explicit PartitionReader(std::chrono::milliseconds patience) : patience_(patience) {}

    KafkaFailure failure(rd_kafka_resp_err_t code) {
        rd_kafka_poll(client_.get(), 0);
        if (auto refusal = journal_.refusal()) return *refusal;
        return kafka_failure(code, "could not read the state topic",
                             sentence(journal_.last_failure()));
    }

    KafkaStatus read_started(std::int64_t from, std::int64_t end, StateCollector& collector,
                             const Cancelled& cancelled) {
        std::int64_t position = from;
        auto progressed = Clock::now();
        while (position < end) {
            // One by one: the batch call waits until its batch is full.
            const MessageHandle message(rd_kafka_consume(topic_.get(), 0, kPollMs));
            if (message) {
                progressed = Clock::now();
                if (KafkaStatus good = take(*message, end, collector, position); !good) return good;
            } else if (cancelled() || Clock::now() - progressed > patience_) {
                return tl::unexpected(stalled(position, end, cancelled));
            }
        }
        return {};
    }

    KafkaStatus take(const rd_kafka_message_t& message, std::int64_t end, StateCollector& collector,
                     std::int64_t& position) {
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            // The end as a read_committed reader has it: the last stable offset. It proves that
            // all up to it was read, but it may lie before the watermark.
            position = std::max(position, message.offset);
            return {};
        }
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            const KafkaFailure failed = failure(message.err);
            // A transient error is followed by records or by the stall below.
            if (failed.error.error_class() == ErrorClass::kRetry &&
                message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
                return {};
            return tl::unexpected(failed);
        }
        position = message.offset + 1;
        if (message.offset >= end) return {};
        const std::string_view key(static_cast<const char*>(message.key), message.key_len);
        const std::string_view value(static_cast<const char*>(message.payload), message.len);
        Status added = collector.add(key, message.payload == nullptr ? nullptr : &value);
        if (!added) return tl::unexpected(KafkaFailure{added.error(), false});
        return {};
    }

    // Who reads up to the end has fenced all that writes here: what is open now never ends.
    KafkaFailure stalled(std::int64_t position, std::int64_t end, const Cancelled& cancelled) {
        const auto stable = stable_end(cancelled);
        if (stable && *stable < end)
            return transaction_hangs(rd_kafka_topic_name(topic_.get()), 0, *stable, end);
        KafkaFailure failed = failure(RD_KAFKA_RESP_ERR__TIMED_OUT);
        failed.error.detail += fmt::format("{}The reader stands at offset {} of {}.",
                                           failed.error.detail.empty() ? "" : " ", position, end);
        return failed;
    }

    std::chrono::milliseconds patience_;
    ClientJournal journal_;
    ClientHandle client_;
    TopicHandle topic_;
};

}  // namespace

KafkaResult<StateReading> read_state(const KafkaSettings& settings, TopicAdmin& admin,
                                     ReadDepth depth, const Cancelled& cancelled) {
    const std::string topic = state_topic_name(settings);
    auto shape = admin.look(topic);
    if (!shape) return tl::unexpected(shape.error());
    if (!*shape) return StateReading{};
    auto marks = admin.watermarks(topic, 0);
    if (!marks) return tl::unexpected(marks.error());
    auto reader = PartitionReader::create(settings);
    if (!reader) return tl::unexpected(KafkaFailure{reader.error(), false});
    auto stable = depth == ReadDepth::kHint ? (*reader)->stable_end(cancelled) : marks->high;
    if (!stable) return tl::unexpected(stable.error());
    const std::int64_t end = *stable;

    StateReading reading;
    reading.end_offset = end;
    for (const std::int64_t window : kWindows) {
        const std::int64_t from = end - std::min(window, end - marks->low);
        StateCollector collector;
        if (KafkaStatus read = (*reader)->read(from, end, collector, cancelled); !read)
            return tl::unexpected(read.error());
        reading.view = collector.view();
        if (complete(reading.view, depth) || from == marks->low) break;
    }
    return reading;
}

Result<StateReading> read_state(const KafkaSettings& settings, ReadDepth depth) {
    Result<std::unique_ptr<TopicAdmin>> admin = TopicAdmin::create(settings, [] { return false; });
    if (!admin) return Failure(admin.error());
    auto reading = read_state(settings, **admin, depth, [] { return false; });
    if (!reading) return Failure(reading.error().error);
    return *reading;
}

}  // namespace penstock
