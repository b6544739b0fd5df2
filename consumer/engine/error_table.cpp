#include <cstddef>

#include "engine/error.hpp"

namespace penstock {
namespace {

using enum ErrorClass;
using N = ErrorName;
using X = ExitCode;

// In the order of ErrorName. Class kRetry means that the running pipeline waits and tries again; a
// command that runs once (check, slot, state) reports the same row and exits with its code.
constexpr ErrorRow kTable[] = {
    {N::kUsage, "usage", kOperator, X::kUsage, "The command line does not say what to do.",
     "Run the command with --help; the message names the nearest word that is known."},
    {N::kConfigurationUnknownKey, "configuration_unknown_key", kOperator, X::kConfiguration,
     "The configuration has a key that penstock does not know.",
     "Correct or remove the key; the message names the nearest known one."},
    {N::kConfigurationInvalid, "configuration_invalid", kOperator, X::kConfiguration,
     "A configuration value is missing, out of range or contradicts another.",
     "Correct the value that the message names."},
    {N::kConfigurationUnreadable, "configuration_unreadable", kOperator, X::kConfiguration,
     "The configuration file or a secret file cannot be read or parsed.",
     "Check path, permissions and TOML syntax at the line the message names."},
    {N::kSnapshotModeUnavailable, "snapshot_mode_unavailable", kOperator, X::kConfiguration,
     "A snapshot was begun and is not finished, and the configuration says to take none.",
     "Set snapshot.mode to what it was (\"initial\"), so that the rest is read."},

    {N::kPostgresUnreachable, "postgres_unreachable", kRetry, X::kPostgres,
     "The PostgreSQL server does not accept a connection.",
     "Check source.url, the network and that the server is running; penstock keeps trying."},
    {N::kPostgresAuthentication, "postgres_authentication", kOperator, X::kPostgres,
     "The PostgreSQL server refuses the role, its password or the database.",
     "Check role, password file and pg_hba.conf; a replication connection to a database matches "
     "the line of that database."},
    {N::kPostgresConnectionLost, "postgres_connection_lost", kRetry, X::kPostgres,
     "The connection to the PostgreSQL server broke.",
     "Nothing has to be done; penstock connects again and goes on from the position in Kafka."},
    {N::kPostgresQueryFailed, "postgres_query_failed", kOperator, X::kPostgres,
     "The PostgreSQL server refused a statement for a reason that waiting does not cure.",
     "Read the server's message in the detail; `penstock check` prints the statement that mends "
     "it."},
    {N::kServerUnsupported, "server_unsupported", kOperator, X::kPostgres,
     "The PostgreSQL server is older than this release supports.",
     "Use PostgreSQL 14 or newer; 15 to 18 are tested."},
    {N::kWalLevel, "wal_level", kOperator, X::kPostgres,
     "The PostgreSQL server does not write the WAL that logical decoding needs.",
     "Run ALTER SYSTEM SET wal_level = logical and restart the server."},
    {N::kRoleNotReplication, "role_not_replication", kOperator, X::kPostgres,
     "The role may not open a replication connection.",
     "Run ALTER ROLE ... REPLICATION as a superuser."},
    {N::kNoFreeSlot, "no_free_slot", kRetry, X::kPostgres,
     "All replication slots of the server are in use.",
     "Drop a slot that nobody needs, or raise max_replication_slots and restart the server."},
    {N::kNoFreeSender, "no_free_sender", kRetry, X::kPostgres,
     "All WAL senders of the server are in use.",
     "Raise max_wal_senders and restart the server, or stop a standby or reader nobody needs."},
    {N::kPluginMissing, "plugin_missing", kOperator, X::kPostgres,
     "The PostgreSQL server has no library of the output plugin.",
     "Install penstock.so on the server (make install, or the package)."},
    {N::kPluginNotAllowed, "plugin_not_allowed", kOperator, X::kPostgres,
     "The PostgreSQL server does not allow the output plugin.",
     "Run ALTER ROLE ... SET output_plugin_libraries = penstock for the role of the stream, or "
     "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, penstock and reload; do "
     "not put the list in one pair of quotes."},
    {N::kPluginOption, "plugin_option", kOperator, X::kPostgres,
     "The output plugin refuses one of its options.",
     "Correct the option that the server's message names; an older plugin may not know it yet."},
    {N::kServerShuttingDown, "server_shutting_down", kRetry, X::kPostgres,
     "The PostgreSQL server is shutting down or starting up.",
     "Nothing has to be done; penstock comes back when the server does."},
    {N::kSelectionEmpty, "selection_empty", kOperator, X::kPostgres,
     "The publication or the table patterns select no table.",
     "Correct source.publications or source.tables; `penstock check` lists what they find."},
    {N::kPublicationMissing, "publication_missing", kOperator, X::kPostgres,
     "A publication did not exist at a change that it would have had to judge.",
     "Changes made while it was missing cannot be judged. Create it again; to go on without those "
     "changes set publication_missing = \"empty\"."},
    {N::kOptionIgnored, "option_ignored", kOperator, X::kPostgres,
     "The output plugin came upon a row filter, a column list or another option that it does not "
     "apply.",
     "Rows or values would be published that were to be left out, or the other way round. Take the "
     "filter off the publication, or list tables and columns in the configuration; to go on all "
     "the same set source.option_ignored = \"go_on\"."},
    {N::kIdentityInsufficient, "identity_insufficient", kOperator, X::kPostgres,
     "The replica identity of a table does not log what its records need.",
     "Run ALTER TABLE ... REPLICA IDENTITY FULL, or USING INDEX with an index that covers the key; "
     "changes already written keep the old identity."},
    {N::kExtensionMissing, "extension_missing", kOperator, X::kPostgres,
     "The database lacks the extension that a snapshot reads its tables with.",
     "Run CREATE EXTENSION penstock in the database, and grant the role of the pipe USAGE on "
     "schema "
     "penstock and EXECUTE on its functions."},
    {N::kSnapshotPrivilege, "snapshot_privilege", kOperator, X::kPostgres,
     "The role may not read what the snapshot has to read.",
     "Grant the role SELECT on the table that the message names, USAGE on schema penstock and "
     "EXECUTE on its functions."},
    {N::kSnapshotTableChanged, "snapshot_table_changed", kRetry, X::kPostgres,
     "A table was rewritten, truncated or dropped between the making of the slot and the lock of "
     "the reader.",
     "Nothing has to be done; nothing was published yet, and penstock makes its slot and its "
     "snapshot anew."},
    {N::kSnapshotNotVisible, "snapshot_not_visible", kRetry, X::kPostgres,
     "A transaction whose rows the interrupted snapshot has to show is committed, but not visible "
     "to others yet: its backend still waits, for example for a synchronous standby.",
     "Nothing has to be done while that is short; if it lasts, look at synchronous_standby_names "
     "and "
     "the standbys."},
    {N::kSnapshotOnStandby, "snapshot_on_standby", kOperator, X::kPostgres,
     "The server is a standby, where a row is visible at another time than on the primary.",
     "Point source.url at the primary, at least until the tables are taken over."},
    {N::kTableNotCarried, "table_not_carried", kOperator, X::kPostgres,
     "The configuration names something whose changes the server does not log for decoding: a "
     "view, a foreign table or an unlogged table.",
     "Name the tables behind the view; capture a foreign table where it lives; ALTER TABLE ... SET "
     "LOGGED makes an unlogged table an ordinary one. Or take the name out of source.tables."},
    {N::kLockTableFull, "lock_table_full", kOperator, X::kPostgres,
     "The server's lock table is too small for a transaction that reads all captured tables.",
     "Raise max_locks_per_transaction and restart the server, or read fewer tables "
     "(snapshot.tables)."},
    {N::kSnapshotTableRefused, "snapshot_table_refused", kOperator, X::kPostgres,
     "A snapshot was asked for of something that cannot be read in chunks.",
     "Name a table that the stream captures: no view, no foreign table, none that the publication "
     "leaves out."},
    {N::kSnapshotPredicate, "snapshot_predicate", kOperator, X::kPostgres,
     "The server does not take the predicate of a snapshot.",
     "Correct the expression: it stands behind WHERE, may name columns of the table only, and runs "
     "read-only as the role of the pipe."},
    {N::kSnapshotTableTooLarge, "snapshot_table_too_large", kOperator, X::kPostgres,
     "A table without a key is too large to be read as one piece while the stream is held.",
     "Give the table a primary key or a replica identity index; or raise snapshot.keyless_bytes, "
     "which so much memory has to be free for; or take an initial snapshot."},
    {N::kSnapshotRequestRefused, "snapshot_request_refused", kOperator, X::kUsage,
     "A request about snapshots does not fit what the running pipe does.",
     "`penstock snapshot --list` shows the snapshots that there are and how far each one is."},
    {N::kTableLocked, "table_locked", kRetry, X::kPostgres,
     "Another session holds a lock on a table that keeps readers out.",
     "Nothing has to be done; the table is read when ALTER TABLE, TRUNCATE, VACUUM FULL or "
     "whatever "
     "holds the lock is over."},
    {N::kControlSocket, "control_socket", kOperator, X::kConfiguration,
     "The socket by which a running pipe takes commands could not be made.",
     "Set run.socket to a path in a folder that only the pipe's user can write to, a path of its "
     "own "
     "for each pipe. The pipe runs all the same."},
    {N::kPipeNotRunning, "pipe_not_running", kOperator, X::kState,
     "Nobody answers on the socket of the pipe.",
     "Start the pipe with `penstock run`, on this machine, and use its configuration here: slot, "
     "prefix, brokers and run.socket tell where the socket is. It runs as the same user, or this "
     "command as root."},
    {N::kSnapshotCancelled, "snapshot_cancelled", kOperator, X::kPostgres,
     "A snapshot that was waited for ended without all of its rows.",
     "The reason stands in the detail and in the pipe's log; ask for the table again when it is "
     "mended. The stream was never interrupted."},

    {N::kSlotActive, "slot_active", kRetry, X::kState,
     "Another process holds the replication slot.",
     "Stop the other consumer, or wait until the server notices that it is gone "
     "(wal_sender_timeout); slot.takeover = \"terminate\" ends a dead holder."},
    {N::kSlotMissing, "slot_missing", kOperator, X::kState,
     "The state in Kafka belongs to a replication slot that does not exist.",
     "Changes since the recorded position may be gone. Check that the configuration points at the "
     "right server; otherwise set snapshot.mode = \"when_needed\", which reads the tables again "
     "under a new slot, or start anew with another slot name."},
    {N::kSlotLost, "slot_lost", kOperator, X::kState,
     "The PostgreSQL server has invalidated the replication slot.",
     "The WAL that the slot needed is gone. Raise max_slot_wal_keep_size and set snapshot.mode = "
     "\"when_needed\", which reads the tables again under a new slot; or drop the slot and start "
     "anew with another slot name."},
    {N::kSlotNotOurs, "slot_not_ours", kOperator, X::kState,
     "A replication slot of this name exists that penstock did not make for this pipe.",
     "Choose another slot name, or drop the slot if nobody needs it."},
    {N::kSlotAheadOfState, "slot_ahead_of_state", kOperator, X::kState,
     "The server has confirmed more than Kafka holds.",
     "Find out whether Kafka lost data or the slot was dropped and made anew; the changes in "
     "between cannot be read again."},
    {N::kStateMissing, "state_missing", kOperator, X::kState,
     "The replication slot exists, but Kafka holds no position for it.",
     "Check that the configuration points at the right Kafka and prefix. If the state topic was "
     "deleted, drop the slot and start anew with another slot name."},
    {N::kStateIncomplete, "state_incomplete", kOperator, X::kState,
     "The state topic has lost records that its position counts.",
     "Restore the state topic; it must be compacted and never deleted by retention."},
    {N::kStateTooNew, "state_too_new", kOperator, X::kState,
     "The state was written by a newer release.", "Run the release that wrote it, or a newer one."},
    {N::kStateAheadOfServer, "state_ahead_of_server", kOperator, X::kState,
     "Kafka holds changes that lie past the end of the server's WAL.",
     "The server was restored to an earlier time or is another one. Point the configuration at "
     "the right server, or reconcile the topics by hand."},
    {N::kOtherServer, "other_server", kOperator, X::kState,
     "The state belongs to another database cluster or another database.",
     "Point the configuration at the server the state belongs to, or use another prefix or slot "
     "name."},
    {N::kTimelineDiverged, "timeline_diverged", kOperator, X::kState,
     "The server is on an older timeline than the state, or on one of another history.",
     "A promotion lost transactions that Kafka holds. Reconcile the topics by hand and start anew "
     "with another slot name."},
    {N::kOpenMissing, "open_missing", kOperator, X::kState,
     "The transaction that is published in part does not come from the server again.",
     "The slot or the server is not the one that began it. Point the configuration at the right "
     "server, or reconcile the topics by hand."},
    {N::kConfigurationChanged, "configuration_changed", kOperator, X::kState,
     "The configuration differs from the one that wrote the state in what may not change.",
     "Undo the change, or use another prefix or slot name. A changed selection is accepted once "
     "the large transaction in progress is complete."},

    {N::kKafkaUnreachable, "kafka_unreachable", kRetry, X::kKafka,
     "No Kafka broker or coordinator answers.",
     "Check kafka.brokers, the network and that the brokers run; penstock keeps trying."},
    {N::kKafkaAuthorization, "kafka_authorization", kOperator, X::kKafka,
     "Kafka refuses the credentials or a right.",
     "Grant what the message names: Write, Describe and DescribeConfigs on the topics, Create for "
     "new ones, Read on the state topic, Write and Describe on both transactional ids."},
    {N::kKafkaTransactions, "kafka_transactions", kOperator, X::kKafka,
     "Kafka does not give the transactions that exactly once needs.",
     "Check transaction.max.timeout.ms and the replication of __transaction_state."},
    {N::kKafkaTransactionHangs, "kafka_transaction_hangs", kRetry, X::kKafka,
     "A Kafka transaction stays open where the pipe writes, though its own producers are fenced.",
     "If another program writes to the topic, let it end its transaction. Otherwise a broker lost "
     "the end of one of ours: docs/guide/hanging-transactions.md says how to find out what it was "
     "to be and how to end it. penstock goes on by itself afterwards."},
    {N::kKafkaTooOld, "kafka_too_old", kOperator, X::kKafka,
     "The Kafka broker is older than exactly once needs.", "Use Kafka 3.6 or newer."},
    {N::kTopicPolicy, "topic_policy", kOperator, X::kKafka,
     "A topic has a policy under which records could get lost.",
     "Set what the message names: the state topic needs cleanup.policy=compact and one partition; "
     "kafka.single_broker = true accepts a single broker by name."},
    {N::kPartitionsChanged, "partitions_changed", kOperator, X::kKafka,
     "A topic has another number of partitions than the state records.",
     "Keys would change their partition. Restore the topic with the recorded number."},
    {N::kTopicLost, "topic_lost", kOperator, X::kKafka,
     "A topic that holds published records was deleted, or deleted and made anew.",
     "What was published to it is gone. If that was meant, start once with topics.lost = "
     "\"go_on\": new records then go to a new topic, and the setting can be taken away again."},
    {N::kTopicCollision, "topic_collision", kOperator, X::kKafka,
     "Two tables would share one topic.",
     "Rename one of the tables, or exclude it from the selection."},
    {N::kTopicName, "topic_name", kOperator, X::kKafka, "A table's name makes no legal topic name.",
     "Choose a shorter prefix, or exclude the table from the selection."},
    {N::kTopicLimit, "topic_limit", kOperator, X::kKafka,
     "The values of rows would have more topics made than limits.row_topics allows.",
     "Correct what chooses the topic of these rows, or raise limits.row_topics."},
    {N::kTableRenamed, "table_renamed", kOperator, X::kKafka,
     "A table was renamed, and topics.on_rename is \"stop\", or \"keep\" and it has had several "
     "topics.",
     "Rename it back, or let its rows go to the topic of the new name with topics.on_rename = "
     "\"follow\", or on to the one that they had with \"keep\"."},
    {N::kTransactionTooLong, "transaction_too_long", kOperator, X::kKafka,
     "A source transaction was not through within kafka.transaction_timeout, twice, and "
     "kafka.transactions is \"atomic\": one Kafka transaction has to hold it.",
     "Raise kafka.transaction_timeout, and transaction.max.timeout.ms of the brokers with it, or "
     "let large transactions go in pieces with kafka.transactions = \"pieces\"."},
    {N::kRecordTooLarge, "record_too_large", kOperator, X::kKafka,
     "A row makes a record that is larger than its topic takes.",
     "Raise max.message.bytes of the topic and, where needed, message.max.bytes of the brokers, or "
     "choose filter.cut_too_large or filter.skip_too_large for the table; nothing of the "
     "transaction has been published."},
    {N::kKafkaFailed, "kafka_failed", kRetry, X::kKafka, "A Kafka transaction did not end cleanly.",
     "Nothing has to be done; penstock reads the outcome back and goes on. If it repeats, look at "
     "the broker named in the detail."},
    {N::kFenced, "fenced", kOperator, X::kFenced,
     "Another process took over the transactional ids of this pipe.",
     "Find the other process that runs with the same prefix and slot and stop one of the two; do "
     "not restart both automatically."},

    {N::kRegistryUnreachable, "registry_unreachable", kRetry, X::kRegistry,
     "The schema registry does not answer, or says that it cannot answer now.",
     "Check registry.url, the network and that the registry runs; penstock keeps trying. Rows of "
     "tables whose schemas are known flow until a new schema comes."},
    {N::kRegistryAuthorization, "registry_authorization", kOperator, X::kRegistry,
     "The schema registry, or its token endpoint, refuses the credentials or a right.",
     "Check registry.auth and its credentials; reading and writing the subjects of the topics, "
     "TOPIC-key and TOPIC-value, has to be allowed."},
    {N::kRegistryReadOnly, "registry_read_only", kOperator, X::kRegistry,
     "The schema registry takes no new schemas.",
     "Set the mode READWRITE (PUT /mode, or /mode/SUBJECT), or register the schemas by other "
     "means and start again."},
    {N::kRegistryAnswer, "registry_answer", kOperator, X::kRegistry,
     "What answers at registry.url does not answer as a schema registry does.",
     "Check registry.url: it is what stands before /subjects in Confluent's API; Apicurio has it "
     "under /apis/ccompat/v7."},
    {N::kSchemaIncompatible, "schema_incompatible", kOperator, X::kRegistry,
     "A table has changed in a way that the readers of its topic cannot follow.",
     "Undo the change of the table, or accept it by name: lower the compatibility level of the "
     "subject that the message names, start penstock, and set it back."},
    {N::kSchemaInvalid, "schema_invalid", kOperator, X::kRegistry,
     "The schema registry does not take a schema for a legal one.",
     "Look at the table that the subject names for names or defaults that the registry refuses; "
     "exclude the column or the table, or report it."},
    {N::kSchemaUnregistered, "schema_unregistered", kOperator, X::kRegistry,
     "A schema is not in the registry, and registry.auto_register is off.",
     "Register the schema that the detail shows under the subject that the message names, then "
     "start again."},

    {N::kFrameInvalid, "frame_invalid", kOperator, X::kProtocol,
     "The stream holds a frame that breaks the wire's rules.",
     "Keep the log and report it; check that plugin and consumer are releases that fit."},
    {N::kCrcMismatch, "crc_mismatch", kOperator, X::kProtocol,
     "A batch of the stream does not match its checksum.",
     "Something between plugin and consumer changes bytes: check proxies and memory, then start "
     "again; nothing of the batch has been published."},
    {N::kCountMismatch, "count_mismatch", kOperator, X::kProtocol,
     "A transaction brought another number of changes than its commit says.",
     "Keep the log and report it; nothing past the last position has been published."},
    {N::kProtocolVersion, "protocol_version", kOperator, X::kProtocol,
     "Plugin and consumer have no protocol version in common.",
     "Upgrade the consumer first, then the plugin."},
    {N::kMarkedValue, "marked_value", kOperator, X::kProtocol,
     "A row has a value that the plugin could not carry.",
     "Correct the value in the table, raise source.max_value_bytes, leave the column out with "
     "source.skip_columns, or choose format.unrepresentable_null or format.unrepresentable_bytes "
     "for the table."},
    {N::kOutboxRow, "outbox_row", kOperator, X::kProtocol,
     "A change of an outbox table is no event that can be published: its row has no value to route "
     "by or names a partition that there is not, or it is an UPDATE.",
     "Delete the row and write it anew as the application should have; outbox.updates = \"skip\" "
     "passes over updates."},
    {N::kEmitRefused, "emit_refused", kOperator, X::kProtocol,
     "An event of penstock.emit() names a topic that emit.topics does not list, or a message of "
     "its prefix is no such event.",
     "Add the topic to emit.topics where the event is wanted, or pass over all such events with "
     "emit.unlisted = \"skip\". Every role that may connect can write them."},
    {N::kRelationUnknown, "relation_unknown", kOperator, X::kProtocol,
     "A change refers to a table that the session has not described.",
     "Keep the log and report it; check that plugin and consumer are releases that fit."},

    {N::kBug, "bug", kBug, X::kBug, "An invariant of penstock does not hold.",
     "Keep the log and report it; what is published so far is complete and the slot is unharmed."},
};

constexpr bool in_order() {
    std::size_t index = 0;
    for (const ErrorRow& row : kTable) {
        if (static_cast<std::size_t>(row.name) != index++) return false;
        if (row.text.empty() || row.meaning.empty() || row.remedy.empty()) return false;
    }
    return true;
}
static_assert(std::size(kTable) == static_cast<std::size_t>(ErrorName::kCount_),
              "each name of an error has one row");
static_assert(in_order(), "rows stand in the order of ErrorName and are complete");

}  // namespace

std::span<const ErrorRow> error_table() {
    return kTable;
}

const ErrorRow& error_row(ErrorName name) {
    return kTable[static_cast<std::size_t>(name)];
}

std::string to_text(const Error& error) {
    const ErrorRow& row = error_row(error.name);
    std::string text = "ERROR:  ";
    text += row.text;
    text += ": ";
    text += error.message;
    if (!error.detail.empty()) {
        text += "\nDETAIL:  ";
        text += error.detail;
    }
    text += "\nHINT:  ";
    text += error.hint.empty() ? row.remedy : std::string_view(error.hint);
    return text;
}

}  // namespace penstock
