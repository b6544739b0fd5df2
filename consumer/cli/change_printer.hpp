// Frames as lines for a terminal: one per change, with the table's own column names, and a dim line
// where a transaction begins and ends. Pure; remembers the relations of the session.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "cli/terminal.hpp"
#include "encode/row.hpp"
#include "engine/error.hpp"
#include "engine/frame.hpp"

namespace penstock {

class ChangePrinter {
public:
    explicit ChangePrinter(Palette palette) : palette_(palette) {}

    // Appends the lines of `frame`, if it has any. kRelationUnknown for a change of a table that
    // the session has not described, kFrameInvalid for a row that does not fit it.
    Status print(const Frame& frame, std::string& out);

private:
    struct Table {
        std::shared_ptr<const Relation> relation;
        RowLayout layout;
        std::string name;  // "schema.name", as SQL writes it.
    };

    Status print_change(const ChangeFrame& change, std::string& out);
    Status print_truncate(const TruncateFrame& truncate, std::string& out);
    void print_message(const MessageFrame& message, std::string& out) const;
    void print_begin(const BeginFrame& begin, std::string& out) const;
    void print_commit(const CommitFrame& commit, std::string& out) const;
    void append_image(const Table& table, const Row& row, std::string& out) const;
    void append_difference(const Table& table, std::string& out) const;
    void append_column(const Table& table, const Row& row, std::size_t slot,
                       std::string& out) const;
    Result<const Table*> find(std::uint32_t relation_id) const;

    Palette palette_;
    std::unordered_map<std::uint32_t, Table> tables_;
    ChangeRows rows_;
};

}  // namespace penstock
