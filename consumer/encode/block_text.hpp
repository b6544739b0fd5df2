// A constant part of records, such as a field's name: a text that lies in front of readable bytes,
// so that it is written in whole blocks, without a call. Made once per relation or transaction.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace penstock {

class BlockText {
public:
    BlockText() : BlockText(std::string_view()) {}
    explicit BlockText(std::string_view text) { assign(text); }

    void assign(std::string_view text) {
        size_ = text.size();
        bytes_.assign(text).append(kBlock, '\0');
    }

    std::size_t size() const { return size_; }
    // What put() may write over.
    std::size_t room() const { return size_ + kBlock; }
    // Returns one past the last byte of the text.
    char* put(char* out) const {
        const char* const from = bytes_.data();
        std::size_t done = 0;
        do {
            std::memcpy(out + done, from + done, kBlock);
            done += kBlock;
        } while (done < size_);
        return out + size_;
    }

private:
    static constexpr std::size_t kBlock = 32;

    std::string bytes_;
    std::size_t size_ = 0;
};

}  // namespace penstock
