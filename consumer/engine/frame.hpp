// The frames of the stream as the engine takes them: views into the receive buffer, good until the
// next frame is asked for. Made by source/frame_decoder (our plugin) and by any other source that
// speaks the same language. Meanings are those of proto/penstock.proto.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/lsn.hpp"
#include "engine/relation.hpp"

namespace penstock {

struct SessionFrame {
    std::uint32_t protocol_version = 0;
    std::string plugin_version;
    std::uint32_t server_version_num = 0;
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    std::string database;
    std::uint32_t database_oid = 0;
    std::string slot;
    std::string server_encoding;
};

struct RelationFrame {
    std::shared_ptr<const Relation> relation;  // Shared by relation map, encoder plans, tail.
};

struct BeginFrame {
    Xid xid;
    Lsn first_lsn;
    Lsn commit_lsn;
    Lsn end_lsn;
    std::int64_t commit_time_us = 0;  // Since 1970-01-01 UTC.
    std::optional<std::string> origin;
    Lsn origin_lsn;
};

enum class Operation : std::uint8_t { kUnspecified = 0, kInsert, kUpdate, kDelete, kRead };
enum class BeforeImage : std::uint8_t { kNone = 0, kKey, kFull };
enum class MarkReason : std::uint8_t { kUnspecified = 0, kNotConvertible, kOversize, kOutOfRange };

struct MarkedValue {
    std::uint32_t attnum = 0;
    bool in_before = false;
    MarkReason reason = MarkReason::kUnspecified;
    std::string_view raw;  // Empty for kOversize.
};

struct ChangeFrame {
    std::uint32_t relation_id = 0;
    std::int64_t lsn_delta = 0;
    std::optional<std::uint64_t> ordinal;  // Only when it is not the expected next one.
    Operation operation = Operation::kUnspecified;
    BeforeImage before_image = BeforeImage::kNone;
    bool has_before = false;  // An all-null row is a present, empty message.
    bool has_after = false;
    std::string_view before;  // Row messages: field number = attnum.
    std::string_view after;
    std::span<const std::uint32_t> unchanged;      // Attnums, of `after`.
    std::span<const std::uint32_t> same_as_after;  // Attnums left out of `before`.
    std::span<const MarkedValue> marked;
    std::string_view change;  // The bytes of the whole Change message.
};

struct CommitFrame {
    Lsn end_lsn;
    std::uint64_t sent = 0;
    std::uint64_t decoded = 0;
};

struct TruncateFrame {
    std::int64_t lsn_delta = 0;
    std::optional<std::uint64_t> ordinal;
    std::span<const std::uint32_t> relation_ids;
    bool cascade = false;
    bool restart_identity = false;
};

struct MessageFrame {
    bool transactional = false;
    Lsn lsn;
    std::optional<std::uint64_t> ordinal;
    std::string_view prefix;
    std::string_view content;
    Xid xid;
};

enum class NoticeCode : std::uint8_t {
    kUnspecified = 0,
    kPublicationMissing,
    kSelectionEmpty,
    kOptionIgnored,
};

struct NoticeFrame {
    NoticeCode code = NoticeCode::kUnspecified;
    std::string name;
    std::string detail;
};

using Frame = std::variant<std::monostate, SessionFrame, RelationFrame, BeginFrame, ChangeFrame,
                           CommitFrame, TruncateFrame, MessageFrame, NoticeFrame>;

}  // namespace penstock
