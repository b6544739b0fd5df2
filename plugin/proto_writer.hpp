// Builds one protobuf message of a cold frame (Session, Relation, Begin, ...) in memory of the
// current context. Fields with proto3's default value are left out, as a protobuf library would,
// unless the function says otherwise. Not for changes: those are sized and written in one piece.
#pragma once

#include "pg.hpp"
#include "wire.hpp"

#include <string_view>
#include <type_traits>

namespace penstock {

class ProtoWriter {
public:
    void open() { initStringInfo(&bytes_); }
    std::string_view bytes() const { return {bytes_.data, static_cast<size_t>(bytes_.len)}; }

    void varint(uint32 number, uint64 value) {
        if (value != 0) varint_always(number, value);
    }
    void varint_always(uint32 number, uint64 value) {
        char* out = space(wire::kTagSizeMax + wire::kVarintSizeMax);
        end(wire::put_varint_field(out, number, value));
    }
    void fixed64(uint32 number, uint64 value) {
        if (value != 0) fixed64_always(number, value);
    }
    void fixed64_always(uint32 number, uint64 value) {
        end(wire::put_fixed64_field(space(wire::kTagSizeMax + sizeof value), number, value));
    }
    void text(uint32 number, std::string_view value) {
        if (!value.empty()) text_always(number, value);
    }
    void text_always(uint32 number, std::string_view value) {
        char* out = space(wire::bytes_field_size(number, value.size()));
        end(wire::put_bytes_field(out, number, value.data(), value.size()));
    }
    // Fields that were written elsewhere.
    void raw(std::string_view fields) {
        end(wire::put_raw(space(fields.size()), fields.data(), fields.size()));
    }
    void packed(uint32 number, const uint32* values, int count) {
        ProtoWriter inner;
        inner.open();
        for (int i = 0; i < count; i++) {
            inner.end(wire::put_varint(inner.space(wire::kVarintSizeMax), values[i]));
        }
        text(number, inner.bytes());
    }

private:
    char* space(size_t size) {
        enlargeStringInfo(&bytes_, static_cast<int>(size));
        return bytes_.data + bytes_.len;
    }
    void end(const char* out) { bytes_.len = static_cast<int>(out - bytes_.data); }

    StringInfoData bytes_;
};
static_assert(std::is_trivially_destructible_v<ProtoWriter>);

}  // namespace penstock
