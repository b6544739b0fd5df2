// Runs an encoder over one change and takes the records apart for a test to look at. The facts of
// the transaction are always the same, so that a test can write them out. Judges nothing: whether
// the records are right is for the test to say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "encode/encoder_factory.hpp"
#include "unit/encode/table_builder.hpp"

namespace penstock::test {

struct EncodedRecord {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::string>> headers;
    TopicId topic = 0;
    std::int32_t partition = 0;

    // The value up to the source block.
    std::string images() const { return value->substr(0, value->find("\"source\":{")); }
};

inline BeginFrame some_transaction() {
    BeginFrame begin;
    begin.xid = Xid{1473};
    begin.commit_lsn = Lsn{46178500};
    begin.commit_time_us = 1795233405296334;
    return begin;
}

class Encoded {
public:
    explicit Encoded(const Table& table, EncodeOptions options = {}, TopicRoute route = {7, 1}) {
        if (options.topic_prefix.empty()) options.topic_prefix = "g";
        if (options.database.empty()) options.database = "gold";
        encoder_ = std::move(make_encoder(options).value());
        prepared_ = encoder_->prepare(table.build(), route);
    }

    const Status& prepared() const { return prepared_; }
    const Status& status() const { return status_; }

    std::vector<EncodedRecord> operator()(const ChangeFrame& change) {
        const BeginFrame begin = some_transaction();
        RowContext context;
        context.transaction = &begin;
        context.lsn = Lsn{46178232};
        context.last_commit_lsn = Lsn{46178200};
        context.now = WallTime{1795233405324407954};
        buffer_.clear();
        status_ = encoder_->encode(change, context, buffer_);
        return take_apart();
    }
    RecordEncoder& encoder() { return *encoder_; }
    RecordBuffer& buffer() { return buffer_; }

    std::vector<EncodedRecord> take_apart() const {
        std::vector<EncodedRecord> records;
        for (const Record& record : buffer_.records()) {
            EncodedRecord& out = records.emplace_back();
            out.topic = record.topic;
            out.partition = record.partition;
            if (record.key_size != Record::kNull) {
                out.key = std::string(buffer_.view(record.key_offset, record.key_size));
            }
            if (record.value_size != Record::kNull) {
                out.value = std::string(buffer_.view(record.value_offset, record.value_size));
            }
            for (std::uint32_t i = 0; i < record.header_count; ++i) {
                const RecordHeader& header = buffer_.headers()[record.header_index + i];
                const bool null = header.value_size == Record::kNull;
                out.headers.emplace_back(
                    buffer_.view(header.name_offset, header.name_size),
                    null ? "(null)" : buffer_.view(header.value_offset, header.value_size));
            }
        }
        return records;
    }

private:
    std::unique_ptr<RecordEncoder> encoder_;
    RecordBuffer buffer_;
    Status prepared_;
    Status status_;
};

}  // namespace penstock::test
