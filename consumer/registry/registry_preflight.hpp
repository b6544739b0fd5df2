// What `penstock check` and the start of `run` ask of the schema registry before the first record.
// Changes nothing there.
#pragma once

#include <vector>

#include "engine/check_item.hpp"
#include "registry/http_transport.hpp"
#include "registry/registry_settings.hpp"

namespace penstock {

// Blocks, for a few seconds when nothing answers. Any thread. settings.urls is not empty.
std::vector<CheckItem> check_registry(const RegistrySettings& settings);

// The same over a transport of the caller's.
std::vector<CheckItem> check_registry(const RegistrySettings& settings, HttpTransport& transport);

}  // namespace penstock
