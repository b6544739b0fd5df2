// What an error code of librdkafka or of a broker means to us: one table. Internal to this room.
#pragma once

#include <string>
#include <string_view>

#include "engine/error.hpp"
#include "sink/kafka_handles.hpp"

namespace penstock {

struct KafkaFailure {
    Error error;
    bool fenced = false;  // A newer epoch of our transactional id exists.
};

template <class T>
using KafkaResult = tl::expected<T, KafkaFailure>;
using KafkaStatus = tl::expected<void, KafkaFailure>;

// "The client says: <what>." with one full stop; empty when `what` is.
std::string sentence(std::string_view what);

// `attempt` opens the message: "could not commit a Kafka transaction". `detail` is a whole
// sentence, or empty. A code that is not in the table is kafka_failed, an unknown outcome that the
// next recovery clears up.
KafkaFailure kafka_failure(rd_kafka_resp_err_t code, std::string_view attempt,
                           std::string detail = {});

// The same from an error object, whose text goes into the detail. Of a fatal error it takes the
// code that caused it.
KafkaFailure kafka_failure(rd_kafka_t* client, const rd_kafka_error_t* error,
                           std::string_view attempt);

}  // namespace penstock
