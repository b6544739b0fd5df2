// Reads the text form of java.util.Properties (Properties.load(Reader)): "name=value" in lines,
// with comments, escapes and lines that go on in the next one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {

// In the order of the text; of a name that comes twice the last value.
std::vector<std::pair<std::string, std::string>> read_java_properties(std::string_view text);

}  // namespace penstock
