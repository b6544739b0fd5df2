#include "encode/transaction_counts.hpp"

#include <algorithm>

namespace penstock {
namespace {

constexpr std::size_t kTableMin = 16;

// One UTF-16 unit more of String.hashCode().
std::uint32_t hashed(std::uint32_t hash, std::uint32_t unit) {
    return hash * 31 + unit;
}

// java.lang.String.hashCode() of UTF-8 text.
std::uint32_t java_hash(std::string_view text) {
    std::uint32_t hash = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t size = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
        std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t next = 1; next < size && at + next < text.size(); ++next) {
            point = (point << 6U) | (static_cast<unsigned char>(text[at + next]) & 0x3FU);
        }
        at += size;
        if (point < 0x10000U) {
            hash = hashed(hash, point);
        } else {
            hash = hashed(hash, 0xD800U + ((point - 0x10000U) >> 10U));
            hash = hashed(hash, 0xDC00U + (point & 0x3FFU));
        }
    }
    return hash;
}

// java.util.HashMap: the table doubles when it is more than three quarters full, and a place in it
// is the hash, its upper half folded in, cut to the table's size.
std::size_t table_size(std::size_t entries) {
    std::size_t size = kTableMin;
    while (entries * 4 > size * 3) size *= 2;
    return size;
}

}  // namespace

// Asked when a relation is described, not per row.
std::size_t TransactionCounts::collection(std::string_view name) {
    const auto found =
        std::find_if(collections_.begin(), collections_.end(),
                     [name](const Collection& candidate) { return candidate.name == name; });
    if (found != collections_.end()) {
        return static_cast<std::size_t>(found - collections_.begin());
    }
    collections_.push_back({std::string(name), 0});
    return collections_.size() - 1;
}

void TransactionCounts::begin() {
    for (const std::size_t collection : touched_) collections_[collection].events = 0;
    touched_.clear();
    total_ = 0;
}

TransactionCounts::Place TransactionCounts::next() {
    Collection& collection = collections_[chosen_];
    if (collection.events++ == 0) touched_.push_back(chosen_);
    return {++total_, collection.events};
}

void TransactionCounts::take_back(std::uint64_t events) {
    Collection& collection = collections_[chosen_];
    total_ -= events;
    collection.events -= events;
    // Touched by the first of them, so it is the last one that was.
    if (events != 0 && collection.events == 0) touched_.pop_back();
}

std::vector<std::pair<std::string_view, std::uint64_t>> TransactionCounts::by_collection() const {
    const std::size_t mask = table_size(touched_.size()) - 1;
    const auto place = [mask](std::string_view name) {
        const std::uint32_t hash = java_hash(name);
        return (hash ^ (hash >> 16U)) & mask;
    };
    std::vector<std::pair<std::string_view, std::uint64_t>> counts;
    for (const std::size_t collection : touched_) {
        counts.emplace_back(collections_[collection].name, collections_[collection].events);
    }
    // Within one place the order of arrival stands.
    std::stable_sort(counts.begin(), counts.end(), [&](const auto& one, const auto& other) {
        return place(one.first) < place(other.first);
    });
    return counts;
}

}  // namespace penstock
