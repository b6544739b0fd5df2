#include "source/replication_message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "source/timeline_history.hpp"

namespace penstock {
namespace {

using namespace std::string_literals;

const std::string kXLogData = "w\0\0\0\0\1\2\3\4\0\0\0\0\5\6\7\x08\0\2\x9B\x12\0\0\0\0payload"s;
const std::string kKeepalive = "k\0\0\0\x16\xB3\x74\xD8\x48\0\2\x9B\x12\0\0\0\0\1"s;

TEST(ReplicationMessage, reads_xlog_data_byte_by_byte) {
    const auto message = parse_replication_message(kXLogData);
    ASSERT_TRUE(message);
    const auto& data = std::get<XLogData>(*message);
    EXPECT_EQ(data.start, Lsn{0x01020304});
    EXPECT_EQ(data.end, Lsn{0x05060708});
    EXPECT_EQ(data.payload, "payload");
}

TEST(ReplicationMessage, reads_an_empty_payload) {
    const auto message = parse_replication_message(std::string_view(kXLogData).substr(0, 25));
    ASSERT_TRUE(message);
    EXPECT_EQ(std::get<XLogData>(*message).payload, "");
}

TEST(ReplicationMessage, reads_a_keepalive_byte_by_byte) {
    const auto message = parse_replication_message(kKeepalive);
    ASSERT_TRUE(message);
    const auto& keepalive = std::get<PrimaryKeepalive>(*message);
    EXPECT_EQ(to_string(keepalive.wal_end), "16/B374D848");
    EXPECT_TRUE(keepalive.reply_requested);
}

TEST(ReplicationMessage, refuses_headers_cut_at_every_byte) {
    for (std::size_t size = 0; size < 25; ++size) {
        const auto message = parse_replication_message(std::string_view(kXLogData).substr(0, size));
        ASSERT_FALSE(message) << size;
        EXPECT_EQ(message.error().name, ErrorName::kFrameInvalid);
    }
    for (std::size_t size = 0; size < kKeepalive.size(); ++size) {
        EXPECT_FALSE(parse_replication_message(std::string_view(kKeepalive).substr(0, size)));
    }
    EXPECT_FALSE(parse_replication_message(kKeepalive + "x"));
}

TEST(ReplicationMessage, refuses_kinds_it_does_not_know) {
    EXPECT_FALSE(parse_replication_message("p" + kXLogData.substr(1)));
}

TEST(ReplicationMessage, writes_a_status_update_byte_by_byte) {
    // 2000-01-01 00:00:01 UTC is one second of PostgreSQL's time.
    const auto now = std::chrono::seconds(946'684'801);
    const StatusUpdate update = make_status_update(Lsn{0x16B374D848}, now, true);
    EXPECT_EQ(std::string(update.data(), update.size()),
              "r\0\0\0\x16\xB3\x74\xD8\x48\0\0\0\x16\xB3\x74\xD8\x48\0\0\0\x16\xB3\x74\xD8\x48"
              "\0\0\0\0\0\x0F\x42\x40\1"s);
}

TEST(TimelineHistory, lists_where_each_timeline_was_left) {
    const auto history = parse_timeline_history(
        "1\t0/3000148\tno recovery target specified\n# a remark\n\n2\t1/5000000\tbefore 2024\n");
    ASSERT_TRUE(history);
    ASSERT_EQ(history->size(), 2U);
    EXPECT_EQ((*history)[0], (std::pair<std::uint32_t, Lsn>(1, Lsn{0x3000148})));
    EXPECT_EQ((*history)[1], (std::pair<std::uint32_t, Lsn>(2, Lsn{0x105000000})));
}

TEST(TimelineHistory, refuses_lines_of_another_form) {
    EXPECT_FALSE(parse_timeline_history("1\tnowhere\treason\n"));
    EXPECT_FALSE(parse_timeline_history("one\t0/1\n"));
    EXPECT_FALSE(parse_timeline_history("1"));
    EXPECT_TRUE(parse_timeline_history(""));
}

}  // namespace
}  // namespace penstock
