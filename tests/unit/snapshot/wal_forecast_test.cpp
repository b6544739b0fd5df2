#include "snapshot/wal_forecast.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

constexpr std::uint64_t kGiB = 1U << 30;

TEST(WalForecast, warns_where_the_slot_would_be_lost_on_the_way) {
    WalForecast forecast{
        .bytes_to_read = 600 * kGiB, .wal_bytes_per_second = 10U << 20, .keep_bytes = 50 * kGiB};
    const CheckItem item = check_forecast(forecast);
    EXPECT_EQ(item.verdict, CheckItem::Verdict::kWarning);
    EXPECT_EQ(
        item.detail,
        "600.0 GiB to read, about 5 h; the slot keeps about 200.0 GiB of WAL meanwhile, of at "
        "most 50.0 GiB; the slot would be lost");
    EXPECT_NE(item.remedy.find("max_slot_wal_keep_size = '401GB'"), std::string::npos);
}

TEST(WalForecast, has_nothing_against_a_server_without_limit_or_with_enough) {
    WalForecast forecast{
        .bytes_to_read = 600 * kGiB, .wal_bytes_per_second = 10U << 20, .keep_bytes = std::nullopt};
    EXPECT_EQ(check_forecast(forecast).verdict, CheckItem::Verdict::kOk);
    forecast.keep_bytes = 500 * kGiB;
    EXPECT_EQ(check_forecast(forecast).verdict, CheckItem::Verdict::kOk);
}

}  // namespace
}  // namespace penstock
