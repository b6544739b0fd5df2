// Names in published .proto files, made from the names of topics and columns. Names of columns are
// hostile input: any byte may come, and two of them can meet in one name of protobuf.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace penstock {

// The package of a topic's messages; different topics have different ones.
std::string protobuf_package(std::string_view topic);

// The same for generated Java, where a part that is a word of the language has an underscore.
std::string java_package(std::string_view package);

// Names of the fields of one message.
class ProtobufFieldNames {
public:
    // `others`: what else has a name in the message.
    explicit ProtobufFieldNames(std::set<std::string> others = {}) : others_(std::move(others)) {}

    // What is not a letter, a digit or an underscore is an underscore. A name that a field has
    // already, or that protoc takes for the same in JSON, has the field's number behind it: give
    // lower numbers first, and the names of older fields stay.
    std::string name_of(std::string_view column, std::uint32_t number);

private:
    std::set<std::string> others_;
    std::set<std::string> taken_;  // In lower case and without underscores, as protoc compares.
};

// `text` in one line of a comment.
std::string comment_text(std::string_view text);

}  // namespace penstock
