#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "engine/error.hpp"

namespace penstock {
namespace {

TEST(ErrorTable, each_name_has_one_row_in_order) {
    ASSERT_EQ(error_table().size(), static_cast<std::size_t>(ErrorName::kCount_));
    std::set<std::string_view> texts;
    for (std::size_t index = 0; index < error_table().size(); ++index) {
        const ErrorRow& row = error_table()[index];
        EXPECT_EQ(static_cast<std::size_t>(row.name), index);
        EXPECT_EQ(&error_row(row.name), &row);
        EXPECT_TRUE(texts.insert(row.text).second) << row.text;
    }
}

TEST(ErrorTable, names_are_snake_case_and_sentences_end_with_a_full_stop) {
    for (const ErrorRow& row : error_table()) {
        for (const char letter : row.text) {
            EXPECT_TRUE(std::islower(static_cast<unsigned char>(letter)) || letter == '_')
                << row.text;
        }
        EXPECT_TRUE(row.meaning.ends_with('.')) << row.text;
        EXPECT_TRUE(row.remedy.ends_with('.')) << row.text;
        EXPECT_TRUE(std::isupper(static_cast<unsigned char>(row.meaning.front()))) << row.text;
    }
}

TEST(ErrorTable, what_waiting_cures_is_waited_for_and_nothing_else) {
    std::set<std::string_view> waits;
    for (const ErrorRow& row : error_table()) {
        if (row.error_class == ErrorClass::kRetry) waits.insert(row.text);
    }
    EXPECT_EQ(waits, (std::set<std::string_view>{
                         "postgres_unreachable", "postgres_connection_lost", "no_free_slot",
                         "no_free_sender", "server_shutting_down", "snapshot_table_changed",
                         "snapshot_not_visible", "slot_active", "kafka_unreachable", "kafka_failed",
                         "kafka_transaction_hangs", "registry_unreachable", "table_locked"}));
}

TEST(ErrorTable, text_reads_like_psql) {
    const Error error{ErrorName::kSlotMissing, "replication slot \"orders\" does not exist",
                      "Kafka holds the changes up to 0/64.", "Do this."};
    EXPECT_EQ(to_text(error),
              "ERROR:  slot_missing: replication slot \"orders\" does not exist\n"
              "DETAIL:  Kafka holds the changes up to 0/64.\n"
              "HINT:  Do this.");
}

TEST(ErrorTable, without_a_hint_the_remedy_is_printed_and_without_a_detail_nothing) {
    const std::string text = to_text({ErrorName::kFenced, "fenced", {}, {}});
    EXPECT_EQ(text, "ERROR:  fenced: fenced\nHINT:  " +
                        std::string(error_row(ErrorName::kFenced).remedy));
}

TEST(ErrorTable, exit_codes_are_the_command_lines_contract) {
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kUsage).exit_code), 1);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kConfigurationInvalid).exit_code), 2);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kWalLevel).exit_code), 3);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kTopicPolicy).exit_code), 4);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kCrcMismatch).exit_code), 5);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kSlotLost).exit_code), 6);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kFenced).exit_code), 8);
    EXPECT_EQ(static_cast<int>(error_row(ErrorName::kBug).exit_code), 70);
}

}  // namespace
}  // namespace penstock
