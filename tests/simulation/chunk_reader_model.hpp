// The modelled reader of chunks: a thread of the process with a connection of its own to the
// modelled server. It takes commands one after the other and answers each exactly once, some time
// later, with what a transaction saw that began in between; or says that it could not.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "engine/command.hpp"
#include "postgres_model.hpp"
#include "sink_model.hpp"
#include "virtual_time.hpp"

namespace penstock::simulation {

// The table that is read as one without a key.
constexpr std::uint32_t kKeylessTable = 3;
// The request that a table is read for travels as its predicate, so that rows can tell it.
std::string predicate_of(std::uint64_t request);
std::uint64_t request_of(const std::string& predicate);

struct ReaderLink {
    Duration delay_max{20'000};        // Of a statement, each way.
    std::uint32_t slow_percent = 5;    // Answers that take up to a second.
    std::uint32_t failed_percent = 5;  // The connection breaks, or a lock is in the way.
    std::uint32_t rewritten_percent = 2;
};

class ChunkReaderModel {
public:
    ChunkReaderModel(VirtualTime& time, Trace& trace, Random random, PostgresModel& postgres,
                     SinkHost& host);

    void submit(Command command);
    // The process is gone.
    void die() { dead_ = true; }

    ReaderLink link;

private:
    void work();
    Event execute(const Command& command);
    Event find(const FindTables& command);
    Event look(const LookAtSnapshot& command);
    Event read(const ReadChunk& command);
    void fill(ChunkRead& chunk, const ReadChunk& command) const;
    bool fails();
    Duration delay();

    VirtualTime& time_;
    Trace& trace_;
    Random random_;
    PostgresModel& postgres_;
    SinkHost& host_;
    std::deque<Command> queue_;
    bool busy_ = false;
    bool dead_ = false;
};

}  // namespace penstock::simulation
