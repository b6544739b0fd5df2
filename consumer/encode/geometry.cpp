#include "encode/geometry.hpp"

#include <bit>
#include <charconv>
#include <string>
#include <vector>

namespace penstock {
namespace {

enum WkbType : std::uint32_t { kLineString = 2, kPolygon = 3 };

// The numbers of a text like "((1,2),(3,4))". False when anything else is between the brackets.
bool read_numbers(std::string_view text, std::vector<double>& numbers) {
    constexpr std::string_view kBetween = "()[]<>{},";
    numbers.clear();
    std::size_t at = text.find_first_not_of(kBetween);
    while (at != text.npos) {
        const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
        double number = 0;
        if (parse_double(text.substr(at, end - at), number) != Outcome::kDone) return false;
        numbers.push_back(number);
        at = text.find_first_not_of(kBetween, end);
    }
    return true;
}

template <class Number>
void append_little_endian(std::string& out, Number bits) {
    for (std::size_t i = 0; i < sizeof(bits); ++i) out += static_cast<char>(bits >> (8 * i));
}

void append_point(std::string& out, double x, double y) {
    append_little_endian(out, std::bit_cast<std::uint64_t>(x));
    append_little_endian(out, std::bit_cast<std::uint64_t>(y));
}

void begin_wkb(std::string& out, WkbType type, std::size_t points) {
    out.assign(1, '\1');  // Little-endian.
    append_little_endian(out, static_cast<std::uint32_t>(type));
    if (type == kPolygon) append_little_endian(out, std::uint32_t{1});  // One ring.
    append_little_endian(out, static_cast<std::uint32_t>(points));
}

void append_points(std::string& out, const std::vector<double>& numbers) {
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
        append_point(out, numbers[i], numbers[i + 1]);
    }
}

// Two opposite corners, the upper right one first; the ring goes on with the lower right one.
void put_box(const std::vector<double>& corners, std::string& out) {
    const double right = corners[0];
    const double upper = corners[1];
    const double left = corners[2];
    const double lower = corners[3];
    begin_wkb(out, kPolygon, 5);
    append_point(out, right, upper);
    append_point(out, right, lower);
    append_point(out, left, lower);
    append_point(out, left, upper);
    append_point(out, right, upper);
}

// A ring ends where it begins.
void put_polygon(const std::vector<double>& numbers, std::string& out) {
    const std::size_t last = numbers.size() - 2;
    const bool closed = last > 0 && numbers[0] == numbers[last] && numbers[1] == numbers[last + 1];
    begin_wkb(out, kPolygon, numbers.size() / 2 + (closed ? 0 : 1));
    append_points(out, numbers);
    if (!closed) append_point(out, numbers[0], numbers[1]);
}

void put_line_string(const std::vector<double>& numbers, std::string& out) {
    begin_wkb(out, kLineString, numbers.size() / 2);
    append_points(out, numbers);
}

bool read_hex(std::string_view text, std::string& out) {
    out.clear();
    if (text.size() % 2 != 0) return false;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned byte = 0;
        const char* const begin = text.data() + at;
        if (std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2) return false;
        out += static_cast<char>(byte);
    }
    return true;
}

std::uint32_t word_at(std::string_view bytes, std::size_t at, bool little_endian) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t shift = 8 * (little_endian ? i : 3 - i);
        word |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << shift;
    }
    return word;
}

// PostGIS's flag in the type of extended well-known binary: an SRID follows.
Outcome to_postgis(std::string_view text, std::string& scratch, GeometryValue& out) {
    constexpr std::size_t kSizeMin = 9;
    constexpr std::uint32_t kHasSrid = 0x20000000;
    if (!read_hex(text, scratch) || scratch.size() < kSizeMin) return Outcome::kUnrepresentable;
    const bool little_endian = scratch[0] != 0;
    if ((word_at(scratch, 1, little_endian) & kHasSrid) != 0) {
        out.srid = static_cast<std::int32_t>(word_at(scratch, 5, little_endian));
    }
    out.wkb = scratch;
    return Outcome::kDone;
}

}  // namespace

Outcome to_geometry(std::string_view text, ValueForm form, ValueContext& context,
                    GeometryValue& out) {
    out = {};
    if (form == ValueForm::kPostgis) return to_postgis(text, context.scratch, out);
    std::vector<double>& numbers = context.numbers;
    if (!read_numbers(text, numbers)) return Outcome::kInvalid;
    if (numbers.size() < 2 || numbers.size() % 2 != 0) return Outcome::kInvalid;
    const bool two_points = numbers.size() == 4;
    if (form == ValueForm::kBox) {
        if (!two_points) return Outcome::kInvalid;
        put_box(numbers, context.scratch);
        out.type = "box";
    } else if (form == ValueForm::kPolygon) {
        put_polygon(numbers, context.scratch);
        out.type = "polygon";
    } else if (form == ValueForm::kSegment) {
        if (!two_points) return Outcome::kInvalid;
        put_line_string(numbers, context.scratch);
        out.type = "lseg";
    } else {
        put_line_string(numbers, context.scratch);
        out.type = "path";
        out.closed = text.front() == '(';
    }
    out.wkb = context.scratch;
    return Outcome::kDone;
}

Outcome to_line(std::string_view text, ValueContext& context, LineValue& out) {
    const std::vector<double>& numbers = context.numbers;
    if (!read_numbers(text, context.numbers) || numbers.size() != 3) return Outcome::kInvalid;
    out = {numbers[0], numbers[1], numbers[2]};
    return Outcome::kDone;
}

Outcome to_circle(std::string_view text, ValueContext& context, CircleValue& out) {
    const std::vector<double>& numbers = context.numbers;
    if (!read_numbers(text, context.numbers) || numbers.size() != 3) return Outcome::kInvalid;
    out = {point_at(numbers[0], numbers[1]), numbers[2]};
    return Outcome::kDone;
}

// Known by its name only: whatever prints something else has no place here, and is not broken.
Outcome to_vector(std::string_view text, ValueContext& context) {
    const bool right = text.starts_with('[') && text.ends_with(']') && text.size() > 2 &&
                       read_numbers(text, context.numbers);
    return right ? Outcome::kDone : Outcome::kUnrepresentable;
}

}  // namespace penstock
