#include "snapshot/chunk_sql.hpp"

#include "source/postgres_error.hpp"

namespace penstock {
namespace {

// The operator of a btree's strategy (access/stratnum.h) as it stands in an expression.
std::string operator_of(int strategy) {
    return "(SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_amop ao "
           "JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace "
           "WHERE ao.amopfamily = oc.opcfamily AND ao.amoplefttype = oc.opcintype "
           "AND ao.amoprighttype = oc.opcintype AND ao.amopstrategy = " +
           std::to_string(strategy) + ")";
}

std::string column_of(const KeyColumn& column) {
    std::string text = "t." + quote_identifier(column.name);
    if (!column.collation.empty()) text += " COLLATE " + column.collation;
    return text;
}

// Element `index` of a cursor, as a value of the column's type.
std::string value_of(const KeyColumn& column, const std::string& cursor, std::size_t index) {
    std::string text = "((" + quote_literal(cursor) + "::text[])[" + std::to_string(index + 1) +
                       "]::" + column.type + ")";
    if (!column.collation.empty()) text += " COLLATE " + column.collation;
    return text;
}

using Operator = std::string KeyColumn::*;

// Whether one name stands for all columns, so that rows can be compared as rows, which an index
// answers best.
bool is_uniform(const std::vector<KeyColumn>& key, Operator op) {
    for (const KeyColumn& column : key) {
        if (column.*op != key.front().*op) return false;
    }
    return true;
}

std::string compare_rows(const std::vector<KeyColumn>& key, const std::string& cursor,
                         Operator op) {
    std::string columns;
    std::string values;
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (i != 0) columns += ", ";
        if (i != 0) values += ", ";
        columns += column_of(key[i]);
        values += value_of(key[i], cursor, i);
    }
    return "ROW(" + columns + ") " + key.front().*op + " ROW(" + values + ")";
}

// The same, column by column: beyond in the first, or equal there and beyond in the rest.
std::string compare_columns(const std::vector<KeyColumn>& key, const std::string& cursor,
                            Operator strict, Operator last, std::size_t from) {
    const std::string column = column_of(key[from]);
    const std::string value = value_of(key[from], cursor, from);
    if (from + 1 == key.size()) return "(" + column + " " + key[from].*last + " " + value + ")";
    return "(" + column + " " + key[from].*strict + " " + value + " OR (" + column + " " +
           key[from].equal + " " + value + " AND " +
           compare_columns(key, cursor, strict, last, from + 1) + "))";
}

std::string behind(const std::vector<KeyColumn>& key, const std::string& cursor) {
    if (is_uniform(key, &KeyColumn::greater)) {
        return compare_rows(key, cursor, &KeyColumn::greater);
    }
    // The first column by itself is what an index can look for.
    return "(" + column_of(key[0]) + " " + key[0].greater_equal + " " +
           value_of(key[0], cursor, 0) + " AND " +
           compare_columns(key, cursor, &KeyColumn::greater, &KeyColumn::greater, 0) + ")";
}

std::string up_to(const std::vector<KeyColumn>& key, const std::string& cursor) {
    if (is_uniform(key, &KeyColumn::less_equal)) {
        return compare_rows(key, cursor, &KeyColumn::less_equal);
    }
    return "(" + column_of(key[0]) + " " + key[0].less_equal + " " + value_of(key[0], cursor, 0) +
           " AND " + compare_columns(key, cursor, &KeyColumn::less, &KeyColumn::less_equal, 0) +
           ")";
}

std::string order_by(const std::vector<KeyColumn>& key, Operator op) {
    std::string text;
    for (const KeyColumn& column : key) {
        text += text.empty() ? " ORDER BY " : ", ";
        // USING takes an operator's name as it is, or OPERATOR(schema.name).
        text += column_of(column) + " USING " + column.*op;
    }
    return text;
}

std::string cursor_of(const std::vector<KeyColumn>& key) {
    if (key.empty()) return "''::text";
    std::string text;
    for (const KeyColumn& column : key) {
        const std::string name = "t." + quote_identifier(column.name);
        text += text.empty() ? "ARRAY[" : ", ";
        text += column.casts_to_text ? name + "::text" : "format('%s', " + name + ")";
    }
    return text + "]::text[]::text";
}

}  // namespace

std::string key_index_statement() {
    return "WITH chosen AS (SELECT i.* FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
           "JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid = $1::oid AND m.amname = 'btree' "
           "AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL "
           "AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a, "
           "generate_series(0, i.indnkeyatts - 1) AS k WHERE a.attrelid = i.indrelid "
           "AND a.attnum = i.indkey[k]) = (SELECT array_agg(w ORDER BY w) FROM "
           "unnest($2::text[]) AS w) AND ($3::oid = $1::oid OR EXISTS (SELECT FROM pg_index r "
           "WHERE r.indrelid = $3::oid AND r.indisunique AND r.indisvalid AND r.indpred IS NULL "
           "AND r.indexprs IS NULL AND (SELECT array_agg(a.attname::text) FROM pg_attribute a, "
           "generate_series(0, r.indnkeyatts - 1) AS k WHERE a.attrelid = r.indrelid "
           "AND a.attnum = r.indkey[k]) <@ $2::text[])) "
           "ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) "
           "SELECT a.attname, format_type(b.oid, -1), "
           "coalesce((SELECT format('%I.%I', n.nspname, co.collname) FROM pg_collation co "
           "JOIN pg_namespace n ON n.oid = co.collnamespace WHERE co.oid = i.indcollation[k]), "
           "''), " +
           operator_of(1) + ", " + operator_of(2) + ", " + operator_of(3) + ", " + operator_of(4) +
           ", " + operator_of(5) +
           ", b.typnamespace = 'pg_catalog'::regnamespace "
           "FROM chosen i CROSS JOIN generate_series(0, i.indnkeyatts - 1) AS k "
           "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] "
           "JOIN pg_opclass oc ON oc.oid = i.indclass[k] CROSS JOIN LATERAL ("
           "WITH RECURSIVE base(oid, below, typnamespace) AS (SELECT oid, typbasetype, "
           "typnamespace FROM pg_type WHERE oid = a.atttypid UNION ALL SELECT y.oid, "
           "y.typbasetype, y.typnamespace FROM base JOIN pg_type y ON y.oid = base.below "
           "WHERE base.below <> 0) SELECT * FROM base WHERE below = 0) AS b ORDER BY k";
}

std::string largest_key_statement(const std::string& table, const std::vector<KeyColumn>& key) {
    return "SELECT " + cursor_of(key) + " FROM ONLY " + table + " AS t" +
           order_by(key, &KeyColumn::greater) + " LIMIT 1";
}

std::string chunk_statement(const ChunkStatement& chunk) {
    std::string row = "t.*";
    if (!chunk.published_as.empty()) row += ", " + chunk.published_as + "::oid::regclass";
    std::string sql = "COPY (SELECT penstock.encode_row(" + row + "), " + cursor_of(chunk.key) +
                      " FROM ONLY " + chunk.table + " AS t WHERE true";
    if (!chunk.after.empty()) sql += " AND " + behind(chunk.key, chunk.after);
    if (!chunk.until.empty()) sql += " AND " + up_to(chunk.key, chunk.until);
    // A comment may be its end.
    if (!chunk.predicate.empty()) sql += " AND (" + chunk.predicate + "\n)";
    if (!chunk.key.empty()) sql += order_by(chunk.key, &KeyColumn::less);
    if (chunk.rows_max != 0) sql += " LIMIT " + std::to_string(chunk.rows_max);
    return sql + ") TO STDOUT (FORMAT binary)";
}

std::string explain_statement(const std::string& table, std::string_view predicate) {
    return "EXPLAIN SELECT FROM ONLY " + table + " AS t WHERE $1::boolean AND (" +
           std::string(predicate) + "\n)";
}

std::string text_array(const std::vector<std::string>& items) {
    std::string text = "{";
    for (const std::string& item : items) {
        if (text.size() > 1) text += ',';
        text += '"';
        for (const char c : item) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    return text + "}";
}

}  // namespace penstock
