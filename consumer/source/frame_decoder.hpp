// From one Batch of the plugin (one XLogData payload) to frames. The checksum is judged before the
// first frame is given out, lengths before every read; rows are never copied: a frame views the
// batch. Knows the layout of proto/penstock.proto and nothing about transactions, relations or
// sockets. One thread; no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/error.hpp"
#include "engine/frame.hpp"

namespace penstock {

class FrameDecoder {
public:
    // The protocol versions that this reader understands, for protocol_min and protocol_max.
    static constexpr std::uint32_t kProtocolMin = 1;
    static constexpr std::uint32_t kProtocolMax = 1;

    // Takes a batch; its bytes must live until the last frame of it is done with. kCrcMismatch when
    // the checksum is wrong, kFrameInvalid when there is none.
    Status open(std::string_view batch);

    // Puts the next frame into `out`; false at the end of the batch. The views in `out` are good
    // until the next call. kFrameInvalid for bytes that are no frame, kProtocolVersion for a
    // session in a version we do not read. After an error the rest of the batch is lost. Give the
    // same `out` again and again: its place is reused.
    Result<bool> next(Frame& out);

    // Whether next() has anything left to give.
    bool at_end() const { return at_ == end_; }

private:
    // Each returns what is wrong, nullptr when nothing is.
    const char* step(Frame& out, bool& found);
    const char* read_frame(std::string_view bytes, Frame& out);
    const char* read_change(std::string_view bytes, ChangeFrame& out);
    const char* read_truncate(std::string_view bytes, TruncateFrame& out);
    const char* join_marks(ChangeFrame& out);

    const char* begin_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    // What the spans of the current frame point into.
    std::vector<std::uint32_t> unchanged_;
    std::vector<std::uint32_t> same_as_after_;
    std::vector<std::uint32_t> mark_pairs_;
    std::vector<std::string_view> mark_raw_;
    std::vector<MarkedValue> marked_;
    std::vector<std::uint32_t> relation_ids_;
};

}  // namespace penstock
