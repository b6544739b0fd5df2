#include "sink/kafka_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace penstock {
namespace {

struct Meaning {
    rd_kafka_resp_err_t code;
    ErrorName name;
};

constexpr std::array kMeanings = {
    Meaning{RD_KAFKA_RESP_ERR__FENCED, ErrorName::kFenced},
    Meaning{RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ErrorName::kFenced},
    Meaning{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ErrorName::kFenced},

    Meaning{RD_KAFKA_RESP_ERR__AUTHENTICATION, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ErrorName::kKafkaAuthorization},
    Meaning{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            ErrorName::kKafkaAuthorization},

    Meaning{RD_KAFKA_RESP_ERR__TRANSPORT, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__RESOLVE, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__SSL, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__TIMED_OUT, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR__WAIT_COORD, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, ErrorName::kKafkaUnreachable},
    Meaning{RD_KAFKA_RESP_ERR_NOT_COORDINATOR, ErrorName::kKafkaUnreachable},

    Meaning{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, ErrorName::kKafkaTransactions},
    Meaning{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ErrorName::kKafkaTooOld},
    Meaning{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ErrorName::kKafkaTooOld},

    Meaning{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ErrorName::kRecordTooLarge},
    Meaning{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ErrorName::kRecordTooLarge},
    Meaning{RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ErrorName::kTopicPolicy},
    Meaning{RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ErrorName::kTopicPolicy},
    Meaning{RD_KAFKA_RESP_ERR_INVALID_CONFIG, ErrorName::kTopicPolicy},
    Meaning{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ErrorName::kTopicPolicy},
    Meaning{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ErrorName::kTopicName},
    // _UNKNOWN_PARTITION is not here: a client says so as well while its metadata come from a
    // broker that was just fenced or started. Whether partitions are gone is for the next recovery,
    // which compares every topic's number with the recorded one.
};

ErrorName meaning_of(rd_kafka_resp_err_t code) {
    const auto* row = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [&](const Meaning& meaning) { return meaning.code == code; });
    return row == kMeanings.end() ? ErrorName::kKafkaFailed : row->name;
}

}  // namespace

std::string sentence(std::string_view what) {
    while (what.ends_with('.')) what.remove_suffix(1);
    return what.empty() ? std::string() : fmt::format("The client says: {}.", what);
}

KafkaFailure kafka_failure(rd_kafka_resp_err_t code, std::string_view attempt, std::string detail) {
    const ErrorName name = meaning_of(code);
    std::string text =
        fmt::format("{}: {} ({})", attempt, rd_kafka_err2str(code), rd_kafka_err2name(code));
    return {Error{name, std::move(text), std::move(detail), {}}, name == ErrorName::kFenced};
}

KafkaFailure kafka_failure(rd_kafka_t* client, const rd_kafka_error_t* error,
                           std::string_view attempt) {
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    std::string detail = sentence(rd_kafka_error_string(error));
    char text[512];
    const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client, text, sizeof(text));
    if (cause != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = cause;
        detail = sentence(text);
    }
    return kafka_failure(code, attempt, std::move(detail));
}

}  // namespace penstock
