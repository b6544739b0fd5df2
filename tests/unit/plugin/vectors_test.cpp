// What the plugin wrote on a real server (proto/vectors), read by the protobuf library and written
// again: the same bytes, so the plugin's encoder and the library agree on every frame in them.
#include "proto/penstock.pb.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {
namespace {

namespace fs = std::filesystem;

// CRC-32C bit by bit: slow, and nobody else's code.
std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
    }
    return ~crc;
}

std::vector<fs::path> vectors() {
    std::set<fs::path> sorted;
    for (const auto& entry : fs::directory_iterator(PENSTOCK_SOURCE_DIR "/proto/vectors")) {
        if (entry.path().extension() == ".pbf") sorted.insert(entry.path());
    }
    return {sorted.begin(), sorted.end()};
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Vectors, are_there) {
    EXPECT_GE(vectors().size(), 20U);
}

TEST(Vectors, end_with_the_checksum_of_what_stands_before_it) {
    constexpr std::size_t kChecksumSize = 5;
    for (const fs::path& path : vectors()) {
        const std::string bytes = read(path);
        v1::Batch batch;
        ASSERT_TRUE(batch.ParseFromString(bytes)) << path;
        ASSERT_GT(bytes.size(), kChecksumSize) << path;
        const auto covered = std::string_view(bytes).substr(0, bytes.size() - kChecksumSize);
        EXPECT_EQ(batch.crc32c(), crc32c(covered)) << path;
        EXPECT_EQ(bytes[covered.size()], '\x7D') << path;
    }
}

TEST(Vectors, come_back_byte_for_byte_from_the_library) {
    for (const fs::path& path : vectors()) {
        const std::string bytes = read(path);
        v1::Batch batch;
        ASSERT_TRUE(batch.ParseFromString(bytes)) << path;
        EXPECT_EQ(batch.SerializeAsString(), bytes) << path;
        for (const v1::Frame& frame : batch.frame()) {
            EXPECT_EQ(frame.GetReflection()->GetUnknownFields(frame).field_count(), 0) << path;
            if (frame.change().empty()) continue;
            v1::Change change;
            ASSERT_TRUE(change.ParseFromString(frame.change())) << path;
            EXPECT_EQ(change.SerializeAsString(), frame.change()) << path;
        }
    }
}

TEST(Vectors, hold_every_kind_of_frame) {
    std::array<int, 8> seen = {};
    for (const fs::path& path : vectors()) {
        v1::Batch batch;
        ASSERT_TRUE(batch.ParseFromString(read(path))) << path;
        for (const v1::Frame& frame : batch.frame()) {
            seen[0] += !frame.change().empty();
            seen[1] += frame.has_session();
            seen[2] += frame.has_relation();
            seen[3] += frame.has_begin();
            seen[4] += frame.has_commit();
            seen[5] += frame.has_truncate();
            seen[6] += frame.has_message();
            seen[7] += frame.has_notice();
        }
    }
    for (const int count : seen) EXPECT_GT(count, 0);
}

TEST(Vectors, count_in_commit_what_they_hold) {
    for (const fs::path& path : vectors()) {
        v1::Batch batch;
        ASSERT_TRUE(batch.ParseFromString(read(path))) << path;
        // Only transactions that begin and end in one batch.
        bool open = false;
        std::uint64_t sent = 0;
        for (const v1::Frame& frame : batch.frame()) {
            if (frame.has_begin()) {
                open = true;
                sent = 0;
            }
            sent += !frame.change().empty() || (frame.has_message() && open);
            sent += static_cast<std::uint64_t>(frame.truncate().relation_id_size());
            if (!frame.has_commit()) continue;
            if (open) {
                EXPECT_EQ(frame.commit().sent(), sent) << path;
            }
            open = false;
        }
    }
}

}  // namespace
}  // namespace penstock
