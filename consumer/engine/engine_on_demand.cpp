// The engine and the snapshots that people ask for while the stream flows.
#include "engine/engine_core.hpp"

namespace penstock {

void Engine::Core::on(const SnapshotRequest& event, Instant) {
    OnDemand& on_demand = streaming_.on_demand();
    if (mode_ == Mode::kStopping) return on_demand.refuse(event, "the pipe is stopping");
    if (mode_ == Mode::kSnapshot) {
        return on_demand.refuse(event, "the pipe takes its initial snapshot");
    }
    on_demand.request(event);
}

void Engine::Core::on(const TablesFound& event, Instant) {
    if (mode_ == Mode::kStreaming) streaming_.on_demand().found(event);
}

void Engine::Core::on(const TablesNotFound& event, Instant now) {
    if (mode_ == Mode::kStreaming) streaming_.on_demand().not_found(event, now);
}

void Engine::Core::on(const SnapshotLooked& event, Instant now) {
    if (mode_ == Mode::kStreaming) streaming_.on_demand().looked(event, now);
}

void Engine::Core::on(ChunkRead& event, Instant now) {
    if (mode_ == Mode::kStreaming) streaming_.on_demand().read(std::move(event), now);
}

void Engine::Core::on(const ChunkFailed& event, Instant now) {
    if (mode_ == Mode::kStreaming) streaming_.on_demand().failed(event, now);
}

}  // namespace penstock
