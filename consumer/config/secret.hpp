// A value that must never be printed: a password, a connection string that may hold one. It has no
// stream operator, no formatter and no conversion to text; whoever needs the characters asks for
// them by a name that a reviewer can grep for. The memory is wiped when the value dies.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace penstock {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            value_ = other.value_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            value_ = std::move(other.value_);
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    // For the library call that needs it and for nothing else: never for a log line or an error.
    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

private:
    void wipe() noexcept {
        // Volatile, so that the stores survive the optimizer although nobody reads them.
        volatile char* bytes = value_.data();
        for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
        value_.clear();
    }

    std::string value_;
};

}  // namespace penstock
