// The verbs that only print what is in the tables: version, errors, reference pages.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "cli/invocation.hpp"
#include "cli/terminal.hpp"
#include "config/key_table.hpp"
#include "source/frame_decoder.hpp"

namespace penstock {
namespace {

std::string_view class_text(ErrorClass error_class) {
    switch (error_class) {
        case ErrorClass::kRetry:
            return "retry";
        case ErrorClass::kOperator:
            return "operator";
        case ErrorClass::kBug:
            return "bug";
    }
    return "bug";
}

std::string exit_code_text(const ErrorRow& row) {
    return std::to_string(static_cast<int>(row.exit_code));
}

std::string error_reference() {
    std::string out = "| name | class | exit code | meaning | remedy |\n|---|---|---|---|---|\n";
    for (const ErrorRow& row : error_table()) {
        out += "| `" + std::string(row.text) + "` | " + std::string(class_text(row.error_class)) +
               " | " + exit_code_text(row) + " | " + std::string(row.meaning) + " | " +
               std::string(row.remedy) + " |\n";
    }
    return out;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
}

}  // namespace

std::optional<Error> verb_version(const Invocation&) {
    print("penstock " PENSTOCK_VERSION ", wire protocol " +
          std::to_string(FrameDecoder::kProtocolMin) + " to " +
          std::to_string(FrameDecoder::kProtocolMax) + "\n");
    return std::nullopt;
}

std::optional<Error> verb_errors(const Invocation&) {
    const Palette palette = palette_for(STDOUT_FILENO);
    for (const ErrorRow& row : error_table()) {
        std::string text;
        text += palette.bold;
        text += row.text;
        text += palette.reset;
        text += palette.dim;
        text += "  class " + std::string(class_text(row.error_class)) + ", exit code " +
                exit_code_text(row);
        text += palette.reset;
        text += "\n    " + std::string(row.meaning) + "\n    " + std::string(row.remedy) + "\n";
        print(text);
    }
    return std::nullopt;
}

std::optional<Error> verb_reference(const Invocation& invocation) {
    if (invocation.word == "configuration") {
        print(configuration_reference());
    } else if (invocation.word == "errors") {
        print(error_reference());
    } else {
        return Error{ErrorName::kUsage,
                     "unrecognized page \"" + invocation.word + "\"",
                     {},
                     "The pages are \"configuration\" and \"errors\"."};
    }
    return std::nullopt;
}

}  // namespace penstock
