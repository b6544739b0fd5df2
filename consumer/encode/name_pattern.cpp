#include "encode/name_pattern.hpp"

#include <cstdint>

#include <re2/re2.h>

namespace penstock {
namespace {

// The automaton of one pattern: enough for any list a person writes, a bound for what a program
// might.
constexpr std::int64_t kPatternMemory = 1 << 20;

re2::RE2::Options options(bool case_sensitive) {
    re2::RE2::Options chosen(re2::RE2::Quiet);
    chosen.set_case_sensitive(case_sensitive);
    chosen.set_max_mem(kPatternMemory);
    return chosen;
}

Failure unreadable(std::string_view key, std::string_view pattern, const std::string& reason) {
    return fail(ErrorName::kConfigurationInvalid,
                "invalid value of key \"" + std::string(key) + "\": " + reason,
                "The pattern is \"" + std::string(pattern) + "\".",
                "Patterns are regular expressions in RE2's syntax, which has no look-around and no "
                "back-references.");
}

// Java's (?<name>...) in RE2's spelling; look-behind, which begins alike, is left to be refused.
std::string named_groups(std::string_view pattern) {
    std::string out;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        out += pattern[at];
        const bool opens = out.size() >= 2 && pattern.substr(at, 2) == "?<" && at > 0 &&
                           pattern[at - 1] == '(' && at + 2 < pattern.size() &&
                           pattern[at + 2] != '=' && pattern[at + 2] != '!';
        if (opens) out += 'P';
    }
    return out;
}

// A piece of a replacement: a text, or a group when `group` is not negative.
struct Piece {
    std::string text;
    int group = -1;
};

// The number of the group that `name` names; -1 for none.
int group_of(const re2::RE2& pattern, const std::string& name) {
    const auto& names = pattern.NamedCapturingGroups();
    const auto found = names.find(name);
    return found == names.end() ? -1 : found->second;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Reads what stands behind a $ at `at`, which moves past it; -1 when that is no group.
int read_group(const re2::RE2& pattern, std::string_view text, std::size_t& at) {
    if (at < text.size() && is_digit(text[at])) {
        const int group = text[at++] - '0';
        return group <= pattern.NumberOfCapturingGroups() ? group : -1;
    }
    if (at >= text.size() || text[at] != '{') return -1;
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return -1;
    const std::string name(text.substr(at + 1, end - at - 1));
    at = end + 1;
    return group_of(pattern, name);
}

}  // namespace

struct NamePatterns::Compiled {
    std::vector<std::unique_ptr<re2::RE2>> patterns;
};

NamePatterns::NamePatterns() : compiled_(std::make_unique<Compiled>()) {}
NamePatterns::~NamePatterns() = default;
NamePatterns::NamePatterns(NamePatterns&&) noexcept = default;
NamePatterns& NamePatterns::operator=(NamePatterns&&) noexcept = default;

Result<NamePatterns> NamePatterns::compile(std::string_view key,
                                           const std::vector<std::string>& items) {
    NamePatterns list;
    for (const std::string& item : items) {
        auto pattern = std::make_unique<re2::RE2>(item, options(false));
        if (!pattern->ok()) return unreadable(key, item, pattern->error());
        list.compiled_->patterns.push_back(std::move(pattern));
    }
    return list;
}

bool NamePatterns::empty() const {
    return compiled_->patterns.empty();
}

bool NamePatterns::match(std::string_view name) const {
    const re2::StringPiece text(name.data(), name.size());
    for (const auto& pattern : compiled_->patterns) {
        if (re2::RE2::FullMatch(text, *pattern)) return true;
    }
    return false;
}

Result<NameFilter> NameFilter::compile(std::string_view key,
                                       const std::vector<std::string>& include,
                                       const std::vector<std::string>& exclude) {
    const std::string name(key);
    if (!include.empty() && !exclude.empty()) {
        return fail(
            ErrorName::kConfigurationInvalid,
            "invalid value of key \"" + name + "_exclude\": \"" + name + "_include\" is given too",
            {}, "Choose one of the two lists.");
    }
    auto included = NamePatterns::compile(name + "_include", include);
    if (!included) return Failure(std::move(included.error()));
    auto excluded = NamePatterns::compile(name + "_exclude", exclude);
    if (!excluded) return Failure(std::move(excluded.error()));
    NameFilter filter;
    filter.include_ = std::move(*included);
    filter.exclude_ = std::move(*excluded);
    return filter;
}

struct NameTemplate::Compiled {
    std::unique_ptr<re2::RE2> pattern;
    std::vector<Piece> pieces;
};

NameTemplate::NameTemplate() : compiled_(std::make_unique<Compiled>()) {}
NameTemplate::~NameTemplate() = default;
NameTemplate::NameTemplate(NameTemplate&&) noexcept = default;
NameTemplate& NameTemplate::operator=(NameTemplate&&) noexcept = default;

Result<NameTemplate> NameTemplate::compile(std::string_view key, std::string_view pattern,
                                           std::string_view replacement) {
    NameTemplate made;
    made.compiled_->pattern = std::make_unique<re2::RE2>(named_groups(pattern), options(true));
    const re2::RE2& compiled = *made.compiled_->pattern;
    if (!compiled.ok()) return unreadable(key, pattern, compiled.error());
    std::vector<Piece>& pieces = made.compiled_->pieces;
    pieces.emplace_back();
    for (std::size_t at = 0; at < replacement.size();) {
        if (replacement[at] != '$') {
            pieces.back().text += replacement[at++];
            continue;
        }
        const int group = read_group(compiled, replacement, ++at);
        if (group < 0) {
            return unreadable(key, pattern,
                              "the replacement \"" + std::string(replacement) +
                                  "\" names a group that the pattern does not have");
        }
        pieces.push_back({{}, group});
        pieces.emplace_back();
    }
    return made;
}

std::string NameTemplate::apply(std::string_view text) const {
    if (!compiled_->pattern) return std::string(text);
    const auto groups = static_cast<std::size_t>(compiled_->pattern->NumberOfCapturingGroups()) + 1;
    std::vector<re2::StringPiece> found(groups);
    const re2::StringPiece whole(text.data(), text.size());
    if (!compiled_->pattern->Match(whole, 0, text.size(), re2::RE2::ANCHOR_BOTH, found.data(),
                                   static_cast<int>(groups))) {
        return std::string(text);
    }
    std::string out;
    for (const Piece& piece : compiled_->pieces) {
        if (piece.group < 0) {
            out += piece.text;
        } else {
            const re2::StringPiece& group = found[static_cast<std::size_t>(piece.group)];
            out.append(group.data(), group.size());
        }
    }
    return out;
}

}  // namespace penstock
