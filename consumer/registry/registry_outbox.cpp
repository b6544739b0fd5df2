#include "registry/registry_outbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace penstock {

RegistryOutbox::RegistryOutbox() : event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

RegistryOutbox::~RegistryOutbox() {
    close(event_fd_);
}

void RegistryOutbox::post(RegistryNews news) {
    const std::scoped_lock lock(mutex_);
    news_.push_back(std::move(news));
    // The counter cannot overflow: it is written only when nothing waited before.
    if (news_.size() == 1) eventfd_write(event_fd_, 1);
}

std::vector<RegistryNews> RegistryOutbox::take() {
    const std::scoped_lock lock(mutex_);
    eventfd_t count = 0;
    if (!news_.empty()) eventfd_read(event_fd_, &count);
    return std::exchange(news_, {});
}

}  // namespace penstock
