#include "source/crc32c.hpp"

#include <gtest/gtest.h>

#include <string>

#include "batch_bytes.hpp"

namespace penstock {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, gives_the_published_values) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
    EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, instruction_table_and_definition_agree_at_every_length_and_alignment) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37 + 11);
    for (std::size_t start = 0; start < 8; ++start) {
        for (std::size_t size = 0; start + size <= bytes.size(); ++size) {
            const std::string_view part = std::string_view(bytes).substr(start, size);
            const std::uint32_t expected = bitwise_crc32c(part);
            ASSERT_EQ(crc32c(part), expected) << "at " << start << " of " << size;
            ASSERT_EQ(crc32c_by_table(part), expected) << "at " << start << " of " << size;
        }
    }
}

}  // namespace
}  // namespace penstock
