#include "sink/state_codec.hpp"

#include <fmt/format.h>

#include <charconv>

#include "proto/state.pb.h"

namespace penstock {
namespace {

namespace wire = state::v1;

static_assert(static_cast<int>(Phase::kCreating) == wire::CREATING);
static_assert(static_cast<int>(Phase::kAdopting) == wire::ADOPTING);
static_assert(static_cast<int>(Phase::kSnapshot) == wire::SNAPSHOT);
static_assert(static_cast<int>(Phase::kStreaming) == wire::STREAMING);
static_assert(static_cast<int>(SnapshotProgress::kQueued) == wire::Snapshot::QUEUED);
static_assert(static_cast<int>(SnapshotProgress::kPaused) == wire::Snapshot::PAUSED);

template <class Message>
Result<Message> parse(std::string_view bytes, std::string_view what) {
    Message message;
    if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
    return fail(ErrorName::kStateIncomplete,
                fmt::format("invalid record in the state topic: its {} bytes are no {}",
                            bytes.size(), what));
}

void write_identity(const Position& position, wire::Position& out) {
    out.set_version(position.version);
    out.set_system_identifier(position.system_identifier);
    out.set_database_oid(position.database_oid);
    out.set_timeline(position.timeline);
    out.set_phase(static_cast<wire::Phase>(position.phase));
    out.set_instance(position.instance);
    out.set_configuration_hash(position.configuration_hash);
    out.set_selection_hash(position.selection_hash);
}

Position read_position(const wire::Position& in) {
    Position position;
    position.version = in.version();
    position.system_identifier = in.system_identifier();
    position.database_oid = in.database_oid();
    position.timeline = in.timeline();
    position.phase = static_cast<Phase>(in.phase());
    position.lsn = Lsn{in.lsn()};
    if (in.has_open())
        position.open = OpenTransaction{Xid{in.open().xid()}, Lsn{in.open().commit_lsn()},
                                        in.open().next_item()};
    position.instance = in.instance();
    position.configuration_hash = in.configuration_hash();
    position.selection_hash = in.selection_hash();
    position.sequence = in.sequence();
    position.topic_keys = in.topic_keys();
    position.snapshot_keys = in.snapshot_keys();
    position.wall_time_us = in.wall_time_us();
    return position;
}

}  // namespace

std::string encode_position(const Position& position) {
    wire::Position out;
    write_identity(position, out);
    out.set_lsn(position.lsn.value);
    if (position.open) {
        out.mutable_open()->set_xid(position.open->xid.value);
        out.mutable_open()->set_commit_lsn(position.open->commit_lsn.value);
        out.mutable_open()->set_next_item(position.open->next_item);
    }
    out.set_sequence(position.sequence);
    out.set_topic_keys(position.topic_keys);
    out.set_snapshot_keys(position.snapshot_keys);
    out.set_wall_time_us(position.wall_time_us);
    return out.SerializeAsString();
}

std::string encode_topic_state(const TopicState& topic) {
    wire::Topic out;
    out.set_partitions(topic.partitions);
    out.set_relation_oid(topic.relation_oid);
    out.set_topic_id(topic.topic_id);
    for (const TopicState::Field& field : topic.fields) {
        wire::Topic::Field* added = out.add_field();
        added->set_relation_oid(field.relation_oid);
        added->set_attnum(field.attnum);
        added->set_number(field.number);
        added->set_name(field.name);
        added->set_kind(field.kind);
    }
    if (topic.table.oid != 0) {
        wire::Topic::Table* table = out.mutable_table();
        table->set_oid(topic.table.oid);
        table->set_schema(topic.table.schema);
        table->set_name(topic.table.name);
        table->set_known_as(topic.table.known_as);
    }
    for (const TopicState::Schema& schema : topic.schemas) {
        wire::Topic::Schema* added = out.add_schema();
        added->set_subject(schema.subject);
        added->set_digest(schema.digest);
        added->set_id(schema.id);
    }
    return out.SerializeAsString();
}

std::string encode_snapshot_state(std::uint32_t table_oid, const SnapshotState& snapshot) {
    wire::Snapshot out;
    out.set_mode(snapshot.initial ? wire::Snapshot::INITIAL : wire::Snapshot::ON_DEMAND);
    out.set_state(static_cast<wire::Snapshot::State>(snapshot.progress));
    out.set_snapshot(snapshot.snapshot);
    out.set_relfilenode(snapshot.relfilenode);
    out.set_fingerprint(snapshot.fingerprint);
    for (const BlockRange& range : snapshot.finished) {
        wire::Snapshot::Range* added = out.add_finished();
        added->set_leaf_oid(table_oid);
        added->set_from_block(range.from);
        added->set_to_block(range.to);
    }
    out.set_schema(snapshot.schema);
    out.set_table(snapshot.table);
    out.set_rows(snapshot.rows);
    out.set_cursor(snapshot.cursor);
    out.set_until(snapshot.until);
    out.set_predicate(snapshot.predicate);
    out.set_requested_by(snapshot.requested_by);
    out.set_blocks(snapshot.blocks);
    out.set_begun_us(snapshot.begun_us);
    return out.SerializeAsString();
}

Result<SnapshotState> decode_snapshot_state(std::string_view bytes) {
    return parse<wire::Snapshot>(bytes, "snapshot").map([](const wire::Snapshot& in) {
        SnapshotState snapshot;
        snapshot.initial = in.mode() == wire::Snapshot::INITIAL;
        snapshot.progress = static_cast<SnapshotProgress>(in.state());
        snapshot.snapshot = in.snapshot();
        snapshot.relfilenode = in.relfilenode();
        snapshot.fingerprint = in.fingerprint();
        for (const wire::Snapshot::Range& range : in.finished())
            snapshot.finished.push_back({range.from_block(), range.to_block()});
        snapshot.schema = in.schema();
        snapshot.table = in.table();
        snapshot.rows = in.rows();
        snapshot.cursor = in.cursor();
        snapshot.until = in.until();
        snapshot.predicate = in.predicate();
        snapshot.requested_by = in.requested_by();
        snapshot.blocks = in.blocks();
        snapshot.begun_us = in.begun_us();
        return snapshot;
    });
}

Result<Position> decode_position(std::string_view bytes) {
    return parse<wire::Position>(bytes, "position").map(read_position);
}

Result<TopicState> decode_topic_state(std::string_view bytes) {
    return parse<wire::Topic>(bytes, "topic").map([](const wire::Topic& in) {
        TopicState topic{in.partitions(), in.relation_oid(), {}, in.topic_id(), {}};
        for (const wire::Topic::Field& field : in.field())
            topic.fields.push_back(
                {field.relation_oid(), field.attnum(), field.number(), field.name(), field.kind()});
        for (const wire::Topic::Schema& schema : in.schema())
            topic.schemas.push_back({schema.subject(), schema.digest(), schema.id()});
        const wire::Topic::Table& table = in.table();
        topic.table = {table.oid(), table.schema(), table.name(), table.known_as()};
        return topic;
    });
}

Status StateCollector::add(std::string_view key, const std::string_view* value) {
    if (key == kPositionKey) {
        view_.position.reset();
        if (value == nullptr) return {};
        Result<Position> position = decode_position(*value);
        if (!position) return Failure(position.error());
        view_.too_new = position->version > kStateVersion;
        view_.position = *position;
    } else if (key.starts_with(kTopicKeyPrefix)) {
        const std::string name(key.substr(kTopicKeyPrefix.size()));
        view_.topics.erase(name);
        if (value == nullptr) return {};
        Result<TopicState> topic = decode_topic_state(*value);
        if (!topic) return Failure(topic.error());
        view_.topics.emplace(name, std::move(*topic));
    } else if (key.starts_with(kSnapshotKeyPrefix)) {
        std::uint32_t oid = 0;
        const std::string_view digits = key.substr(kSnapshotKeyPrefix.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), oid);
        view_.snapshots.erase(oid);
        if (value == nullptr) return {};
        Result<SnapshotState> snapshot = decode_snapshot_state(*value);
        if (!snapshot) return Failure(snapshot.error());
        view_.snapshots.emplace(oid, std::move(*snapshot));
    }
    return {};
}

StateView StateCollector::view() const {
    StateView view = view_;
    view.topic_exists = true;
    view.snapshot_keys = static_cast<std::uint32_t>(view.snapshots.size());
    return view;
}

}  // namespace penstock
