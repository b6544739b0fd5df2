#include "snapshot/wal_forecast.hpp"

#include "engine/amount_text.hpp"

namespace penstock {
namespace {

// What one core of a server reads and encodes of a table of ordinary columns; measured, rounded
// down.
constexpr std::uint64_t kReadBytesPerSecond = 30U << 20;

}  // namespace

std::uint64_t WalForecast::seconds() const {
    return bytes_to_read / kReadBytesPerSecond + 1;
}

std::uint64_t WalForecast::bytes_kept() const {
    return seconds() * wal_bytes_per_second;
}

std::string forecast_text(const WalForecast& forecast) {
    std::string text = bytes_text(forecast.bytes_to_read) + " to read, about " +
                       seconds_text(forecast.seconds()) + "; the slot keeps about " +
                       bytes_text(forecast.bytes_kept()) + " of WAL meanwhile";
    return forecast.keep_bytes ? text + ", of at most " + bytes_text(*forecast.keep_bytes) : text;
}

CheckItem check_forecast(const WalForecast& forecast) {
    CheckItem item{"WAL kept by the snapshot",
                   CheckItem::Verdict::kOk,
                   forecast_text(forecast),
                   {},
                   std::nullopt};
    if (!forecast.loses_slot()) return item;
    constexpr std::uint64_t kGigabyte = 1U << 30;
    const std::uint64_t wanted = forecast.bytes_kept() * 2 / kGigabyte + 1;
    item.verdict = CheckItem::Verdict::kWarning;
    item.detail += "; the slot would be lost";
    item.remedy = "ALTER SYSTEM SET max_slot_wal_keep_size = '" + std::to_string(wanted) +
                  "GB'; SELECT pg_reload_conf(); or read fewer tables first (snapshot.tables).";
    return item;
}

}  // namespace penstock
