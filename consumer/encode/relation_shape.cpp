#include "encode/relation_shape.hpp"

#include <algorithm>

#include "encode/record_key.hpp"
#include "encode/source_type.hpp"

namespace penstock {
namespace {

constexpr std::uint32_t kTextOid = 25;
// Types whose values are text and nothing but text; a changed value is still one of them.
constexpr std::uint32_t kPlainTexts[] = {18, 19, kTextOid, 1042, 1043};
constexpr std::int32_t kLengthHeader = 4;  // What a typmod of varchar(n) and char(n) adds to n.

bool is_text(const Column& column) {
    return !column.array && (column.kind == ValueKind::kString || column.kind == ValueKind::kText);
}

std::uint32_t declared_length(const Column& column) {
    const bool has = is_plain_text(column) && column.typmod > kLengthHeader;
    return has ? static_cast<std::uint32_t>(column.typmod - kLengthHeader) : 0;
}

std::string table_of(const Relation& relation) {
    return relation.schema + "." + relation.name;
}

// A changed JSON document or enum label is none any more; records show it as text. Its default
// would tell what the values may not.
void become_text(Column& column, ColumnChange change) {
    if (change != ColumnChange::kTruncate) column.default_expression.reset();
    if (is_plain_text(column)) return;
    column.type_oid = column.base_type_oid = kTextOid;
    column.type_name = column.base_type_name = "text";
    column.typmod = -1;
    column.kind = ValueKind::kString;
    column.type_kind = 'b';
    column.enum_labels.clear();
    column.default_expression.reset();
}

// Debezium's schema parameters of changed columns.
void note_change(Column& column, const FieldRule& rule) {
    if (rule.change == ColumnChange::kTruncate) {
        column.notes.emplace_back("truncateLength", std::to_string(rule.length));
    } else {
        column.notes.emplace_back("masked", "true");
    }
}

Failure unchangeable(const Relation& relation, const Column& column, const char* reason,
                     const char* hint) {
    return fail(ErrorName::kConfigurationInvalid,
                "cannot change the values of column \"" + table_of(relation) + "." + column.name +
                    "\": " + reason,
                "A pattern of columns.mask, columns.hash or columns.truncate matches it.", hint);
}

FieldRule rule_of(const ColumnRule& wanted, const Column& column) {
    FieldRule rule;
    rule.keep = false;
    rule.changed = true;
    rule.change = wanted.change;
    rule.length = wanted.change == ColumnChange::kHash ? declared_length(column) : wanted.length;
    rule.number = column.attnum;
    return rule;
}

}  // namespace

bool is_plain_text(const Column& column) {
    return !column.array && std::find(std::begin(kPlainTexts), std::end(kPlainTexts),
                                      column.base_type_oid) != std::end(kPlainTexts);
}

Result<ShapeMaker> ShapeMaker::compile(const EncodeOptions& options) {
    ShapeMaker maker;
    maker.options_ = options;
    const ShapeOptions& shape = options.shape;
    auto schemas = NameFilter::compile("filter.schema", shape.schema_include, shape.schema_exclude);
    if (!schemas) return Failure(std::move(schemas.error()));
    auto tables = NameFilter::compile("filter.table", shape.table_include, shape.table_exclude);
    if (!tables) return Failure(std::move(tables.error()));
    auto columns = NameFilter::compile("filter.column", shape.column_include, shape.column_exclude);
    if (!columns) return Failure(std::move(columns.error()));
    auto source_type = NamePatterns::compile("columns.source_type", shape.source_type);
    if (!source_type) return Failure(std::move(source_type.error()));
    for (const ColumnRule& rule : shape.rules) {
        constexpr const char* kKeys[] = {"columns.mask", "columns.hash", "columns.truncate"};
        auto pattern =
            NamePatterns::compile(kKeys[static_cast<std::size_t>(rule.change)], {rule.pattern});
        if (!pattern) return Failure(std::move(pattern.error()));
        maker.rules_.push_back({rule, std::move(*pattern)});
    }
    maker.schemas_ = std::move(*schemas);
    maker.tables_ = std::move(*tables);
    maker.columns_ = std::move(*columns);
    maker.source_type_ = std::move(*source_type);
    maker.idle_ = shape.schema_include.empty() && shape.schema_exclude.empty() &&
                  shape.table_include.empty() && shape.table_exclude.empty() &&
                  shape.column_include.empty() && shape.column_exclude.empty() &&
                  shape.rules.empty() && shape.source_type.empty();
    return maker;
}

bool ShapeMaker::publishes(const Relation& relation) const {
    return schemas_.passes(relation.schema) && tables_.passes(table_of(relation));
}

const ColumnRule* ShapeMaker::rule_for(const std::string& column) const {
    for (const Rule& rule : rules_) {
        if (rule.columns.match(column)) return &rule.rule;
    }
    return nullptr;
}

Result<RelationShape> ShapeMaker::shape(std::shared_ptr<const Relation> relation) const {
    RelationShape shape{publishes(*relation), relation, {}};
    if (!shape.published) return shape;
    auto key = choose_key(*relation, options_);
    if (!key) return Failure(std::move(key.error()));
    auto shaped = std::make_shared<Relation>(*relation);
    shaped->columns.clear();
    const std::uint32_t last = relation->columns.empty() ? 0 : relation->columns.back().attnum;
    std::vector<FieldRule> rules(last + 1);
    std::uint32_t next = last + 1;
    bool rewritten = false;
    bool noted = false;
    for (std::uint16_t i = 0; i < relation->columns.size(); ++i) {
        Column column = relation->columns[i];
        const std::string name = table_of(*relation) + "." + column.name;
        const bool in_key =
            std::find(key->columns.begin(), key->columns.end(), i) != key->columns.end();
        if (source_type_.match(name)) {
            note_source_type(column);
            noted = true;
        }
        const bool shown = shows(name);
        const ColumnRule* wanted = shown ? rule_for(name) : nullptr;
        if (shown && wanted == nullptr) {
            shaped->columns.push_back(std::move(column));
            continue;
        }
        rewritten = true;
        FieldRule& rule = rules[column.attnum];
        rule.keep = false;
        if (in_key) {
            // The key shows the value as it is: a masked one would make one key of all rows.
            if (options_.format == ValueFormat::kProtobuf) {
                return unchangeable(*relation, column, "it is part of the key",
                                    "A protobuf key is part of the row; leave the column as it "
                                    "is, or choose another key by format.key_columns.");
            }
            Column& kept = shaped->columns.emplace_back(column);
            kept.key_only = true;
        }
        if (wanted != nullptr) {
            if (!is_text(column)) {
                return unchangeable(*relation, column, "it is no text",
                                    "Leave the column out by filter.column_exclude.");
            }
            rule = rule_of(*wanted, column);
            if (in_key) rule.number = column.attnum = next++;
            become_text(column, rule.change);
            note_change(column, rule);
            if (in_key) column.primary_key_position = column.unique_key_position = 0;
            shaped->columns.push_back(std::move(column));
        }
        rule.keep = in_key;
        rule.in_identity = relation->columns[i].replica_key_position != 0;
    }
    if (!rewritten && !noted) return shape;
    // A changed copy of a key column stands behind it and has a number of its own.
    shape.relation = std::move(shaped);
    if (rewritten) shape.rules = std::move(rules);
    return shape;
}

std::string_view first_units(std::string_view text, std::size_t units) {
    std::size_t taken = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t bytes = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
        taken += bytes == 4 ? 2 : 1;
        if (taken > units) return text.substr(0, at);
        at += bytes;
    }
    return text;
}

ValueChanger::ValueChanger(const ShapeOptions& options) : input_(options.hash_input) {
    salted_.add(options.hash_salt);
}

std::string_view ValueChanger::apply(const FieldRule& rule, std::string_view value) {
    switch (rule.change) {
        case ColumnChange::kMask:
            changed_.assign(rule.length, '*');
            return changed_;
        case ColumnChange::kTruncate:
            return first_units(value, rule.length);
        case ColumnChange::kHash: {
            const std::string_view digest = hash(value);
            return rule.length == 0 ? digest : digest.substr(0, rule.length);
        }
    }
    return value;
}

namespace {

// What Java's ObjectOutputStream writes for a string: stream magic and version, then TC_STRING with
// a length of two bytes or TC_LONGSTRING with eight, then modified UTF-8, in which characters
// beyond the BMP are two surrogates of three bytes. (Java Object Serialization Specification,
// section 6.)
void append_surrogate(std::string& out, std::uint32_t unit) {
    out += static_cast<char>(0xE0U | unit >> 12);
    out += static_cast<char>(0x80U | (unit >> 6 & 0x3FU));
    out += static_cast<char>(0x80U | (unit & 0x3FU));
}

std::string java_serialized(std::string_view text) {
    std::string body;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        if (lead < 0xF0U || at + 4 > text.size()) {
            body += text[at++];
            continue;
        }
        const auto bits = [&](std::size_t i) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i]) & 0x3FU);
        };
        const std::uint32_t point =
            ((lead & 7U) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3)) - 0x10000U;
        append_surrogate(body, 0xD800U + (point >> 10));
        append_surrogate(body, 0xDC00U + (point & 0x3FFU));
        at += 4;
    }
    const bool is_long = body.size() > 0xFFFFU;
    std::string out =
        is_long ? std::string("\xAC\xED\x00\x05\x7C", 5) : std::string("\xAC\xED\x00\x05\x74", 5);
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8) {
        out += static_cast<char>(body.size() >> shift & 0xFFU);
    }
    return out + body;
}

}  // namespace

std::string_view ValueChanger::hash(std::string_view value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    Sha256 sha = salted_;
    if (input_ == HashInput::kUtf8) {
        sha.add(value);
    } else {
        sha.add(java_serialized(value));
    }
    changed_.clear();
    for (const std::uint8_t byte : sha.finish()) {
        changed_ += kDigits[byte >> 4];
        changed_ += kDigits[byte & 15U];
    }
    return changed_;
}

}  // namespace penstock
