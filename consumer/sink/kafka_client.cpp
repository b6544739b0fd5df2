#include "sink/kafka_client.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <span>

#include "engine/log_text.hpp"

namespace penstock {
namespace {

struct Property {
    const char* name;
    const char* value;
};

// For every client. The broker's own statistics stay off: they cost 25 KiB for every topic.
constexpr std::array kForAll = {
    Property{"socket.timeout.ms", "10000"},  // Bounds how long a request may be lost.
    Property{"socket.nagle.disable", "true"},
    Property{"statistics.interval.ms", "0"},
    Property{"enable.metrics.push", "false"},
    Property{"reconnect.backoff.ms", "50"},
    Property{"reconnect.backoff.max.ms", "1000"},
    Property{"log.connection.close", "false"},
    Property{"topic.metadata.propagation.max.ms", "30000"},
};

// message.max.bytes is checked before compression and per message; what a topic takes is checked
// by ourselves before produce, so this one only has to be out of the way.
//
// The queue must take one record of that size: librdkafka never lets in what is larger, however
// empty it is. What usually waits in it is bounded between chunks (Producer::await_room).
//
// linger.ms is as good as never: every batch of ours ends in a flush, which overrides it, and full
// batches leave at once. With a short one the broker's thread spins without pause from the moment
// the oldest queued record is older than it until the request in flight is answered, because an
// idempotent partition has one request in flight (librdkafka, rd_kafka_toppar_producer_serve):
// measured at half of all our CPU.
constexpr std::array kForProducers = {
    Property{"enable.idempotence", "true"},
    Property{"linger.ms", "1000"},
    Property{"batch.size", "1000000"},
    Property{"batch.num.messages", "100000"},
    Property{"message.max.bytes", "104857600"},
    Property{"queue.buffering.max.kbytes", "131072"},
    Property{"queue.buffering.max.messages", "100000"},
    Property{"sticky.partitioning.linger.ms", "0"},
    Property{"compression.codec", "lz4"},
};

constexpr std::array kForConsumers = {
    Property{"enable.auto.commit", "false"},       Property{"enable.partition.eof", "true"},
    Property{"allow.auto.create.topics", "false"}, Property{"check.crcs", "true"},
    Property{"auto.offset.reset", "error"},
};

constexpr std::array kForAdmin = {Property{"isolation.level", "read_uncommitted"}};

constexpr std::array kForReader = {
    Property{"isolation.level", "read_committed"},
    Property{"fetch.wait.max.ms", "10"},
    Property{"fetch.error.backoff.ms", "20"},
};

// A confirmation goes out once a second anyway, so the tail asks for much or for half a second.
constexpr std::array kForTail = {
    Property{"isolation.level", "read_committed"},
    Property{"fetch.min.bytes", "100000"},
    Property{"fetch.wait.max.ms", "500"},
    Property{"queued.max.messages.kbytes", "1024"},
};

constexpr std::array<std::string_view, 10> kReserved = {
    "bootstrap.servers",  "transactional.id",       "enable.idempotence",
    "isolation.level",    "transaction.timeout.ms", "acks",
    "enable.auto.commit", "enable.partition.eof",   "request.required.acks",
    "dr_msg_cb",
};

// The first try is short, so that one whose request got lost is not waited for long. An answer that
// comes after its try is thrown away, so the tries grow: brokers may be far away, or busy.
constexpr std::chrono::milliseconds kFirstSlice{500};
constexpr std::chrono::milliseconds kLongestSlice{4000};

Status set(rd_kafka_conf_t& conf, const char* name, const char* value) {
    char reason[512];
    if (rd_kafka_conf_set(&conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return {};
    return fail(ErrorName::kConfigurationInvalid,
                fmt::format("invalid Kafka property \"{}\": librdkafka refuses it", name),
                fmt::format("librdkafka says: {}.", reason),
                "Correct it in the section kafka.properties.");
}

Status set_all(rd_kafka_conf_t& conf, std::span<const Property> properties) {
    for (const Property& property : properties)
        if (Status status = set(conf, property.name, property.value); !status) return status;
    return {};
}

// A property of the user's. The reason is not printed: for a secret it may repeat the value.
Status set_extra(rd_kafka_conf_t& conf, const std::string& name, const Secret& value) {
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
        return fail(
            ErrorName::kConfigurationInvalid,
            fmt::format("cannot set Kafka property \"{}\": the guarantees rest on it", name));
    char reason[512];
    const rd_kafka_conf_res_t result =
        rd_kafka_conf_set(&conf, name.c_str(), value.reveal().c_str(), reason, sizeof(reason));
    if (result == RD_KAFKA_CONF_OK) return {};
    return fail(ErrorName::kConfigurationInvalid,
                fmt::format("invalid Kafka property \"{}\": {}", name,
                            result == RD_KAFKA_CONF_UNKNOWN ? "librdkafka does not know it"
                                                            : "librdkafka refuses the value"),
                {}, "Correct it in the section kafka.properties.");
}

Status set_kind(rd_kafka_conf_t& conf, ClientKind kind) {
    if (kind == ClientKind::kProducer) return set_all(conf, kForProducers);
    if (Status status = set_all(conf, kForConsumers); !status) return status;
    if (kind == ClientKind::kReader) return set_all(conf, kForReader);
    if (kind == ClientKind::kTail) return set_all(conf, kForTail);
    return set_all(conf, kForAdmin);
}

Status set_identity(rd_kafka_conf_t& conf, const KafkaSettings& settings,
                    const ClientOptions& options) {
    if (Status status = set(conf, "bootstrap.servers", settings.brokers.c_str()); !status)
        return status;
    const std::string client_id =
        fmt::format("penstock-{}-{:016x}", settings.slot, settings.instance);
    if (Status status = set(conf, "client.id", client_id.c_str()); !status) return status;
    if (options.transactional_id.empty()) return {};
    const std::string timeout = std::to_string(settings.transaction_timeout.count());
    if (Status status = set(conf, "transactional.id", options.transactional_id.c_str()); !status)
        return status;
    return set(conf, "transaction.timeout.ms", timeout.c_str());
}

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    auto* journal = static_cast<ClientJournal*>(rd_kafka_opaque(client));
    if (journal != nullptr) journal->note(level, facility, text);
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
    static_cast<ClientJournal*>(opaque)->note_error(static_cast<rd_kafka_resp_err_t>(code), reason);
}

// "[thrd:127.0.0.1:9092/bootstrap]: 127.0.0.1:9092/bootstrap: Connect to ..." without the thread.
std::string_view without_thread(std::string_view text) {
    const std::size_t end = text.find("]: ");
    return text.starts_with("[thrd:") && end != std::string_view::npos ? text.substr(end + 3)
                                                                       : text;
}

bool is_refusal(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM;
}

}  // namespace

void ClientJournal::note(int level, std::string_view facility, std::string_view text) {
    const std::string_view said = without_thread(text);
    // A property for producers is also given to readers, which say that they ignore it.
    if (facility == "CONFWARN" || (level > LOG_WARNING && facility != "FAIL")) return;
    {
        const std::scoped_lock lock(mutex_);
        // A broker that is down is tried every second; only the first of a row is news.
        if (last_failure_.substr(0, last_failure_.find('(')) == said.substr(0, said.find('(')))
            return;
        last_failure_ = said;
    }
    using Level = LogLine::Level;
    spdlog::warn("{}",
                 log_text({Level::kWarning,
                           "kafka",
                           "client_says",
                           {{"facility", std::string(facility)}, {"message", std::string(said)}}}));
}

void ClientJournal::note_error(rd_kafka_resp_err_t code, std::string_view text) {
    const std::scoped_lock lock(mutex_);
    if (last_failure_.empty()) last_failure_ = text;
    if (!is_refusal(code) || refusal_code_ != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    refusal_code_ = code;
    refusal_ = text;
}

std::string ClientJournal::last_failure() const {
    const std::scoped_lock lock(mutex_);
    return last_failure_;
}

std::optional<KafkaFailure> ClientJournal::refusal() const {
    const std::scoped_lock lock(mutex_);
    if (refusal_code_ == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return kafka_failure(refusal_code_, "could not log in to Kafka", sentence(refusal_));
}

Result<ConfHandle> client_conf(const KafkaSettings& settings, const ClientOptions& options) {
    ConfHandle conf(rd_kafka_conf_new());
    if (Status status = set_all(*conf, kForAll); !status) return Failure(status.error());
    if (Status status = set_kind(*conf, options.kind); !status) return Failure(status.error());
    for (const auto& [name, value] : settings.properties)
        if (Status status = set_extra(*conf, name, value); !status) return Failure(status.error());
    if (Status status = set_identity(*conf, settings, options); !status)
        return Failure(status.error());
    return conf;
}

Result<ClientHandle> make_client(ConfHandle conf, ClientKind kind, ClientJournal& journal) {
    rd_kafka_conf_set_opaque(conf.get(), &journal);
    rd_kafka_conf_set_log_cb(conf.get(), on_log);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    char reason[512];
    const rd_kafka_type_t type =
        kind == ClientKind::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    ClientHandle client(rd_kafka_new(type, conf.get(), reason, sizeof(reason)));
    if (!client)
        return fail(ErrorName::kConfigurationInvalid,
                    "cannot make a Kafka client: librdkafka refuses the configuration",
                    fmt::format("librdkafka says: {}.", reason),
                    "Correct the section kafka of the configuration.");
    static_cast<void>(conf.release());  // The client owns it now.
    return client;
}

rd_kafka_resp_err_t ask_in_slices(rd_kafka_t* client, const ClientJournal& journal,
                                  std::chrono::milliseconds patience, const Cancelled& cancelled,
                                  const std::function<rd_kafka_resp_err_t(int)>& question) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + patience;
    for (auto slice = kFirstSlice;; slice = std::min(slice * 2, kLongestSlice)) {
        const rd_kafka_resp_err_t code = question(static_cast<int>(slice.count()));
        // Lets a refusal of the credentials reach the journal.
        if (client != nullptr) rd_kafka_poll(client, 0);
        const bool unanswered = code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                                code == RD_KAFKA_RESP_ERR__TRANSPORT ||
                                code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE;
        if (!unanswered || journal.refusal() || cancelled() || Clock::now() >= deadline)
            return code;
    }
}

std::span<const std::string_view> reserved_properties() {
    return kReserved;
}

}  // namespace penstock
