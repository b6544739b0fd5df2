// What the keys of [registry] have to be together: an address when the format needs one, and
// exactly the credentials of the chosen kind. Pure. Never repeats a value: an address that is
// refused may hold a password.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

// Whether records of the chosen format carry ids that only a schema registry gives.
bool needs_registry(const Configuration& configuration);

// Whether one is asked: also where records carry no ids, readers find their schemas there.
bool uses_registry(const Configuration& configuration);

// The addresses of registry.url.
std::vector<std::string> registry_urls(const Configuration& configuration);

// configuration_invalid names the key.
Status check_registry_keys(const Configuration& configuration);

}  // namespace penstock
