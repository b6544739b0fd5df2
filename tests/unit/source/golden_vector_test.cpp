// What the plugin's own encoder wrote on a real server, read by our decoder and by libprotobuf, and
// what libprotobuf writes of it, read by our decoder: all three tell the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "batch_bytes.hpp"

namespace penstock {
namespace {

std::vector<std::string> vector_names() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(PENSTOCK_SOURCE_DIR "/proto/vectors")) {
        if (entry.path().extension() == ".pbf") names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

v1::Batch parsed(const std::string& bytes) {
    v1::Batch batch;
    EXPECT_TRUE(batch.ParseFromString(bytes));
    return batch;
}

void expect_same_change(const v1::Frame& told, const ChangeFrame& read) {
    v1::Change change;
    ASSERT_TRUE(change.ParseFromString(told.change()));
    EXPECT_EQ(read.change, told.change());
    EXPECT_EQ(read.relation_id, told.relation_id());
    EXPECT_EQ(read.lsn_delta, told.lsn_delta());
    EXPECT_EQ(read.ordinal.has_value(), told.has_ordinal());
    EXPECT_EQ(read.ordinal.value_or(0), told.ordinal());
    EXPECT_EQ(static_cast<int>(read.operation), static_cast<int>(change.op()));
    EXPECT_EQ(static_cast<int>(read.before_image), static_cast<int>(change.before_image()));
    EXPECT_EQ(read.has_before, change.has_before());
    EXPECT_EQ(read.has_after, change.has_after());
    EXPECT_EQ(read.before, change.before());
    EXPECT_EQ(read.after, change.after());
    EXPECT_TRUE(std::equal(read.unchanged.begin(), read.unchanged.end(), change.unchanged().begin(),
                           change.unchanged().end()));
    EXPECT_TRUE(std::equal(read.same_as_after.begin(), read.same_as_after.end(),
                           change.same_as_after().begin(), change.same_as_after().end()));
    EXPECT_EQ(read.marked.size() * 2, static_cast<std::size_t>(change.marked_size()));
}

void expect_same_relation(const v1::Relation& told, const Relation& read) {
    EXPECT_EQ(read.id, told.id());
    EXPECT_EQ(read.fingerprint, told.fingerprint());
    EXPECT_EQ(read.schema, told.schema());
    EXPECT_EQ(read.name, told.name());
    EXPECT_EQ(static_cast<int>(read.replica_identity), static_cast<int>(told.replica_identity()));
    ASSERT_EQ(read.columns.size(), static_cast<std::size_t>(told.column_size()));
    for (int i = 0; i < told.column_size(); ++i) {
        const v1::Column& column = told.column(i);
        const Column& ours = read.columns[static_cast<std::size_t>(i)];
        EXPECT_EQ(ours.attnum, column.attnum());
        EXPECT_EQ(ours.name, column.name());
        EXPECT_EQ(static_cast<int>(ours.kind), static_cast<int>(column.kind()));
        EXPECT_EQ(ours.array, column.array());
        EXPECT_EQ(ours.typmod, column.typmod());
        EXPECT_EQ(ours.primary_key_position, column.primary_key_position());
        EXPECT_EQ(ours.enum_labels.size(), static_cast<std::size_t>(column.enum_label_size()));
    }
}

void expect_same(const v1::Frame& told, const Frame& read) {
    if (const auto* change = std::get_if<ChangeFrame>(&read)) {
        expect_same_change(told, *change);
    } else if (const auto* relation = std::get_if<RelationFrame>(&read)) {
        expect_same_relation(told.relation(), *relation->relation);
    } else if (const auto* begin = std::get_if<BeginFrame>(&read)) {
        EXPECT_EQ(begin->end_lsn.value, told.begin().end_lsn());
        EXPECT_EQ(begin->commit_lsn.value, told.begin().commit_lsn());
        EXPECT_EQ(begin->first_lsn.value, told.begin().first_lsn());
        EXPECT_EQ(begin->xid.value, told.begin().xid());
    } else if (const auto* commit = std::get_if<CommitFrame>(&read)) {
        EXPECT_EQ(commit->end_lsn.value, told.commit().end_lsn());
        EXPECT_EQ(commit->sent, told.commit().sent());
        EXPECT_EQ(commit->decoded, told.commit().decoded());
    } else if (const auto* session = std::get_if<SessionFrame>(&read)) {
        EXPECT_EQ(session->system_identifier, told.session().system_identifier());
        EXPECT_EQ(session->database, told.session().database());
    } else if (const auto* message = std::get_if<MessageFrame>(&read)) {
        EXPECT_EQ(message->content, told.message().content());
        EXPECT_EQ(message->lsn.value, told.message().lsn());
    } else if (const auto* notice = std::get_if<NoticeFrame>(&read)) {
        EXPECT_EQ(notice->name, told.notice().name());
    } else {
        EXPECT_EQ(std::get<TruncateFrame>(read).cascade, told.truncate().cascade());
    }
}

void expect_reads_as(const std::string& bytes, const v1::Batch& told) {
    FrameDecoder decoder;
    ASSERT_TRUE(decoder.open(bytes));
    Frame frame;
    for (const v1::Frame& expected : told.frame()) {
        const auto more = decoder.next(frame);
        ASSERT_TRUE(more) << to_text(more.error());
        ASSERT_TRUE(*more);
        expect_same(expected, frame);
    }
    EXPECT_FALSE(decoder.next(frame).value_or(true));
}

TEST(GoldenVectors, are_there) {
    EXPECT_GE(vector_names().size(), 10U);
}

TEST(GoldenVectors, read_the_same_by_our_decoder_and_by_libprotobuf) {
    for (const std::string& name : vector_names()) {
        SCOPED_TRACE(name);
        const std::string bytes = vector_file(name);
        expect_reads_as(bytes, parsed(bytes));
    }
}

TEST(GoldenVectors, are_read_the_same_when_libprotobuf_wrote_them) {
    for (const std::string& name : vector_names()) {
        SCOPED_TRACE(name);
        const v1::Batch batch = parsed(vector_file(name));
        expect_reads_as(seal(batch), batch);
    }
}

TEST(GoldenVectors, carry_the_checksum_that_our_definition_gives) {
    for (const std::string& name : vector_names()) {
        const std::string bytes = vector_file(name);
        ASSERT_GT(bytes.size(), 5U);
        EXPECT_EQ(parsed(bytes).crc32c(),
                  bitwise_crc32c(std::string_view(bytes).substr(0, bytes.size() - 5)))
            << name;
    }
}

std::string kind_of(const Frame& frame) {
    constexpr const char* kNames[] = {"none",   "session",  "relation", "begin", "change",
                                      "commit", "truncate", "message",  "notice"};
    return kNames[frame.index()];
}

// The same stream in the plugin's JSON, a writer that shares no line with the other one.
TEST(GoldenVectors, bring_the_frames_that_the_json_of_the_same_stream_lists) {
    for (const std::string& name : vector_names()) {
        if (!name.ends_with(".0.pbf")) continue;
        const std::string stem = name.substr(0, name.size() - 6);
        SCOPED_TRACE(stem);
        std::vector<std::string> read;
        for (int part = 0;; ++part) {
            const std::string bytes = vector_file(stem + "." + std::to_string(part) + ".pbf");
            if (bytes.empty()) break;
            FrameDecoder decoder;
            ASSERT_TRUE(decoder.open(bytes));
            Frame frame;
            while (decoder.next(frame).value()) read.push_back(kind_of(frame));
        }
        std::vector<std::string> listed;
        std::istringstream lines(vector_file(stem + ".json"));
        for (std::string line; std::getline(lines, line);) {
            listed.push_back(nlohmann::json::parse(line)["frame"].get<std::string>());
        }
        EXPECT_EQ(read, listed);
    }
}

// A frame that is cut, with a checksum that fits what is left: an error or a clean end at a border
// between frames, never bytes from beyond.
TEST(GoldenVectors, never_read_past_a_cut_at_any_byte) {
    for (const std::string& name : vector_names()) {
        SCOPED_TRACE(name);
        const std::string bytes = vector_file(name);
        const std::size_t frames_size = bytes.size() - 5;
        int clean_ends = 0;
        for (std::size_t size = 0; size < frames_size; ++size) {
            // On the heap at its exact size: a sanitizer sees one byte too many.
            const std::string cut = seal(bytes.substr(0, size));
            if (!trouble_with(cut)) ++clean_ends;
        }
        EXPECT_EQ(clean_ends, parsed(bytes).frame_size());
    }
}

TEST(GoldenVectors, are_refused_when_any_one_bit_is_turned) {
    const std::string bytes = vector_file("changes.0.pbf");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string turned = bytes;
            turned[at] = static_cast<char>(turned[at] ^ (1 << bit));
            FrameDecoder decoder;
            ASSERT_FALSE(decoder.open(turned)) << "byte " << at << ", bit " << bit;
        }
    }
}

}  // namespace
}  // namespace penstock
