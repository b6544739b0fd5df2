// Rows as hostile bytes through everything that walks them: the readers of row and array messages,
// masks, the renumbering of fields, and the formats behind them. The input is an old and a new row;
// its first byte chooses the operation, its second where the old row ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/encoder_factory.hpp"
#include "engine/record_encoder.hpp"

namespace {

using namespace penstock;

// A column of each kind, and an array of each.
std::shared_ptr<Relation> every_kind() {
    auto relation = std::make_shared<Relation>();
    relation->id = 1;
    relation->oid = 16384;
    relation->schema = "s";
    relation->name = "t";
    relation->kind = 'r';
    relation->replica_identity = ReplicaIdentity::kFull;
    const auto last = static_cast<std::uint32_t>(ValueKind::kText);
    for (std::uint32_t number = 1; number <= 2 * last; ++number) {
        Column& column = relation->columns.emplace_back();
        column.attnum = number;
        column.name = "c" + std::to_string(number);
        column.array = number > last;
        column.kind = static_cast<ValueKind>(column.array ? number - last : number);
        column.type_oid = column.base_type_oid = 25;
        column.type_name = column.base_type_name = "text";
        column.type_kind = 'b';
        if (column.array) {
            column.element_type_oid = 25;
            column.element_type_name = "text";
        }
    }
    relation->columns[1].primary_key_position = 1;
    relation->columns[1].not_null = true;
    return relation;
}

std::unique_ptr<RecordEncoder> encoder_of(ValueFormat format, bool renumbered, bool masked) {
    EncodeOptions options;
    options.format = format;
    options.topic_prefix = "p";
    options.unrepresentable = UnrepresentableValues::kNull;
    if (masked) options.shape.rules = {{ColumnChange::kTruncate, "s\\.t\\.c9", 3}};
    auto encoder = make_encoder(options);
    if (!encoder) std::abort();
    auto relation = every_kind();
    for (Column& column : relation->columns) column.number = renumbered ? column.attnum + 2048 : 0;
    const TopicRoute route{0, 3, {1, 2}};
    if (!(*encoder)->prepare(relation, route)) std::abort();
    return std::move(*encoder);
}

const std::vector<std::unique_ptr<RecordEncoder>>& encoders() {
    static const auto kEncoders = [] {
        std::vector<std::unique_ptr<RecordEncoder>> all;
        for (const ValueFormat format :
             {ValueFormat::kDebeziumJson, ValueFormat::kDebeziumAvro, ValueFormat::kFlatJson,
              ValueFormat::kFlatAvro, ValueFormat::kProtobuf}) {
            all.push_back(encoder_of(format, false, false));
            all.push_back(encoder_of(format, true, true));
        }
        return all;
    }();
    return kEncoders;
}

// What a consumer that trusts a record's offsets would read.
std::size_t touch(const RecordBuffer& buffer) {
    std::size_t sum = 0;
    for (const Record& record : buffer.records()) {
        for (const auto& [offset, size] : {std::pair(record.key_offset, record.key_size),
                                           std::pair(record.value_offset, record.value_size)}) {
            if (size == Record::kNull) continue;
            for (const char byte : buffer.view(offset, size)) {
                sum += static_cast<unsigned char>(byte);
            }
        }
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    // Bytes of their own, so that a read behind them is seen.
    const std::vector<char> bytes(data + 2, data + size);
    const std::string_view all(bytes.data(), bytes.size());
    const std::size_t cut = std::min<std::size_t>(data[1], all.size());
    const std::string before(all.substr(0, cut));
    const std::string after(all.substr(cut));
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = static_cast<Operation>(1 + data[0] % 3);
    change.has_before = change.operation != Operation::kInsert;
    change.has_after = change.operation != Operation::kDelete;
    change.before_image = change.has_before ? BeforeImage::kFull : BeforeImage::kNone;
    if (change.has_before) change.before = before;
    if (change.has_after) change.after = after;
    change.change = all;
    BeginFrame begin;
    RowContext context;
    context.transaction = &begin;
    for (const auto& encoder : encoders()) {
        RecordBuffer out;
        // Broken rows are refused by name; what is not refused is whole.
        if (encoder->encode(change, context, out)) static_cast<void>(touch(out));
    }
    return 0;
}
