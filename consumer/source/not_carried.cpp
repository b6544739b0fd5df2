#include "source/not_carried.hpp"

#include <algorithm>

#include "source/postgres_connection.hpp"
#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// $1: whether views count.
constexpr std::string_view kRelations = R"(
SELECT n.nspname, c.relname,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                      WHEN 'f' THEN 'foreign table' ELSE 'unlogged table' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'f' OR c.relkind IN ('v', 'm') AND $1::bool
       OR c.relkind = 'r' AND c.relpersistence = 'u') AND c.oid >= 16384
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'penstock')
  AND )";

// The letters that a pattern without wildcards stands for; nothing when it has some.
std::string plain(std::string_view pattern) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*' || pattern[i] == '?') return {};
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        text += pattern[i];
    }
    return text;
}

std::string remedy(const NotCarried& found) {
    const std::string name = quote_identifier(found.schema) + "." + quote_identifier(found.name);
    if (found.kind == "unlogged table") return "ALTER TABLE " + name + " SET LOGGED;";
    if (found.kind == "foreign table") return "Capture it on the server where it lives.";
    return "Name the tables behind the view in source.tables.";
}

}  // namespace

bool names_exactly(std::string_view pattern, std::string_view schema, std::string_view name) {
    const auto halves = split_pattern(pattern);
    return halves && plain(halves->schema) == schema && plain(halves->name) == name;
}

Result<std::vector<NotCarried>> find_not_carried(PostgresConnection& connection,
                                                 const SelectionSettings& settings) {
    const auto condition = selection_condition(settings);
    if (!condition) return Failure(condition.error());
    auto rows = connection.query(std::string(kRelations) + *condition + " ORDER BY 1, 2",
                                 {settings.tables.empty() ? "false" : "true"}, {});
    if (!rows) return Failure(rows.error());
    std::vector<NotCarried> found;
    for (int i = 0; i < rows->count(); ++i) {
        NotCarried& one = found.emplace_back();
        one.schema = rows->string(i, 0);
        one.name = rows->string(i, 1);
        one.kind = rows->string(i, 2);
        one.named = std::any_of(settings.tables.begin(), settings.tables.end(),
                                [&](const std::string& pattern) {
                                    return names_exactly(pattern, one.schema, one.name);
                                });
    }
    return found;
}

std::vector<CheckItem> check_not_carried(const std::vector<NotCarried>& found) {
    std::vector<CheckItem> items;
    for (const NotCarried& one : found) {
        if (!one.named) continue;
        items.push_back({"table " + printable(one.schema + "." + one.name),
                         CheckItem::Verdict::kFailed,
                         "it is a " + one.kind + ", whose changes the server does not log",
                         remedy(one), ErrorName::kTableNotCarried});
    }
    return items;
}

}  // namespace penstock
