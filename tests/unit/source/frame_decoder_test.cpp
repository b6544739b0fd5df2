#include "source/frame_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "batch_bytes.hpp"

namespace penstock {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;

// Reads the one frame of a batch.
template <class T>
T only(std::string_view batch) {
    FrameDecoder decoder;
    EXPECT_TRUE(decoder.open(batch));
    Frame frame;
    EXPECT_TRUE(decoder.next(frame).value_or(false));
    T copy = std::get<T>(frame);
    EXPECT_FALSE(decoder.next(frame).value_or(true));
    return copy;
}

TEST(FrameDecoder, reads_a_commit_byte_by_byte_as_written) {
    const std::string batch = seal(
        "\x0A\x0F"                              // Batch.frame, 15 bytes
        "\x4A\x0D"                              // Frame.commit, 13 bytes
        "\x09\x88\x77\x66\x55\x44\x33\x22\x11"  // end_lsn = 0x1122334455667788
        "\x10\x02"                              // sent = 2
        "\x18\x05"s);                           // decoded = 5
    const auto commit = only<CommitFrame>(batch);
    EXPECT_EQ(commit.end_lsn, Lsn{0x1122334455667788});
    EXPECT_EQ(commit.sent, 2U);
    EXPECT_EQ(commit.decoded, 5U);
}

TEST(FrameDecoder, reads_a_change_as_views_into_the_batch) {
    const std::string batch = seal(
        "\x0A\x11"           // Batch.frame, 17 bytes
        "\x0A\x09"           // Frame.change, 9 bytes
        "\x08\x01"           //   op = insert
        "\x1A\x05"           //   after, 5 bytes
        "\x08\x02\x12\x01x"  //     field 1 = 2 (sint 1), field 2 = "x"
        "\x10\x07"           // relation_id = 7
        "\x18\x03"           // lsn_delta = -2
        "\x20\x04"s);        // ordinal = 4
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(batch));
    Frame frame;
    ASSERT_TRUE(decoder.next(frame).value());
    const auto& change = std::get<ChangeFrame>(frame);
    EXPECT_EQ(change.relation_id, 7U);
    EXPECT_EQ(change.lsn_delta, -2);
    EXPECT_EQ(change.ordinal, 4U);
    EXPECT_EQ(change.operation, Operation::kInsert);
    EXPECT_FALSE(change.has_before);
    EXPECT_EQ(change.after, "\x08\x02\x12\x01x");
    EXPECT_EQ(change.after.data(), batch.data() + 8);
    EXPECT_EQ(change.change.data(), batch.data() + 4);
    EXPECT_EQ(change.change.size(), 9U);
}

TEST(FrameDecoder, tells_an_all_null_row_from_an_absent_one) {
    const auto insert = only<ChangeFrame>(one_frame([](v1::Frame& frame) {
        v1::Change change;
        change.set_op(v1::INSERT);
        change.set_after("");
        frame.set_change(change.SerializeAsString());
    }));
    EXPECT_TRUE(insert.has_after);
    EXPECT_TRUE(insert.after.empty());
    EXPECT_FALSE(insert.has_before);
}

TEST(FrameDecoder, keeps_unchanged_marked_and_repeated_columns_apart) {
    const std::string batch = one_frame([](v1::Frame& frame) {
        v1::Change change;
        change.set_op(v1::UPDATE);
        change.set_before("");
        change.set_after("");
        change.set_before_image(v1::FULL);
        change.add_unchanged(3);
        change.add_unchanged(1600);
        change.add_same_as_after(4);
        change.add_marked(5);
        change.add_marked(v1::NOT_CONVERTIBLE);
        change.add_marked(6 + 65536);
        change.add_marked(v1::OVERSIZE);
        change.add_marked(7 + 65536);
        change.add_marked(v1::OUT_OF_RANGE);
        change.add_marked_raw("raw 5");
        change.add_marked_raw("raw 7");
        frame.set_change(change.SerializeAsString());
    });
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(batch));
    Frame frame;
    ASSERT_TRUE(decoder.next(frame).value());
    const auto& change = std::get<ChangeFrame>(frame);
    EXPECT_THAT(std::vector(change.unchanged.begin(), change.unchanged.end()),
                ElementsAre(3U, 1600U));
    EXPECT_THAT(std::vector(change.same_as_after.begin(), change.same_as_after.end()),
                ElementsAre(4U));
    ASSERT_EQ(change.marked.size(), 3U);
    EXPECT_EQ(change.marked[0].attnum, 5U);
    EXPECT_FALSE(change.marked[0].in_before);
    EXPECT_EQ(change.marked[0].raw, "raw 5");
    EXPECT_EQ(change.marked[1].attnum, 6U);
    EXPECT_TRUE(change.marked[1].in_before);
    EXPECT_EQ(change.marked[1].reason, MarkReason::kOversize);
    EXPECT_EQ(change.marked[1].raw, "");
    EXPECT_EQ(change.marked[2].attnum, 7U);
    EXPECT_EQ(change.marked[2].raw, "raw 7");
}

TEST(FrameDecoder, does_not_carry_lists_over_to_the_next_change) {
    v1::Batch batch;
    v1::Change change;
    change.set_op(v1::UPDATE);
    change.set_after("");
    change.add_unchanged(3);
    batch.add_frame()->set_change(change.SerializeAsString());
    change.clear_unchanged();
    batch.add_frame()->set_change(change.SerializeAsString());
    const std::string bytes = seal(batch);
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(bytes));
    Frame frame;
    ASSERT_TRUE(decoder.next(frame).value());
    ASSERT_TRUE(decoder.next(frame).value());
    EXPECT_TRUE(std::get<ChangeFrame>(frame).unchanged.empty());
}

TEST(FrameDecoder, reads_truncate_message_begin_and_notice) {
    const std::string truncated = one_frame([](v1::Frame& frame) {
        frame.mutable_truncate()->add_relation_id(1);
        frame.mutable_truncate()->add_relation_id(300);
        frame.mutable_truncate()->set_cascade(true);
        frame.set_ordinal(9);
    });
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(truncated));
    Frame frame;
    ASSERT_TRUE(decoder.next(frame).value());
    const auto& truncate = std::get<TruncateFrame>(frame);
    EXPECT_THAT(std::vector(truncate.relation_ids.begin(), truncate.relation_ids.end()),
                ElementsAre(1U, 300U));
    EXPECT_TRUE(truncate.cascade);
    EXPECT_FALSE(truncate.restart_identity);
    EXPECT_EQ(truncate.ordinal, 9U);

    const std::string sent = one_frame([](v1::Frame& out) {
        out.mutable_message()->set_lsn(77);
        out.mutable_message()->set_prefix("p");
        out.mutable_message()->set_content("c\0d"s);
        out.mutable_message()->set_xid(5);
        out.mutable_message()->set_transactional(true);
    });
    ASSERT_TRUE(decoder.open(sent));
    ASSERT_TRUE(decoder.next(frame).value());
    EXPECT_EQ(std::get<MessageFrame>(frame).content, "c\0d"s);
    EXPECT_EQ(std::get<MessageFrame>(frame).xid, Xid{5});

    const auto begin = only<BeginFrame>(one_frame([](v1::Frame& out) {
        out.mutable_begin()->set_xid(4'000'000'000U);
        out.mutable_begin()->set_commit_lsn(10);
        out.mutable_begin()->set_end_lsn(11);
        out.mutable_begin()->set_commit_time(-5);
        out.mutable_begin()->set_origin("");
    }));
    EXPECT_EQ(begin.xid, Xid{4'000'000'000U});
    EXPECT_EQ(begin.commit_time_us, -5);
    EXPECT_EQ(begin.origin, "");

    const auto notice = only<NoticeFrame>(one_frame([](v1::Frame& out) {
        out.mutable_notice()->set_code(v1::PUBLICATION_MISSING);
        out.mutable_notice()->set_name("p");
    }));
    EXPECT_EQ(notice.code, NoticeCode::kPublicationMissing);
}

TEST(FrameDecoder, refuses_a_session_in_a_version_it_does_not_read) {
    const auto with_version = [](std::uint32_t version) {
        return one_frame([version](v1::Frame& frame) {
            frame.mutable_session()->set_protocol_version(version);
        });
    };
    EXPECT_EQ(trouble_with(with_version(1)), std::nullopt);
    EXPECT_EQ(trouble_with(with_version(2)), ErrorName::kProtocolVersion);
    EXPECT_EQ(trouble_with(with_version(0)), ErrorName::kProtocolVersion);
}

TEST(FrameDecoder, passes_over_fields_it_does_not_know) {
    // Field 40 in batch and frame, field 30 in the change: room that later releases may use.
    const std::string change = "\x08\x01\x1A\x00\xF2\x01\x01z"s;
    std::string frame = "\xC0\x02\x05"s;
    frame += "\x0A"s + static_cast<char>(change.size()) + change;
    const std::string batch =
        seal("\xC2\x02\x01y\x0A"s + static_cast<char>(frame.size()) + frame + "\xC2\x02\x01y"s);
    EXPECT_EQ(only<ChangeFrame>(batch).operation, Operation::kInsert);
}

TEST(FrameDecoder, has_nothing_to_give_of_an_empty_batch) {
    EXPECT_EQ(trouble_with(seal(""s)), std::nullopt);
    EXPECT_EQ(trouble_with(seal("\xC2\x02\x01y"s)), std::nullopt);
}

TEST(FrameDecoder, refuses_a_batch_without_a_checksum_at_its_end) {
    EXPECT_EQ(trouble_with(""), ErrorName::kFrameInvalid);
    EXPECT_EQ(trouble_with("\x7D\0\0\0"s), ErrorName::kFrameInvalid);
    EXPECT_EQ(trouble_with(seal(""s) + "x"), ErrorName::kFrameInvalid);
    EXPECT_EQ(trouble_with(seal(seal(""s))), ErrorName::kFrameInvalid);
}

struct Malformed {
    const char* what;
    const char* reason;
    std::string frame;
};

TEST(FrameDecoder, refuses_what_no_plugin_of_ours_writes) {
    const Malformed cases[] = {
        {"nothing in it", "a frame holds nothing that is known", ""},
        {"only a field of later releases", "a frame holds nothing that is known", "\xC0\x02\x05"s},
        {"two payloads", "a frame holds two things",
         "\x0A\x04\x08\x01\x1A\x00\x4A\x09\x09\1\0\0\0\0\0\0\0"s},
        {"known field, wrong wire type", "a field has the wrong wire type", "\x08\x01"s},
        {"a subtransaction of a stream", "a transaction in progress was not asked for",
         "\x0A\x04\x08\x01\x1A\x00\x28\x05"s},
        {"insert without a row", "an insert has the wrong images", "\x0A\x02\x08\x01"s},
        {"insert with an old row", "an insert has the wrong images",
         "\x0A\x08\x08\x01\x12\x00\x1A\x00\x20\x01"s},
        {"delete with a new row", "a delete has a new row", "\x0A\x04\x08\x03\x1A\x00"s},
        {"update without a new row", "an update has no new row", "\x0A\x02\x08\x02"s},
        {"old row that nothing describes", "the old row and its description contradict each other",
         "\x0A\x06\x08\x02\x12\x00\x1A\x00"s},
        {"description of no old row", "the old row and its description contradict each other",
         "\x0A\x06\x08\x02\x1A\x00\x20\x02"s},
        {"operation 4", "an operation is not known", "\x0A\x04\x08\x04\x1A\x00"s},
        {"unchanged column 0", "a column number is out of range",
         "\x0A\x07\x08\x02\x1A\x00\x2A\x01\x00"s},
        {"unchanged column 1601", "a column number is out of range",
         "\x0A\x08\x08\x02\x1A\x00\x2A\x02\xC1\x0C"s},
        {"mark without a reason", "a marked column has no reason",
         "\x0A\x07\x08\x02\x1A\x00\x32\x01\x05"s},
        {"mark with reason 4", "a mark's reason is not known",
         "\x0A\x08\x08\x02\x1A\x00\x32\x02\x05\x04"s},
        {"mark without its bytes", "the bytes of a marked column are missing",
         "\x0A\x08\x08\x02\x1A\x00\x32\x02\x05\x01"s},
        {"bytes without a mark", "there are bytes of more columns than are marked",
         "\x0A\x07\x08\x02\x1A\x00\x42\x01x"s},
        {"commit without a position", "a commit has no position", "\x4A\x02\x10\x01"s},
        {"truncate of nothing", "a truncate names no relation", "\x52\x02\x10\x01"s},
        {"message without a position", "a message has no position", "\x5A\x03\x1A\x01p"s},
        {"begin that ends before it commits", "a transaction ends before its commit",
         "\x42\x12\x19\2\0\0\0\0\0\0\0\x21\1\0\0\0\0\0\0\0"s},
        {"notice without a code", "a notice is not known", "\x62\x03\x12\x01p"s},
        {"relation without an identity", "a replica identity is not known", "\x3A\x02\x08\x01"s},
        {"length past the end", "a length or a number runs past the end", "\x0A\x7F\x08\x01"s},
        {"number that never ends", "a length or a number runs past the end",
         "\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s},
    };
    for (const Malformed& one : cases) {
        const std::string batch = seal("\x0A"s + static_cast<char>(one.frame.size()) + one.frame);
        FrameDecoder decoder;
        ASSERT_TRUE(decoder.open(batch));
        Frame frame;
        const auto read = decoder.next(frame);
        ASSERT_FALSE(read) << one.what;
        EXPECT_EQ(read.error().name, ErrorName::kFrameInvalid) << one.what;
        EXPECT_TRUE(read.error().message.ends_with(one.reason))
            << one.what << ": " << read.error().message;
    }
}

TEST(FrameDecoder, gives_nothing_more_after_an_error) {
    const std::string batch = seal("\x0A\x00\x0A\x0B\x4A\x09\x09\1\0\0\0\0\0\0\0"s);
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(batch));
    Frame frame;
    EXPECT_FALSE(decoder.next(frame));
    EXPECT_FALSE(decoder.next(frame).value_or(true));
    EXPECT_TRUE(decoder.at_end());
}

}  // namespace
}  // namespace penstock
