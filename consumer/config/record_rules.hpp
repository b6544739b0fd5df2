// What the keys about records have to be: texts with a form of their own, and keys that only some
// formats have. Pure.
#pragma once

#include "config/configuration.hpp"
#include "engine/error.hpp"

namespace penstock {

// configuration_invalid names the key.
Status check_record_keys(const Configuration& configuration);

}  // namespace penstock
