// Lists of regular expressions over names, with the rules of Debezium's include and exclude lists:
// a name matches as a whole, letter case does not count. Matching takes time linear in the name
// (RE2), so that no list can make the program stand still; what only a backtracking engine can do
// (look-around, back-references) is refused. For relations, never for rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.hpp"

namespace penstock {

class NamePatterns {
public:
    NamePatterns();
    ~NamePatterns();
    NamePatterns(NamePatterns&&) noexcept;
    NamePatterns& operator=(NamePatterns&&) noexcept;

    // kConfigurationInvalid that names `key` and the item which is no regular expression.
    static Result<NamePatterns> compile(std::string_view key,
                                        const std::vector<std::string>& items);

    bool empty() const;
    bool match(std::string_view name) const;

private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

// What an include list and an exclude list leave of names: all but the excluded, or only the
// included. At most one of the two is given.
class NameFilter {
public:
    // kConfigurationInvalid when both are given or one cannot be read. `key`: their common name,
    // without "_include" and "_exclude".
    static Result<NameFilter> compile(std::string_view key, const std::vector<std::string>& include,
                                      const std::vector<std::string>& exclude);

    bool passes(std::string_view name) const {
        if (!include_.empty()) return include_.match(name);
        return exclude_.empty() || !exclude_.match(name);
    }

private:
    NamePatterns include_;
    NamePatterns exclude_;
};

// One replacement of a whole text: what a pattern matched, with ${name} and $1 in the replacement
// for its groups, as Java has them.
class NameTemplate {
public:
    NameTemplate();
    ~NameTemplate();
    NameTemplate(NameTemplate&&) noexcept;
    NameTemplate& operator=(NameTemplate&&) noexcept;

    // kConfigurationInvalid that names `key` when the pattern cannot be read or the replacement
    // names a group that it does not have.
    static Result<NameTemplate> compile(std::string_view key, std::string_view pattern,
                                        std::string_view replacement);

    // The replacement for `text`; `text` itself where the pattern does not match the whole of it.
    std::string apply(std::string_view text) const;

private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace penstock
