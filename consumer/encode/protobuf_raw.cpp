#include "encode/protobuf_raw.hpp"

#include <algorithm>

#include "encode/change_bytes.hpp"
#include "encode/field_renumber.hpp"
#include "encode/protobuf_row.hpp"
#include "encode/protobuf_schema.hpp"
#include "encode/protobuf_source.hpp"
#include "encode/record_frame.hpp"
#include "encode/topic_name.hpp"

namespace penstock {
namespace {

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

Failure invalid_row() {
    return fail(ErrorName::kFrameInvalid, "invalid row in a change: bytes are no row message");
}

bool contains(std::span<const std::uint32_t> numbers, std::uint64_t number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// Confluent's wire format for protobuf: a zero byte, the id of the schema, and the path to the
// message, where the first of the file is one zero byte. A header of this kind holds the same.
std::string schema_frame(std::uint32_t schema_id) {
    std::string frame(1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) {
        frame += static_cast<char>(schema_id >> shift & 0xFFU);
    }
    return frame + '\0';
}

void put_marked(ByteWriter& out, const ChangeFrame& change, bool of_before) {
    std::string pairs;
    char buffer[2 * kVarintMax];
    for (const MarkedValue& marked : change.marked) {
        if (marked.in_before != of_before) continue;
        char* end = put_varint(buffer, marked.attnum + (of_before ? kMarkedInBefore : 0));
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
void put_unchanged(ByteWriter& out, const ChangeFrame& change, std::string_view after) {
    std::string numbers;
    char buffer[kVarintMax];
    for (const std::uint32_t attnum : change.unchanged) {
        if (!raw_field(after, attnum).empty()) continue;
        numbers.append(buffer, static_cast<std::size_t>(put_varint(buffer, attnum) - buffer));
    }
    if (!numbers.empty()) put_bytes_field(out, kUnchanged, numbers);
}

// `row` and the fields that it lacks and `other` has.
void complete(std::string_view row, std::span<const std::uint32_t> lacking, std::string_view other,
              std::string& out) {
    out.assign(row);
    for (const std::uint32_t attnum : lacking) out.append(raw_field(other, attnum));
}

class ProtobufRaw {
public:
    struct Plan;

    explicit ProtobufRaw(const EncodeOptions& options) : options_(options) {}

    RecordRules rules() const {
        return {.tombstones = options_.tombstones, .truncates = options_.truncates};
    }
    Result<std::string> topic_of(const Relation& relation) const {
        return injective_topic_name(options_.topic_prefix, relation.schema, relation.name);
    }
    std::vector<SchemaText> schemas_of(const Relation& relation) const;
    bool numbers_fields() const { return true; }
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    void reset() {}
    Status open(const Plan& plan, const ChangeFrame& change);
    Result<bool> key_changed(const Plan& plan);
    Status put_key(ByteWriter& writer, const Plan& plan, Side side);
    Status put_key_header(ByteWriter& writer, const Plan& plan, Side side);
    void put_headers(ByteWriter& writer, const Plan& plan, const Draft& draft, const RowContext&,
                     RecordBuffer& out);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    void put_half(ByteWriter& writer, const Draft& draft);

    EncodeOptions options_;
    FieldRenumber renumber_;
    const ChangeFrame* change_ = nullptr;  // The one at hand, with the numbers of its records.
    std::string_view before_;              // Its rows; of a key change completed from each other.
    std::string_view after_;
    std::string old_row_;
    std::string new_row_;
};

struct ProtobufRaw::Plan : FramePlan {
    Plan(FramePlan frame, const EncodeOptions& options);

    // Writes the key fields of `row`; false when it is no row message.
    bool put_key(ByteWriter& out, std::string_view row) const;

    std::vector<std::uint32_t> numbers;     // changed_numbers() of the relation.
    std::vector<std::uint32_t> key_fields;  // Field numbers, ascending.
    ProtobufSource source;
    // What names the schema: in front of the bytes, or as the value of a header. Empty: nothing.
    std::string key_frame;
    std::string value_frame;
    std::string key_header;
    std::string value_header;
};

ProtobufRaw::Plan::Plan(FramePlan frame, const EncodeOptions& options)
    : FramePlan(std::move(frame)), numbers(changed_numbers(*relation)), source(options, *relation) {
    for (const std::uint16_t index : key.columns) {
        key_fields.push_back(field_number(relation->columns[index]));
    }
    std::sort(key_fields.begin(), key_fields.end());
    if (options.framing == SchemaFraming::kNone) return;
    const bool in_header = options.framing == SchemaFraming::kHeader;
    (in_header ? value_header : value_frame) = schema_frame(route.schema_ids.back());
    if (!keyed) return;
    (in_header ? key_header : key_frame) = schema_frame(route.schema_ids.front());
    if (options.partitioner == Partitioner::kStable) unhashed_key_bytes = key_frame.size();
}

// A null is no field, and its view has no bytes to copy from.
void put_field(ByteWriter& out, std::string_view row, std::uint32_t number) {
    const std::string_view field = raw_field(row, number);
    if (!field.empty()) out.put(field);
}

// The plugin writes fields in ascending order, so one walk finds them all; another order is as
// legal and is found by a walk per column.
bool ProtobufRaw::Plan::put_key(ByteWriter& out, std::string_view row) const {
    RawFields fields(row);
    std::size_t next = 0;
    while (next < key_fields.size() && fields.next()) {
        if (fields.number() < key_fields[next]) continue;
        while (next < key_fields.size() && key_fields[next] < fields.number()) {
            put_field(out, row, key_fields[next]);
            ++next;
        }
        if (next == key_fields.size() || key_fields[next] != fields.number()) continue;
        out.put(fields.bytes());
        ++next;
    }
    if (fields.failed()) return false;
    for (; next < key_fields.size(); ++next) put_field(out, row, key_fields[next]);
    return true;
}

std::vector<SchemaText> ProtobufRaw::schemas_of(const Relation& relation) const {
    if (!options_.publish_schemas) return {};
    // What has no key to choose or no topic is refused by name when its plan is made.
    const auto key = choose_key(relation, options_);
    const auto topic = topic_of(relation);
    if (!key || !topic) return {};
    std::vector<SchemaText> schemas;
    if (!key->columns.empty()) {
        schemas.push_back(
            {*topic + "-key", "PROTOBUF", protobuf_key_schema(relation, *topic, key->columns)});
    }
    schemas.push_back({*topic + "-value", "PROTOBUF", protobuf_value_schema(relation, *topic)});
    return schemas;
}

Result<std::unique_ptr<ProtobufRaw::Plan>> ProtobufRaw::plan(FramePlan frame) {
    const std::size_t wanted = frame.keyed ? 2 : 1;
    if (options_.framing != SchemaFraming::kNone && frame.route.schema_ids.size() != wanted) {
        return fail(ErrorName::kBug, "cannot publish table \"" + frame.relation->schema + "." +
                                         frame.relation->name +
                                         "\": the ids of its schemas are missing");
    }
    return std::make_unique<Plan>(std::move(frame), options_);
}

Status ProtobufRaw::open(const Plan& plan, const ChangeFrame& change) {
    change_ = &change;
    if (!plan.numbers.empty()) {
        const auto renumbered = renumber_.renumber(change, plan.numbers);
        if (!renumbered) return Failure(renumbered.error());
        change_ = *renumbered;
    }
    before_ = change_->before;
    after_ = change_->after;
    return {};
}

// Whether a key column differs between the images. A column left out of the old row because it is
// the same does not.
Result<bool> ProtobufRaw::key_changed(const Plan& plan) {
    const ChangeFrame& change = *change_;
    const bool changed = std::any_of(
        plan.key_fields.begin(), plan.key_fields.end(), [&](const std::uint32_t attnum) {
            return !contains(change.same_as_after, attnum) &&
                   raw_field(change.before, attnum) != raw_field(change.after, attnum);
        });
    if (!changed) return false;
    complete(change.before, change.same_as_after, change.after, old_row_);
    const bool full = change.before_image == BeforeImage::kFull;
    complete(change.after, full ? change.unchanged : std::span<const std::uint32_t>{},
             change.before, new_row_);
    before_ = old_row_;
    after_ = new_row_;
    return true;
}

Status ProtobufRaw::put_key(ByteWriter& writer, const Plan& plan, Side side) {
    writer.put(plan.key_frame);
    if (plan.put_key(writer, side == Side::kBefore ? before_ : after_)) return {};
    return invalid_row();
}

Status ProtobufRaw::put_key_header(ByteWriter& writer, const Plan& plan, Side side) {
    return put_key(writer, plan, side);
}

// Tombstones have the headers of their record: readers find the schema of the key there.
void ProtobufRaw::put_headers(ByteWriter& writer, const Plan& plan, const Draft& draft,
                              const RowContext&, RecordBuffer& out) {
    if (plan.value_header.empty()) return;
    const auto put = [&](std::string_view name, std::string_view value) {
        RecordHeader header{.name_offset = writer.position(),
                            .name_size = static_cast<std::uint32_t>(name.size())};
        writer.put(name);
        header.value_offset = writer.position();
        header.value_size = static_cast<std::uint32_t>(value.size());
        writer.put(value);
        out.add_header(header);
    };
    if (plan.keyed && draft.keyed_by) put("__key_schema_id", plan.key_header);
    put("__value_schema_id", plan.value_header);
}

Status ProtobufRaw::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                              const RowContext& context) {
    writer.put(plan.value_frame);
    if (draft.operation == 't') {
        put_varint_field(writer, kOperation, kTruncateOperation);
    } else if (draft.half_of_key_change) {
        put_half(writer, draft);
    } else {
        writer.put(change_->change);
    }
    plan.source.put(writer, context);
    return {};
}

void ProtobufRaw::put_half(ByteWriter& writer, const Draft& draft) {
    const Operation operation = draft.before ? Operation::kDelete : Operation::kInsert;
    put_varint_field(writer, kOperation, static_cast<std::uint64_t>(operation));
    if (draft.before) {
        put_bytes_field(writer, kBefore, before_);
        put_varint_field(writer, kBeforeImage, static_cast<std::uint64_t>(change_->before_image));
    } else {
        put_bytes_field(writer, kAfter, after_);
        put_unchanged(writer, *change_, after_);
    }
    put_marked(writer, *change_, draft.before);
}

}  // namespace

std::unique_ptr<RecordEncoder> make_protobuf_raw(const EncodeOptions& options) {
    return std::make_unique<RecordFrame<ProtobufRaw>>(options);
}

}  // namespace penstock
