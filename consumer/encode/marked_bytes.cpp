#include "encode/marked_bytes.hpp"

#include <algorithm>

#include "encode/change_bytes.hpp"
#include "encode/text_bytes.hpp"

namespace penstock {
namespace {

constexpr std::string_view kHeader = "__penstock_bytes";

const Column* text_column(const Relation& relation, const MarkedValue& value) {
    if (value.reason != MarkReason::kNotConvertible) return nullptr;
    const auto found =
        std::find_if(relation.columns.begin(), relation.columns.end(),
                     [&](const Column& column) { return column.attnum == value.attnum; });
    if (found == relation.columns.end() || found->array) return nullptr;
    const bool text = found->kind == ValueKind::kString || found->kind == ValueKind::kText;
    return text ? &*found : nullptr;
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text = "\\x";
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> MarkedBytes::make(const EncodeOptions& options,
                                                         std::unique_ptr<RecordEncoder> behind) {
    if (options.bytes_unrepresentable.empty()) return behind;
    auto tables =
        NamePatterns::compile("format.unrepresentable_bytes", options.bytes_unrepresentable);
    if (!tables) return Failure(std::move(tables.error()));
    const bool whole_changes = options.format == ValueFormat::kProtobuf;
    return std::unique_ptr<RecordEncoder>(
        new MarkedBytes(std::move(*tables), whole_changes, std::move(behind)));
}

Status MarkedBytes::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    if (chosen_.size() <= id) chosen_.resize(id + 1);
    chosen_[id].reset();
    if (tables_.match(relation->schema + "." + relation->name)) chosen_[id] = relation;
    return behind().prepare(std::move(relation), route);
}

void MarkedBytes::reset() {
    chosen_.clear();
    behind().reset();
}

// A field may stand behind those of later columns.
ChangeFrame MarkedBytes::shown(const ChangeFrame& change, const Relation& relation,
                               std::string& columns) {
    before_ = change.before;
    after_ = change.after;
    marked_.clear();
    for (const MarkedValue& value : change.marked) {
        const Column* const column = text_column(relation, value);
        if (column == nullptr) {
            marked_.push_back(value);
            continue;
        }
        append_bytes_field(value.in_before ? before_ : after_, value.attnum,
                           hexadecimal(value.raw));
        columns += (columns.empty() ? "[" : ",") + json_quoted(column->name);
    }
    ChangeFrame shown = change;
    shown.before = before_;
    shown.after = after_;
    shown.marked = marked_;
    shown.change = {};
    if (whole_changes_) {
        whole_.clear();
        append_change(whole_, shown);
        shown.change = whole_;
    }
    return shown;
}

// Headers of a record lie side by side, so those that it has come once more.
void MarkedBytes::add_header(std::size_t from, std::string_view columns, RecordBuffer& out) {
    const std::vector<Record> made(out.records().begin() + static_cast<std::ptrdiff_t>(from),
                                   out.records().end());
    out.keep_records(from);
    RecordHeader header{.name_offset = out.append(kHeader),
                        .name_size = static_cast<std::uint32_t>(kHeader.size())};
    header.value_offset = out.append(columns);
    header.value_size = static_cast<std::uint32_t>(columns.size());
    for (Record record : made) {
        const auto index = static_cast<std::uint32_t>(out.headers().size());
        for (std::uint32_t i = 0; i < record.header_count; ++i) {
            const RecordHeader kept = out.headers()[record.header_index + i];
            out.add_header(kept);
        }
        out.add_header(header);
        record.header_index = index;
        ++record.header_count;
        out.add(record);
    }
}

Status MarkedBytes::encode(const ChangeFrame& change, const RowContext& context,
                           RecordBuffer& out) {
    const std::uint32_t id = change.relation_id;
    if (change.marked.empty() || id >= chosen_.size() || chosen_[id] == nullptr) {
        return behind().encode(change, context, out);
    }
    const std::size_t from = out.records().size();
    std::string columns;
    const ChangeFrame text = shown(change, *chosen_[id], columns);
    Status status = behind().encode(text, context, out);
    if (status && !columns.empty() && out.records().size() > from) {
        add_header(from, columns + "]", out);
    }
    return status;
}

}  // namespace penstock
