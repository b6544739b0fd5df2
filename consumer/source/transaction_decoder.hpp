// The frames that frame a transaction or stand outside of one: begin, commit, message. Each returns
// what is wrong with the bytes, nullptr when nothing is; protozero's exceptions for lengths that
// run past the end pass through to the caller.
#pragma once

#include <string_view>

#include "engine/frame.hpp"

namespace penstock {

const char* read_begin(std::string_view bytes, BeginFrame& out);
const char* read_commit(std::string_view bytes, CommitFrame& out);
const char* read_message(std::string_view bytes, MessageFrame& out);

}  // namespace penstock
