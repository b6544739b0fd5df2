// The door to the schema registry: answers which ids schemas have, on a thread of its own, strictly
// in order. What is known is answered at once; for what is not, the thread asks and waits for as
// long as the registry is away, and says so. It decides nothing about the stream.
//
//   engine's thread           registry thread              registry
//   submit(request) --queue--> cache, else ask --HTTP------> look up, try, register
//   take_news()     <-queue--- answer <--------------------- id
//                              log line "waiting"            down, slow, 5xx: back-off, next URL
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
