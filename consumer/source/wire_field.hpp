// What every walk over a message of the wire shares: fields recognised by number and wire type
// together, views instead of copies, unknown fields passed over. Internal to this room: only the
// decoders include it, and nobody learns of protozero through them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <protozero/pbf_reader.hpp>

namespace penstock::wire {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// protozero checks lengths in every build but wire types only by assertion; so every field is
// recognised by number and wire type together, and a known number with another type is malformed.
constexpr std::uint32_t varint(std::uint32_t number) {
    return protozero::tag_and_type(number, pbf_wire_type::varint);
}
constexpr std::uint32_t fixed32(std::uint32_t number) {
    return protozero::tag_and_type(number, pbf_wire_type::fixed32);
}
constexpr std::uint32_t fixed64(std::uint32_t number) {
    return protozero::tag_and_type(number, pbf_wire_type::fixed64);
}
constexpr std::uint32_t bytes(std::uint32_t number) {
    return protozero::tag_and_type(number, pbf_wire_type::length_delimited);
}

inline std::string_view view_of(pbf_reader& reader) {
    const protozero::data_view view = reader.get_view();
    return {view.data(), view.size()};
}

inline void append_packed(pbf_reader& reader, std::vector<std::uint32_t>& out) {
    const auto range = reader.get_packed_uint32();
    for (auto it = range.begin(); it != range.end(); ++it) out.push_back(*it);
}

inline constexpr const char* kWrongWireType = "a field has the wrong wire type";

// Of the walk over one message: what to do with a field that no case names.
inline const char* pass_over(pbf_reader& reader, std::uint32_t known_max) {
    if (reader.tag() <= known_max) return kWrongWireType;
    reader.skip();
    return nullptr;
}

}  // namespace penstock::wire
