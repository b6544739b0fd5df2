#include "cli/change_printer.hpp"

#include <algorithm>

#include "encode/text_time.hpp"
#include "source/postgres_error.hpp"
#include "source/row_text.hpp"

namespace penstock {
namespace {

bool is_plain_identifier(std::string_view name) {
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

void append_identifier(std::string& out, std::string_view name) {
    append_printable(out, is_plain_identifier(name) ? name : quote_identifier(name));
}

std::string name_of(const Relation& relation) {
    std::string name;
    append_identifier(name, relation.schema);
    name += '.';
    append_identifier(name, relation.name);
    return name;
}

std::string_view reason_text(MarkReason reason) {
    switch (reason) {
        case MarkReason::kNotConvertible:
            return "(not convertible to UTF-8)";
        case MarkReason::kOversize:
            return "(too large)";
        default:
            return "(out of range)";
    }
}

void append_state(std::string& out, const Column& column, const Row& row, std::size_t slot) {
    switch (row.states[slot]) {
        case ColumnState::kNull:
            out += "null";
            break;
        case ColumnState::kValue:
            append_value_text(out, column, row.values[slot]);
            break;
        case ColumnState::kUnchanged:
            out += "(unchanged)";
            break;
        case ColumnState::kMarked:
            out += reason_text(row.reasons[slot]);
            break;
        case ColumnState::kNotInImage:
            break;
    }
}

bool same_in_both(const Row& before, const Row& after, std::size_t slot) {
    if (before.states[slot] == ColumnState::kNotInImage) return true;
    return before.states[slot] == after.states[slot] &&
           same_value(before.values[slot], after.values[slot]);
}

}  // namespace

Status ChangePrinter::print(const Frame& frame, std::string& out) {
    if (const auto* change = std::get_if<ChangeFrame>(&frame)) return print_change(*change, out);
    if (const auto* truncate = std::get_if<TruncateFrame>(&frame)) {
        return print_truncate(*truncate, out);
    }
    if (const auto* relation = std::get_if<RelationFrame>(&frame)) {
        Table table{relation->relation, RowLayout(*relation->relation),
                    name_of(*relation->relation)};
        tables_.insert_or_assign(relation->relation->id, std::move(table));
    } else if (const auto* begin = std::get_if<BeginFrame>(&frame)) {
        print_begin(*begin, out);
    } else if (const auto* commit = std::get_if<CommitFrame>(&frame)) {
        print_commit(*commit, out);
    } else if (const auto* message = std::get_if<MessageFrame>(&frame)) {
        print_message(*message, out);
    } else if (const auto* notice = std::get_if<NoticeFrame>(&frame)) {
        out += palette_.yellow;
        out += "NOTICE  ";
        append_printable(out, notice->name + " " + notice->detail);
        out += palette_.reset;
        out += '\n';
    }
    return {};
}

Result<const ChangePrinter::Table*> ChangePrinter::find(std::uint32_t relation_id) const {
    const auto found = tables_.find(relation_id);
    if (found == tables_.end()) {
        return fail(ErrorName::kRelationUnknown, "cannot show a change: its table " +
                                                     std::to_string(relation_id) +
                                                     " has not been described");
    }
    return &found->second;
}

Status ChangePrinter::print_change(const ChangeFrame& change, std::string& out) {
    const auto found = find(change.relation_id);
    if (!found) return Failure(found.error());
    const Table& table = **found;
    if (auto read = rows_.read(table.layout, change); !read) return read;
    const bool update = change.operation == Operation::kUpdate;
    const bool insert = change.operation == Operation::kInsert;
    out += update ? palette_.yellow : insert ? palette_.green : palette_.red;
    out += update ? "UPDATE  " : insert ? "INSERT  " : "DELETE  ";
    out += palette_.reset;
    out += palette_.bold;
    out += table.name;
    out += palette_.reset;
    if (update && rows_.before().present) {
        append_difference(table, out);
    } else {
        append_image(table, insert || update ? rows_.after() : rows_.before(), out);
    }
    out += '\n';
    return {};
}

void ChangePrinter::append_image(const Table& table, const Row& row, std::string& out) const {
    if (!row.present) {
        out += palette_.dim;
        out += "  (the table logs no old row)";
        out += palette_.reset;
        return;
    }
    for (std::size_t i = 0; i < table.layout.size(); ++i) {
        if (row.states[i] != ColumnState::kNotInImage) append_column(table, row, i, out);
    }
}

// What identifies the row, then what changed in it; with a key image alone, the new row.
void ChangePrinter::append_difference(const Table& table, std::string& out) const {
    const Row& before = rows_.before();
    const Row& after = rows_.after();
    for (std::size_t i = 0; i < table.layout.size(); ++i) {
        const Column& column = table.relation->columns[i];
        const bool key = column.replica_key_position != 0 || column.primary_key_position != 0;
        const bool known = before.states[i] != ColumnState::kNotInImage;
        if (known && !same_in_both(before, after, i)) {
            append_column(table, before, i, out);
            out += palette_.dim;
            out += " -> ";
            out += palette_.reset;
            append_state(out, column, after, i);
        } else if (key || !known) {
            append_column(table, after, i, out);
        }
    }
}

void ChangePrinter::append_column(const Table& table, const Row& row, std::size_t slot,
                                  std::string& out) const {
    const Column& column = table.relation->columns[slot];
    out += "  ";
    out += palette_.cyan;
    append_identifier(out, column.name);
    out += palette_.reset;
    out += '=';
    append_state(out, column, row, slot);
}

Status ChangePrinter::print_truncate(const TruncateFrame& truncate, std::string& out) {
    for (const std::uint32_t id : truncate.relation_ids) {
        const auto found = find(id);
        if (!found) return Failure(found.error());
        out += palette_.red;
        out += "TRUNCATE  ";
        out += palette_.reset;
        out += palette_.bold;
        out += (*found)->name;
        out += palette_.reset;
        if (truncate.cascade) out += "  cascade";
        if (truncate.restart_identity) out += "  restart identity";
        out += '\n';
    }
    return {};
}

void ChangePrinter::print_message(const MessageFrame& message, std::string& out) const {
    out += palette_.cyan;
    out += "MESSAGE  ";
    out += palette_.reset;
    append_printable(out, message.prefix);
    out += "  '";
    append_printable(out, message.content);
    out += "'";
    if (!message.transactional) out += "  (outside of a transaction)";
    out += '\n';
}

void ChangePrinter::print_begin(const BeginFrame& begin, std::string& out) const {
    const Moment moment = moment_of(begin.commit_time_us);
    char text[kTimeTextMax];
    out += palette_.dim;
    out += "BEGIN " + std::to_string(begin.xid.value) + "  ";
    out.append(text, put_iso_timestamp(text, moment, Fraction::kFixed));
    if (begin.origin) {
        out += "  origin ";
        append_printable(out, *begin.origin);
    }
    out += palette_.reset;
    out += '\n';
}

void ChangePrinter::print_commit(const CommitFrame& commit, std::string& out) const {
    out += palette_.dim;
    out += "COMMIT  " + to_string(commit.end_lsn) + "  " + std::to_string(commit.sent) +
           (commit.sent == 1 ? " change" : " changes");
    out += palette_.reset;
    out += '\n';
}

}  // namespace penstock
