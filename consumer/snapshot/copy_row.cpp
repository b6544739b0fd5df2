#include "snapshot/copy_row.hpp"

namespace penstock {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kFlagsSize = 4;
constexpr std::size_t kTidSize = 6;
constexpr std::uint16_t kEnd = 0xFFFF;

// Takes a big-endian number off the front; false when the bytes are too few.
template <class Number>
bool take(std::string_view& bytes, Number& out) {
    if (bytes.size() < sizeof(Number)) return false;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    out = static_cast<Number>(value);
    bytes.remove_prefix(sizeof(Number));
    return true;
}

bool take_field(std::string_view& bytes, std::string_view& out) {
    std::uint32_t size = 0;
    // A null is a size of -1, larger than any message.
    if (!take(bytes, size) || size > bytes.size()) return false;
    out = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return true;
}

bool take_header(std::string_view& bytes) {
    if (!bytes.starts_with(kSignature)) return false;
    bytes.remove_prefix(kSignature.size());
    if (bytes.size() < kFlagsSize) return false;
    bytes.remove_prefix(kFlagsSize);
    std::string_view extension;
    return take_field(bytes, extension);
}

Failure invalid(const char* what) {
    return fail(ErrorName::kFrameInvalid, std::string("invalid COPY data: ") + what);
}

}  // namespace

Result<std::optional<CopiedPair>> CopyParser::parse_pair(std::string_view message) {
    if (!header_read_) {
        if (!take_header(message)) return invalid("the header is wrong");
        header_read_ = true;
        if (message.empty()) return std::nullopt;
    }
    std::uint16_t fields = 0;
    if (!take(message, fields)) return invalid("a row has no count of fields");
    if (fields == kEnd && message.empty()) return std::nullopt;
    CopiedPair pair;
    if (fields != 2 || !take_field(message, pair.first)) return invalid("a row has no first field");
    if (!take_field(message, pair.second)) return invalid("a row has no value");
    if (!message.empty()) return invalid("bytes follow a row");
    return pair;
}

Result<std::optional<CopiedRow>> CopyParser::parse(std::string_view message) {
    const auto pair = parse_pair(message);
    if (!pair) return Failure(pair.error());
    if (!*pair) return std::nullopt;
    std::string_view tid = (*pair)->first;
    std::uint32_t block = 0;
    if (tid.size() != kTidSize || !take(tid, block)) {
        return invalid("a row does not begin with its ctid");
    }
    return CopiedRow{block, (*pair)->second};
}

}  // namespace penstock
