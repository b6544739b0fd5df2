// What a user's lists make of a relation: whether it has records at all, which columns they show,
// whose values are masked, hashed or cut. Patterns are asked once per relation; what is left for
// rows is a list of rules by field number.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/name_pattern.hpp"
#include "engine/error.hpp"
#include "engine/relation.hpp"
#include "engine/sha256.hpp"

namespace penstock {

// What becomes of one field of a row message.
struct FieldRule {
    bool keep = true;          // The field as it is, under its own number.
    bool changed = false;      // The field changed, under `number`.
    bool in_identity = false;  // An old row that holds only the key has it.
    std::uint32_t number = 0;  // Of the changed field.
    ColumnChange change = ColumnChange::kMask;
    std::uint32_t length = 0;  // As in ColumnRule; of a hash what it is cut to, 0 for nothing.
};

struct RelationShape {
    bool published = true;
    std::shared_ptr<const Relation> relation;  // As the records show it.
    // By attnum; empty: rows pass as they are.
    std::vector<FieldRule> rules;
};

class ShapeMaker {
public:
    // kConfigurationInvalid for patterns that cannot be read and lists that exclude each other.
    static Result<ShapeMaker> compile(const EncodeOptions& options);

    // kConfigurationInvalid where a rule meets a column that it cannot change: one that is no text,
    // or a key's where the format shows keys only as part of rows.
    Result<RelationShape> shape(std::shared_ptr<const Relation> relation) const;

    // Whether records are made of this relation's rows at all.
    bool publishes(const Relation& relation) const;
    // Whether there is anything to do for any relation.
    bool idle() const { return idle_; }

private:
    struct Rule {
        ColumnRule rule;
        NamePatterns columns;
    };

    const ColumnRule* rule_for(const std::string& column) const;
    bool shows(const std::string& column) const { return columns_.passes(column); }

    EncodeOptions options_;
    NameFilter schemas_;
    NameFilter tables_;
    NameFilter columns_;
    NamePatterns source_type_;
    std::vector<Rule> rules_;
    bool idle_ = true;
};

// Changes values by the rules. Not for two threads.
class ValueChanger {
public:
    explicit ValueChanger(const ShapeOptions& options);

    // The changed value of a text; of a mask whatever the text. Good until the next call.
    std::string_view apply(const FieldRule& rule, std::string_view value);

private:
    std::string_view hash(std::string_view value);

    HashInput input_;
    Sha256 salted_;
    std::string changed_;
};

// Whether its type is text and nothing but text: a value that is changed is still one of it.
bool is_plain_text(const Column& column);

// The first `units` UTF-16 units of UTF-8 `text`; a character of two units is never cut in half.
std::string_view first_units(std::string_view text, std::size_t units);

}  // namespace penstock
