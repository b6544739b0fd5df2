// The frames that describe rather than carry: session, relation, notice. They are rare, so
// libprotobuf reads them. Each returns what is wrong with the bytes, nullptr when nothing is.
#pragma once

#include <string_view>

#include "engine/frame.hpp"

namespace penstock {

const char* read_session(std::string_view bytes, SessionFrame& out);
const char* read_relation(std::string_view bytes, RelationFrame& out);
const char* read_notice(std::string_view bytes, NoticeFrame& out);

}  // namespace penstock
