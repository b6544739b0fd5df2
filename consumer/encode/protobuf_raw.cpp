#include "encode/protobuf_raw.hpp"

#include <algorithm>

#include "encode/protobuf_row.hpp"
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
    std::vector<SchemaText> schemas_of(const Relation&) const { return {}; }
    Result<std::unique_ptr<Plan>> plan(FramePlan frame);
    void reset() {}
    Status open(const Plan& plan, const ChangeFrame& change);
    Result<bool> key_changed(const Plan& plan);
    Status put_key(ByteWriter& writer, const Plan& plan, Side side);
    Status put_key_header(ByteWriter& writer, const Plan& plan, Side side);
    Status put_value(ByteWriter& writer, Plan& plan, const Draft& draft, const RowContext& context);

private:
    void put_half(ByteWriter& writer, const Draft& draft);

    EncodeOptions options_;
    const ChangeFrame* change_ = nullptr;  // The one at hand.
    std::string_view before_;              // Its rows; of a key change completed from each other.
    std::string_view after_;
    std::string old_row_;
    std::string new_row_;
};

struct ProtobufRaw::Plan : FramePlan {
    Plan(FramePlan frame, const EncodeOptions& options)
        : FramePlan(std::move(frame)), source(options, *relation) {
        for (const std::uint16_t index : key.columns) {
            key_fields.push_back(relation->columns[index].attnum);
        }
        std::sort(key_fields.begin(), key_fields.end());
    }

    // Writes the key fields of `row`; false when it is no row message.
    bool put_key(ByteWriter& out, std::string_view row) const;

    std::vector<std::uint32_t> key_fields;  // Field numbers, ascending.
    ProtobufSource source;
};

// The plugin writes fields in ascending order, so one walk finds them all; another order is as
// legal and is found by a walk per column.
bool ProtobufRaw::Plan::put_key(ByteWriter& out, std::string_view row) const {
    RawFields fields(row);
    std::size_t next = 0;
    while (next < key_fields.size() && fields.next()) {
        if (fields.number() < key_fields[next]) continue;
        while (next < key_fields.size() && key_fields[next] < fields.number()) {
            out.put(raw_field(row, key_fields[next]));
            ++next;
        }
        if (next == key_fields.size() || key_fields[next] != fields.number()) continue;
        out.put(fields.bytes());
        ++next;
    }
    if (fields.failed()) return false;
    for (; next < key_fields.size(); ++next) out.put(raw_field(row, key_fields[next]));
    return true;
}

Result<std::unique_ptr<ProtobufRaw::Plan>> ProtobufRaw::plan(FramePlan frame) {
    return std::make_unique<Plan>(std::move(frame), options_);
}

Status ProtobufRaw::open(const Plan&, const ChangeFrame& change) {
    change_ = &change;
    before_ = change.before;
    after_ = change.after;
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
    if (plan.put_key(writer, side == Side::kBefore ? before_ : after_)) return {};
    return invalid_row();
}

Status ProtobufRaw::put_key_header(ByteWriter& writer, const Plan& plan, Side side) {
    return put_key(writer, plan, side);
}

Status ProtobufRaw::put_value(ByteWriter& writer, Plan& plan, const Draft& draft,
                              const RowContext& context) {
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
