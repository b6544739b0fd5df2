// What is refused for its size before anything of it is produced.
#include "sink/record_size.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace penstock {
namespace {

Record add_record(RecordBuffer& records, TopicId topic, std::size_t key_size,
                  std::size_t value_size) {
    Record record;
    record.topic = topic;
    record.key_offset = records.append(std::string(key_size, 'k'));
    record.key_size = static_cast<std::uint32_t>(key_size);
    record.value_offset = records.append(std::string(value_size, 'v'));
    record.value_size = static_cast<std::uint32_t>(value_size);
    records.add(record);
    return record;
}

TEST(RecordSize, is_an_upper_bound_of_the_batch_that_holds_the_record_alone) {
    RecordBuffer records;
    const Record record = add_record(records, 0, 10, 1000);
    EXPECT_EQ(batch_bytes_of(record, records), 61U + 36U + 10U + 1000U);
}

TEST(RecordSize, null_key_and_value_weigh_nothing) {
    const RecordBuffer records;
    EXPECT_EQ(batch_bytes_of(Record{}, records), 61U + 36U);
}

TEST(RecordSize, headers_are_counted) {
    RecordBuffer records;
    RecordHeader header;
    header.name_offset = records.append("__debezium.newkey");
    header.name_size = 17;
    header.value_offset = records.append("{}");
    header.value_size = 2;
    records.add_header(header);
    Record record;
    record.header_count = 1;
    EXPECT_EQ(batch_bytes_of(record, records), 61U + 36U + 10U + 17U + 2U);
}

TEST(RecordSize, the_first_record_over_its_own_topics_limit_is_found) {
    RecordBuffer records;
    add_record(records, 0, 8, 5000);
    add_record(records, 1, 8, 5000);
    const std::array<std::int64_t, 2> limits = {1'048'588, 4096};
    const Record* const oversize = find_oversize(records, limits);
    ASSERT_NE(oversize, nullptr);
    EXPECT_EQ(oversize->topic, 1U);
}

TEST(RecordSize, a_record_of_exactly_the_limit_passes) {
    RecordBuffer records;
    const Record record = add_record(records, 0, 8, 5000);
    const auto size = static_cast<std::int64_t>(batch_bytes_of(record, records));
    EXPECT_EQ(find_oversize(records, std::array{size}), nullptr);
    EXPECT_NE(find_oversize(records, std::array{size - 1}), nullptr);
}

TEST(RecordSize, values_from_4_kB_on_are_borrowed) {
    Record record;
    EXPECT_FALSE(is_borrowed(record)) << "a null value has no bytes";
    record.value_size = 4095;
    EXPECT_FALSE(is_borrowed(record));
    record.value_size = 4096;
    EXPECT_TRUE(is_borrowed(record));
}

}  // namespace
}  // namespace penstock
