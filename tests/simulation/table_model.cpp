#include "table_model.hpp"

#include <algorithm>

namespace penstock::simulation {

bool TableModel::locked(const Versions& versions, const Owner& owner, Instant now) {
    return !versions.empty() && versions.back().owner != owner &&
           !visible(versions.back().owner, now);
}

// Older than what everybody sees is dead.
void TableModel::push(Versions& versions, Version version, Instant now) {
    std::size_t dead = 0;
    for (std::size_t index = 1; index < versions.size(); ++index) {
        if (visible(versions[index].owner, now)) dead = index;
    }
    versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(dead));
    versions.push_back(std::move(version));
}

bool TableModel::truncate(const Owner& owner, std::uint32_t table, Instant now) {
    for (const Versions& versions : tables_[table]) {
        if (locked(versions, owner, now)) return false;
    }
    for (Versions& versions : tables_[table]) {
        if (exists(versions)) push(versions, {owner, false, {}}, now);
    }
    truncated_by_[table] = owner;
    return true;
}

bool TableModel::write(const Owner& owner, SourceItem& item, Instant now) {
    if (!item.captured || item.kind == ItemKind::kMessage) return true;
    const Owner& truncater = truncated_by_[item.table];
    if (truncater && truncater != owner && !visible(truncater, now)) return false;
    if (item.kind == ItemKind::kTruncate) return truncate(owner, item.table, now);
    auto& keys = tables_[item.table];
    Versions& row = keys[item.key];
    Versions& old = keys[item.old_key];
    if (locked(row, owner, now)) return false;
    if (item.kind == ItemKind::kKeyUpdate) {
        const bool moves = item.key != item.old_key && exists(old) && !exists(row);
        if (!moves || locked(old, owner, now)) item.kind = ItemKind::kUpdate;
    }
    if (item.kind == ItemKind::kInsert && exists(row)) item.kind = ItemKind::kUpdate;
    const bool needs_row = item.kind == ItemKind::kUpdate || item.kind == ItemKind::kDelete;
    if (needs_row && !exists(row)) item.kind = ItemKind::kInsert;
    item.unchanged = item.unchanged && item.kind == ItemKind::kUpdate;
    if (item.kind == ItemKind::kKeyUpdate) push(old, {owner, false, {}}, now);
    const std::uint32_t body = item.unchanged ? row.back().row.body : item.version;
    push(row, {owner, item.kind != ItemKind::kDelete, {item.version, body}}, now);
    return true;
}

void TableModel::aborted(const SourceTransaction* owner) {
    for (auto& keys : tables_) {
        for (Versions& versions : keys) {
            std::erase_if(versions,
                          [owner](const Version& version) { return version.owner.get() == owner; });
        }
    }
    for (Owner& truncater : truncated_by_) {
        if (truncater.get() == owner) truncater.reset();
    }
}

std::map<std::uint32_t, TableModel::Row> TableModel::rows(std::uint32_t table, Instant now) const {
    std::map<std::uint32_t, Row> found;
    for (std::uint32_t key = 0; key < kKeyCount; ++key) {
        const Versions& versions = tables_[table][key];
        const auto seen =
            std::find_if(versions.rbegin(), versions.rend(),
                         [now](const Version& version) { return visible(version.owner, now); });
        if (seen != versions.rend() && seen->exists) found[key] = seen->row;
    }
    return found;
}

}  // namespace penstock::simulation
