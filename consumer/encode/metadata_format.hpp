// How a format writes the records that belong to no table: begin and end of a transaction, logical
// messages, the heartbeat. metadata_records says which of them there are and where they go; a
// format writes the bytes of key and value, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/transaction_counts.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

enum class MetadataKind : std::uint8_t { kTransaction, kMessage, kHeartbeat };

class MetadataFormat {
public:
    virtual ~MetadataFormat() = default;

    // The schemas that records of this kind refer to, key before value.
    virtual std::vector<SchemaText> schemas_of(MetadataKind, const std::string& /*topic*/) const {
        return {};
    }
    // Their ids, in that order.
    virtual void route(MetadataKind, const std::vector<std::uint32_t>& /*schema_ids*/) {}

    // A key's only field: the transaction's id, the message's prefix, the server's name.
    virtual void put_key(ByteWriter& out, MetadataKind kind, std::string_view field) = 0;

    // Null counts: the begin; otherwise the end.
    virtual void put_transaction(ByteWriter& out, std::string_view id, std::int64_t time_ms,
                                 const TransactionCounts* counts) = 0;
    // `place`: of a transactional message, where transactions are counted.
    virtual void put_message(ByteWriter& out, const MessageFrame& message,
                             const RowContext& context,
                             const std::optional<TransactionCounts::Place>& place) = 0;
    virtual void put_heartbeat(ByteWriter& out, std::int64_t time_ms) = 0;
};

// "<xid>:<lsn>", as Debezium names a transaction; the LSN is that of the very event, so that the
// events of one transaction have different ids.
std::string transaction_id(Xid xid, Lsn lsn);

}  // namespace penstock
