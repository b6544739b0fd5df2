#include "encode/default_value.hpp"

#include <bit>
#include <charconv>

#include "encode/text_literal.hpp"

namespace penstock {
namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

// "now()", "nextval('s'::regclass)", "(f(1))": a name right in front of a parenthesis, and one that
// closes at the end.
bool is_function_call(std::string_view expression) {
    if (!expression.empty() && expression[0] == '(') expression.remove_prefix(1);
    std::size_t name = 0;
    while (name < expression.size() && is_name_character(expression[name])) ++name;
    return name > 0 && name < expression.size() && expression[name] == '(' &&
           expression.back() == ')';
}

// What stands between the first two quotes, or the whole expression. 3.6 takes a doubled quote for
// the end; 3.7 knows better.
std::string literal_of(std::string_view expression, DebeziumCompat compat) {
    const std::size_t open = expression.find('\'');
    if (open == expression.npos) return std::string(expression);
    std::string literal;
    for (std::size_t at = open + 1; at < expression.size(); ++at) {
        if (expression[at] == '\'') {
            const bool doubled = at + 1 < expression.size() && expression[at + 1] == '\'';
            if (!doubled || compat == DebeziumCompat::k36) return literal;
            ++at;
        }
        literal += expression[at];
    }
    return std::string(expression);
}

std::optional<DefaultValue> number(std::optional<std::int64_t> value) {
    if (!value) return std::nullopt;
    return DefaultValue{{}, static_cast<std::uint64_t>(*value)};
}

std::optional<DefaultValue> parse_floating(std::string_view text, bool single) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
    if (!single) return DefaultValue{{}, std::bit_cast<std::uint64_t>(value)};
    return DefaultValue{{}, std::bit_cast<std::uint32_t>(static_cast<float>(value))};
}

// A value of the column has all its digits behind the point; so has the default.
std::optional<DefaultValue> parse_decimal(std::string text, int scale) {
    const bool digits = text.find_first_not_of("0123456789.-") == text.npos && !text.empty();
    if (!digits) return std::nullopt;
    const std::size_t point = text.find('.');
    int behind = point == text.npos ? 0 : static_cast<int>(text.size() - point - 1);
    if (point == text.npos && scale > 0) text += '.';
    for (; behind < scale; ++behind) text += '0';
    return DefaultValue{std::move(text), 0};
}

std::optional<DefaultValue> text_value(std::optional<std::string> bytes) {
    if (!bytes) return std::nullopt;
    return DefaultValue{std::move(*bytes), 0};
}

std::optional<DefaultValue> parse(const std::string& text, const ValueType& type) {
    switch (type.kind) {
        case ValueKind::kBool:
            if (text != "true" && text != "false") return std::nullopt;
            return number(text == "true" ? 1 : 0);
        case ValueKind::kInt32:
        case ValueKind::kInt64:
        case ValueKind::kUint32:
            return number(parse_integer(text));
        case ValueKind::kFloat:
            return parse_floating(text, true);
        case ValueKind::kDouble:
            return parse_floating(text, false);
        case ValueKind::kNumeric:
            return parse_decimal(text, type.scale);
        case ValueKind::kUuid:
            return text_value(parse_uuid(text));
        case ValueKind::kDate:
            return number(parse_date(text));
        case ValueKind::kTime:
            return number(parse_time(text));
        case ValueKind::kTimestamp:
        case ValueKind::kTimestamptz:
            return number(parse_timestamp(text));
        case ValueKind::kInterval:
            return text_value(parse_interval_message(text));
        case ValueKind::kString:
        case ValueKind::kText:
        case ValueKind::kBit:
            return DefaultValue{text, 0};
        default:
            return std::nullopt;
    }
}

// What stands in for the result of a function.
std::optional<DefaultValue> zero(const ValueType& type) {
    switch (type.kind) {
        case ValueKind::kNumeric:
            return DefaultValue{"0", 0};
        case ValueKind::kUuid:
            return DefaultValue{std::string(16, '\0'), 0};
        case ValueKind::kBytes:
        case ValueKind::kMoney:
        case ValueKind::kBit:
            return std::nullopt;
        default:
            return DefaultValue{};
    }
}

bool is_text(ValueKind kind) {
    return kind == ValueKind::kString || kind == ValueKind::kText;
}

}  // namespace

std::optional<DefaultValue> default_value(const Column& column, const ValueType& type,
                                          DebeziumCompat compat) {
    if (!column.default_expression || type.array || column.generated != 0) return std::nullopt;
    if (type.form >= ValueForm::kPostgis) return std::nullopt;  // As bytes and arrays have none.
    const std::string& expression = *column.default_expression;
    if (!is_text(type.kind) && is_function_call(expression)) return zero(type);
    return parse(literal_of(expression, compat), type);
}

}  // namespace penstock
