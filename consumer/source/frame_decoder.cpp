#include "source/frame_decoder.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "source/crc32c.hpp"
#include "source/description_decoder.hpp"
#include "source/transaction_decoder.hpp"
#include "source/wire_field.hpp"

namespace penstock {

using namespace wire;
namespace {

constexpr std::size_t kCrcFieldBytes = 5;
static_assert(fixed32(15) == 0x7D, "the checksum's tag is one byte");

constexpr std::uint32_t kAttnumMax = 1600;
constexpr std::uint32_t kMarkOfBefore = 1U << 16;

// The alternative of `out` for frames that come by the million: its place is used again.
template <class T>
T& reuse(Frame& out) {
    if (T* held = std::get_if<T>(&out)) {
        *held = T{};
        return *held;
    }
    return out.emplace<T>();
}

// The same for the frame that comes most often: field by field, which is several times cheaper than
// writing all its bytes twice. What read_frame() and read_change() set in any case is left out.
ChangeFrame& reuse_change(Frame& out) {
    static_assert(sizeof(ChangeFrame) == 136, "a new field has to be reset here");
    ChangeFrame* const held = std::get_if<ChangeFrame>(&out);
    if (held == nullptr) return out.emplace<ChangeFrame>();
    held->operation = Operation::kUnspecified;
    held->before_image = BeforeImage::kNone;
    held->has_before = false;
    held->has_after = false;
    held->before = {};
    held->after = {};
    held->marked = {};
    return *held;
}

// What must hold between the operation and its images, whatever the table looks like.
const char* check_images(const ChangeFrame& change) {
    switch (change.operation) {
        case Operation::kInsert:
            if (change.has_before || !change.has_after) return "an insert has the wrong images";
            break;
        case Operation::kUpdate:
            if (!change.has_after) return "an update has no new row";
            break;
        case Operation::kDelete:
            if (change.has_after) return "a delete has a new row";
            break;
        default:
            return "an operation is not known";
    }
    if (change.has_before != (change.before_image != BeforeImage::kNone)) {
        return "the old row and its description contradict each other";
    }
    return nullptr;
}

const char* check_attnums(const std::vector<std::uint32_t>& attnums) {
    for (const std::uint32_t attnum : attnums) {
        if (attnum == 0 || attnum > kAttnumMax) return "a column number is out of range";
    }
    return nullptr;
}

// The one payload of a frame, found before it is read: what stands beside it may come after it.
struct Envelope {
    std::uint32_t payload_tag = 0;
    std::string_view payload;
    std::uint32_t relation_id = 0;
    std::int64_t lsn_delta = 0;
    std::optional<std::uint64_t> ordinal;
};

const char* read_envelope(std::string_view in, Envelope& out) {
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case bytes(1):
            case bytes(6):
            case bytes(7):
            case bytes(8):
            case bytes(9):
            case bytes(10):
            case bytes(11):
            case bytes(12):
                if (out.payload_tag != 0) return "a frame holds two things";
                out.payload_tag = reader.tag();
                out.payload = view_of(reader);
                break;
            case varint(2):
                out.relation_id = reader.get_uint32();
                break;
            case varint(3):
                out.lsn_delta = reader.get_sint64();
                break;
            case varint(4):
                out.ordinal = reader.get_uint64();
                break;
            case varint(5):
                return "a transaction in progress was not asked for";
            default:
                if (const char* wrong = pass_over(reader, 12)) return wrong;
        }
    }
    return nullptr;
}

Failure invalid(const char* reason, std::ptrdiff_t offset) {
    return fail(ErrorName::kFrameInvalid,
                std::string("could not read a frame of the stream: ") + reason,
                "The batch passed its checksum; the frame begins at byte " +
                    std::to_string(offset) + " of it.");
}

}  // namespace

Status FrameDecoder::open(std::string_view batch) {
    begin_ = at_ = end_ = nullptr;
    if (batch.size() < kCrcFieldBytes ||
        static_cast<unsigned char>(batch[batch.size() - kCrcFieldBytes]) != fixed32(15)) {
        return fail(ErrorName::kFrameInvalid,
                    "could not read a batch of the stream: it does not end with its checksum",
                    "The batch has " + std::to_string(batch.size()) + " bytes.");
    }
    const std::string_view covered = batch.substr(0, batch.size() - kCrcFieldBytes);
    std::uint32_t told = 0;
    std::memcpy(&told, covered.data() + covered.size() + 1, sizeof told);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    told = __builtin_bswap32(told);
#endif
    if (crc32c(covered) != told) {
        return fail(ErrorName::kCrcMismatch,
                    "could not read a batch of the stream: its checksum is wrong",
                    "The batch has " + std::to_string(batch.size()) + " bytes.");
    }
    begin_ = at_ = covered.data();
    end_ = begin_ + covered.size();
    return {};
}

Result<bool> FrameDecoder::next(Frame& out) {
    const std::ptrdiff_t offset = at_ - begin_;
    bool found = false;
    const char* wrong = nullptr;
    try {
        wrong = step(out, found);
    } catch (const protozero::exception&) {
        wrong = "a length or a number runs past the end";
    }
    if (wrong != nullptr) {
        at_ = end_;
        return invalid(wrong, offset);
    }
    if (const auto* session = std::get_if<SessionFrame>(&out); found && session != nullptr) {
        if (session->protocol_version < kProtocolMin || session->protocol_version > kProtocolMax) {
            at_ = end_;
            return fail(ErrorName::kProtocolVersion,
                        "cannot read the stream: it is written in protocol version " +
                            std::to_string(session->protocol_version));
        }
    }
    return found;
}

const char* FrameDecoder::step(Frame& out, bool& found) {
    pbf_reader reader(at_, static_cast<std::size_t>(end_ - at_));
    while (reader.next()) {
        if (reader.tag_and_type() == bytes(1)) {
            const std::string_view frame = view_of(reader);
            at_ = frame.data() + frame.size();
            found = true;
            return read_frame(frame, out);
        }
        if (reader.tag() == 15) return "a checksum stands before the end";
        if (const char* wrong = pass_over(reader, 1)) return wrong;
    }
    at_ = end_;
    return nullptr;
}

const char* FrameDecoder::read_frame(std::string_view in, Frame& out) {
    Envelope envelope;
    if (const char* wrong = read_envelope(in, envelope)) return wrong;
    switch (envelope.payload_tag) {
        case 1: {
            auto& change = reuse_change(out);
            change.relation_id = envelope.relation_id;
            change.lsn_delta = envelope.lsn_delta;
            change.ordinal = envelope.ordinal;
            return read_change(envelope.payload, change);
        }
        case 6:
            return read_session(envelope.payload, out.emplace<SessionFrame>());
        case 7:
            return read_relation(envelope.payload, out.emplace<RelationFrame>());
        case 8:
            return read_begin(envelope.payload, reuse<BeginFrame>(out));
        case 9:
            return read_commit(envelope.payload, reuse<CommitFrame>(out));
        case 10: {
            auto& truncate = reuse<TruncateFrame>(out);
            truncate.lsn_delta = envelope.lsn_delta;
            truncate.ordinal = envelope.ordinal;
            return read_truncate(envelope.payload, truncate);
        }
        case 11: {
            auto& message = reuse<MessageFrame>(out);
            message.ordinal = envelope.ordinal;
            return read_message(envelope.payload, message);
        }
        case 12:
            return read_notice(envelope.payload, out.emplace<NoticeFrame>());
        default:
            return "a frame holds nothing that is known";
    }
}

const char* FrameDecoder::read_change(std::string_view in, ChangeFrame& out) {
    unchanged_.clear();
    same_as_after_.clear();
    mark_pairs_.clear();
    mark_raw_.clear();
    marked_.clear();
    out.change = in;
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case varint(1): {
                const std::uint32_t operation = reader.get_uint32();
                if (operation > 3) return "an operation is not known";
                out.operation = static_cast<Operation>(operation);
                break;
            }
            case bytes(2):
                out.has_before = true;
                out.before = view_of(reader);
                break;
            case bytes(3):
                out.has_after = true;
                out.after = view_of(reader);
                break;
            case varint(4): {
                const std::uint32_t image = reader.get_uint32();
                if (image > 2) return "a description of the old row is not known";
                out.before_image = static_cast<BeforeImage>(image);
                break;
            }
            case bytes(5):
                append_packed(reader, unchanged_);
                break;
            case varint(5):
                unchanged_.push_back(reader.get_uint32());
                break;
            case bytes(6):
                append_packed(reader, mark_pairs_);
                break;
            case varint(6):
                mark_pairs_.push_back(reader.get_uint32());
                break;
            case bytes(7):
                append_packed(reader, same_as_after_);
                break;
            case varint(7):
                same_as_after_.push_back(reader.get_uint32());
                break;
            case bytes(8):
                mark_raw_.push_back(view_of(reader));
                break;
            default:
                if (const char* wrong = pass_over(reader, 8)) return wrong;
        }
    }
    out.unchanged = unchanged_;
    out.same_as_after = same_as_after_;
    if (const char* wrong = check_attnums(unchanged_)) return wrong;
    if (const char* wrong = check_attnums(same_as_after_)) return wrong;
    if (!mark_pairs_.empty() || !mark_raw_.empty()) {
        if (const char* wrong = join_marks(out)) return wrong;
    }
    return check_images(out);
}

const char* FrameDecoder::join_marks(ChangeFrame& out) {
    if (mark_pairs_.size() % 2 != 0) return "a marked column has no reason";
    std::size_t raw_used = 0;
    for (std::size_t i = 0; i < mark_pairs_.size(); i += 2) {
        MarkedValue mark;
        mark.in_before = (mark_pairs_[i] & kMarkOfBefore) != 0;
        mark.attnum = mark_pairs_[i] & ~kMarkOfBefore;
        if (mark.attnum == 0 || mark.attnum > kAttnumMax) return "a column number is out of range";
        if (mark_pairs_[i + 1] == 0 || mark_pairs_[i + 1] > 3)
            return "a mark's reason is not known";
        mark.reason = static_cast<MarkReason>(mark_pairs_[i + 1]);
        if (mark.reason != MarkReason::kOversize) {
            if (raw_used == mark_raw_.size()) return "the bytes of a marked column are missing";
            mark.raw = mark_raw_[raw_used++];
        }
        marked_.push_back(mark);
    }
    if (raw_used != mark_raw_.size()) return "there are bytes of more columns than are marked";
    out.marked = marked_;
    return nullptr;
}

const char* FrameDecoder::read_truncate(std::string_view in, TruncateFrame& out) {
    relation_ids_.clear();
    pbf_reader reader(in.data(), in.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case bytes(1):
                append_packed(reader, relation_ids_);
                break;
            case varint(1):
                relation_ids_.push_back(reader.get_uint32());
                break;
            case varint(2):
                out.cascade = reader.get_bool();
                break;
            case varint(3):
                out.restart_identity = reader.get_bool();
                break;
            default:
                if (const char* wrong = pass_over(reader, 3)) return wrong;
        }
    }
    out.relation_ids = relation_ids_;
    return relation_ids_.empty() ? "a truncate names no relation" : nullptr;
}

}  // namespace penstock
