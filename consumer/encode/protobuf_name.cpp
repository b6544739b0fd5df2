#include "encode/protobuf_name.hpp"

#include <algorithm>
#include <iterator>

#include "encode/avro_name.hpp"

namespace penstock {
namespace {

// The Java Language Specification, 3.9: keywords and literals that no package can be named after.
constexpr std::string_view kJavaWords[] = {
    "abstract",  "assert",       "boolean",  "break",      "byte",    "case",       "catch",
    "char",      "class",        "const",    "continue",   "default", "do",         "double",
    "else",      "enum",         "extends",  "false",      "final",   "finally",    "float",
    "for",       "goto",         "if",       "implements", "import",  "instanceof", "int",
    "interface", "long",         "native",   "new",        "null",    "package",    "private",
    "protected", "public",       "return",   "short",      "static",  "strictfp",   "super",
    "switch",    "synchronized", "this",     "throw",      "throws",  "transient",  "true",
    "try",       "void",         "volatile", "while",
};

bool is_java_word(std::string_view word) {
    return std::find(std::begin(kJavaWords), std::end(kJavaWords), word) != std::end(kJavaWords);
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string compared(std::string_view name) {
    std::string bare;
    for (const char c : name) {
        if (c != '_') bare += lower(c);
    }
    return bare;
}

// Calls `take` with each part between dots.
template <class Take>
void for_each_part(std::string_view dotted, Take take) {
    for (;;) {
        const std::size_t dot = dotted.find('.');
        take(dotted.substr(0, dot));
        if (dot == dotted.npos) return;
        dotted.remove_prefix(dot + 1);
    }
}

}  // namespace

// A topic has letters, digits, dots, underscores and minus signs, and what else a table's name has
// is escaped there as _xHH: so are here the two that an identifier cannot have, and no others.
std::string protobuf_package(std::string_view topic) {
    std::string package;
    for_each_part(topic, [&](std::string_view part) {
        if (!package.empty()) package += '.';
        if (part.empty()) package += '_';
        for (std::size_t at = 0; at < part.size(); ++at) {
            if (part[at] == '-') {
                package += "_x2D";
            } else if (at == 0 && part[at] >= '0' && part[at] <= '9') {
                package.append("_x3").append(1, part[at]);
            } else {
                package += part[at];
            }
        }
    });
    return package;
}

std::string java_package(std::string_view package) {
    std::string java;
    for_each_part(package, [&](std::string_view part) {
        if (!java.empty()) java += '.';
        java += part;
        if (is_java_word(part)) java += '_';
    });
    return java;
}

std::string ProtobufFieldNames::name_of(std::string_view column, std::uint32_t number) {
    std::string name = avro_field_name(column);
    // An underscore alone is no name that every language of protobuf can have.
    if (compared(name).empty()) name = "column_" + std::to_string(number);
    while (others_.contains(name) || !taken_.insert(compared(name)).second) {
        name += "_" + std::to_string(number);
    }
    return name;
}

std::string comment_text(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return line;
}

}  // namespace penstock
