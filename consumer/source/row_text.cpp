#include "source/row_text.hpp"

#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <vector>

#include <protozero/pbf_reader.hpp>

#include "encode/text_time.hpp"

namespace penstock {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr const char* kBroken = "(broken)";

void append_hex(std::string& out, std::string_view bytes) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kHexDigits[byte >> 4];
        out += kHexDigits[byte & 15];
    }
}

template <class Number>
void append_number(std::string& out, Number number) {
    char text[40];
    const auto [end, problem] = std::to_chars(text, text + sizeof text, number);
    out.append(text, problem == std::errc{} ? end : text);
}

void append_bytes(std::string& out, std::string_view bytes) {
    constexpr std::size_t kShown = kValueTextMax / 2;
    out += "\\x";
    append_hex(out, bytes.substr(0, kShown));
    if (bytes.size() > kShown) out += "...";
}

void append_uuid(std::string& out, std::string_view bytes) {
    if (bytes.size() != 16) {
        out += kBroken;
        return;
    }
    constexpr std::size_t kGroups[] = {4, 2, 2, 2, 6};
    std::size_t at = 0;
    for (const std::size_t size : kGroups) {
        if (at != 0) out += '-';
        append_hex(out, bytes.substr(at, size));
        at += size;
    }
}

void append_date(std::string& out, std::int64_t days) {
    if (days == std::numeric_limits<std::int32_t>::max()) {
        out += "infinity";
    } else if (days == std::numeric_limits<std::int32_t>::min()) {
        out += "-infinity";
    } else {
        char text[kTimeTextMax];
        out.append(text, put_iso_date(text, days));
    }
}

void append_time(std::string& out, std::int64_t micros) {
    if (micros < 0 || micros > kMicrosPerDay) {
        out += kBroken;
        return;
    }
    char text[kTimeTextMax];
    out.append(text, put_iso_time(text, micros, Fraction::kTrimmed));
}

void append_timestamp(std::string& out, std::int64_t micros, bool zoned) {
    if (micros == std::numeric_limits<std::int64_t>::max()) {
        out += "infinity";
    } else if (micros == std::numeric_limits<std::int64_t>::min()) {
        out += "-infinity";
    } else {
        const Moment moment = moment_of(micros);
        append_date(out, moment.days);
        out += ' ';
        append_time(out, moment.micros_of_day);
        if (zoned) out += 'Z';
    }
}

void append_interval(std::string& out, std::string_view bytes) {
    std::int64_t months = 0;
    std::int64_t days = 0;
    std::int64_t micros = 0;
    protozero::pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
        switch (reader.tag_and_type()) {
            case protozero::tag_and_type(1, protozero::pbf_wire_type::varint):
                months = reader.get_sint32();
                break;
            case protozero::tag_and_type(2, protozero::pbf_wire_type::varint):
                days = reader.get_sint32();
                break;
            case protozero::tag_and_type(3, protozero::pbf_wire_type::varint):
                micros = reader.get_sint64();
                break;
            default:
                reader.skip();
        }
    }
    char text[2 * kTimeTextMax];
    out.append(text, put_iso_interval(text, months, days, micros));
}

// An integer with a point `digits` places from its end.
void append_money(std::string& out, std::int64_t amount, std::uint32_t digits) {
    auto magnitude = static_cast<std::uint64_t>(amount);
    if (amount < 0) magnitude = 0U - magnitude;
    std::string text = std::to_string(magnitude);
    if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
    if (digits != 0) text.insert(text.size() - digits, 1, '.');
    out += (amount < 0 ? "-" : "") + text;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '\'';
    append_printable(out, text);
    out += '\'';
}

void append_scalar(std::string& out, const Column& column, const FieldValue& value) {
    switch (column.kind) {
        case ValueKind::kBool:
            out += value.number != 0 ? "true" : "false";
            break;
        case ValueKind::kInt32:
        case ValueKind::kInt64:
            append_number(out, value.integer());
            break;
        case ValueKind::kUint32:
        case ValueKind::kUint64:
            append_number(out, value.number);
            break;
        case ValueKind::kFloat:
            append_number(out, std::bit_cast<float>(static_cast<std::uint32_t>(value.number)));
            break;
        case ValueKind::kDouble:
            append_number(out, std::bit_cast<double>(value.number));
            break;
        case ValueKind::kNumeric:
        case ValueKind::kBit:
            append_printable(out, value.bytes);
            break;
        case ValueKind::kBytes:
            append_bytes(out, value.bytes);
            break;
        case ValueKind::kUuid:
            append_uuid(out, value.bytes);
            break;
        case ValueKind::kDate:
            append_date(out, value.integer());
            break;
        case ValueKind::kTime:
            append_time(out, value.integer());
            break;
        case ValueKind::kTimestamp:
        case ValueKind::kTimestamptz:
            append_timestamp(out, value.integer(), column.kind == ValueKind::kTimestamptz);
            break;
        case ValueKind::kInterval:
            append_interval(out, value.bytes);
            break;
        case ValueKind::kMoney:
            append_money(out, value.integer(), column.fraction_digits.value_or(2));
            break;
        default:
            append_quoted(out, value.bytes);
    }
}

// The elements that are not null, in order, each as a value of its own.
void collect_elements(protozero::pbf_reader& reader, WireForm form,
                      std::vector<FieldValue>& elements) {
    if (form == WireForm::kBytes) {
        const auto view = reader.get_view();
        elements.push_back({{view.data(), view.size()}, 0});
        return;
    }
    const auto add = [&elements](std::uint64_t number) { elements.push_back({{}, number}); };
    switch (form) {
        case WireForm::kVarint:
            for (const std::uint64_t number : reader.get_packed_uint64()) add(number);
            break;
        case WireForm::kZigzag:
            for (const std::int64_t number : reader.get_packed_sint64()) {
                add(static_cast<std::uint64_t>(number));
            }
            break;
        case WireForm::kFixed32:
            for (const std::uint32_t number : reader.get_packed_fixed32()) add(number);
            break;
        default:
            for (const std::uint64_t number : reader.get_packed_fixed64()) add(number);
    }
}

void append_array(std::string& out, const Column& column, std::string_view bytes) {
    using protozero::pbf_wire_type;
    std::vector<FieldValue> elements;
    std::vector<std::uint32_t> nulls;
    protozero::pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next()) {
        if (reader.wire_type() != pbf_wire_type::length_delimited || reader.tag() > 2) {
            reader.skip();
        } else if (reader.tag() == 1) {
            collect_elements(reader, wire_form(column.kind), elements);
        } else {
            for (const std::uint32_t position : reader.get_packed_uint32()) {
                nulls.push_back(position);
            }
        }
    }
    out += '{';
    const std::size_t start = out.size();
    std::size_t element = 0;
    std::size_t null = 0;
    for (std::size_t i = 0; i < elements.size() + nulls.size(); ++i) {
        if (i != 0) out += ',';
        if (out.size() - start > kValueTextMax) {
            out += "...";
            break;
        }
        if (null < nulls.size() && nulls[null] == i) {
            out += "null";
            ++null;
        } else if (element < elements.size()) {
            append_scalar(out, column, elements[element++]);
        } else {
            out += kBroken;
            break;
        }
    }
    out += '}';
}

}  // namespace

void append_value_text(std::string& out, const Column& column, const FieldValue& value) {
    const std::size_t start = out.size();
    try {
        if (column.array) {
            append_array(out, column, value.bytes);
        } else {
            append_scalar(out, column, value);
        }
    } catch (const protozero::exception&) {
        out.resize(start);
        out += kBroken;
    }
}

void append_printable(std::string& out, std::string_view text) {
    const bool cut = text.size() > kValueTextMax;
    std::string_view shown = text.substr(0, kValueTextMax);
    // Never in the middle of a character: drop its first bytes too.
    if (cut) {
        while (!shown.empty() &&
               (static_cast<unsigned char>(text[shown.size()]) & 0xC0U) == 0x80U) {
            shown.remove_suffix(1);
        }
    }
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto byte = static_cast<unsigned char>(shown[i]);
        // C0, DEL, and the first byte of a C1 control character (U+0080 to U+009F).
        const bool c1 =
            byte == 0xC2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xA0;
        if (byte < 0x20 || byte == 0x7F || c1) {
            const std::size_t size = c1 ? 2 : 1;
            for (const char& c : shown.substr(i, size)) {
                out += "\\x";
                append_hex(out, {&c, 1});
            }
            i += size - 1;
        } else {
            out += shown[i];
        }
    }
    if (cut) out += "...";
}

}  // namespace penstock
