#include "batch.hpp"

#include "wire.hpp"

extern "C" {
#include "port/pg_crc32c.h"
}

namespace penstock {

namespace {

// Batch.crc32c = 15: fixed32, the last field, over every byte before its own tag.
constexpr uint32 kCrcField = 15;
constexpr Size kCrcFieldSize = 1 + sizeof(uint32);
// What a buffer may keep beyond twice its limit.
constexpr Size kKeptBytesMax = 1024 * 1024;

pg_crc32c checksum(const char* data, Size size) {
    pg_crc32c crc;
    INIT_CRC32C(crc);
    COMP_CRC32C(crc, data, size);
    FIN_CRC32C(crc);
    return crc;
}

}  // namespace

void Batch::open(LogicalDecodingContext* decoding, Size flush_bytes, bool with_crc) {
    decoding_ = decoding;
    flush_bytes_ = flush_bytes;
    with_crc_ = with_crc;
    whole_bytes_ = 0;
    context_ = CurrentMemoryContext;
    make_room();
}

void Batch::make_room() {
    MemoryContext caller = MemoryContextSwitchTo(context_);
    initStringInfo(&buffer_);
    enlargeStringInfo(&buffer_, static_cast<int>(flush_bytes_ + kCrcFieldSize));
    MemoryContextSwitchTo(caller);
}

char* Batch::reserve(Size size) {
    // The first test keeps batches within their limit, and with it every sum far below the 1 GB at
    // which enlargeStringInfo raises an error: one frame is bounded by max_row_bytes.
    if (whole_bytes_ != 0 && static_cast<Size>(whole_bytes_) + size > flush_bytes_) flush();
    enlargeStringInfo(&buffer_, static_cast<int>(size + kCrcFieldSize));
    return buffer_.data + whole_bytes_;
}

void Batch::finish(char* end) {
    whole_bytes_ = static_cast<int>(end - buffer_.data);
    buffer_.len = whole_bytes_;
    if (static_cast<Size>(whole_bytes_) >= flush_bytes_) flush();
}

void Batch::flush() {
    if (whole_bytes_ == 0) return;
    OutputPluginPrepareWrite(decoding_, true);
    if (with_crc_) {
        char* end = buffer_.data + whole_bytes_;
        end = wire::put_fixed32_field(end, kCrcField, checksum(buffer_.data, whole_bytes_));
        appendBinaryStringInfo(decoding_->out, buffer_.data, static_cast<int>(end - buffer_.data));
    } else {
        appendBinaryStringInfo(decoding_->out, buffer_.data, whole_bytes_);
    }
    // Emptied before the write: an error while writing ends the session, and what was handed over
    // must not be sent twice by a callback that follows it.
    whole_bytes_ = 0;
    resetStringInfo(&buffer_);
    // One huge row must not keep its memory for the rest of the session.
    if (static_cast<Size>(buffer_.maxlen) > 2 * flush_bytes_ + kKeptBytesMax) {
        pfree(buffer_.data);
        make_room();
    }
    OutputPluginWrite(decoding_, true);
}

}  // namespace penstock
