#include "engine/field_numbers.hpp"

#include <algorithm>
#include <vector>

namespace penstock {
namespace {

// Numbers that protobuf keeps for itself.
constexpr std::uint32_t kReservedFirst = 19000;
constexpr std::uint32_t kReservedLast = 19999;

using Field = TopicState::Field;

// The kind as the state remembers it: that of penstock.v1.ValueKind, and 256 for an array.
std::uint32_t kind_of(const Column& column) {
    return static_cast<std::uint32_t>(column.kind) + (column.array ? 256U : 0U);
}

// One assignment: which fields of the topic are taken by a column already.
class Assignment {
public:
    Assignment(TopicState& topic, const Relation& relation)
        : topic_(topic), relation_(relation), taken_(topic.fields.size()) {}

    // The number that the column has had, or its attnum; 0 when it has to match by name.
    std::uint32_t own_number(const Column& column);
    // A number by name and kind, or a new one.
    std::uint32_t other_number(const Column& column);
    std::vector<RetiredField> retired() const;
    bool changed() const { return changed_; }

private:
    std::uint32_t take(std::size_t index, const Column& column);
    std::uint32_t add(std::uint32_t number, const Column& column);
    std::uint32_t next_number() const;
    // The newest field that is free and for which `fits` holds; fields.size() when there is none.
    template <class Fits>
    std::size_t find(Fits fits) const {
        for (std::size_t i = topic_.fields.size(); i-- > 0;) {
            if (!taken_[i] && fits(topic_.fields[i])) return i;
        }
        return topic_.fields.size();
    }

    TopicState& topic_;
    const Relation& relation_;
    std::vector<bool> taken_;
    bool changed_ = false;
};

std::uint32_t Assignment::own_number(const Column& column) {
    const std::uint32_t kind = kind_of(column);
    const std::size_t same = find([&](const Field& field) {
        return field.relation_oid == relation_.oid && field.attnum == column.attnum &&
               field.kind == kind;
    });
    if (same < topic_.fields.size()) return take(same, column);
    if (relation_.oid != topic_.relation_oid) return 0;
    const auto of_attnum =
        std::find_if(topic_.fields.begin(), topic_.fields.end(),
                     [&](const Field& field) { return field.number == column.attnum; });
    if (of_attnum == topic_.fields.end()) return add(column.attnum, column);
    // The first table's own column, which another table had in between.
    const auto index = static_cast<std::size_t>(of_attnum - topic_.fields.begin());
    return of_attnum->kind == kind && !taken_[index] ? take(index, column) : 0;
}

std::uint32_t Assignment::other_number(const Column& column) {
    const std::uint32_t kind = kind_of(column);
    const std::size_t same =
        find([&](const Field& field) { return field.name == column.name && field.kind == kind; });
    return same < topic_.fields.size() ? take(same, column) : add(next_number(), column);
}

std::uint32_t Assignment::take(std::size_t index, const Column& column) {
    taken_[index] = true;
    Field& field = topic_.fields[index];
    const Field now{relation_.oid, column.attnum, field.number, column.name, field.kind};
    changed_ = changed_ || field != now;
    field = now;
    return field.number;
}

std::uint32_t Assignment::add(std::uint32_t number, const Column& column) {
    topic_.fields.push_back({relation_.oid, column.attnum, number, column.name, kind_of(column)});
    taken_.push_back(true);
    changed_ = true;
    return number;
}

std::uint32_t Assignment::next_number() const {
    std::uint32_t next = kFirstGivenNumber;
    for (const Field& field : topic_.fields) next = std::max(next, field.number + 1);
    return next >= kReservedFirst && next <= kReservedLast ? kReservedLast + 1 : next;
}

std::vector<RetiredField> Assignment::retired() const {
    std::vector<RetiredField> retired;
    for (std::size_t i = 0; i < topic_.fields.size(); ++i) {
        if (!taken_[i]) retired.push_back({topic_.fields[i].number, topic_.fields[i].name});
    }
    std::sort(retired.begin(), retired.end(),
              [](const RetiredField& a, const RetiredField& b) { return a.number < b.number; });
    return retired;
}

}  // namespace

bool assign_field_numbers(TopicState& topic, Relation& relation) {
    // No record of the topic has numbers so far, whoever wrote there in another format.
    if (topic.fields.empty()) topic.relation_oid = relation.oid;
    Assignment assignment(topic, relation);
    for (Column& column : relation.columns) column.number = assignment.own_number(column);
    for (Column& column : relation.columns) {
        if (column.number == 0) column.number = assignment.other_number(column);
    }
    relation.retired = assignment.retired();
    return assignment.changed();
}

}  // namespace penstock
