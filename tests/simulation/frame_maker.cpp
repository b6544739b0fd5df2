#include "frame_maker.hpp"

#include <algorithm>

#include "plain_encoder.hpp"

namespace penstock::simulation {

namespace {

// Of every table: the one whose value an update may leave alone.
constexpr std::uint32_t kLargeColumn = 3;

}  // namespace

FrameMaker::FrameMaker(const PostgresModel& server, std::uint32_t first_relation)
    : server_(server), first_relation_(first_relation) {}

std::shared_ptr<Relation> describe_table(std::uint32_t table, std::uint32_t relation_id) {
    auto relation = std::make_shared<Relation>();
    relation->id = relation_id;
    relation->fingerprint = 77 + table;
    relation->oid = kFirstRelationOid + table;
    relation->schema = "public";
    relation->name = std::string("t") + static_cast<char>('0' + table);
    relation->kind = 'r';
    relation->replica_identity = ReplicaIdentity::kDefault;
    Column key;
    key.attnum = 1;
    key.name = "id";
    key.kind = ValueKind::kInt32;
    key.not_null = true;
    key.replica_key_position = 1;
    key.primary_key_position = 1;
    relation->columns.push_back(key);
    return relation;
}

const Frame& FrameMaker::make(const WireItem& item) {
    switch (item.kind) {
        case WireItem::Kind::kSession:
            frame_ = session();
            break;
        case WireItem::Kind::kRelation:
            frame_ = RelationFrame{describe_table(item.table, first_relation_ + item.table)};
            break;
        case WireItem::Kind::kBegin:
            frame_ = begin(*item.transaction);
            break;
        case WireItem::Kind::kNotice:
            frame_ = NoticeFrame{NoticeCode::kPublicationMissing, "orders", {}};
            break;
        case WireItem::Kind::kItem:
            frame_ = this->item(*item.transaction, item.item);
            break;
        case WireItem::Kind::kCommit:
            frame_ = commit(*item.transaction);
            break;
        case WireItem::Kind::kFreeMessage:
            end_lsn_ = item.transaction->end_lsn;
            received_ = 0;
            frame_ = message(*item.transaction, item.transaction->items.front());
            break;
        case WireItem::Kind::kKeepalive:
            frame_ = std::monostate{};
            break;
    }
    return frame_;
}

Frame FrameMaker::session() const {
    SessionFrame session;
    session.protocol_version = 1;
    session.plugin_version = "1.0.0";
    session.server_version_num = 150020;
    session.system_identifier = server_.system_identifier;
    session.timeline = server_.timeline;
    session.database = "shop";
    session.database_oid = server_.database_oid;
    session.slot = "penstock";
    session.server_encoding = "UTF8";
    return session;
}

Frame FrameMaker::begin(const SourceTransaction& transaction) {
    end_lsn_ = transaction.end_lsn;
    previous_lsn_ = transaction.first_lsn;
    next_ordinal_ = 0;
    received_ = 0;
    BeginFrame begin;
    begin.xid = transaction.xid;
    begin.first_lsn = transaction.first_lsn;
    begin.commit_lsn = transaction.commit_lsn;
    begin.end_lsn = transaction.end_lsn;
    begin.commit_time_us = transaction.committed_at.count();
    return begin;
}

std::optional<std::uint64_t> FrameMaker::ordinal(std::size_t index, std::size_t width) {
    std::optional<std::uint64_t> given;
    if (index != next_ordinal_) given = index;
    next_ordinal_ = index + width;
    return given;
}

std::int64_t FrameMaker::lsn_delta(Lsn lsn) {
    const auto delta = static_cast<std::int64_t>(lsn.value - previous_lsn_.value);
    previous_lsn_ = lsn;
    return delta;
}

void FrameMaker::fill(std::string& image, const SourceItem& item, std::uint32_t key) const {
    DataPayload payload;
    payload.end_lsn = end_lsn_.value;
    payload.item = received_;
    payload.table = item.table;
    payload.key = key;
    payload.version = item.version;
    payload.kind = item.kind;
    image = row_image(payload, item.padding);
}

Frame FrameMaker::item(const SourceTransaction& transaction, std::size_t index) {
    const auto& items = transaction.items;
    const SourceItem& first = items[index];
    if (first.kind == ItemKind::kMessage) {
        Frame made = message(transaction, first);
        std::get<MessageFrame>(made).ordinal = ordinal(index, 1);
        return made;
    }
    if (first.kind != ItemKind::kTruncate) {
        Frame made = change(first);
        std::get<ChangeFrame>(made).ordinal = ordinal(index, 1);
        ++received_;
        return made;
    }
    truncated_.clear();
    for (std::size_t i = index; i < items.size() && items[i].group == first.group; ++i)
        truncated_.push_back(first_relation_ + items[i].table);
    TruncateFrame truncate;
    truncate.lsn_delta = lsn_delta(first.lsn);
    truncate.ordinal = ordinal(index, truncated_.size());
    truncate.relation_ids = truncated_;
    received_ += truncated_.size();
    return truncate;
}

Frame FrameMaker::change(const SourceItem& item) {
    ChangeFrame change;
    change.relation_id = first_relation_ + item.table;
    change.lsn_delta = lsn_delta(item.lsn);
    fill(after_, item, item.key);
    switch (item.kind) {
        case ItemKind::kUpdate:
            change.operation = Operation::kUpdate;
            break;
        case ItemKind::kKeyUpdate:
            change.operation = Operation::kUpdate;
            fill(before_, item, item.old_key);
            change.before_image = BeforeImage::kKey;
            change.has_before = true;
            change.before = before_;
            break;
        case ItemKind::kDelete:
            change.operation = Operation::kDelete;
            fill(before_, item, item.key);
            change.before_image = BeforeImage::kKey;
            change.has_before = true;
            change.before = before_;
            break;
        default:
            change.operation = Operation::kInsert;
            break;
    }
    if (item.kind != ItemKind::kDelete) {
        change.has_after = true;
        change.after = after_;
    }
    unchanged_.assign(item.unchanged ? 1 : 0, kLargeColumn);
    change.unchanged = unchanged_;
    change.change = change.has_after ? change.after : change.before;
    if (item.marked) {
        marked_ = {MarkedValue{2, false, MarkReason::kOversize, {}}};
        change.marked = marked_;
    }
    return change;
}

Frame FrameMaker::message(const SourceTransaction& transaction, const SourceItem& item) {
    fill(after_, item, item.key);
    ++received_;
    MessageFrame message;
    message.transactional = transaction.transactional;
    message.lsn = transaction.transactional ? item.lsn : transaction.end_lsn;
    message.prefix = item.published ? std::string_view("audit") : kUnlistedPrefix;
    message.content = after_;
    message.xid = transaction.xid;
    return message;
}

Frame FrameMaker::commit(const SourceTransaction& transaction) const {
    CommitFrame commit;
    commit.end_lsn = transaction.end_lsn;
    commit.decoded = transaction.items.size();
    commit.sent = static_cast<std::uint64_t>(
        std::count_if(transaction.items.begin(), transaction.items.end(),
                      [](const SourceItem& item) { return item.captured; }));
    if (transaction.miscounted) ++commit.sent;
    return commit;
}

}  // namespace penstock::simulation
