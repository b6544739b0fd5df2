#include "name_pattern.hpp"

namespace penstock {

namespace {

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n';
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    // A blank behind a backslash is meant.
    while (!text.empty() && is_blank(text.back()) &&
           !(text.size() > 1 && text[text.size() - 2] == '\\')) {
        text.remove_suffix(1);
    }
    return text;
}

// Cuts `text` before the first `separator` that no backslash protects and drops that separator from
// the rest. `found` tells whether there was one.
std::string_view cut(std::string_view& text, char separator, bool& found) noexcept {
    size_t i = 0;
    while (i < text.size() && text[i] != separator) {
        i += text[i] == '\\' && i + 1 < text.size() ? 2 : 1;
    }
    found = i < text.size();
    const std::string_view head = text.substr(0, i);
    text.remove_prefix(found ? i + 1 : i);
    return head;
}

const char* parse_pattern(std::string_view text, int parts, NamePattern& pattern) noexcept {
    bool more = true;
    for (int i = 0; i < parts; i++) {
        if (!more)
            return parts == 2 ? "A pattern has the form schema.name."
                              : "A pattern has the form schema.name.column.";
        pattern.parts[i] = cut(text, '.', more);
        if (pattern.parts[i].empty()) return "A part of a pattern is empty.";
    }
    if (more) return "A pattern has too many parts; a dot in a name is written \\. there.";
    return nullptr;
}

// Bytes of the character that `name` begins with; only UTF-8 is looked into, other multibyte
// encodings count bytes.
size_t character_size(std::string_view name) noexcept {
    size_t size = 1;
    if (GetDatabaseEncoding() != PG_UTF8) return size;
    while (size < name.size() && (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) size++;
    return size;
}

// Greedy with one point to come back to, the last star: never worse than pattern times name.
bool glob_matches(std::string_view pattern, std::string_view name) noexcept {
    size_t p = 0;
    size_t n = 0;
    size_t star = std::string_view::npos;
    size_t resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
            continue;
        }
        if (p < pattern.size() && pattern[p] == '?') {
            n += character_size(name.substr(n));
            p++;
            continue;
        }
        const size_t literal = p < pattern.size() && pattern[p] == '\\' ? p + 1 : p;
        if (literal < pattern.size() && pattern[literal] == name[n]) {
            p = literal + 1;
            n++;
            continue;
        }
        if (star == std::string_view::npos) return false;
        p = star + 1;
        n = ++resume;
    }
    while (p < pattern.size() && pattern[p] == '*') p++;
    return p == pattern.size();
}

}  // namespace

const char* parse_name_patterns(const char* text, int parts, NamePatterns& patterns) {
    std::string_view rest = text;
    int count_max = 1;
    for (const char c : rest) count_max += c == ',';
    auto* items = static_cast<NamePattern*>(palloc0(sizeof(NamePattern) * count_max));
    patterns = {items, 0, parts};
    bool more = true;
    while (more) {
        const char* wrong =
            parse_pattern(trimmed(cut(rest, ',', more)), parts, items[patterns.count]);
        if (wrong != nullptr) return wrong;
        patterns.count++;
    }
    return nullptr;
}

bool any_pattern_matches(const NamePatterns& patterns, const std::string_view* names) {
    for (int i = 0; i < patterns.count; i++) {
        bool matches = true;
        for (int part = 0; part < patterns.parts && matches; part++) {
            matches = glob_matches(patterns.items[i].parts[part], names[part]);
        }
        if (matches) return true;
    }
    return false;
}

}  // namespace penstock
