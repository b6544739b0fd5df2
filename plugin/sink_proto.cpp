// Frames as protobuf. Cold frames are built field by field; a change is sized, reserved once and
// then written forward without a call that could fail.
#include "proto_writer.hpp"
#include "relation_wire.hpp"
#include "row_message.hpp"
#include "sink.hpp"
#include "wire.hpp"

namespace penstock {

namespace {

// Microseconds between 1970-01-01 and 2000-01-01.
constexpr int64 kEpochShift = INT64CONST(946684800000000);

// Field numbers of Frame.
enum FrameField : uint32 {
    kFrameChange = 1,
    kFrameRelationId = 2,
    kFrameLsnDelta = 3,
    kFrameOrdinal = 4,
    kFrameSession = 6,
    kFrameRelation = 7,
    kFrameBegin = 8,
    kFrameCommit = 9,
    kFrameTruncate = 10,
    kFrameMessage = 11,
    kFrameNotice = 12,
};
constexpr uint32 kBatchFrame = 1;

// Field numbers of Change.
enum ChangeField : uint32 {
    kChangeOperation = 1,
    kChangeBefore = 2,
    kChangeAfter = 3,
    kChangeBeforeImage = 4,
    kChangeUnchanged = 5,
    kChangeSameAsAfter = 7,
};

Size position_size(const ChangePosition& position) noexcept {
    Size size = 0;
    if (position.lsn_delta != 0) {
        size += wire::varint_field_size(kFrameLsnDelta, wire::zigzag(position.lsn_delta));
    }
    if (position.has_ordinal) size += wire::varint_field_size(kFrameOrdinal, position.ordinal);
    return size;
}

char* put_position(char* out, const ChangePosition& position) noexcept {
    if (position.lsn_delta != 0) {
        out = wire::put_varint_field(out, kFrameLsnDelta, wire::zigzag(position.lsn_delta));
    }
    if (position.has_ordinal) out = wire::put_varint_field(out, kFrameOrdinal, position.ordinal);
    return out;
}

// A frame whose body is one message built beforehand.
void put_frame(Batch& batch, uint32 number, std::string_view body,
               const ChangePosition& position = {}) {
    const Size frame_size = wire::bytes_field_size(number, body.size()) + position_size(position);
    char* out = batch.reserve(wire::bytes_field_size(kBatchFrame, frame_size));
    out = wire::put_length(out, kBatchFrame, frame_size);
    out = put_position(out, position);
    batch.finish(wire::put_bytes_field(out, number, body.data(), body.size()));
}

void write_session(Batch& batch, const SessionFrame& frame) {
    ProtoWriter out;
    out.open();
    out.varint(1, frame.protocol_version);
    out.text(2, frame.plugin_version);
    out.varint(3, frame.server_version_num);
    out.varint(4, frame.system_identifier);
    out.varint(5, frame.timeline);
    out.text(6, frame.database);
    out.text(7, frame.slot);
    out.text(8, frame.server_encoding);
    for (int i = 0; i < frame.option_count; i++) {
        ProtoWriter option;
        option.open();
        option.text(1, frame.options[i].name);
        option.text(2, frame.options[i].value);
        out.text_always(9, option.bytes());
    }
    out.varint(10, frame.database_oid);
    put_frame(batch, kFrameSession, out.bytes());
}

void write_relation(Batch& batch, const RelationFrame& frame) {
    ProtoWriter head;
    head.open();
    head.varint(1, frame.id);
    head.fixed64(2, frame.fingerprint);
    const Size body_size = head.bytes().size() + frame.wire.size();
    const Size frame_size = wire::bytes_field_size(kFrameRelation, body_size);
    char* out = batch.reserve(wire::bytes_field_size(kBatchFrame, frame_size));
    out = wire::put_length(out, kBatchFrame, frame_size);
    out = wire::put_length(out, kFrameRelation, body_size);
    out = wire::put_raw(out, head.bytes().data(), head.bytes().size());
    batch.finish(wire::put_raw(out, frame.wire.data(), frame.wire.size()));
}

// Begin and Commit come with every transaction, and many transactions are one row: both are written
// without memory of any context, but for the rare Begin that names an origin.
constexpr Size kSmallBodyMax = 80;

void write_begin(Batch& batch, const BeginFrame& frame) {
    char body[kSmallBodyMax];
    char* out = wire::put_varint_field(body, 1, frame.xid);
    out = wire::put_fixed64_field(out, 2, frame.first_lsn);
    out = wire::put_fixed64_field(out, 3, frame.commit_lsn);
    out = wire::put_fixed64_field(out, 4, frame.end_lsn);
    out = wire::put_fixed64_field(out, 5, static_cast<uint64>(frame.commit_time + kEpochShift));
    const std::string_view fixed(body, static_cast<size_t>(out - body));
    if (!frame.has_origin) {
        put_frame(batch, kFrameBegin, fixed);
        return;
    }
    ProtoWriter whole;
    whole.open();
    whole.raw(fixed);
    whole.text_always(6, frame.origin);
    whole.fixed64_always(7, frame.origin_lsn);
    put_frame(batch, kFrameBegin, whole.bytes());
}

void write_commit(Batch& batch, const CommitFrame& frame) {
    char body[kSmallBodyMax];
    char* out = wire::put_fixed64_field(body, 1, frame.end_lsn);
    if (frame.sent != 0) out = wire::put_varint_field(out, 2, frame.sent);
    if (frame.decoded != 0) out = wire::put_varint_field(out, 3, frame.decoded);
    put_frame(batch, kFrameCommit, {body, static_cast<size_t>(out - body)});
}

void write_truncate(Batch& batch, const TruncateFrame& frame) {
    ProtoWriter out;
    out.open();
    out.packed(1, frame.relation_ids, frame.relation_count);
    out.varint(2, frame.cascade);
    out.varint(3, frame.restart_identity);
    put_frame(batch, kFrameTruncate, out.bytes(), frame.position);
}

void write_message(Batch& batch, const MessageFrame& frame) {
    ProtoWriter out;
    out.open();
    out.varint(1, frame.transactional);
    out.fixed64(2, frame.lsn);
    out.text(3, frame.prefix);
    out.text(4, frame.content);
    out.varint(5, frame.xid);
    put_frame(batch, kFrameMessage, out.bytes(), frame.position);
}

void write_notice(Batch& batch, const NoticeFrame& frame) {
    ProtoWriter out;
    out.open();
    out.varint(1, static_cast<uint64>(frame.code));
    out.text(2, frame.name);
    out.text(3, frame.detail);
    put_frame(batch, kFrameNotice, out.bytes());
}

// ---- change ----

RowImage before_of(const ChangeFrame& frame) noexcept {
    return {frame.columns, frame.before, frame.column_count};
}

RowImage after_of(const ChangeFrame& frame) noexcept {
    return {frame.columns, frame.after, frame.column_count};
}

struct ListSizes {
    Size unchanged;
    Size same_as_after;
    MarkSizes before;
    MarkSizes after;

    Size marked() const { return before.marked + after.marked; }
};

Size unchanged_size(const RowImage& image) noexcept {
    Size size = 0;
    for (int i = 0; image.values != nullptr && i < image.count; i++) {
        if (image.values[i].state != GatheredValue::State::kUnchanged) continue;
        size += wire::varint_size(image.columns[i].field);
    }
    return size;
}

ListSizes list_sizes(const ChangeFrame& frame) noexcept {
    return {unchanged_size(after_of(frame)), unchanged_size(before_of(frame)),
            mark_sizes(before_of(frame), kMarkedBefore), mark_sizes(after_of(frame), 0)};
}

Size packed_size(uint32 number, Size size) noexcept {
    return size == 0 ? 0 : wire::bytes_field_size(number, size);
}

char* put_unchanged(char* out, const RowImage& image) noexcept {
    for (int i = 0; i < image.count; i++) {
        if (image.values[i].state == GatheredValue::State::kUnchanged) {
            out = wire::put_varint(out, image.columns[i].field);
        }
    }
    return out;
}

char* put_lists(char* out, const ChangeFrame& frame, const ListSizes& sizes) noexcept {
    if (sizes.unchanged != 0) {
        out = wire::put_length(out, kChangeUnchanged, sizes.unchanged);
        out = put_unchanged(out, after_of(frame));
    }
    if (sizes.marked() != 0) {
        out = wire::put_length(out, kChangeMarked, sizes.marked());
        out = put_marked(out, before_of(frame), kMarkedBefore);
        out = put_marked(out, after_of(frame), 0);
    }
    if (sizes.same_as_after != 0) {
        out = wire::put_length(out, kChangeSameAsAfter, sizes.same_as_after);
        out = put_unchanged(out, before_of(frame));
    }
    out = put_marked_raw(out, before_of(frame));
    return put_marked_raw(out, after_of(frame));
}

char* put_image(char* out, uint32 number, const RowImage& image, Size size) noexcept {
    return put_row(wire::put_length(out, number, size), image);
}

void write_change(Batch& batch, const ChangeFrame& frame) {
    constexpr Size kEnumFieldSize = 2;  // Tag and a value below 128.
    RowSize before = {0, false};
    RowSize after = {0, false};
    ListSizes lists = {};
    Size change_size = kEnumFieldSize;
    if (frame.before != nullptr) {
        before = row_size(before_of(frame));
        change_size += wire::bytes_field_size(kChangeBefore, before.row) + kEnumFieldSize;
    }
    if (frame.after != nullptr) {
        after = row_size(after_of(frame));
        change_size += wire::bytes_field_size(kChangeAfter, after.row);
    }
    if (before.has_lists || after.has_lists) {
        lists = list_sizes(frame);
        change_size += packed_size(kChangeUnchanged, lists.unchanged) +
                       packed_size(kChangeMarked, lists.marked()) +
                       packed_size(kChangeSameAsAfter, lists.same_as_after) +
                       lists.before.marked_raw + lists.after.marked_raw;
    }
    const Size frame_size = wire::bytes_field_size(kFrameChange, change_size) +
                            wire::varint_field_size(kFrameRelationId, frame.relation_id) +
                            position_size(frame.position);

    char* out = batch.reserve(wire::bytes_field_size(kBatchFrame, frame_size));
    out = wire::put_length(out, kBatchFrame, frame_size);
    out = wire::put_length(out, kFrameChange, change_size);
    out = wire::put_varint_field(out, kChangeOperation, static_cast<uint64>(frame.operation));
    if (frame.before != nullptr) {
        out = put_image(out, kChangeBefore, before_of(frame), before.row);
    }
    if (frame.after != nullptr) out = put_image(out, kChangeAfter, after_of(frame), after.row);
    if (frame.before != nullptr) {
        out = wire::put_varint_field(out, kChangeBeforeImage,
                                     static_cast<uint64>(frame.before_image));
    }
    if (before.has_lists || after.has_lists) out = put_lists(out, frame, lists);
    out = wire::put_varint_field(out, kFrameRelationId, frame.relation_id);
    batch.finish(put_position(out, frame.position));
}

}  // namespace

const Sink kProtoSink = {write_session, write_relation, write_begin,   write_change,
                         write_commit,  write_truncate, write_message, write_notice};

}  // namespace penstock
