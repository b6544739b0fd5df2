// The door to the schema registry: answers which ids schemas have, on a thread of its own, strictly
// in order. What is known is answered at once; for what is not, the thread asks. While the registry
// is away it goes by the id that the asker remembers, and waits where there is none; it says so. It
// decides nothing about the stream.
//
//   engine's thread           registry thread              registry
//   submit(request) --queue--> cache, else ask --HTTP------> look up, try, register
//   take_news()     <-queue--- answer <--------------------- id
//                              remembered id, or             down, slow, 5xx: next URL
//                              log line "waiting"            back-off
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "engine/command.hpp"
#include "engine/error.hpp"
#include "engine/record_encoder.hpp"
#include "registry/registry_settings.hpp"

namespace penstock {

struct SchemaRequest {
    std::uint64_t ticket = 0;  // The asker's; comes back with the answer.
    std::vector<SchemaText> schemas;
};

struct SchemaAnswer {
    std::uint64_t ticket = 0;
    // In the order of the request. An error is never of class retry: that is waited for here.
    Result<std::vector<std::uint32_t>> ids;
};

// The event of the line that tells of a wait, with the values "subject" and "reason"; the next
// answer is its end.
inline constexpr char kRegistryWaits[] = "waiting";

using RegistryNews = std::variant<SchemaAnswer, LogLine>;

// All functions are called from one thread, the engine's.
class SchemaRegistry {
public:
    // Starts the thread; nothing is asked before the first request. settings.urls is not empty.
    explicit SchemaRegistry(const RegistrySettings& settings);
    // As shutdown() with two seconds.
    ~SchemaRegistry();
    SchemaRegistry(const SchemaRegistry&) = delete;
    SchemaRegistry& operator=(const SchemaRegistry&) = delete;

    // Never blocks.
    void submit(SchemaRequest request);

    // Since the last call, in order; resets event_fd().
    std::vector<RegistryNews> take_news();

    // Readable while news wait. Owned by the registry.
    int event_fd() const;

    // Gives up the question in work and ends the thread. False when it did not end in time: its
    // memory is left behind and the process should end by quick_exit.
    [[nodiscard]] bool shutdown(std::chrono::milliseconds patience);

private:
    class Core;
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
