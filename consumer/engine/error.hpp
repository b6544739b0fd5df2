// The one table of errors: name, class, exit code, what it means, what to do. `penstock errors`
// prints it, the reference page is rendered from it, and each row has a test that provokes it.
// An Error is a value; nothing here throws.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace penstock {

// What the caller may do next.
enum class ErrorClass : std::uint8_t {
    kRetry,     // Wait with back-off and try again by ourselves.
    kOperator,  // Stop; a person has to act.
    kBug,       // Stop; a broken invariant of ours.
};

// Exit codes are part of the command line's contract.
enum class ExitCode : std::uint8_t {
    kDone = 0,
    kUsage = 1,
    kConfiguration = 2,
    kPostgres = 3,
    kKafka = 4,
    kProtocol = 5,
    kState = 6,
    kRegistry = 7,
    kFenced = 8,
    kBug = 70,
};

// One enumerator per row of the table in error_table.cpp, in the same order.
enum class ErrorName : std::uint8_t {
    // Command line and configuration.
    kUsage,
    kConfigurationUnknownKey,
    kConfigurationInvalid,
    kConfigurationUnreadable,
    kSnapshotModeUnavailable,
    // PostgreSQL.
    kPostgresUnreachable,
    kPostgresAuthentication,
    kPostgresConnectionLost,
    kPostgresQueryFailed,
    kServerUnsupported,
    kWalLevel,
    kRoleNotReplication,
    kNoFreeSlot,
    kNoFreeSender,
    kPluginMissing,
    kPluginNotAllowed,
    kPluginOption,
    kServerShuttingDown,
    kSelectionEmpty,
    kPublicationMissing,
    kOptionIgnored,
    kIdentityInsufficient,
    kExtensionMissing,
    kSnapshotPrivilege,
    kSnapshotTableChanged,
    kSnapshotNotVisible,
    kSnapshotOnStandby,
    kTableNotCarried,
    kLockTableFull,
    kSnapshotTableRefused,
    kSnapshotPredicate,
    kSnapshotTableTooLarge,
    kSnapshotRequestRefused,
    kTableLocked,
    kControlSocket,
    kPipeNotRunning,
    kSnapshotCancelled,
    // Slot and state.
    kSlotActive,
    kSlotMissing,
    kSlotLost,
    kSlotNotOurs,
    kSlotAheadOfState,
    kStateMissing,
    kStateIncomplete,
    kStateTooNew,
    kStateAheadOfServer,
    kOtherServer,
    kTimelineDiverged,
    kOpenMissing,
    kConfigurationChanged,
    // Kafka.
    kKafkaUnreachable,
    kKafkaAuthorization,
    kKafkaTransactions,
    kKafkaTransactionHangs,
    kKafkaTooOld,
    kTopicPolicy,
    kPartitionsChanged,
    kTopicLost,
    kTopicCollision,
    kTopicName,
    kTopicLimit,
    kTableRenamed,
    kTransactionTooLong,
    kRecordTooLarge,
    kKafkaFailed,
    kFenced,
    // The schema registry.
    kRegistryUnreachable,
    kRegistryAuthorization,
    kRegistryReadOnly,
    kRegistryAnswer,
    kSchemaIncompatible,
    kSchemaInvalid,
    kSchemaUnregistered,
    // The stream itself.
    kFrameInvalid,
    kCrcMismatch,
    kCountMismatch,
    kProtocolVersion,
    kMarkedValue,
    kOutboxRow,
    kEmitRefused,
    kRelationUnknown,
    // Ours.
    kBug,
    kCount_
};

struct ErrorRow {
    ErrorName name;
    std::string_view text;  // "slot_missing"
    ErrorClass error_class;
    ExitCode exit_code;
    std::string_view meaning;  // One sentence.
    std::string_view remedy;   // What to do, whole sentences.
};

std::span<const ErrorRow> error_table();
const ErrorRow& error_row(ErrorName name);

// message: lower case, no full stop, reason after a colon. detail and hint: whole sentences; an
// empty hint means the row's remedy is printed. Never row contents, passwords, connection strings.
struct Error {
    ErrorName name = ErrorName::kBug;
    std::string message;
    std::string detail;
    std::string hint;

    ErrorClass error_class() const { return error_row(name).error_class; }
    ExitCode exit_code() const { return error_row(name).exit_code; }
};

template <class T>
using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

// Success, or an Error. A class of its own because of its first constructor: the library's is
// defaulted, so that `return {};` fills the room for an Error with zeros, once per call per row.
class [[nodiscard]] Status : public tl::expected<void, Error> {
public:
    Status() noexcept {}  // NOLINT(modernize-use-equals-default): see above.
    Status(tl::expected<void, Error> status) noexcept : expected(std::move(status)) {}
    using tl::expected<void, Error>::expected;

    // next() where there is no error yet; it returns a Status.
    template <class Next>
    Status and_then(Next&& next) && {
        return has_value() ? std::forward<Next>(next)() : std::move(*this);
    }
};

inline Failure fail(ErrorName name, std::string message, std::string detail = {},
                    std::string hint = {}) {
    return Failure(Error{name, std::move(message), std::move(detail), std::move(hint)});
}

// "ERROR:  slot_missing: ...\nDETAIL:  ...\nHINT:  ..." in the manner of psql.
std::string to_text(const Error& error);

}  // namespace penstock
