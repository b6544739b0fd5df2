#include "encode/size_policy.hpp"

#include <algorithm>

#include "encode/murmur2.hpp"
#include "encode/record_key.hpp"
#include "encode/text_bytes.hpp"
#include "encode/text_number.hpp"
#include "encode/transaction_counts.hpp"

namespace penstock {
namespace {

std::size_t bytes_of(std::uint32_t size) {
    return size == Record::kNull ? 0 : size;
}

std::size_t size_of(const Record& record) {
    return bytes_of(record.key_size) + bytes_of(record.value_size) + kRecordOverhead;
}

void put_number(ByteWriter& out, std::string_view name, std::uint64_t number) {
    out.put(name);
    out.ensure(kIntegerTextMax);
    out.advance(put_unsigned(out.at(), number));
}

}  // namespace

SizePolicy::SizePolicy(const EncodeOptions& options, NamePatterns tables, std::vector<Cut> cuts,
                       std::unique_ptr<RecordEncoder> behind)
    : ForwardingEncoder(std::move(behind)),
      options_(options),
      tables_(std::move(tables)),
      cuts_(std::move(cuts)),
      rewriter_(options.shape),
      topic_(options.topic_prefix + ".__penstock_skipped") {}

Result<std::unique_ptr<RecordEncoder>> SizePolicy::make(const EncodeOptions& options,
                                                        std::unique_ptr<RecordEncoder> behind) {
    if (options.skip_too_large.empty() && options.cut_too_large.empty()) return behind;
    auto tables = NamePatterns::compile("filter.skip_too_large", options.skip_too_large);
    if (!tables) return Failure(std::move(tables.error()));
    std::vector<Cut> cuts;
    for (const ColumnRule& rule : options.cut_too_large) {
        auto columns = NamePatterns::compile("filter.cut_too_large", {rule.pattern});
        if (!columns) return Failure(std::move(columns.error()));
        cuts.push_back({std::move(*columns), rule.length});
    }
    return std::unique_ptr<RecordEncoder>(
        new SizePolicy(options, std::move(*tables), std::move(cuts), std::move(behind)));
}

const SizePolicy::Cut* SizePolicy::cut_of(const std::string& column) const {
    const auto found = std::find_if(cuts_.begin(), cuts_.end(),
                                    [&](const Cut& cut) { return cut.columns.match(column); });
    return found == cuts_.end() ? nullptr : &*found;
}

// Null when the records of the relation are neither cut nor skipped. What is no plain text is
// nothing any more when it is cut, and a key that is cut is another key.
Result<std::unique_ptr<SizePolicy::Table>> SizePolicy::table_of(const Relation& relation) const {
    const std::string name = relation.schema + "." + relation.name;
    auto table = std::make_unique<Table>();
    table->skipped = tables_.match(name);
    std::vector<const Cut*> cuts;
    for (const Column& column : relation.columns) cuts.push_back(cut_of(name + "." + column.name));
    const bool cuts_any = std::any_of(cuts.begin(), cuts.end(), [](const Cut* cut) { return cut; });
    if (!table->skipped && !cuts_any) return nullptr;
    const auto key = choose_key(relation, options_);
    if (!key) return Failure(key.error());
    std::string columns;
    std::vector<FieldRule> rules(relation.columns.empty() ? 1 : relation.columns.back().attnum + 1);
    for (std::uint16_t i = 0; i < relation.columns.size(); ++i) {
        const Column& column = relation.columns[i];
        const bool in_key =
            std::find(key->columns.begin(), key->columns.end(), i) != key->columns.end();
        if (cuts[i] == nullptr || in_key || column.key_only || !is_plain_text(column)) continue;
        FieldRule& rule = rules[column.attnum];
        rule.keep = false;
        rule.changed = true;
        rule.number = column.attnum;
        rule.change = ColumnChange::kTruncate;
        rule.length = cuts[i]->length;
        rule.in_identity = column.replica_key_position != 0;
        columns += (columns.empty() ? "" : ",") + json_quoted(column.name);
    }
    if (!table->skipped && columns.empty()) return nullptr;
    if (!columns.empty()) table->cuts = std::move(rules);
    table->opening = "{\"table\":" + json_quoted(name) + ",\"reason\":";
    table->cut_note = "\"values_cut\",\"columns\":[" + columns + "]";
    return table;
}

Status SizePolicy::prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) {
    const std::uint32_t id = relation->id;
    auto table = table_of(*relation);
    if (!table) return Failure(std::move(table.error()));
    Status prepared = behind().prepare(std::move(relation), route);
    if (!prepared) return prepared;
    if (chosen_.size() <= id) chosen_.resize(id + 1);
    chosen_[id] = std::move(*table);
    if (chosen_[id]) chosen_[id]->message_bytes_max = route.message_bytes_max;
    return {};
}

void SizePolicy::reset() {
    chosen_.clear();
    behind().reset();
}

std::vector<WantedTopic> SizePolicy::topics() const {
    std::vector<WantedTopic> topics = behind().topics();
    topics.push_back({topic_, {}});
    return topics;
}

Status SizePolicy::route(const std::string& topic, const TopicRoute& route) {
    if (topic != topic_) return behind().route(topic, route);
    notes_ = route;
    return {};
}

std::size_t SizePolicy::largest(const RecordBuffer& out, std::size_t from) {
    std::size_t size = 0;
    for (std::size_t i = from; i < out.records().size(); ++i) {
        size = std::max(size, size_of(out.records()[i]));
    }
    return size;
}

Status SizePolicy::encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) {
    const std::uint32_t id = change.relation_id;
    if (id >= chosen_.size() || chosen_[id] == nullptr) {
        return behind().encode(change, context, out);
    }
    const Table& table = *chosen_[id];
    const std::size_t before = out.records().size();
    const std::uint64_t counted = context.counts == nullptr ? 0 : context.counts->total();
    Status status = behind().encode(change, context, out);
    if (!status || largest(out, before) <= table.message_bytes_max) return status;
    if (!table.cuts.empty()) {
        const std::vector<Record> whole(out.records().begin() + static_cast<std::ptrdiff_t>(before),
                                        out.records().end());
        out.keep_records(before);
        // What is made once more counts once.
        if (context.counts != nullptr) context.counts->take_back(context.counts->total() - counted);
        status = encode_cut(table, change, context, out);
        if (!status) return status;
        if (largest(out, before) <= table.message_bytes_max) {
            for (const Record& record : whole) {
                if (size_of(record) <= table.message_bytes_max) continue;
                put_note(table, table.cut_note, record, context, out);
            }
            return {};
        }
    }
    if (table.skipped) skip(table, before, context, out);
    return {};
}

Status SizePolicy::encode_cut(const Table& table, const ChangeFrame& change,
                              const RowContext& context, RecordBuffer& out) {
    const bool whole_change = options_.format == ValueFormat::kProtobuf;
    const auto cut = rewriter_.rewrite(change, table.cuts, whole_change);
    if (!cut) return Failure(cut.error());
    return behind().encode(*cut, context, out);
}

void SizePolicy::skip(const Table& table, std::size_t from, const RowContext& context,
                      RecordBuffer& out) {
    const std::vector<Record> made(out.records().begin() + static_cast<std::ptrdiff_t>(from),
                                   out.records().end());
    out.keep_records(from);
    for (const Record& record : made) {
        if (size_of(record) <= table.message_bytes_max) {
            out.add(record);
        } else {
            put_note(table, "\"record_too_large\"", record, context, out);
        }
    }
}

// The key is bytes of any format, so that it is written in base64.
void SizePolicy::put_note(const Table& table, std::string_view reason, const Record& record,
                          const RowContext& context, RecordBuffer& out) const {
    const bool keyed = record.key_size != Record::kNull;
    const std::string key =
        keyed ? std::string(out.view(record.key_offset, record.key_size)) : std::string();
    ByteWriter writer(out);
    Record note{.topic = notes_.topic,
                .partition = keyed ? partition_of(key, notes_.partitions) : 0};
    if (keyed) {
        note.key_offset = writer.position();
        writer.put(key);
        note.key_size = record.key_size;
    }
    note.value_offset = writer.position();
    writer.put(table.opening);
    writer.put(reason);
    put_number(writer, ",\"lsn\":", context.lsn.value);
    put_number(writer, ",\"ordinal\":", context.item);
    const std::uint64_t xid = context.transaction == nullptr ? 0 : context.transaction->xid.value;
    put_number(writer, ",\"xid\":", xid);
    put_number(writer, ",\"size\":", size_of(record));
    put_number(writer, ",\"size_max\":", table.message_bytes_max);
    writer.put(",\"key\":");
    if (keyed) {
        writer.put('"');
        put_base64(writer, key);
        writer.put('"');
    } else {
        writer.put("null");
    }
    writer.put('}');
    note.value_size = writer.position() - note.value_offset;
    writer.finish();
    out.add(note);
}

}  // namespace penstock
