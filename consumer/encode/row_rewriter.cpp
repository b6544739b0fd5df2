#include "encode/row_rewriter.hpp"

#include "encode/change_bytes.hpp"
#include "encode/protobuf_row.hpp"

namespace penstock {
namespace {

const FieldRule* rule_of(const std::vector<FieldRule>& rules, std::uint64_t number) {
    return number < rules.size() ? &rules[number] : nullptr;
}

// Steps over one varint; the end when there is none.
std::size_t varint_end(std::string_view bytes, std::size_t at) {
    while (at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & 0x80U) != 0) ++at;
    return at < bytes.size() ? at + 1 : at;
}

// The text of a length-delimited field; only such fields have rules that look at the value.
std::string_view text_of(std::string_view field) {
    return field.substr(varint_end(field, varint_end(field, 0)));
}

}  // namespace

// Masks are put behind the rest: they stand for a null as well, which is no field at all. Of an old
// row that tells only the key, only the key's columns can be null.
bool RowRewriter::rewrite_row(std::string_view row, const std::vector<FieldRule>& rules,
                              bool key_only, std::string& out) {
    out.clear();
    RawFields fields(row);
    while (fields.next()) {
        const FieldRule* rule = rule_of(rules, fields.number());
        if (rule == nullptr || rule->keep) out.append(fields.bytes());
        if (rule == nullptr || !rule->changed || rule->change == ColumnChange::kMask) continue;
        append_bytes_field(out, rule->number, changer_.apply(*rule, text_of(fields.bytes())));
    }
    for (const FieldRule& rule : rules) {
        if (!rule.changed || rule.change != ColumnChange::kMask) continue;
        if (key_only && !rule.in_identity) continue;
        append_bytes_field(out, rule.number, changer_.apply(rule, {}));
    }
    return !fields.failed();
}

void RowRewriter::rewrite_numbers(std::span<const std::uint32_t> numbers,
                                  const std::vector<FieldRule>& rules,
                                  std::vector<std::uint32_t>& out) {
    out.clear();
    for (const std::uint32_t number : numbers) {
        const FieldRule* rule = rule_of(rules, number);
        if (rule == nullptr || rule->keep) out.push_back(number);
        const bool changed = rule != nullptr && rule->changed;
        if (changed && rule->change != ColumnChange::kMask) out.push_back(rule->number);
    }
}

// What is known of a value that could not be carried must not tell more than the changed value.
void RowRewriter::rewrite_marked(const ChangeFrame& change, const std::vector<FieldRule>& rules) {
    marked_.clear();
    for (const MarkedValue& marked : change.marked) {
        const FieldRule* rule = rule_of(rules, marked.attnum);
        if (rule == nullptr || rule->keep) marked_.push_back(marked);
        if (rule == nullptr || !rule->changed || rule->change == ColumnChange::kMask) continue;
        MarkedValue& kept = marked_.emplace_back(marked);
        kept.attnum = rule->number;
        kept.raw = {};
    }
}

Result<ChangeFrame> RowRewriter::rewrite(const ChangeFrame& change,
                                         const std::vector<FieldRule>& rules, bool whole) {
    const bool key_only = change.before_image == BeforeImage::kKey;
    const bool before = !change.has_before || rewrite_row(change.before, rules, key_only, before_);
    const bool after = !change.has_after || rewrite_row(change.after, rules, false, after_);
    if (!before || !after) {
        return fail(ErrorName::kFrameInvalid, "invalid row in a change: bytes are no row message");
    }
    rewrite_numbers(change.unchanged, rules, unchanged_);
    rewrite_numbers(change.same_as_after, rules, same_as_after_);
    rewrite_marked(change, rules);
    ChangeFrame out = change;
    out.before = before_;
    out.after = after_;
    out.unchanged = unchanged_;
    out.same_as_after = same_as_after_;
    out.marked = marked_;
    out.change = {};
    if (whole) {
        whole_.clear();
        append_change(whole_, out);
        out.change = whole_;
    }
    return out;
}

}  // namespace penstock
