// Random rows through debezium-json and a JSON parser that is not ours: what comes out is what went
// in. Seeds are fixed; a failure prints the round.
#include <bit>
#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "encode/text_number.hpp"
#include "unit/encode/encoded.hpp"

namespace penstock::test {
namespace {

// Valid UTF-8 of every length, with many characters that need an escape.
std::string random_text(std::mt19937_64& random) {
    std::string text;
    const std::size_t size = random() % 3 == 0 ? random() % 9000 : random() % 60;
    while (text.size() < size) {
        switch (random() % 6) {
            case 0:
                text += static_cast<char>(random() % 0x20);
                break;
            case 1:
                text += random() % 2 == 0 ? '"' : '\\';
                break;
            case 2:
                text += "\xC3\xA9";
                break;
            case 3:
                text += "\xE6\x97\xA5";
                break;
            case 4:
                text += "\xF0\x9F\x98\x80";
                break;
            default:
                text += static_cast<char>(0x20 + random() % 0x5F);
        }
    }
    return text;
}

std::vector<unsigned char> from_base64(const std::string& text) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<unsigned char> bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = bits << 6 | static_cast<std::uint32_t>(kAlphabet.find(c));
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes.push_back(static_cast<unsigned char>(bits >> count));
    }
    return bytes;
}

std::int64_t from_twos_complement(const std::vector<unsigned char>& bytes) {
    std::int64_t value = (bytes.at(0) & 0x80U) != 0 ? -1 : 0;
    for (const unsigned char byte : bytes) {
        value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8 | byte);
    }
    return value;
}

std::string decimal_text(std::int64_t unscaled, int scale) {
    std::string digits = std::to_string(unscaled < 0 ? -unscaled : unscaled);
    while (static_cast<int>(digits.size()) <= scale) digits.insert(0, 1, '0');
    if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
    return (unscaled < 0 ? "-" : "") + digits;
}

TEST(JsonProperty, a_parser_reads_back_every_value) {
    std::mt19937_64 random(20241121);
    const Table table = Table("p", "t")
                            .column("id", int8())
                            .column("t", text())
                            .column("d", float8())
                            .column("n", numeric(18, 5))
                            .column("a", text().array_of())
                            .column("b", bytea())
                            .primary_key({"id"});
    Encoded encode(table);
    for (int round = 0; round < 1500; ++round) {
        SCOPED_TRACE(round);
        const auto id = static_cast<std::int64_t>(random());
        const std::string words = random_text(random);
        auto number = std::bit_cast<double>(random());
        if (!std::isfinite(number)) number = 0.25;
        if (round % 2 == 0) number = static_cast<double>(random() % 100000000) / 10000.0;
        const auto unscaled =
            static_cast<std::int64_t>(random() % 2000000000000000000ULL) - 1000000000000000000LL;
        const std::vector<std::string> elements = {random_text(random), random_text(random)};
        std::string bytes(random() % 40, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        const Bytes row = Bytes()
                              .integer(1, id)
                              .text(2, words)
                              .real(3, number)
                              .text(4, decimal_text(unscaled, 5))
                              .text(5, ArrayBytes({1}).texts(elements))
                              .text(6, bytes);
        const auto records = encode(insert(row));
        ASSERT_TRUE(encode.status());
        const auto parsed = nlohmann::json::parse(*records.at(0).value);
        const auto& after = parsed["after"];
        EXPECT_EQ(after["id"].get<std::int64_t>(), id);
        EXPECT_EQ(after["t"].get<std::string>(), words);
        EXPECT_EQ(after["d"].get<double>(), number);
        EXPECT_EQ(from_twos_complement(from_base64(after["n"].get<std::string>())), unscaled);
        EXPECT_EQ(after["a"][0].get<std::string>(), elements[0]);
        EXPECT_TRUE(after["a"][1].is_null());
        EXPECT_EQ(after["a"][2].get<std::string>(), elements[1]);
        const auto decoded = from_base64(after["b"].get<std::string>());
        EXPECT_EQ(std::string(decoded.begin(), decoded.end()), bytes);
        const auto key = nlohmann::json::parse(records[0].key.value());
        EXPECT_EQ(key["id"].get<std::int64_t>(), id);
        EXPECT_EQ(parsed["op"], "c");
        EXPECT_EQ(parsed["ts_ns"].get<std::int64_t>(), 1795233405324407954);
    }
}

TEST(JsonProperty, no_double_has_a_shorter_text_that_reads_back) {
    std::mt19937_64 random(4711);
    for (int round = 0; round < 20000; ++round) {
        double value = std::bit_cast<double>(random());
        if (round % 3 == 0) value = static_cast<double>(random() % 10000000) / 1000.0;
        if (!std::isfinite(value)) continue;
        char text[kDoubleTextMax + 1];
        *put_java_double(text, value) = '\0';
        EXPECT_EQ(std::strtod(text, nullptr), value) << text;
        char shortest[32];
        std::snprintf(shortest, sizeof(shortest), "%.15g", value);
        if (std::strtod(shortest, nullptr) != value) continue;
        const auto digits = [](std::string_view number) {
            std::string kept;
            for (const char c : number.substr(0, number.find_first_of("eE"))) {
                if (c >= '0' && c <= '9') kept += c;
            }
            kept.erase(0, kept.find_first_not_of('0'));
            while (!kept.empty() && kept.back() == '0') kept.pop_back();
            return kept;
        };
        EXPECT_LE(digits(text).size(), digits(shortest).size()) << text;
    }
}

TEST(JsonProperty, a_truncated_row_never_reads_beyond_its_end) {
    const Table table = Table("p", "t")
                            .column("id", int8())
                            .column("t", text())
                            .column("a", int4().array_of())
                            .column("i", interval())
                            .primary_key({"id"});
    Encoded encode(table);
    const std::string row = Bytes()
                                .integer(1, 300)
                                .text(2, "some text")
                                .text(3, ArrayBytes({0}, {1, 3}).integers({700, 800}))
                                .interval(4, 14, 3, 5000)
                                .get();
    for (std::size_t size = 0; size <= row.size(); ++size) {
        // A copy of exactly this size, so that a sanitizer sees the first byte too many.
        const std::vector<char> cut(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
        ChangeFrame change = insert(Bytes());
        change.after = {cut.data(), cut.size()};
        const auto records = encode(change);
        EXPECT_EQ(records.size(), encode.status() ? 1U : 0U);
    }
}

}  // namespace
}  // namespace penstock::test
