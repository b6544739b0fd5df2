// PostgreSQL's text of an hstore, taken apart, in the order in which Debezium shows its members:
// that of a java.util.HashMap filled in the order of the text. The order means nothing, but it is
// in the bytes that readers compare.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

class HstoreText {
public:
    struct Pair {
        std::string key;
        std::string value;
        bool is_null = false;
        std::uint32_t hash = 0;
    };

    // False when `text` is no hstore.
    bool parse(std::string_view text);

    // The pairs of the last text, until the next parse().
    const std::vector<Pair>& pairs() const { return pairs_; }

    // The pairs as the text of a JSON object; good until the next call.
    std::string_view to_json();

private:
    bool parse_pair(std::string_view text, std::size_t& at);
    void order_as_java();

    std::vector<Pair> pairs_;
    std::string json_;
};

}  // namespace penstock
