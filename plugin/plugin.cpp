// The entry points of the output plugin: what the server calls, and nothing else. Each callback is
// one call into the session.
//
// Streaming of transactions in progress and two-phase decoding are not offered, so none of their
// callbacks is set: one alone would switch the feature on.
#include "session.hpp"

// Everything else is hidden; before 16 the server's macros do not say that these are not.
#pragma GCC visibility push(default)
extern "C" {

PG_MODULE_MAGIC;

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks);
}
#pragma GCC visibility pop

namespace penstock {

namespace {

Session& session_of(LogicalDecodingContext* decoding) {
    return *static_cast<Session*>(decoding->output_plugin_private);
}

void startup(LogicalDecodingContext* decoding, OutputPluginOptions* output, bool is_init) {
    output->output_type = OUTPUT_PLUGIN_BINARY_OUTPUT;
    output->receive_rewrites = false;
    // Slot creation passes no options and takes no writes.
    if (is_init) return;
    if constexpr (!compat::kServerTested) {
        ereport(WARNING, (errmsg("untested_server: penstock %s is not tested with PostgreSQL %s",
                                 kPluginVersion, PG_MAJORVERSION)));
    }
    Session* session = Session::start(decoding);
    decoding->output_plugin_private = session;
    // The server asks for every record; where the answer is always no, it need not.
    if (!session->filters_any_origin()) decoding->callbacks.filter_by_origin_cb = nullptr;
    if (session->writes_text()) output->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
}

void shutdown(LogicalDecodingContext* decoding) {
    if (decoding->output_plugin_private == nullptr) return;
    session_of(decoding).stop();
    decoding->output_plugin_private = nullptr;
}

void begin(LogicalDecodingContext* decoding, ReorderBufferTXN* txn) {
    session_of(decoding).begin(txn);
}

void change(LogicalDecodingContext* decoding, ReorderBufferTXN*, Relation relation,
            ReorderBufferChange* change) {
    session_of(decoding).change(relation, change);
}

void truncate(LogicalDecodingContext* decoding, ReorderBufferTXN*, int relation_count,
              Relation relations[], ReorderBufferChange* change) {
    session_of(decoding).truncate(relation_count, relations, change);
}

void message(LogicalDecodingContext* decoding, ReorderBufferTXN* txn, XLogRecPtr lsn,
             bool transactional, const char* prefix, Size size, const char* content) {
    session_of(decoding).message(txn, lsn, transactional, prefix, {content, size});
}

void commit(LogicalDecodingContext* decoding, ReorderBufferTXN* txn, XLogRecPtr) {
    session_of(decoding).commit(txn->end_lsn);
}

// Called while a slot is created too, when there is no session.
bool filter_by_origin(LogicalDecodingContext* decoding, compat::OriginId origin) {
    return decoding->output_plugin_private != nullptr &&
           session_of(decoding).filters_origin(origin);
}

}  // namespace

}  // namespace penstock

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks) {
    callbacks->startup_cb = penstock::startup;
    callbacks->begin_cb = penstock::begin;
    callbacks->change_cb = penstock::change;
    callbacks->truncate_cb = penstock::truncate;
    callbacks->message_cb = penstock::message;
    callbacks->commit_cb = penstock::commit;
    callbacks->filter_by_origin_cb = penstock::filter_by_origin;
    callbacks->shutdown_cb = penstock::shutdown;
}
