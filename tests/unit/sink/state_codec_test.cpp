// The bytes of the state topic: round trip, literal bytes, truncation; and what a sequence of
// records adds up to.
#include "sink/state_codec.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

Position full_position() {
    Position position;
    position.system_identifier = 7'000'000'000'000'000'001;
    position.database_oid = 16'384;
    position.timeline = 3;
    position.phase = Phase::kStreaming;
    position.lsn = Lsn{0x16B374D848};
    position.open = OpenTransaction{Xid{771}, Lsn{0x16B374D900}, 30'000};
    position.instance = 0xFEDCBA9876543210;
    position.configuration_hash = 0x1111111111111111;
    position.selection_hash = 0x2222222222222222;
    position.sequence = 99;
    position.topic_keys = 4;
    position.snapshot_keys = 1;
    position.wall_time_us = 1'760'000'000'000'000;
    return position;
}

TopicState full_topic() {
    return {.partitions = 6,
            .relation_oid = 16'390,
            .fields = {{16'402, 2, 2'048, "name", 9}},
            .schemas = {{"shop.public.t-key", std::string("\0\xFF", 2), 7}},
            .table = {16'402, "public", "t", "public.u"}};
}

TEST(StateCodec, position_survives_the_round_trip) {
    EXPECT_EQ(decode_position(encode_position(full_position())).value(), full_position());
    Position without_open = full_position();
    without_open.open.reset();
    EXPECT_EQ(decode_position(encode_position(without_open)).value(), without_open);
}

TEST(StateCodec, topic_survives_the_round_trip) {
    EXPECT_EQ(decode_topic_state(encode_topic_state(full_topic())).value(), full_topic());
}

TEST(StateCodec, position_has_these_bytes) {
    Position position;
    position.phase = Phase::kStreaming;
    position.lsn = Lsn{0x0102030405060708};
    position.sequence = 300;
    // version = 1, phase = 4, lsn as fixed64 little endian, sequence as varint.
    const std::string expected("\x08\x01\x28\x04\x31\x08\x07\x06\x05\x04\x03\x02\x01\x58\xAC\x02",
                               16);
    EXPECT_EQ(encode_position(position), expected);
}

TEST(StateCodec, an_open_transaction_at_item_zero_is_not_the_same_as_none) {
    Position position;
    position.open = OpenTransaction{};
    EXPECT_TRUE(decode_position(encode_position(position)).value().open.has_value());
}

TEST(StateCodec, position_fits_into_250_bytes) {
    EXPECT_LE(encode_position(full_position()).size(), 250U);
}

TEST(StateCodec, a_truncated_position_is_never_taken_for_the_whole) {
    const std::string whole = encode_position(full_position());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Result<Position> cut = decode_position(std::string_view(whole).substr(0, size));
        if (cut)
            EXPECT_NE(*cut, full_position()) << size;
        else
            EXPECT_EQ(cut.error().name, ErrorName::kStateIncomplete) << size;
    }
}

Status add(StateCollector& collector, std::string_view key, const std::string& value) {
    const std::string_view view = value;
    return collector.add(key, &view);
}

TEST(StateCollector, the_later_record_of_a_key_wins) {
    StateCollector collector;
    Position position = full_position();
    ASSERT_TRUE(add(collector, "position", encode_position(position)));
    position.lsn = Lsn{0x16B374E000};
    ASSERT_TRUE(add(collector, "position", encode_position(position)));
    ASSERT_TRUE(add(collector, "topic/p.public.a", encode_topic_state({1, 0, {}})));
    ASSERT_TRUE(add(collector, "topic/p.public.a", encode_topic_state({2, 0, {}})));
    EXPECT_EQ(collector.view().position->lsn, Lsn{0x16B374E000});
    EXPECT_EQ(collector.view().topics.at("p.public.a").partitions, 2U);
}

TEST(StateCollector, a_record_without_value_takes_its_key_away) {
    StateCollector collector;
    ASSERT_TRUE(add(collector, "topic/p.public.a", encode_topic_state({1, 0, {}})));
    ASSERT_TRUE(add(collector, "snapshot/16390", "\x08\x01"));
    ASSERT_TRUE(add(collector, "position", encode_position(full_position())));
    EXPECT_EQ(collector.view().snapshot_keys, 1U);
    ASSERT_TRUE(collector.add("topic/p.public.a", nullptr));
    ASSERT_TRUE(collector.add("snapshot/16390", nullptr));
    ASSERT_TRUE(collector.add("position", nullptr));
    EXPECT_TRUE(collector.view().topics.empty());
    EXPECT_EQ(collector.view().snapshot_keys, 0U);
    EXPECT_FALSE(collector.view().position.has_value());
}

TEST(StateCollector, a_newer_version_is_told) {
    StateCollector collector;
    Position position = full_position();
    ASSERT_TRUE(add(collector, "position", encode_position(position)));
    EXPECT_FALSE(collector.view().too_new);
    position.version = kStateVersion + 1;
    ASSERT_TRUE(add(collector, "position", encode_position(position)));
    EXPECT_TRUE(collector.view().too_new);
}

TEST(StateCollector, unknown_keys_are_passed_over_and_garbage_is_refused) {
    StateCollector collector;
    EXPECT_TRUE(add(collector, "mark/1", "anything"));
    EXPECT_TRUE(add(collector, "", ""));
    EXPECT_EQ(add(collector, "position", "\xFF\xFF").error().name, ErrorName::kStateIncomplete);
    EXPECT_EQ(add(collector, "topic/x", "\xFF\xFF").error().name, ErrorName::kStateIncomplete);
}

}  // namespace
}  // namespace penstock
