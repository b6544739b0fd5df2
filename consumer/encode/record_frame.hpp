// The frame that all record formats share: the plans by relation id, and which records a change
// makes: one for an INSERT, one and a tombstone for a DELETE, a delete and a create for an UPDATE
// that moves the row to another key. A format (see below) writes the bytes of key, value and key
// header; it neither counts records nor chooses keys, partitions or headers' names. No I/O.
//
// A format F is a class with
//   F(const EncodeOptions&)
//   F::Plan                  derived from FramePlan: what is known of a relation before its rows
//   RecordRules rules() const
//   Result<std::string> topic_of(const Relation&) const
//   std::vector<SchemaText> schemas_of(const Relation&) const
//   bool numbers_fields() const          where it does (optional)
//   Result<std::unique_ptr<Plan>> plan(FramePlan)
//   void reset()             all plans are gone
//   Status open(const Plan&, const ChangeFrame&)   the images of the change that comes
//   Result<bool> key_changed(const Plan&)          both images are there
//   Status put_key(ByteWriter&, const Plan&, Side)
//   Status put_key_header(ByteWriter&, const Plan&, Side)
//   Status put_value(ByteWriter&, Plan&, const Draft&, const RowContext&)
// and, where its records have headers of their own,
//   void put_headers(ByteWriter&, const Plan&, const Draft&, const RowContext&, RecordBuffer&)
// open() is called once per change; the change's bytes outlive its records.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/context_headers.hpp"
#include "encode/encode_options.hpp"
#include "encode/murmur2.hpp"
#include "encode/record_key.hpp"
#include "engine/record_encoder.hpp"

namespace penstock {

// One of the two images of a change.
enum class Side : std::uint8_t { kBefore, kAfter };

constexpr Side other_side(Side side) {
    return side == Side::kBefore ? Side::kAfter : Side::kBefore;
}

// What every plan has.
struct FramePlan {
    std::shared_ptr<const Relation> relation;
    TopicRoute route;
    KeyChoice key;
    std::int32_t keyless_partition = 0;  // Rows without a key keep their order in one partition.
    // Bytes at the front of a key that do not choose its partition: a schema id, where told so.
    std::size_t unhashed_key_bytes = 0;
    bool keyed = false;  // Whether there is a key at all; a format may find that its is empty.
};

// One record as the frame wants it.
struct Draft {
    char operation = 'c';  // Debezium's letter: c, u, d, r, t.
    bool before = false;   // Which images the value shows.
    bool after = false;
    bool shows(Side side) const { return side == Side::kBefore ? before : after; }
    std::optional<Side> keyed_by =
        std::nullopt;        // The image that the key is read from; null key without.
    bool tombstone = false;  // A tombstone follows.
    // One of the two records of a key change: the key header shows the other side's key.
    bool half_of_key_change = false;
};

// Which records a format has at all.
struct RecordRules {
    bool deletes = true;     // A record with a value for a DELETE.
    bool tombstones = true;  // A null value behind a DELETE that has a key image.
    bool truncates = false;
};

inline constexpr std::string_view kNewKeyHeader = "__debezium.newkey";
inline constexpr std::string_view kOldKeyHeader = "__debezium.oldkey";

// What does not depend on the format: choose_key() and the partition of rows without a key.
Result<FramePlan> make_frame_plan(std::shared_ptr<const Relation> relation, const TopicRoute& route,
                                  const std::string& topic, const EncodeOptions& options);
Failure relation_not_sent(const char* what);
Failure unrecognized_operation();

template <class Format>
class RecordFrame final : public RecordEncoder {
public:
    using Plan = typename Format::Plan;

    explicit RecordFrame(const EncodeOptions& options)
        : options_(options), format_(options), rules_(format_.rules()), context_headers_(options) {}

    Result<std::string> topic_of(const Relation& relation) const override {
        return format_.topic_of(relation);
    }
    bool numbers_fields() const override {
        if constexpr (requires { &Format::numbers_fields; }) return format_.numbers_fields();
        return false;
    }
    std::vector<SchemaText> schemas_of(const Relation& relation) const override {
        return format_.schemas_of(relation);
    }
    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override {
        plans_.clear();
        format_.reset();
    }
    bool judges_marked_values() const override { return true; }
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;
    Status encode_truncate(std::uint32_t relation_id, const TruncateFrame& truncate,
                           const RowContext& context, RecordBuffer& out) override;
    Status encode_message(const MessageFrame&, const RowContext&, RecordBuffer&) override {
        return {};
    }

private:
    Plan* find(std::uint32_t relation_id) {
        return relation_id < plans_.size() ? plans_[relation_id].get() : nullptr;
    }
    Status encode_update(Plan& plan, const ChangeFrame& change, const RowContext& context,
                         RecordBuffer& out);
    Status encode_delete(Plan& plan, const ChangeFrame& change, const RowContext& context,
                         RecordBuffer& out);
    Status encode_key_change(Plan& plan, const RowContext& context, RecordBuffer& out);
    Status put_record(RecordBuffer& out, Plan& plan, const Draft& draft, const RowContext& context);
    struct KeyPlace {
        std::uint32_t offset = 0;
        std::uint32_t size = Record::kNull;
        std::int32_t partition = 0;
    };
    Status put_key(ByteWriter& writer, const Plan& plan, Side side, KeyPlace& place);
    Status put_key_header(ByteWriter& writer, const Plan& plan, Side side, RecordBuffer& out);

    EncodeOptions options_;
    Format format_;
    RecordRules rules_;
    ContextHeaders context_headers_;
    std::vector<std::unique_ptr<Plan>> plans_;  // By relation id.
};

template <class Format>
Status RecordFrame<Format>::prepare(std::shared_ptr<const Relation> relation,
                                    const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    const auto topic = topic_of(*relation);
    if (!topic) return Failure(topic.error());
    auto frame = make_frame_plan(std::move(relation), route, *topic, options_);
    if (!frame) return Failure(std::move(frame.error()));
    auto plan = format_.plan(std::move(*frame));
    if (!plan) return Failure(std::move(plan.error()));
    if (plans_.size() <= id) plans_.resize(id + 1);
    plans_[id] = std::move(*plan);
    return {};
}

template <class Format>
Status RecordFrame<Format>::encode(const ChangeFrame& change, const RowContext& context,
                                   RecordBuffer& out) {
    Plan* plan = find(change.relation_id);
    if (plan == nullptr) return relation_not_sent("change");
    if (Status status = format_.open(*plan, change); !status) return status;
    switch (change.operation) {
        case Operation::kInsert:
        case Operation::kRead:
            return put_record(out, *plan,
                              {.operation = change.operation == Operation::kRead ? 'r' : 'c',
                               .after = true,
                               .keyed_by = Side::kAfter},
                              context);
        case Operation::kUpdate:
            return encode_update(*plan, change, context, out);
        case Operation::kDelete:
            return encode_delete(*plan, change, context, out);
        default:
            return unrecognized_operation();
    }
}

template <class Format>
Status RecordFrame<Format>::encode_update(Plan& plan, const ChangeFrame& change,
                                          const RowContext& context, RecordBuffer& out) {
    Draft draft{.operation = 'u', .after = true, .keyed_by = Side::kAfter};
    if (change.has_before) {
        if (plan.keyed) {
            const auto changed = format_.key_changed(plan);
            if (!changed) return Failure(changed.error());
            if (*changed) return encode_key_change(plan, context, out);
        }
        draft.before = true;
    } else if (!plan.key.logs_old_row) {
        if (options_.no_identity == NoIdentity::kStop) return no_old_row(*plan.relation);
        draft.keyed_by = std::nullopt;
    }
    return put_record(out, plan, draft, context);
}

template <class Format>
Status RecordFrame<Format>::encode_delete(Plan& plan, const ChangeFrame& change,
                                          const RowContext& context, RecordBuffer& out) {
    Draft draft{.operation = 'd'};
    if (change.has_before) {
        draft.before = true;
        draft.keyed_by = Side::kBefore;
        draft.tombstone = rules_.tombstones;
    } else if (options_.no_identity == NoIdentity::kStop) {
        return no_old_row(*plan.relation);
    }
    return put_record(out, plan, draft, context);
}

// A row that moves to another key is deleted under the old one and created under the new one.
template <class Format>
Status RecordFrame<Format>::encode_key_change(Plan& plan, const RowContext& context,
                                              RecordBuffer& out) {
    const Draft deleted{.operation = 'd',
                        .before = true,
                        .keyed_by = Side::kBefore,
                        .tombstone = rules_.tombstones,
                        .half_of_key_change = true};
    if (Status status = put_record(out, plan, deleted, context); !status) return status;
    const Draft created{
        .operation = 'c', .after = true, .keyed_by = Side::kAfter, .half_of_key_change = true};
    return put_record(out, plan, created, context);
}

template <class Format>
Status RecordFrame<Format>::put_key(ByteWriter& writer, const Plan& plan, Side side,
                                    KeyPlace& place) {
    place.offset = writer.position();
    if (Status status = format_.put_key(writer, plan, side); !status) return status;
    std::string_view key = writer.since(place.offset);
    place.size = static_cast<std::uint32_t>(key.size());
    key.remove_prefix(plan.unhashed_key_bytes);
    place.partition = partition_of(key, plan.route.partitions);
    return {};
}

template <class Format>
Status RecordFrame<Format>::put_key_header(ByteWriter& writer, const Plan& plan, Side side,
                                           RecordBuffer& out) {
    const std::string_view name = side == Side::kAfter ? kNewKeyHeader : kOldKeyHeader;
    RecordHeader header{.name_offset = writer.position(),
                        .name_size = static_cast<std::uint32_t>(name.size())};
    writer.put(name);
    header.value_offset = writer.position();
    if (Status status = format_.put_key_header(writer, plan, side); !status) return status;
    header.value_size = writer.position() - header.value_offset;
    out.add_header(header);
    return {};
}

// The record, and its tombstone where one follows.
template <class Format>
Status RecordFrame<Format>::put_record(RecordBuffer& out, Plan& plan, const Draft& draft,
                                       const RowContext& context) {
    ByteWriter writer(out);
    const auto header_index = static_cast<std::uint32_t>(out.headers().size());
    KeyPlace key{.partition = plan.keyless_partition};
    if (plan.keyed && draft.keyed_by) {
        if (Status status = put_key(writer, plan, *draft.keyed_by, key); !status) return status;
    }
    if (draft.half_of_key_change) {
        if (Status status = put_key_header(writer, plan, other_side(*draft.keyed_by), out); !status)
            return status;
    }
    static_cast<void>(context_headers_.put(writer, out));
    if constexpr (requires { &Format::put_headers; }) {
        format_.put_headers(writer, plan, draft, context, out);
    }
    const bool valued = draft.operation != 'd' || rules_.deletes;
    const std::uint32_t value_offset = writer.position();
    if (valued) {
        if (Status status = format_.put_value(writer, plan, draft, context); !status) return status;
    }
    const std::uint32_t value_size = writer.position() - value_offset;
    writer.finish();
    const auto add = [&](std::uint32_t offset, std::uint32_t size) {
        out.add({.topic = plan.route.topic,
                 .partition = key.partition,
                 .key_offset = key.offset,
                 .key_size = key.size,
                 .value_offset = offset,
                 .value_size = size,
                 .header_index = header_index,
                 .header_count = static_cast<std::uint32_t>(out.headers().size()) - header_index});
    };
    if (valued) add(value_offset, value_size);
    if (draft.tombstone) add(0, Record::kNull);
    return {};
}

template <class Format>
Status RecordFrame<Format>::encode_truncate(std::uint32_t relation_id, const TruncateFrame&,
                                            const RowContext& context, RecordBuffer& out) {
    if (!rules_.truncates) return {};
    Plan* plan = find(relation_id);
    if (plan == nullptr) return relation_not_sent("truncate");
    return put_record(out, *plan, {.operation = 't'}, context);
}

}  // namespace penstock
