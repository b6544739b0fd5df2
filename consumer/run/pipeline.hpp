// The loop that joins the doors to the engine: reads the replication socket, executes the engine's
// commands, brings the answers of sink, registry and reader of chunks and the requests of people
// back, keeps the engine's timers. It decides nothing; every decision is the engine's. One thread,
// the engine's, runs it; the others have their own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/command.hpp"
#include "engine/engine.hpp"
#include "run/progress_screen.hpp"
#include "source/frame_decoder.hpp"

namespace penstock {

class ChunkReader;
class ControlSocket;
class KafkaSink;
class PostgresSource;
class SchemaRegistry;
class SnapshotReader;

class Pipeline {
public:
    // All outlive the pipeline. `registry` is null for formats without schema ids, `control` where
    // nobody can give commands. `stop_fd` becomes readable when the process is asked to stop.
    struct Doors {
        PostgresSource& source;
        SnapshotReader& snapshot;
        ChunkReader& chunks;
        KafkaSink& sink;
        SchemaRegistry* registry = nullptr;
        ControlSocket* control = nullptr;
    };
    Pipeline(Engine& engine, const Doors& doors, int stop_fd);

    // Runs until the engine finishes: nothing after a clean stop, otherwise what stopped it.
    std::optional<Error> run();

private:
    void settle();
    void execute(Command& command);
    void deliver(Event event);
    void fail_source(Error error);
    void break_stream(Error error);
    void deliver_drained();

    void ensure_schemas(EnsureSchemas& command);

    void serve_sink();
    void serve_registry();
    void serve_chunks();
    void serve_control();
    void serve_timer();
    void serve_stop();
    void wait();
    bool let_gather();

    bool pump();
    bool pump_frames();
    bool pump_payload();
    bool pump_rows();

    Engine& engine_;
    PostgresSource& source_;
    SnapshotReader& snapshot_;
    ChunkReader& chunks_;
    KafkaSink& sink_;
    SchemaRegistry* registry_;
    std::string registry_wait_;  // What it waits for, in words; empty when it does not.
    ControlSocket* control_;
    int stop_fd_;
    ProgressScreen screen_;
    FrameDecoder decoder_;
    Frame frame_;               // Its place is reused from frame to frame.
    bool batch_open_ = false;   // The decoder holds frames that the engine has not taken.
    bool drained_told_ = true;  // The engine knows that the socket is drained.
    bool stop_told_ = false;
    int messages_ = 0;      // Taken since the last wait.
    bool crowded_ = false;  // The last wait brought messages at once, or several.
    bool napped_ = false;   // It was a nap.
    WallTime wall_{};       // Of the payload in work; read once per payload, not per row.
    Instant now_{};
    std::vector<Event> pending_;
    std::optional<Finish> finish_;
};

}  // namespace penstock
