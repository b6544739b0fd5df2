#include "encode/protobuf_row.hpp"

#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace penstock {
namespace {

// How many bytes the value of a wire type takes at `at`, which moves past its length; more than
// there are when it is broken.
std::uint64_t value_size(const char*& at, const char* end, std::uint64_t type) {
    constexpr std::uint64_t kBroken = ~std::uint64_t{0};
    switch (type) {
        case 0:
            protozero::skip_varint(&at, end);
            return 0;
        case 1:
            return 8;
        case 2:
            return protozero::decode_varint(&at, end);
        case 5:
            return 4;
        default:
            return kBroken;
    }
}

}  // namespace

bool RawFields::next() {
    if (at_ == end_ || failed_) return false;
    const char* const begin = at_;
    try {
        const std::uint64_t tag = protozero::decode_varint(&at_, end_);
        const std::uint64_t size = value_size(at_, end_, tag & 7U);
        if (size > static_cast<std::uint64_t>(end_ - at_)) {
            failed_ = true;
            return false;
        }
        at_ += size;
        number_ = tag >> 3;
        bytes_ = {begin, static_cast<std::size_t>(at_ - begin)};
        return true;
    } catch (const protozero::exception&) {
        failed_ = true;
        return false;
    }
}

std::string_view raw_field(std::string_view row, std::uint32_t number) {
    RawFields fields(row);
    while (fields.next()) {
        if (fields.number() == number) return fields.bytes();
    }
    return {};
}

void put_bytes_field(ByteWriter& out, std::uint32_t number, std::string_view bytes) {
    out.ensure(2 * kVarintMax + bytes.size());
    char* to = put_varint(put_varint(out.at(), bytes_tag(number)), bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    out.advance(to + bytes.size());
}

void put_varint_field(ByteWriter& out, std::uint32_t number, std::uint64_t value) {
    out.ensure(2 * kVarintMax);
    out.advance(put_varint(put_varint(out.at(), varint_tag(number)), value));
}

}  // namespace penstock
