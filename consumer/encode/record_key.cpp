#include "encode/record_key.hpp"

#include <algorithm>
#include <string>

#include "encode/name_pattern.hpp"

namespace penstock {
namespace {

using Position = std::uint32_t Column::*;

std::string qualified(const Relation& relation) {
    return "\"" + relation.schema + "." + relation.name + "\"";
}

// The columns with a position, in the order of their positions.
std::vector<std::uint16_t> columns_by(const Relation& relation, Position position) {
    std::vector<std::uint16_t> columns;
    for (std::uint16_t i = 0; i < relation.columns.size(); ++i) {
        if (relation.columns[i].*position != 0) columns.push_back(i);
    }
    std::sort(columns.begin(), columns.end(), [&](std::uint16_t a, std::uint16_t b) {
        return relation.columns[a].*position < relation.columns[b].*position;
    });
    return columns;
}

// The first choice whose pattern matches; null for none.
Result<const KeyColumns*> chosen_for(const Relation& relation, const EncodeOptions& options) {
    for (const KeyColumns& key : options.key_columns) {
        const auto pattern = NamePatterns::compile("format.key_columns", {key.table});
        if (!pattern) return Failure(pattern.error());
        if (pattern->match(relation.schema + "." + relation.name)) return &key;
    }
    return nullptr;
}

Result<std::vector<std::uint16_t>> resolve(const Relation& relation, const KeyColumns& key) {
    std::vector<std::uint16_t> columns;
    for (const std::string& name : key.columns) {
        const auto found = std::find_if(relation.columns.begin(), relation.columns.end(),
                                        [&](const Column& column) { return column.name == name; });
        if (found == relation.columns.end()) {
            return fail(
                ErrorName::kConfigurationInvalid,
                "invalid key_columns of table " + qualified(relation) + ": column does not exist",
                "Column \"" + name + "\" is not in the table as the stream describes it.");
        }
        columns.push_back(static_cast<std::uint16_t>(found - relation.columns.begin()));
    }
    return columns;
}

Result<std::vector<std::uint16_t>> key_columns(const Relation& relation,
                                               const EncodeOptions& options) {
    const auto chosen = chosen_for(relation, options);
    if (!chosen) return Failure(chosen.error());
    if (*chosen != nullptr) return resolve(relation, **chosen);
    if (relation.replica_identity == ReplicaIdentity::kIndex) {
        std::vector<std::uint16_t> index = columns_by(relation, &Column::replica_key_position);
        if (!index.empty()) return index;
    }
    std::vector<std::uint16_t> primary = columns_by(relation, &Column::primary_key_position);
    if (!primary.empty()) return primary;
    return columns_by(relation, &Column::unique_key_position);
}

bool logs_old_row(const Relation& relation) {
    if (relation.replica_identity == ReplicaIdentity::kFull) return true;
    if (relation.replica_identity == ReplicaIdentity::kNothing) return false;
    return std::any_of(relation.columns.begin(), relation.columns.end(),
                       [](const Column& column) { return column.replica_key_position != 0; });
}

}  // namespace

Result<KeyChoice> choose_key(const Relation& relation, const EncodeOptions& options) {
    auto columns = key_columns(relation, options);
    if (!columns) return Failure(std::move(columns.error()));
    KeyChoice choice{std::move(*columns), logs_old_row(relation)};
    if (!choice.logs_old_row || relation.replica_identity == ReplicaIdentity::kFull) return choice;
    for (const std::uint16_t index : choice.columns) {
        const Column& column = relation.columns[index];
        if (column.replica_key_position != 0) continue;
        return fail(ErrorName::kIdentityInsufficient,
                    "cannot publish table " + qualified(relation) +
                        ": its old rows lack a column of the key",
                    "Key column \"" + column.name + "\" is not part of the replica identity.",
                    "Use ALTER TABLE ... REPLICA IDENTITY FULL, or choose a key that the identity "
                    "holds.");
    }
    return choice;
}

Failure no_old_row(const Relation& relation) {
    return fail(ErrorName::kIdentityInsufficient,
                "cannot publish an UPDATE or DELETE of table " + qualified(relation) +
                    ": it logs no old row",
                "The table's replica identity names no column.",
                "Use ALTER TABLE ... REPLICA IDENTITY, or set no_identity = \"publish\" to send "
                "such changes without key and old row.");
}

}  // namespace penstock
