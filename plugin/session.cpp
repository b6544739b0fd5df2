#include "session.hpp"

#include "lsn_text.hpp"
#include "utf8_name.hpp"

extern "C" {
#include "commands/dbcommands.h"
#include "utils/resowner.h"
}

namespace penstock {

namespace {

// How often a long transaction reports progress on servers that leave it to the plugin; the number
// is the one newer servers use themselves (reorderbuffer.c, CHANGES_THRESHOLD).
constexpr uint32 kChangesPerProgress = 100;

// Names that the Session frame needs are read at start-up, because its first use may be a
// non-transactional message, where no transaction is open. START_REPLICATION runs outside of any
// transaction: one is opened here and closed again, with what it replaces put back.
std::string_view read_database_name() {
    if (IsTransactionState()) return utf8_name(get_database_name(MyDatabaseId));
    MemoryContext caller = CurrentMemoryContext;
    ResourceOwner owner = CurrentResourceOwner;
    StartTransactionCommand();
    MemoryContextSwitchTo(caller);
    const std::string_view name = utf8_name(get_database_name(MyDatabaseId));
    CommitTransactionCommand();
    MemoryContextSwitchTo(caller);
    CurrentResourceOwner = owner;
    return name;
}

// Of the server that runs, whose minor version need not be that of the headers.
uint32 running_server_version() {
    return static_cast<uint32>(atoi(GetConfigOption("server_version_num", false, false)));
}

void on_context_reset(void* cache) {
    static_cast<RelationCache*>(cache)->close();
}

bool is_wanted(const PublishedActions& actions, ReorderBufferChangeType action) {
    switch (action) {
        case REORDER_BUFFER_CHANGE_INSERT:
            return actions.insert;
        case REORDER_BUFFER_CHANGE_UPDATE:
            return actions.update;
        case REORDER_BUFFER_CHANGE_DELETE:
            return actions.remove;
        default:
            return false;
    }
}

Operation operation_of(ReorderBufferChangeType action) {
    switch (action) {
        case REORDER_BUFFER_CHANGE_INSERT:
            return Operation::kInsert;
        case REORDER_BUFFER_CHANGE_UPDATE:
            return Operation::kUpdate;
        default:
            return Operation::kDelete;
    }
}

// Tells which column the server stumbled over, and the way past it.
void add_error_context(void* argument) {
    const auto* session = static_cast<const Session*>(argument);
    if (session->column() == nullptr || session->relation() == nullptr) return;
    const std::string_view column = session->column()->description->name;
    const RelationDescription& table = *session->relation();
    errcontext(
        "column \"%.*s\" of table \"%.*s.%.*s\" in transaction %u; the plugin option "
        "skip_columns passes by it",
        static_cast<int>(column.size()), column.data(), static_cast<int>(table.schema.size()),
        table.schema.data(), static_cast<int>(table.name.size()), table.name.data(),
        session->transaction().txn->xid);
}

BeforeImage before_image_of(const RelationEntry& entry, HeapTuple before) {
    if (before == nullptr) return BeforeImage::kNone;
    return entry.replica_identity == ReplicaIdentity::kFull ? BeforeImage::kFull
                                                            : BeforeImage::kKey;
}

std::string_view origin_name(compat::OriginId origin) {
    char* name = nullptr;
    if (replorigin_by_oid(origin, true, &name)) return utf8_name(name);
    return psprintf("%u", static_cast<unsigned>(origin));
}

}  // namespace

Session* Session::start(LogicalDecodingContext* decoding) {
    MemoryContext context =
        AllocSetContextCreate(decoding->context, "penstock session", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(context);
    auto* session = static_cast<Session*>(palloc0(sizeof(Session)));
    session->open(decoding, context);
    MemoryContextSwitchTo(caller);
    return session;
}

void Session::open(LogicalDecodingContext* decoding, MemoryContext context) {
    decoding_ = decoding;
    context_ = context;
    scratch_ = AllocSetContextCreate(context, "penstock change", ALLOCSET_DEFAULT_SIZES);
    parse_options(decoding->output_plugin_options, options_);
    const bool json = options_.format == OutputFormat::kJson;
    sink_ = json ? &kJsonSink : &kProtoSink;
    // A line of JSON is a write of its own: textual output has no frames.
    batch_.open(decoding, json ? 0 : static_cast<Size>(options_.batch_bytes), !json);
    notices_.open(context);
    walk_.open(&options_, context);
    introduction_ = {static_cast<uint32>(options_.protocol_version),
                     kPluginVersion,
                     running_server_version(),
                     GetSystemIdentifier(),
                     compat::current_timeline(),
                     read_database_name(),
                     MyDatabaseId,
                     utf8_name(NameStr(decoding->slot->data.name)),
                     GetDatabaseEncodingName(),
                     options_.in_force,
                     kOptionCount};
    for (OptionInForce& option : options_.in_force) option.value = utf8_name(option.value.data());

    auto* callback = static_cast<MemoryContextCallback*>(palloc0(sizeof(MemoryContextCallback)));
    callback->func = on_context_reset;
    callback->arg = &relations_;
    MemoryContextRegisterResetCallback(context, callback);
    relations_.open(&options_, &notices_, context);
    settings_nest_level_ = pin_text_settings();
}

void Session::stop() {
    relations_.close();
    unpin_text_settings(settings_nest_level_);
}

void Session::enter() {
    batch_.cut_back();
    MemoryContextReset(scratch_);
}

void Session::begin(ReorderBufferTXN* txn) {
    transaction_ = {};
    transaction_.txn = txn;
    transaction_.previous_lsn = txn->first_lsn;
}

void Session::change(Relation relation, ReorderBufferChange* change) {
    enter();
    MemoryContext caller = MemoryContextSwitchTo(scratch_);
    RelationEntry& entry = relations_.entry_of(relation, scratch_);
    if (!notices_.empty()) send_notices();
    if (is_wanted(entry.actions, change->action)) send_change(entry, relation, change);
    transaction_.decoded++;
    MemoryContextSwitchTo(caller);
    if constexpr (compat::kPluginReportsProgress) report_progress();
}

void Session::send_change(RelationEntry& entry, Relation relation, ReorderBufferChange* change) {
    HeapTuple before = compat::old_tuple(change);
    HeapTuple after = compat::new_tuple(change);
    relation_ = entry.description;
    ErrorContextCallback context = {error_context_stack, add_error_context, this};
    error_context_stack = &context;
    const RowImages images = walk_.gather(entry, RelationGetDescr(relation), before, after);
    error_context_stack = context.previous;
    ensure_begun();
    ensure_described(entry);
    const ChangeFrame frame = {entry.relation_id,
                               entry.description,
                               entry.columns,
                               entry.column_count,
                               operation_of(change->action),
                               before_image_of(entry, before),
                               images.before,
                               images.after,
                               position(change->lsn, transaction_.decoded, 1)};
    sink_->change(batch_, frame);
    transaction_.sent++;
}

// A truncated relation that is published as its root says nothing: when the root was truncated it
// is in the list itself, and a truncated leaf alone is no truncation of the root.
void Session::truncate(int relation_count, Relation* relations, ReorderBufferChange* change) {
    enter();
    MemoryContext caller = MemoryContextSwitchTo(scratch_);
    auto** entries =
        static_cast<RelationEntry**>(palloc(sizeof(RelationEntry*) * (relation_count + 1)));
    int count = 0;
    for (int i = 0; i < relation_count; i++) {
        RelationEntry& entry = relations_.entry_of(relations[i], scratch_);
        if (!entry.actions.truncate || entry.description->leaf_oid != InvalidOid) continue;
        entries[count++] = &entry;
    }
    if (!notices_.empty()) send_notices();
    if (count > 0) {
        auto* ids = static_cast<uint32*>(palloc(sizeof(uint32) * count));
        auto** descriptions = static_cast<const RelationDescription**>(
            palloc(sizeof(const RelationDescription*) * count));
        ensure_begun();
        for (int i = 0; i < count; i++) {
            ensure_described(*entries[i]);
            ids[i] = entries[i]->relation_id;
            descriptions[i] = entries[i]->description;
        }
        sink_->truncate(batch_,
                        {ids, descriptions, count, change->data.truncate.cascade,
                         change->data.truncate.restart_seqs,
                         position(change->lsn, transaction_.decoded, static_cast<uint64>(count))});
        transaction_.sent += static_cast<uint64>(count);
    }
    transaction_.decoded += static_cast<uint64>(relation_count);
    MemoryContextSwitchTo(caller);
}

void Session::message(ReorderBufferTXN* txn, XLogRecPtr lsn, bool transactional, const char* prefix,
                      std::string_view content) {
    enter();
    MemoryContext caller = MemoryContextSwitchTo(scratch_);
    if (options_.messages) {
        MessageFrame frame = {};
        frame.transactional = transactional;
        frame.lsn = lsn;
        frame.prefix = utf8_name(prefix);
        frame.content = content;
        if (transactional) {
            frame.xid = txn->xid;
            ensure_begun();
        } else {
            introduce();
        }
        send_message(frame);
    }
    if (transactional) {
        transaction_.decoded++;
    } else {
        batch_.flush();
    }
    MemoryContextSwitchTo(caller);
}

// A message has no marks; one that is larger than a client must be able to hold is told instead.
void Session::send_message(const MessageFrame& frame) {
    if (frame.prefix.size() + frame.content.size() > static_cast<Size>(options_.max_row_bytes)) {
        const char* detail = psprintf(
            "A message of %zu bytes at %s with the prefix \"%.*s\" exceeds max_row_bytes and is "
            "left out.",
            frame.content.size(), lsn_text(frame.lsn),
            static_cast<int>(frame.prefix.size() < 64 ? frame.prefix.size() : 64),
            frame.prefix.data());
        sink_->notice(batch_, {NoticeCode::kOptionIgnored, "messages", detail});
        return;
    }
    MessageFrame placed = frame;
    if (frame.transactional) {
        placed.position.ordinal = transaction_.decoded;
        placed.position.has_ordinal = transaction_.decoded != transaction_.expected_ordinal;
        transaction_.expected_ordinal = transaction_.decoded + 1;
        transaction_.sent++;
    }
    sink_->message(batch_, placed);
}

void Session::commit(XLogRecPtr end_lsn) {
    enter();
    MemoryContext caller = MemoryContextSwitchTo(scratch_);
    // Skipped is what sent nothing: then nothing of it waits in the batch either, and the server
    // may tell synchronous standbys to move on.
    OutputPluginUpdateProgress(decoding_, !transaction_.begun);
    changes_since_progress_ = 0;
    if (transaction_.begun) {
        sink_->commit(batch_, {end_lsn, transaction_.sent, transaction_.decoded});
        batch_.flush();
    }
    transaction_ = {};
    MemoryContextSwitchTo(caller);
}

bool Session::filters_origin(compat::OriginId origin) const {
    return filters_any_origin() && origin != InvalidRepOriginId;
}

void Session::report_progress() {
    if (++changes_since_progress_ < kChangesPerProgress) return;
    changes_since_progress_ = 0;
    OutputPluginUpdateProgress(decoding_, false);
}

// In front of the first frame of the session, whatever that is.
void Session::introduce() {
    if (introduced_) return;
    introduced_ = true;
    sink_->session(batch_, introduction_);
}

void Session::ensure_begun() {
    if (transaction_.begun) return;
    transaction_.begun = true;
    introduce();
    const ReorderBufferTXN* txn = transaction_.txn;
    BeginFrame frame = {};
    frame.xid = txn->xid;
    frame.first_lsn = txn->first_lsn;
    frame.commit_lsn = txn->final_lsn;
    frame.end_lsn = txn->end_lsn;
    frame.commit_time = compat::commit_time(txn);
    if (txn->origin_id != InvalidRepOriginId) {
        frame.has_origin = true;
        frame.origin = origin_name(txn->origin_id);
        frame.origin_lsn = txn->origin_lsn;
    }
    sink_->begin(batch_, frame);
}

void Session::send_notices() {
    ensure_begun();
    while (!notices_.empty()) sink_->notice(batch_, notices_.take());
}

void Session::ensure_described(RelationEntry& entry) {
    if (entry.relation_id != 0) return;
    const uint32 id = relations_.assign_id(entry);
    sink_->relation(batch_, {id, entry.fingerprint, entry.description, entry.wire});
}

ChangePosition Session::position(XLogRecPtr lsn, uint64 ordinal, uint64 width) {
    ChangePosition position = {};
    position.lsn_delta = static_cast<int64>(lsn - transaction_.previous_lsn);
    position.ordinal = ordinal;
    position.has_ordinal = ordinal != transaction_.expected_ordinal;
    transaction_.previous_lsn = lsn;
    transaction_.expected_ordinal = ordinal + width;
    return position;
}

}  // namespace penstock
