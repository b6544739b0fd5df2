// The statements that read a table in chunks of its key order, as text. Pure; names, cursors and
// operators are quoted, the predicate is the one thing that comes from people, and
// complaint_about_predicate() has passed it.
//
// Order, comparison and equality are those of the index that makes the key unique, by its operators
// and collations: with any others two rows could be equal that are not, and one would be passed
// over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

// One column of the key's index, in its order. Texts of SQL but for `name`.
struct KeyColumn {
    std::string name;
    std::string type;       // What a cursor is cast to: the base type.
    std::string collation;  // Empty where the type has none.
    std::string less;       // The operators, by their places in the btree's family.
    std::string less_equal;
    std::string equal;
    std::string greater_equal;
    std::string greater;
    bool casts_to_text = true;  // The server's own type, whose cast to text is its output.
};

// The index that makes exactly these columns unique, a row per column as KeyColumn tells it; none
// when there is none. $1 the table's oid, $2 an array of the names, $3 the oid that it is published
// as: where that is another table, the names make rows unique in it as well.
std::string key_index_statement();

// The largest key as a cursor; no row when the table has none.
std::string largest_key_statement(const std::string& table, const std::vector<KeyColumn>& key);

// COPY of one chunk: row message and cursor.
struct ChunkStatement {
    std::string table;           // Quoted.
    std::vector<KeyColumn> key;  // Empty: all of the table, in no order, with empty cursors.
    std::string published_as;    // Oid of another table that it is published as, or empty.
    std::string predicate;
    std::string after;
    std::string until;
    std::size_t rows_max = 0;  // 0 is all.
};
std::string chunk_statement(const ChunkStatement& chunk);

// EXPLAIN of a predicate, for the extended protocol, which takes one statement and no more. $1 is
// the truth.
std::string explain_statement(const std::string& table, std::string_view predicate);

// {"a","b\"c"}: an array of texts as a parameter.
std::string text_array(const std::vector<std::string>& items);

}  // namespace penstock
