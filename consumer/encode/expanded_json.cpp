#include "encode/expanded_json.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"

namespace penstock {
namespace {

constexpr int kDepthMax = 64;

enum class Kind { kNull, kBoolean, kInt32, kInt64, kDouble, kString, kArray, kObject };

struct Node {
    Kind kind = Kind::kNull;
    std::string text;                // As it is written; of a string its characters.
    std::vector<std::string> names;  // Of the members of an object.
    std::vector<Node> members;
};

// Of members of one name the last one counts, in the place of the first: as Jackson reads them.
void keep_last_of_each_name(Node& object) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < object.names.size(); ++i) {
        const auto [known, fresh] = places.emplace(object.names[i], places.size());
        const std::size_t place = known->second;
        if (place == i) continue;
        object.members[place] = std::move(object.members[i]);
        if (fresh) object.names[place] = std::move(object.names[i]);
    }
    object.names.resize(places.size());
    object.members.resize(places.size());
}

// RFC 8259, section 6. Whoever reads the record holds its numbers to that.
bool is_number(std::string_view text) {
    const auto digits = [&text] {
        const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count;
    };
    const auto take = [&text](std::string_view any) {
        const bool there = !text.empty() && any.find(text.front()) != std::string_view::npos;
        if (there) text.remove_prefix(1);
        return there;
    };
    take("-");
    if (!take("0") && digits() == 0) return false;
    if (take(".") && digits() == 0) return false;
    if (!take("eE")) return text.empty();
    take("+-");
    return digits() != 0 && text.empty();
}

class Parser {
public:
    explicit Parser(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool parse(Node& root) {
        if (!value(root, 0)) return false;
        blanks();
        return at_ == end_;
    }

private:
    void blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }
    bool take(char c) {
        blanks();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view expected, Node& node, Kind kind) {
        if (std::string_view(at_, static_cast<std::size_t>(end_ - at_))
                .substr(0, expected.size()) != expected) {
            return false;
        }
        at_ += expected.size();
        node.kind = kind;
        node.text = expected;
        return true;
    }
    bool value(Node& node, int depth);
    bool members(Node& node, char close, int depth);
    bool number(Node& node);
    bool string(std::string& out);
    bool escape(std::string& out);
    bool hex(std::uint32_t& out);

    const char* at_;
    const char* end_;
};

bool Parser::value(Node& node, int depth) {
    blanks();
    if (at_ == end_ || depth > kDepthMax) return false;
    switch (*at_) {
        case '{':
            ++at_;
            node.kind = Kind::kObject;
            return members(node, '}', depth);
        case '[':
            ++at_;
            node.kind = Kind::kArray;
            return members(node, ']', depth);
        case '"':
            node.kind = Kind::kString;
            return string(node.text);
        case 't':
            return word("true", node, Kind::kBoolean);
        case 'f':
            return word("false", node, Kind::kBoolean);
        case 'n':
            return word("null", node, Kind::kNull);
        default:
            return number(node);
    }
}

bool Parser::members(Node& node, char close, int depth) {
    if (take(close)) return true;
    do {
        blanks();
        if (close == '}' && (!string(node.names.emplace_back()) || !take(':'))) return false;
        if (!value(node.members.emplace_back(), depth + 1)) return false;
    } while (take(','));
    if (close == '}') keep_last_of_each_name(node);
    return take(close);
}

bool Parser::number(Node& node) {
    const char* const begin = at_;
    while (at_ != end_ &&
           std::string_view("+-.eE0123456789").find(*at_) != std::string_view::npos) {
        ++at_;
    }
    node.text.assign(begin, at_);
    if (!is_number(node.text)) return false;
    std::int64_t integer = 0;
    const auto whole = std::from_chars(begin, at_, integer);
    if (whole.ec == std::errc{} && whole.ptr == at_) {
        node.kind = integer == static_cast<std::int32_t>(integer) ? Kind::kInt32 : Kind::kInt64;
        return true;
    }
    double real = 0;
    const auto read = std::from_chars(begin, at_, real);
    if (read.ec != std::errc{}) return false;
    char digits[kDoubleTextMax];
    node.text.assign(digits, put_java_double(digits, real));
    node.kind = Kind::kDouble;
    return true;
}

bool Parser::hex(std::uint32_t& out) {
    if (end_ - at_ < 4) return false;
    const auto read = std::from_chars(at_, at_ + 4, out, 16);
    if (read.ec != std::errc{} || read.ptr != at_ + 4) return false;
    at_ += 4;
    return true;
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
    if (point < 0x80U) return byte(point);
    if (point < 0x800U) {
        byte(0xC0U | point >> 6);
    } else {
        if (point < 0x10000U) {
            byte(0xE0U | point >> 12);
        } else {
            byte(0xF0U | point >> 18);
            byte(0x80U | (point >> 12 & 0x3FU));
        }
        byte(0x80U | (point >> 6 & 0x3FU));
    }
    byte(0x80U | (point & 0x3FU));
}

bool Parser::escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (at_ == end_) return false;
    const char name = *at_++;
    if (name != 'u') {
        const std::size_t index = kNames.find(name);
        if (index == std::string_view::npos) return false;
        out += kValues[index];
        return true;
    }
    std::uint32_t point = 0;
    if (!hex(point)) return false;
    if (point >= 0xD800U && point < 0xDC00U) {
        std::uint32_t low = 0;
        if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return false;
        at_ += 2;
        if (!hex(low) || low < 0xDC00U || low > 0xDFFFU) return false;
        point = 0x10000U + ((point - 0xD800U) << 10) + (low - 0xDC00U);
    } else if (point >= 0xDC00U && point < 0xE000U) {
        return false;  // Half of a character, which UTF-8 has no bytes for.
    }
    append_utf8(out, point);
    return true;
}

bool Parser::string(std::string& out) {
    if (at_ == end_ || *at_ != '"') return false;
    ++at_;
    while (at_ != end_ && *at_ != '"') {
        if (*at_ == '\\') {
            ++at_;
            if (!escape(out)) return false;
        } else if (static_cast<unsigned char>(*at_) < 0x20) {
            return false;
        } else {
            out += *at_++;
        }
    }
    if (at_ == end_) return false;
    ++at_;
    return true;
}

// What Connect has for a node; members without a schema (null, an empty array) are left out.
struct Shape {
    Kind kind = Kind::kNull;
    std::vector<std::string> names;  // Of the members of an object.
    std::vector<Shape> members;      // Of an array the one of its elements.

    bool none() const { return kind == Kind::kNull; }
};

bool merge(Shape& into, Shape from);

bool merge_members(Shape& into, Shape from) {
    if (into.kind == Kind::kArray) {
        return merge(into.members.front(), std::move(from.members.front()));
    }
    for (std::size_t i = 0; i < from.members.size(); ++i) {
        const auto same = std::find(into.names.begin(), into.names.end(), from.names[i]);
        if (same == into.names.end()) {
            into.names.push_back(std::move(from.names[i]));
            into.members.push_back(std::move(from.members[i]));
            continue;
        }
        const auto index = static_cast<std::size_t>(same - into.names.begin());
        if (!merge(into.members[index], std::move(from.members[i]))) return false;
    }
    return true;
}

// Makes `into` hold both; false when no schema does.
bool merge(Shape& into, Shape from) {
    if (from.none()) return true;
    if (into.none()) {
        into = std::move(from);
        return true;
    }
    const auto integer = [](Kind kind) { return kind == Kind::kInt32 || kind == Kind::kInt64; };
    if (integer(into.kind) && integer(from.kind)) {
        if (from.kind == Kind::kInt64) into.kind = Kind::kInt64;
        return true;
    }
    return into.kind == from.kind && merge_members(into, std::move(from));
}

bool shape_of(const Node& node, Shape& shape) {
    shape.kind = node.kind;
    Shape element;
    for (std::size_t i = 0; i < node.members.size(); ++i) {
        Shape inner;
        if (!shape_of(node.members[i], inner)) return false;
        if (node.kind == Kind::kArray) {
            if (!merge(element, std::move(inner))) return false;
        } else if (!inner.none()) {
            shape.names.push_back(node.names[i]);
            shape.members.push_back(std::move(inner));
        }
    }
    if (node.kind != Kind::kArray) return true;
    if (element.none()) {
        shape.kind = Kind::kNull;
    } else {
        shape.members.push_back(std::move(element));
    }
    return true;
}

class Writer {
public:
    Writer() : out_(buffer_) {}

    std::string text() {
        out_.finish();
        return std::string(buffer_.bytes());
    }
    void value(const Node& node, const Shape& shape);
    // The schema of `shape`, but for the closing brace.
    void schema(const Shape& shape, const std::string& name);

private:
    RecordBuffer buffer_;
    ByteWriter out_;
};

const Node* member_of(const Node& node, const std::string& name) {
    const auto found = std::find(node.names.begin(), node.names.end(), name);
    if (found == node.names.end()) return nullptr;
    return &node.members[static_cast<std::size_t>(found - node.names.begin())];
}

void Writer::value(const Node& node, const Shape& shape) {
    if (node.kind == Kind::kString) return put_json_string(out_, node.text);
    if (node.kind != Kind::kArray && node.kind != Kind::kObject) return out_.put(node.text);
    const bool array = node.kind == Kind::kArray;
    // An array of nothing has no schema of its own, and its place may have one of another kind.
    if (array != (shape.kind == Kind::kArray)) return out_.put("null");
    out_.put(array ? '[' : '{');
    bool first = true;
    const auto comma = [&] {
        if (!first) out_.put(',');
        first = false;
    };
    if (array) {
        for (const Node& element : node.members) {
            comma();
            value(element, shape.members.front());
        }
    } else {
        for (std::size_t i = 0; i < shape.members.size(); ++i) {
            comma();
            put_json_string(out_, shape.names[i]);
            out_.put(':');
            const Node* const member = member_of(node, shape.names[i]);
            if (member == nullptr) {
                out_.put("null");
            } else {
                value(*member, shape.members[i]);
            }
        }
    }
    out_.put(array ? ']' : '}');
}

std::string_view type_of(Kind kind) {
    switch (kind) {
        case Kind::kBoolean:
            return "boolean";
        case Kind::kInt32:
            return "int32";
        case Kind::kInt64:
            return "int64";
        case Kind::kDouble:
            return "double";
        default:
            return "string";
    }
}

void Writer::schema(const Shape& shape, const std::string& name) {
    if (shape.kind == Kind::kArray) {
        out_.put("{\"type\":\"array\",\"items\":");
        schema(shape.members.front(), name);
        out_.put("},\"optional\":true");
        return;
    }
    if (shape.kind != Kind::kObject) {
        out_.put("{\"type\":\"");
        out_.put(type_of(shape.kind));
        out_.put("\",\"optional\":true");
        return;
    }
    out_.put("{\"type\":\"struct\",\"fields\":[");
    bool first = true;
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
        if (!first) out_.put(',');
        first = false;
        schema(shape.members[i], name + "." + shape.names[i]);
        out_.put(",\"field\":");
        put_json_string(out_, shape.names[i]);
        out_.put('}');
    }
    out_.put("],\"optional\":true,\"name\":");
    put_json_string(out_, name);
}

}  // namespace

std::optional<ExpandedJson> expand_json(std::string_view text) {
    Node root;
    Shape shape;
    if (!Parser(text).parse(root) || !shape_of(root, shape)) return std::nullopt;
    if (shape.kind != Kind::kArray && shape.kind != Kind::kObject) return std::nullopt;
    Writer value;
    value.value(root, shape);
    Writer schema;
    schema.schema(shape, "payload");
    return ExpandedJson{value.text(), schema.text()};
}

}  // namespace penstock
