// The two ways to write a frame: protobuf for the consumer, JSON lines for people.
//
// A sink turns one frame struct into bytes of the batch. It decides nothing and knows nothing of
// transactions, selection or catalogs. A table of plain functions, chosen once at start-up, rather
// than a class with virtual functions: a vtable with pure virtual members would need the C++
// runtime library, and the plugin links nothing but the server.
#pragma once

#include "batch.hpp"
#include "frames.hpp"

namespace penstock {

struct Sink {
    void (*session)(Batch& batch, const SessionFrame& frame);
    void (*relation)(Batch& batch, const RelationFrame& frame);
    void (*begin)(Batch& batch, const BeginFrame& frame);
    void (*change)(Batch& batch, const ChangeFrame& frame);
    void (*commit)(Batch& batch, const CommitFrame& frame);
    void (*truncate)(Batch& batch, const TruncateFrame& frame);
    void (*message)(Batch& batch, const MessageFrame& frame);
    void (*notice)(Batch& batch, const NoticeFrame& frame);
};

extern const Sink kProtoSink;
extern const Sink kJsonSink;

// Upper bound, in bytes, of what a value adds to a row message beside its own bytes.
inline constexpr Size kValueOverheadMax = 16;

}  // namespace penstock
