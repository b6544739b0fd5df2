// What a hostile or broken server can put into CopyData and into its timeline history.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/postgres_error.hpp"
#include "source/replication_message.hpp"
#include "source/timeline_history.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace penstock;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = parse_replication_message(bytes);
    if (message) {
        if (const auto* xlog = std::get_if<XLogData>(&*message)) {
            // The payload lies within the message.
            if (xlog->payload.data() + xlog->payload.size() != bytes.data() + bytes.size()) {
                __builtin_trap();
            }
        }
    }
    if (parse_timeline_history(bytes).has_value() && size > 0 && bytes[0] == '\xFF') {
        __builtin_trap();
    }
    const auto failure = parse_connection_failure(bytes);
    if (!failure.sqlstate.empty() && failure.sqlstate.size() != 5) __builtin_trap();
    for (const char c : printable(bytes)) {
        if (static_cast<unsigned char>(c) < 0x20) __builtin_trap();
    }
    return 0;
}
