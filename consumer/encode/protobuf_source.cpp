#include "encode/protobuf_source.hpp"

#include "encode/protobuf_row.hpp"

namespace penstock {
namespace {

constexpr std::uint32_t kSource = 16;
constexpr std::uint32_t kPublishedTime = 17;

enum SourceField : std::uint32_t {
    kServer = 1,
    kDatabase = 2,
    kSchema = 3,
    kTable = 4,
    kXid = 5,
    kCommitLsn = 6,
    kCommitTime = 7,
    kOrigin = 8,
    kOriginLsn = 9,
    kLsn = 10,
    kOrdinal = 11,
};

void append_varint(std::string& bytes, std::uint64_t value) {
    char buffer[kVarintMax];
    bytes.append(buffer, static_cast<std::size_t>(put_varint(buffer, value) - buffer));
}

void append_text(std::string& bytes, std::uint32_t number, std::string_view text) {
    if (text.empty()) return;
    append_varint(bytes, bytes_tag(number));
    append_varint(bytes, text.size());
    bytes.append(text);
}

void append_fixed64(std::string& bytes, std::uint32_t number, std::uint64_t value) {
    char buffer[8];
    put_fixed64(buffer, value);
    append_varint(bytes, fixed64_tag(number));
    bytes.append(buffer, sizeof(buffer));
}

}  // namespace

ProtobufSource::ProtobufSource(const EncodeOptions& options, const Relation& relation) {
    append_text(table_, kServer, options.topic_prefix);
    append_text(table_, kDatabase, options.database);
    append_text(table_, kSchema, relation.schema);
    append_text(table_, kTable, relation.name);
}

void ProtobufSource::rebuild(const RowContext& context) {
    transaction_ = table_;
    built_ = context.transaction != nullptr;
    if (!built_) return;
    const BeginFrame& begin = *context.transaction;
    append_varint(transaction_, varint_tag(kXid));
    append_varint(transaction_, begin.xid.value);
    append_fixed64(transaction_, kCommitLsn, begin.commit_lsn.value);
    append_fixed64(transaction_, kCommitTime, static_cast<std::uint64_t>(begin.commit_time_us));
    if (begin.origin) {
        append_text(transaction_, kOrigin, *begin.origin);
        append_fixed64(transaction_, kOriginLsn, begin.origin_lsn.value);
    }
    commit_lsn_ = begin.commit_lsn;
    commit_time_us_ = begin.commit_time_us;
}

void ProtobufSource::put(ByteWriter& out, const RowContext& context) {
    const bool current = built_ && context.transaction != nullptr &&
                         context.transaction->commit_lsn == commit_lsn_ &&
                         context.transaction->commit_time_us == commit_time_us_;
    if (!current) rebuild(context);
    char row[2 * kVarintMax + 10];
    *row = static_cast<char>(fixed64_tag(kLsn));
    char* end = put_fixed64(row + 1, context.lsn.value);
    *end++ = static_cast<char>(varint_tag(kOrdinal));
    end = put_varint(end, context.item);
    const auto row_size = static_cast<std::size_t>(end - row);

    out.ensure(4 * kVarintMax + transaction_.size() + sizeof(row) + 8);
    char* to = put_varint(out.at(), bytes_tag(kSource));
    to = put_varint(to, transaction_.size() + row_size);
    std::memcpy(to, transaction_.data(), transaction_.size());
    to += transaction_.size();
    std::memcpy(to, row, row_size);
    to = put_varint(to + row_size, fixed64_tag(kPublishedTime));
    out.advance(put_fixed64(to, static_cast<std::uint64_t>(context.now.count())));
}

}  // namespace penstock
