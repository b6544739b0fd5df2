#include "encode/protobuf_raw.hpp"

#include <algorithm>

#include "encode/byte_writer.hpp"
#include "encode/murmur2.hpp"
#include "encode/protobuf_row.hpp"
#include "encode/protobuf_source.hpp"
#include "encode/record_key.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

constexpr std::uint32_t kRelationIdMax = 1U << 24;
constexpr std::uint32_t kTruncateOperation = 5;

// Fields of proto/record.proto.
enum RecordField : std::uint32_t {
    kOperation = 1,
    kBefore = 2,
    kAfter = 3,
    kBeforeImage = 4,
    kUnchanged = 5,
    kMarked = 6,
    kMarkedRaw = 8,
};

constexpr std::string_view kNewKeyHeader = "__debezium.newkey";
constexpr std::string_view kOldKeyHeader = "__debezium.oldkey";

Failure invalid_row() {
    return fail(ErrorName::kFrameInvalid, "invalid row in a change: bytes are no row message");
}

bool contains(std::span<const std::uint32_t> numbers, std::uint64_t number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Which images a record that is put together has.
struct Images {
    Operation operation = Operation::kUnspecified;
    const std::string* before = nullptr;
    const std::string* after = nullptr;
};

void put_marked(ByteWriter& out, const ChangeFrame& change, bool of_before) {
    std::string pairs;
    char buffer[2 * kVarintMax];
    for (const MarkedValue& marked : change.marked) {
        if (marked.in_before != of_before) continue;
        constexpr std::uint32_t kInBefore = 65536;
        char* end = put_varint(buffer, marked.attnum + (of_before ? kInBefore : 0));
        end = put_varint(end, static_cast<std::uint64_t>(marked.reason));
        pairs.append(buffer, static_cast<std::size_t>(end - buffer));
    }
    if (pairs.empty()) return;
    put_bytes_field(out, kMarked, pairs);
    for (const MarkedValue& marked : change.marked) {
        const bool has_raw = marked.reason != MarkReason::kOversize;
        if (marked.in_before == of_before && has_raw) put_bytes_field(out, kMarkedRaw, marked.raw);
    }
}

// Unchanged columns of the new row that the completed row still lacks.
void put_unchanged(ByteWriter& out, const ChangeFrame& change, const std::string& after) {
    std::string numbers;
    char buffer[kVarintMax];
    for (const std::uint32_t attnum : change.unchanged) {
        if (!raw_field(after, attnum).empty()) continue;
        numbers.append(buffer, static_cast<std::size_t>(put_varint(buffer, attnum) - buffer));
    }
    if (!numbers.empty()) put_bytes_field(out, kUnchanged, numbers);
}

}  // namespace

struct ProtobufRaw::Plan {
    Plan(std::shared_ptr<const Relation> described, const TopicRoute& goes_to, KeyChoice choice,
         const EncodeOptions& options)
        : relation(std::move(described)),
          route(goes_to),
          logs_old_row(choice.logs_old_row),
          source(options, *relation) {
        for (const std::uint16_t index : choice.columns) {
            key.push_back(relation->columns[index].attnum);
        }
        std::sort(key.begin(), key.end());
    }

    // Writes the key fields of `row`; false when it is no row message.
    bool put_key(ByteWriter& out, std::string_view row) const;

    std::shared_ptr<const Relation> relation;
    TopicRoute route;
    std::vector<std::uint32_t> key;  // Field numbers, ascending.
    bool logs_old_row = false;
    ProtobufSource source;
    std::int32_t keyless_partition = 0;
};

// The plugin writes fields in ascending order, so one walk finds them all; another order is as
// legal and is found by a walk per column.
bool ProtobufRaw::Plan::put_key(ByteWriter& out, std::string_view row) const {
    RawFields fields(row);
    std::size_t next = 0;
    while (next < key.size() && fields.next()) {
        if (fields.number() < key[next]) continue;
        while (next < key.size() && key[next] < fields.number()) {
            out.put(raw_field(row, key[next]));
            ++next;
        }
        if (next == key.size() || key[next] != fields.number()) continue;
        out.put(fields.bytes());
        ++next;
    }
    if (fields.failed()) return false;
    for (; next < key.size(); ++next) out.put(raw_field(row, key[next]));
    return true;
}

ProtobufRaw::ProtobufRaw(const EncodeOptions& options) : options_(options) {}
ProtobufRaw::~ProtobufRaw() = default;

Result<std::string> ProtobufRaw::topic_of(const Relation& relation) const {
    return injective_topic_name(options_.topic_prefix, relation.schema, relation.name);
}

Status ProtobufRaw::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    if (id >= kRelationIdMax)
        return fail(ErrorName::kFrameInvalid, "invalid relation: id too large");
    auto key = choose_key(*relation, options_);
    if (!key) return Failure(std::move(key.error()));
    const auto topic = topic_of(*relation);
    if (!topic) return Failure(topic.error());
    auto plan = std::make_unique<Plan>(std::move(relation), route, std::move(*key), options_);
    plan->keyless_partition = partition_of(*topic, route.partitions);
    if (plans_.size() <= id) plans_.resize(id + 1);
    plans_[id] = std::move(plan);
    return {};
}

void ProtobufRaw::reset() {
    plans_.clear();
}

ProtobufRaw::Plan* ProtobufRaw::find(std::uint32_t relation_id) {
    return relation_id < plans_.size() ? plans_[relation_id].get() : nullptr;
}

namespace {

// Starts a record with the key of `row`; false when `row` is no row message.
template <class Plan>
bool start_record(ByteWriter& writer, const Plan& plan, std::string_view row, bool keyed,
                  Record& record) {
    record.topic = plan.route.topic;
    record.partition = plan.keyless_partition;
    if (!keyed || plan.key.empty()) return true;
    record.key_offset = writer.position();
    if (!plan.put_key(writer, row)) return false;
    const std::string_view key = writer.since(record.key_offset);
    record.key_size = static_cast<std::uint32_t>(key.size());
    record.partition = partition_of(key, plan.route.partitions);
    return true;
}

void finish_record(ByteWriter& writer, Record& record, bool tombstone, RecordBuffer& out) {
    record.value_size = writer.position() - record.value_offset;
    writer.finish();
    out.add(record);
    if (!tombstone) return;
    record.value_offset = 0;
    record.value_size = Record::kNull;
    out.add(record);
}

// `row` and the fields that it lacks and `other` has.
void complete(std::string_view row, std::span<const std::uint32_t> lacking, std::string_view other,
              std::string& out) {
    out.assign(row);
    for (const std::uint32_t attnum : lacking) out.append(raw_field(other, attnum));
}

}  // namespace

Status ProtobufRaw::encode(const ChangeFrame& change, const RowContext& context,
                           RecordBuffer& out) {
    Plan* plan = find(change.relation_id);
    if (plan == nullptr) {
        return fail(ErrorName::kRelationUnknown, "cannot read a change: its relation was not sent");
    }
    const bool old_row_due = change.operation == Operation::kDelete ||
                             (change.operation == Operation::kUpdate && !plan->logs_old_row);
    if (old_row_due && !change.has_before && options_.no_identity == NoIdentity::kStop) {
        return no_old_row(*plan->relation);
    }
    switch (change.operation) {
        case Operation::kInsert:
        case Operation::kRead:
            return put_verbatim(*plan, change, change.after, context, out);
        case Operation::kUpdate:
            return encode_update(*plan, change, context, out);
        case Operation::kDelete:
            return put_verbatim(*plan, change, change.before, context, out);
        default:
            return fail(ErrorName::kFrameInvalid, "invalid change: operation unrecognized");
    }
}

Status ProtobufRaw::put_verbatim(Plan& plan, const ChangeFrame& change, std::string_view keyed_by,
                                 const RowContext& context, RecordBuffer& out) {
    ByteWriter writer(out);
    Record record;
    const bool deleted = change.operation == Operation::kDelete;
    const bool keyed = change.has_before || (!deleted && plan.logs_old_row) ||
                       change.operation == Operation::kInsert ||
                       change.operation == Operation::kRead;
    if (!start_record(writer, plan, keyed_by, keyed, record)) return invalid_row();
    record.value_offset = writer.position();
    writer.put(change.change);
    plan.source.put(writer, context);
    finish_record(writer, record, deleted && keyed && options_.tombstones, out);
    return {};
}

Status ProtobufRaw::encode_update(Plan& plan, const ChangeFrame& change, const RowContext& context,
                                  RecordBuffer& out) {
    if (change.has_before && !plan.key.empty()) {
        const auto changed = key_changed(plan, change);
        if (!changed) return Failure(changed.error());
        if (*changed) return encode_key_change(plan, change, context, out);
    }
    return put_verbatim(plan, change, change.after, context, out);
}

// Whether a key column differs between the images. A column left out of the old row because it is
// the same does not.
Result<bool> ProtobufRaw::key_changed(const Plan& plan, const ChangeFrame& change) {
    for (const std::uint32_t attnum : plan.key) {
        if (contains(change.same_as_after, attnum)) continue;
        if (raw_field(change.before, attnum) != raw_field(change.after, attnum)) return true;
    }
    return false;
}

Status ProtobufRaw::encode_key_change(Plan& plan, const ChangeFrame& change,
                                      const RowContext& context, RecordBuffer& out) {
    complete(change.before, change.same_as_after, change.after, old_row_);
    const bool full = change.before_image == BeforeImage::kFull;
    complete(change.after, full ? change.unchanged : std::span<const std::uint32_t>{},
             change.before, new_row_);
    const Images halves[] = {{Operation::kDelete, &old_row_, nullptr},
                             {Operation::kInsert, nullptr, &new_row_}};
    for (const Images& half : halves) {
        const bool deleted = half.before != nullptr;
        const std::string_view header = deleted ? kNewKeyHeader : kOldKeyHeader;
        ByteWriter writer(out);
        Record record;
        if (!start_record(writer, plan, deleted ? old_row_ : new_row_, true, record)) {
            return invalid_row();
        }
        RecordHeader key_header{.name_offset = writer.position(),
                                .name_size = static_cast<std::uint32_t>(header.size())};
        writer.put(header);
        key_header.value_offset = writer.position();
        if (!plan.put_key(writer, deleted ? new_row_ : old_row_)) return invalid_row();
        key_header.value_size = writer.position() - key_header.value_offset;
        record.header_index = static_cast<std::uint32_t>(out.headers().size());
        record.header_count = 1;
        out.add_header(key_header);
        record.value_offset = writer.position();
        put_varint_field(writer, kOperation, static_cast<std::uint64_t>(half.operation));
        if (deleted) {
            put_bytes_field(writer, kBefore, *half.before);
            put_varint_field(writer, kBeforeImage, static_cast<std::uint64_t>(change.before_image));
        } else {
            put_bytes_field(writer, kAfter, *half.after);
            put_unchanged(writer, change, *half.after);
        }
        put_marked(writer, change, deleted);
        plan.source.put(writer, context);
        finish_record(writer, record, deleted && options_.tombstones, out);
    }
    return {};
}

Status ProtobufRaw::encode_truncate(std::uint32_t relation_id, const TruncateFrame&,
                                    const RowContext& context, RecordBuffer& out) {
    if (!options_.truncates) return {};
    Plan* plan = find(relation_id);
    if (plan == nullptr) {
        return fail(ErrorName::kRelationUnknown,
                    "cannot read a truncate: its relation was not sent");
    }
    ByteWriter writer(out);
    Record record;
    start_record(writer, *plan, {}, false, record);
    record.value_offset = writer.position();
    put_varint_field(writer, kOperation, kTruncateOperation);
    plan->source.put(writer, context);
    finish_record(writer, record, false, out);
    return {};
}

Status ProtobufRaw::encode_message(const MessageFrame&, const RowContext&, RecordBuffer&) {
    return {};
}

}  // namespace penstock
