// What the registry's thread hands back to the engine's: answers and log lines in order, and a file
// descriptor that is readable while any waits. Internal to this room. Any thread.
#pragma once

#include <mutex>
#include <vector>

#include "registry/schema_registry.hpp"

namespace penstock {

class RegistryOutbox {
public:
    RegistryOutbox();
    ~RegistryOutbox();
    RegistryOutbox(const RegistryOutbox&) = delete;
    RegistryOutbox& operator=(const RegistryOutbox&) = delete;

    void post(RegistryNews news);
    std::vector<RegistryNews> take();
    int event_fd() const { return event_fd_; }

private:
    std::mutex mutex_;
    std::vector<RegistryNews> news_;
    int event_fd_;
};

}  // namespace penstock
