#include "encode/array_reader.hpp"

#include <cstring>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>

namespace penstock {
namespace {

constexpr protozero::pbf_tag_type kElement = 1;
constexpr protozero::pbf_tag_type kNullPosition = 2;
constexpr protozero::pbf_tag_type kDimension = 3;  // The last that is known.

std::string_view view_of(protozero::data_view view) {
    return {view.data(), view.size()};
}

// Takes one varint off the front. Throws protozero's exception when there is none.
std::uint64_t take_varint(std::string_view& bytes) {
    const char* at = bytes.data();
    const std::uint64_t value = protozero::decode_varint(&at, bytes.data() + bytes.size());
    bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
    return value;
}

std::size_t count_varints(std::string_view bytes) {
    std::size_t count = 0;
    for (const char c : bytes) count += (static_cast<unsigned char>(c) & 0x80U) == 0 ? 1U : 0U;
    return count;
}

template <class Number>
bool take_fixed(std::string_view& bytes, std::uint64_t& number) {
    Number value = 0;
    if (bytes.size() < sizeof(value)) return false;
    std::memcpy(&value, bytes.data(), sizeof(value));
    bytes.remove_prefix(sizeof(value));
    number = value;
    return true;
}

}  // namespace

bool ArrayReader::open(std::string_view message, ValueKind kind) {
    *this = ArrayReader{};
    form_ = wire_form(kind);
    try {
        if (!scan(message)) return false;
        if (null_left_) next_null_ = take_varint(nulls_);
        return true;
    } catch (const protozero::exception&) {
        return false;
    }
}

// Finds the parts of the message and counts the elements.
bool ArrayReader::scan(std::string_view message) {
    std::size_t elements = 0;
    if (form_ == WireForm::kBytes) rest_ = message;
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
        const bool known = reader.tag() <= kDimension;
        if (known && reader.wire_type() != protozero::pbf_wire_type::length_delimited) return false;
        if (reader.tag() == kElement && form_ == WireForm::kBytes) {
            ++elements;
            reader.skip();
        } else if (reader.tag() == kElement) {
            rest_ = view_of(reader.get_view());
        } else if (reader.tag() == kNullPosition) {
            nulls_ = view_of(reader.get_view());
        } else if (reader.tag() == kDimension) {
            std::string_view lengths = view_of(reader.get_view());
            while (!lengths.empty()) {
                if (dimensions_ == kDimensionsMax) return false;
                lengths_[dimensions_++] = static_cast<std::uint32_t>(take_varint(lengths));
            }
        } else {
            reader.skip();
        }
    }
    if (form_ == WireForm::kFixed32) elements = rest_.size() / 4;
    if (form_ == WireForm::kFixed64) elements = rest_.size() / 8;
    if (form_ == WireForm::kVarint || form_ == WireForm::kZigzag) elements = count_varints(rest_);
    size_ = elements + count_varints(nulls_);
    null_left_ = !nulls_.empty();
    return count();
}

// Whether the shape holds as many elements as there are.
bool ArrayReader::count() {
    if (dimensions_ == 0) {
        dimensions_ = size_ == 0 ? 0 : 1;
        lengths_[0] = static_cast<std::uint32_t>(size_);
        return true;
    }
    std::size_t product = 1;
    for (std::size_t i = 0; i < dimensions_; ++i) {
        if (lengths_[i] == 0 || product > size_) return false;
        product *= lengths_[i];
    }
    return product == size_;
}

bool ArrayReader::read_packed(FieldValue& value) {
    value.bytes = {};
    switch (form_) {
        case WireForm::kFixed32:
            return take_fixed<std::uint32_t>(rest_, value.number);
        case WireForm::kFixed64:
            return take_fixed<std::uint64_t>(rest_, value.number);
        case WireForm::kZigzag: {
            const std::uint64_t number = take_varint(rest_);
            value.number = (number >> 1) ^ (0U - (number & 1U));
            return true;
        }
        default:
            value.number = take_varint(rest_);
            return true;
    }
}

bool ArrayReader::read_message(FieldValue& value) {
    protozero::pbf_reader reader(rest_.data(), rest_.size());
    if (!reader.next(kElement)) return false;
    value.bytes = view_of(reader.get_view());
    value.number = 0;
    rest_ = view_of(reader.data());
    return true;
}

bool ArrayReader::next(FieldValue& value, bool& is_null) {
    try {
        is_null = null_left_ && next_null_ == position_;
        ++position_;
        if (is_null) {
            null_left_ = !nulls_.empty();
            if (null_left_) next_null_ = take_varint(nulls_);
            return true;
        }
        return form_ == WireForm::kBytes ? read_message(value) : read_packed(value);
    } catch (const protozero::exception&) {
        return false;
    }
}

}  // namespace penstock
