#include "encode/source_type.hpp"

#include <cstdint>
#include <string>

namespace penstock {
namespace {

// Object ids of built-in types (pg_type.dat).
enum Oid : std::uint32_t {
    kBoolOid = 16,
    kInt8Oid = 20,
    kInt2Oid = 21,
    kInt4Oid = 23,
    kOidOid = 26,
    kFloat4Oid = 700,
    kFloat8Oid = 701,
    kBpcharOid = 1042,
    kVarcharOid = 1043,
    kDateOid = 1082,
    kTimeOid = 1083,
    kTimestampOid = 1114,
    kTimestamptzOid = 1184,
    kIntervalOid = 1186,
    kTimetzOid = 1266,
    kBitOid = 1560,
    kVarbitOid = 1562,
    kNumericOid = 1700,
};

struct Size {
    int length = 0;
    int scale = 0;
};

constexpr int kUnlimited = 2147483647;
constexpr int kNumericDigitsMax = 131089;  // What the driver says of numeric without precision.
constexpr int kTypmodHeader = 4;

std::string upper(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

// Characters of a time with `digits` behind the second's point.
int with_fraction(int length, int digits) {
    return digits == 0 ? length : length + 1 + digits;
}

Size numeric_size(const Column& column) {
    if (column.typmod < kTypmodHeader) return {kNumericDigitsMax, 0};
    const int modifier = column.typmod - kTypmodHeader;
    return {modifier >> 16 & 0xFFFF, modifier & 0xFFFF};
}

Size text_size(const Column& column) {
    return {column.typmod > kTypmodHeader ? column.typmod - kTypmodHeader : kUnlimited, 0};
}

Size size_of(std::uint32_t oid, const Column& column) {
    const int digits = column.typmod >= 0 ? column.typmod : 6;
    switch (oid) {
        case kBoolOid:
            return {1, 0};
        case kInt2Oid:
            return {5, 0};
        case kInt4Oid:
        case kOidOid:
            return {10, 0};
        case kInt8Oid:
            return {19, 0};
        case kFloat4Oid:
            return {8, 8};
        case kFloat8Oid:
            return {17, 17};
        case kNumericOid:
            return numeric_size(column);
        case kBpcharOid:
        case kVarcharOid:
            return text_size(column);
        case kBitOid:
        case kVarbitOid:
            return {column.typmod > 0 ? column.typmod : kUnlimited, 0};
        case kDateOid:
            return {13, 0};
        case kTimeOid:
            return {with_fraction(8, digits), digits};
        case kTimetzOid:
            return {with_fraction(14, digits), digits};
        case kTimestampOid:
            return {with_fraction(22, digits), digits};
        case kTimestamptzOid:
            return {with_fraction(28, digits), digits};
        case kIntervalOid:
            return {49, digits & 0xFFFF};
        default:
            return {kUnlimited, 0};
    }
}

// The stream's own name of the type, without its schema.
std::string type_name(const Column& column) {
    const std::size_t point = column.type_name.rfind('.');
    return upper(point == std::string::npos ? column.type_name
                                            : column.type_name.substr(point + 1));
}

}  // namespace

void note_source_type(Column& column) {
    const std::string prefix = "__debezium.source.column.";
    const Size size =
        size_of(column.array ? column.element_type_oid : column.base_type_oid, column);
    column.notes.emplace_back(prefix + "type", type_name(column));
    column.notes.emplace_back(prefix + "length", std::to_string(size.length));
    column.notes.emplace_back(prefix + "scale", std::to_string(size.scale));
    column.notes.emplace_back(prefix + "name", column.name);
}

}  // namespace penstock
