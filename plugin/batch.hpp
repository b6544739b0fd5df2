// The bytes of one OutputPluginWrite on their way: whole frames are appended, and a flush hands
// them to the server as one Batch with its CRC.
//
// Rules. A frame is reserved as a whole, written through the raw pointer, then finished; so at
// every call into the server the buffer ends with a whole frame. Nothing may be held when the
// callbacks commit and message (not transactional) return: the walsender reports positions past
// them to the client, and no callback follows in which to flush. OutputPluginPrepareWrite is called
// nowhere but in flush(), because it resets the server's buffer.
#pragma once

#include "pg.hpp"

#include <string_view>
#include <type_traits>

namespace penstock {

class Batch {
public:
    // Call once; allocates in CurrentMemoryContext, which must live as long as the session.
    // `with_crc` is for the binary format; a text batch is the bytes as they are.
    void open(LogicalDecodingContext* decoding, Size flush_bytes, bool with_crc);

    // Space for a frame of at most `size` bytes, after a flush if the batch would outgrow its
    // limit. May ereport, as every write to the client may.
    char* reserve(Size size);

    // The frame that was reserved ends at `end`. Flushes a full batch.
    void finish(char* end);

    // Sends what is there; nothing when nothing is there, for clients refuse an empty payload.
    void flush();

    // On entry to every callback: drops what an error may have left behind a whole frame.
    void cut_back() { buffer_.len = whole_bytes_; }

    bool empty() const { return whole_bytes_ == 0; }

private:
    void make_room();

    LogicalDecodingContext* decoding_;
    MemoryContext context_;  // Where the buffer lives.
    StringInfoData buffer_;
    int whole_bytes_;  // End of the last whole frame.
    Size flush_bytes_;
    bool with_crc_;
};
static_assert(std::is_trivially_destructible_v<Batch>);

}  // namespace penstock
