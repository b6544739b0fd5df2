// What decoding costs when the plugin does nothing: the floor that benchmarks compare with. With
// the option write = 'commit' it writes one byte per transaction, because a transaction that must
// be delivered cannot cost less than one write.
extern "C" {
#include "postgres.h"

#include "commands/defrem.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "replication/logical.h"
#include "replication/output_plugin.h"
#include "replication/reorderbuffer.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

#if PG_VERSION_NUM < 160000
extern PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks* callbacks);
#endif

static bool write_at_commit = false;

static void startup(LogicalDecodingContext* context, OutputPluginOptions* options, bool) {
    options->output_type = OUTPUT_PLUGIN_BINARY_OUTPUT;
    write_at_commit = false;
    ListCell* cell;
    foreach (cell, context->output_plugin_options) {
        auto* option = static_cast<DefElem*>(lfirst(cell));
        if (strcmp(option->defname, "write") == 0) {
            write_at_commit = strcmp(defGetString(option), "commit") == 0;
        }
    }
}

static void begin(LogicalDecodingContext*, ReorderBufferTXN*) {}

static void change(LogicalDecodingContext*, ReorderBufferTXN*, Relation, ReorderBufferChange*) {}

static void commit(LogicalDecodingContext* context, ReorderBufferTXN*, XLogRecPtr) {
    if (write_at_commit) {
        OutputPluginPrepareWrite(context, true);
        appendStringInfoChar(context->out, 'C');
        OutputPluginWrite(context, true);
    }
#if PG_VERSION_NUM >= 150000
    OutputPluginUpdateProgress(context, false);
#else
    OutputPluginUpdateProgress(context);
#endif
}

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks) {
    callbacks->startup_cb = startup;
    callbacks->begin_cb = begin;
    callbacks->change_cb = change;
    callbacks->commit_cb = commit;
}
}
