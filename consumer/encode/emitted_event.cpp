#include "encode/emitted_event.hpp"

#include <cstdint>

namespace penstock {
namespace {

constexpr char kVersion = 1;
constexpr std::uint32_t kNullLength = 0xFFFFFFFFU;

class Parts {
public:
    explicit Parts(std::string_view bytes) : left_(bytes) {}

    bool read_number(std::uint32_t& number) {
        if (left_.size() < 4) return false;
        number = 0;
        for (const char byte : left_.substr(0, 4)) {
            number = number << 8 | static_cast<unsigned char>(byte);
        }
        left_.remove_prefix(4);
        return true;
    }
    bool read(std::optional<std::string_view>& part) {
        std::uint32_t size = 0;
        part.reset();
        if (!read_number(size)) return false;
        if (size == kNullLength) return true;
        if (size > left_.size()) return false;
        part = left_.substr(0, size);
        left_.remove_prefix(size);
        return true;
    }
    bool read(std::string_view& part) {
        std::optional<std::string_view> read_part;
        if (!read(read_part) || !read_part) return false;
        part = *read_part;
        return true;
    }
    bool at_end() const { return left_.empty(); }

private:
    std::string_view left_;
};

}  // namespace

std::optional<EmittedEvent> read_emitted_event(std::string_view message) {
    if (message.empty() || message.front() != kVersion) return std::nullopt;
    Parts parts(message.substr(1));
    EmittedEvent event;
    std::uint32_t headers = 0;
    if (!parts.read(event.topic) || !parts.read(event.key) || !parts.read(event.payload) ||
        !parts.read_number(headers)) {
        return std::nullopt;
    }
    // One by one: the number may be anything, the bytes end.
    for (; headers != 0; --headers) {
        auto& [name, value] = event.headers.emplace_back();
        if (!parts.read(name) || !parts.read(value)) return std::nullopt;
    }
    if (!parts.at_end()) return std::nullopt;
    return event;
}

}  // namespace penstock
