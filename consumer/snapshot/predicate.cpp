#include "snapshot/predicate.hpp"

#include <cstddef>

namespace penstock {
namespace {

constexpr std::size_t kOpen = std::string_view::npos;  // It never ends.

bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           byte >= 0x80;
}

// Each takes the place behind the opening sign and gives the place behind the closing one.

// A doubled quote stands for itself: its second half opens what is the rest of the same string.
std::size_t end_of_quoted(std::string_view text, std::size_t at, char quote) {
    const std::size_t closing = text.find(quote, at);
    return closing == std::string_view::npos ? kOpen : closing + 1;
}

std::size_t end_of_comment(std::string_view text, std::size_t at) {
    int depth = 1;
    for (; at + 1 < text.size(); ++at) {
        const std::string_view two = text.substr(at, 2);
        if (two != "/*" && two != "*/") continue;
        depth += two == "/*" ? 1 : -1;
        ++at;
        if (depth == 0) return at + 1;
    }
    return kOpen;
}

// `at` is the place of the first dollar; what opens no string is passed over.
std::size_t end_of_dollars(std::string_view text, std::size_t at) {
    std::size_t tag_end = at + 1;
    while (tag_end < text.size() && is_word(text[tag_end])) ++tag_end;
    const bool opens = tag_end < text.size() && text[tag_end] == '$' &&
                       (tag_end == at + 1 || text[at + 1] < '0' || text[at + 1] > '9');
    if (!opens) return at + 1;
    const std::string_view tag = text.substr(at, tag_end + 1 - at);
    const std::size_t closing = text.find(tag, tag_end + 1);
    return closing == std::string_view::npos ? kOpen : closing + tag.size();
}

// Behind whatever begins at `at` and is not to be looked into; `at` + 1 for anything else.
std::size_t end_of_token(std::string_view text, std::size_t at) {
    const char c = text[at];
    const std::string_view two = text.substr(at, 2);
    if (c == '\'' || c == '"') return end_of_quoted(text, at + 1, c);
    if (c == '$') return end_of_dollars(text, at);
    if (two == "/*") return end_of_comment(text, at + 2);
    if (two == "--") {
        const std::size_t end = text.find_first_of("\n\r", at);
        return end == std::string_view::npos ? text.size() : end;
    }
    if (!is_word(c)) return at + 1;
    // A dollar inside of a name belongs to it; behind a number it may open a string.
    const bool name = c < '0' || c > '9';
    std::size_t end = at;
    while (end < text.size() && (is_word(text[end]) || (name && text[end] == '$'))) ++end;
    return end;
}

// E'...': its rest, over doubled quotes and lines, is read by rules of its own.
bool begins_escape_string(std::string_view text, std::size_t at) {
    return text[at] == '\'' && at != 0 && (text[at - 1] == 'e' || text[at - 1] == 'E');
}

}  // namespace

const char* complaint_about_predicate(std::string_view text) {
    int depth = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '\0') return "it holds a zero byte";
        if (c == ';') return "it holds a semicolon";
        if (begins_escape_string(text, at)) return "it holds a string of the form E'...'";
        if (c == '(') ++depth;
        if (c == ')' && --depth < 0) return "it closes a parenthesis that it did not open";
        at = end_of_token(text, at);
        if (at == kOpen) return "a string, a quoted name or a comment in it does not end";
    }
    return depth == 0 ? nullptr : "it opens a parenthesis that it does not close";
}

}  // namespace penstock
