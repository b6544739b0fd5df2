#include "chunk_reader_model.hpp"

#include <algorithm>
#include <cstdlib>

#include "frame_maker.hpp"
#include "plain_encoder.hpp"

namespace penstock::simulation {

namespace {

Error lost() {
    return {ErrorName::kPostgresConnectionLost, "the reader's connection broke", {}, {}};
}

// "public.t1", each part with or without quotes.
std::uint32_t table_of(const std::string& name) {
    const std::size_t digit = name.find_last_of("0123456789");
    return static_cast<std::uint32_t>(name[digit] - '0');
}

ChunkTable chunk_table(std::uint32_t table) {
    ChunkTable found;
    found.oid = found.published_as = kFirstRelationOid + table;
    found.schema = "public";
    found.name = std::string("t") + static_cast<char>('0' + table);
    if (table != kKeylessTable) found.key = {1};
    found.rows = kKeyCount;
    return found;
}

}  // namespace

std::string predicate_of(std::uint64_t request) {
    return "request " + std::to_string(request);
}
std::uint64_t request_of(const std::string& predicate) {
    return std::strtoull(predicate.c_str() + std::string_view("request ").size(), nullptr, 10);
}

ChunkReaderModel::ChunkReaderModel(VirtualTime& time, Trace& trace, Random random,
                                   PostgresModel& postgres, SinkHost& host)
    : time_(time), trace_(trace), random_(random), postgres_(postgres), host_(host) {}

void ChunkReaderModel::submit(Command command) {
    queue_.push_back(std::move(command));
    work();
}

Duration ChunkReaderModel::delay() {
    return random_.between(Duration{50},
                           random_.percent(link.slow_percent) ? kSecond : link.delay_max);
}

// The server does its part at some instant in between, whether or not we live to hear of it.
void ChunkReaderModel::work() {
    if (busy_ || queue_.empty()) return;
    busy_ = true;
    time_.after(delay(), [this] {
        if (dead_) return;
        const Command command = std::move(queue_.front());
        queue_.pop_front();
        host_.later(delay(), [this, answer = execute(command)] {
            busy_ = false;
            host_.post(answer);
            work();
        });
    });
}

bool ChunkReaderModel::fails() {
    return random_.percent(link.failed_percent) || !postgres_.accepts_sessions();
}

Event ChunkReaderModel::execute(const Command& command) {
    if (const auto* found = std::get_if<FindTables>(&command)) return find(*found);
    if (const auto* looked = std::get_if<LookAtSnapshot>(&command)) return look(*looked);
    return read(std::get<ReadChunk>(command));
}

Event ChunkReaderModel::find(const FindTables& command) {
    if (fails()) return TablesNotFound{command.ticket, lost()};
    TablesFound found{command.ticket, {}};
    for (const std::string& name : command.names)
        found.tables.push_back(chunk_table(table_of(name)));
    return found;
}

Event ChunkReaderModel::look(const LookAtSnapshot& command) {
    if (fails()) return ChunkFailed{command.ticket, lost()};
    return SnapshotLooked{command.ticket, postgres_.current_snapshot()};
}

Event ChunkReaderModel::read(const ReadChunk& command) {
    if (fails()) return ChunkFailed{command.ticket, lost()};
    ChunkRead chunk;
    chunk.ticket = command.ticket;
    chunk.visible = postgres_.current_snapshot();
    chunk.lsn = postgres_.insert_lsn();
    chunk.time_us = time_.now().count();
    const std::uint32_t table = command.table.oid - kFirstRelationOid;
    chunk.relation = describe_table(table, 0);
    chunk.rewritten = random_.percent(link.rewritten_percent);
    if (!chunk.rewritten) fill(chunk, command);
    trace_.say("reader", "table {} after \"{}\": {} rows{}, lsn {:X}, {} running", table,
               command.after, chunk.rows.size(), chunk.last ? ", the last" : "", chunk.lsn.value,
               chunk.visible.running.size());
    return chunk;
}

void ChunkReaderModel::fill(ChunkRead& chunk, const ReadChunk& command) const {
    const std::uint32_t table = command.table.oid - kFirstRelationOid;
    const auto rows = postgres_.rows(table);
    chunk.until = command.until;
    if (chunk.until.empty() && !rows.empty()) chunk.until = std::to_string(rows.rbegin()->first);
    for (const auto& [key, row] : rows) {
        if (!command.after.empty() && key <= std::stoul(command.after)) continue;
        if (key > std::stoul(chunk.until)) break;
        if (chunk.rows.size() >= command.rows_max) return;
        DataPayload payload;
        payload.kind = ItemKind::kRead;
        payload.table = table;
        payload.key = key;
        payload.version = row.version;
        payload.body = row.body;
        payload.item = request_of(command.predicate);
        const std::string image = row_image(payload, 0);
        const std::string cursor = std::to_string(key);
        chunk.rows.push_back(
            {chunk.bytes.size(), image.size(), chunk.cursors.size(), cursor.size()});
        chunk.bytes += image;
        chunk.cursors += cursor;
    }
    chunk.last = true;
}

}  // namespace penstock::simulation
