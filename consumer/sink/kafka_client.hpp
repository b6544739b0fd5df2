// Makes librdkafka clients: their configuration as one table per kind, and what they say about
// their brokers. Internal to this room.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/error.hpp"
#include "sink/kafka_error.hpp"
#include "sink/kafka_handles.hpp"
#include "sink/kafka_settings.hpp"

namespace penstock {

// Whether whoever waits should let go. Asked a few times a second.
using Cancelled = std::function<bool()>;

// Collects what a client's threads say: log lines go to our log, once per state change, and the
// last failure is kept for the detail of an error. Any thread.
class ClientJournal {
public:
    void note(int level, std::string_view facility, std::string_view text);
    void note_error(rd_kafka_resp_err_t code, std::string_view text);

    // "Connect to 127.0.0.1:9092 failed: Connection refused", or empty.
    std::string last_failure() const;
    // The first error that no waiting cures: refused credentials.
    std::optional<KafkaFailure> refusal() const;

private:
    mutable std::mutex mutex_;
    std::string last_failure_;
    std::string refusal_;
    rd_kafka_resp_err_t refusal_code_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

enum class ClientKind : std::uint8_t {
    kProducer,  // Idempotent; transactional with a transactional id.
    kAdmin,     // Metadata, topics, watermarks as a read_uncommitted reader sees them.
    kReader,    // Reads state, read_committed, in a hurry.
    kTail,      // Follows the state topic, read_committed, in no hurry.
};

struct ClientOptions {
    ClientKind kind = ClientKind::kAdmin;
    std::string transactional_id;  // kProducer only; empty is none.
};

// The configuration of a client, every property checked. configuration_invalid names the property.
Result<ConfHandle> client_conf(const KafkaSettings& settings, const ClientOptions& options);

// A running client. `journal` must outlive it.
Result<ClientHandle> make_client(ConfHandle conf, ClientKind kind, ClientJournal& journal);

// Puts a blocking question to the brokers again and again, in slices of half a second, until it is
// answered, `patience` is over, the credentials are refused, or it is cancelled. Returns the last
// answer. `client` is the one whose main queue nobody else serves; null where somebody does.
rd_kafka_resp_err_t ask_in_slices(
    rd_kafka_t* client, const ClientJournal& journal, std::chrono::milliseconds patience,
    const Cancelled& cancelled,
    const std::function<rd_kafka_resp_err_t(int patience_ms)>& question);

// Properties that the configuration may not pass through, because the guarantees rest on them.
std::span<const std::string_view> reserved_properties();

}  // namespace penstock
