// The socket that takes commands for a running pipe, on a thread of its own: it reads lines, hands
// requests to the engine's thread and answers back. Nothing a client does or leaves undone reaches
// the engine's thread but whole, valid requests. It decides nothing about them.
//
//   client                     socket's thread            engine's thread
//   one line of JSON ------->  parse_request --queue----> take_requests()
//   one line of JSON <-------  to_json       <--queue---- answer()
//
// A client that sends no whole line, or does not read its answer, within ten seconds is dropped; a
// line is at most 64 KiB, and at most 16 clients are served at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/chunk.hpp"
#include "engine/error.hpp"

namespace penstock {

// All functions are called from one thread, the engine's.
class ControlSocket {
public:
    // Makes the socket (mode 0600) and starts the thread. A file that an earlier process left
    // behind is replaced. control_socket when it cannot be made, or somebody answers on it.
    static Result<std::unique_ptr<ControlSocket>> open(const std::string& path);
    // Ends the thread, drops the clients, removes the file.
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    // Since the last call, in order; resets event_fd(). Each wants one answer.
    std::vector<SnapshotRequest> take_requests();
    // Readable while requests wait. Owned by the socket.
    int event_fd() const;

    // To the client of a request; one that has left is none. Never blocks. `stream_waits_for`: what
    // holds up the stream outside of the engine, empty for nothing.
    void answer(const AnswerRequest& answer, const std::string& stream_waits_for);

private:
    class Core;
    explicit ControlSocket(std::unique_ptr<Core> core);
    std::unique_ptr<Core> core_;
};

}  // namespace penstock
