// Frames as lines of JSON, for people, pg_recvlogical and the regression tests. Names instead of
// numbers, LSNs and marks spelled out; the same facts as the protobuf frames.
#include "lsn_text.hpp"
#include "sink.hpp"

namespace penstock {

namespace {

using State = GatheredValue::State;

class JsonLine {
public:
    explicit JsonLine(const char* frame) {
        initStringInfo(&out_);
        appendStringInfo(&out_, "{\"frame\": \"%s\"", frame);
    }

    StringInfo key(const char* name) {
        appendStringInfo(&out_, ", \"%s\": ", name);
        return &out_;
    }
    void text(const char* name, std::string_view value) {
        append_json_string(key(name), value.data(), value.size());
    }
    void number(const char* name, uint64 value) {
        appendStringInfo(key(name), UINT64_FORMAT, value);
    }
    void signed_number(const char* name, int64 value) {
        appendStringInfo(key(name), INT64_FORMAT, value);
    }
    void lsn(const char* name, XLogRecPtr value) {
        appendStringInfo(key(name), "\"%s\"", lsn_text(value));
    }
    void flag(const char* name) { appendStringInfoString(key(name), "true"); }

    void write(Batch& batch) {
        appendStringInfoChar(&out_, '}');
        char* place = batch.reserve(static_cast<Size>(out_.len));
        memcpy(place, out_.data, static_cast<size_t>(out_.len));
        batch.finish(place + out_.len);
    }

private:
    StringInfoData out_;
};
static_assert(std::is_trivially_destructible_v<JsonLine>);

void append_name(StringInfo out, std::string_view name) {
    append_json_string(out, name.data(), name.size());
}

void append_hex(StringInfo out, const char* data, Size size) {
    appendStringInfoString(out, "\"\\\\x");
    for (Size i = 0; i < size; i++) {
        appendStringInfo(out, "%02x", static_cast<unsigned char>(data[i]));
    }
    appendStringInfoChar(out, '"');
}

std::string_view table_name(const RelationDescription& relation) {
    const char* name =
        psprintf("%.*s.%.*s", static_cast<int>(relation.schema.size()), relation.schema.data(),
                 static_cast<int>(relation.name.size()), relation.name.data());
    return name;
}

const char* name_of(ReplicaIdentity identity) {
    switch (identity) {
        case ReplicaIdentity::kNothing:
            return "nothing";
        case ReplicaIdentity::kFull:
            return "full";
        case ReplicaIdentity::kIndex:
            return "index";
        case ReplicaIdentity::kDefault:
            break;
    }
    return "default";
}

const char* name_of(Operation operation) {
    switch (operation) {
        case Operation::kInsert:
            return "insert";
        case Operation::kUpdate:
            return "update";
        case Operation::kDelete:
            break;
    }
    return "delete";
}

const char* name_of(MarkReason reason) {
    switch (reason) {
        case MarkReason::kNotConvertible:
            return "not_convertible";
        case MarkReason::kOversize:
            return "oversize";
        case MarkReason::kOutOfRange:
            return "out_of_range";
        case MarkReason::kNone:
            break;
    }
    return "none";
}

const char* name_of(NoticeCode code) {
    switch (code) {
        case NoticeCode::kPublicationMissing:
            return "publication_missing";
        case NoticeCode::kSelectionEmpty:
            return "selection_empty";
        case NoticeCode::kOptionIgnored:
            break;
    }
    return "option_ignored";
}

void write_session(Batch& batch, const SessionFrame& frame) {
    JsonLine line("session");
    line.number("protocol_version", frame.protocol_version);
    line.text("plugin_version", frame.plugin_version);
    line.number("server_version_num", frame.server_version_num);
    line.number("system_identifier", frame.system_identifier);
    line.number("timeline", frame.timeline);
    line.text("database", frame.database);
    line.number("database_oid", frame.database_oid);
    line.text("slot", frame.slot);
    line.text("server_encoding", frame.server_encoding);
    StringInfo out = line.key("options");
    for (int i = 0; i < frame.option_count; i++) {
        appendStringInfoString(out, i == 0 ? "{" : ", ");
        append_name(out, frame.options[i].name);
        appendStringInfoString(out, ": ");
        append_name(out, frame.options[i].value);
    }
    appendStringInfoChar(out, '}');
    line.write(batch);
}

void append_position(StringInfo out, const char* name, uint32 position) {
    if (position != 0) appendStringInfo(out, ", \"%s\": %u", name, position);
}

void append_column(StringInfo out, const ColumnDescription& column) {
    appendStringInfo(out, "{\"attnum\": %u, \"name\": ", column.field);
    append_name(out, column.name);
    appendStringInfoString(out, ", \"type\": ");
    append_name(out, column.type_name);
    if (column.base_type_name != column.type_name) {
        appendStringInfoString(out, ", \"base_type\": ");
        append_name(out, column.base_type_name);
    }
    const ValueEncoder& encoder = *column.encoder;
    if (encoder.typmod != -1) appendStringInfo(out, ", \"typmod\": %d", encoder.typmod);
    appendStringInfo(out, ", \"kind\": %d", static_cast<int>(encoder.kind));
    if (encoder.array) appendStringInfoString(out, ", \"array\": true");
    if (column.not_null) appendStringInfoString(out, ", \"not_null\": true");
    if (column.generated != '\0') {
        appendStringInfo(out, ", \"generated\": \"%c\"", column.generated);
    }
    if (column.identity != '\0') appendStringInfo(out, ", \"identity\": \"%c\"", column.identity);
    append_position(out, "replica_key", column.replica_key_position);
    append_position(out, "primary_key", column.primary_key_position);
    append_position(out, "unique_key", column.unique_key_position);
    if (column.has_default) {
        appendStringInfoString(out, ", \"default\": ");
        append_name(out, column.default_expression);
    }
    for (int i = 0; i < column.enum_label_count; i++) {
        appendStringInfoString(out, i == 0 ? ", \"enum_labels\": [" : ", ");
        append_name(out, column.enum_labels[i]);
    }
    appendStringInfoString(out, column.enum_label_count > 0 ? "]}" : "}");
}

void write_relation(Batch& batch, const RelationFrame& frame) {
    const RelationDescription& relation = *frame.description;
    JsonLine line("relation");
    line.number("id", frame.id);
    appendStringInfo(line.key("fingerprint"), "\"%08x%08x\"",
                     static_cast<uint32>(frame.fingerprint >> 32),
                     static_cast<uint32>(frame.fingerprint));
    line.number("oid", relation.oid);
    if (relation.leaf_oid != InvalidOid) line.number("leaf_oid", relation.leaf_oid);
    line.text("table", table_name(relation));
    appendStringInfo(line.key("kind"), "\"%c\"", relation.kind);
    line.text("replica_identity", name_of(relation.replica_identity));
    StringInfo out = line.key("columns");
    appendStringInfoChar(out, '[');
    for (int i = 0; i < relation.column_count; i++) {
        if (i > 0) appendStringInfoString(out, ", ");
        append_column(out, relation.columns[i]);
    }
    appendStringInfoChar(out, ']');
    line.write(batch);
}

void write_begin(Batch& batch, const BeginFrame& frame) {
    JsonLine line("begin");
    line.number("xid", frame.xid);
    line.lsn("first_lsn", frame.first_lsn);
    line.lsn("commit_lsn", frame.commit_lsn);
    line.lsn("end_lsn", frame.end_lsn);
    line.text("commit_time", timestamptz_to_str(frame.commit_time));
    if (frame.has_origin) {
        line.text("origin", frame.origin);
        line.lsn("origin_lsn", frame.origin_lsn);
    }
    line.write(batch);
}

void write_position(JsonLine& line, const ChangePosition& position) {
    if (position.lsn_delta != 0) line.signed_number("lsn_delta", position.lsn_delta);
    if (position.has_ordinal) line.number("ordinal", position.ordinal);
}

void write_image(JsonLine& line, const char* name, const ChangeFrame& frame,
                 const GatheredValue* values) {
    if (values == nullptr) return;
    StringInfo out = line.key(name);
    const char* separator = "{";
    for (int i = 0; i < frame.column_count; i++) {
        const GatheredValue& value = values[i];
        if (value.state != State::kValue && value.state != State::kNull) continue;
        appendStringInfoString(out, separator);
        separator = ", ";
        append_name(out, frame.columns[i].description->name);
        appendStringInfoString(out, ": ");
        if (value.state == State::kNull) {
            appendStringInfoString(out, "null");
        } else {
            append_json_value(out, frame.columns[i].encoder, value);
        }
    }
    if (*separator == '{') appendStringInfoChar(out, '{');
    appendStringInfoChar(out, '}');
}

// The names of the columns in one state, when there are any.
void write_columns_in_state(JsonLine& line, const char* name, const ChangeFrame& frame,
                            const GatheredValue* values, State state) {
    StringInfo out = nullptr;
    for (int i = 0; values != nullptr && i < frame.column_count; i++) {
        if (values[i].state != state) continue;
        if (out == nullptr) {
            out = line.key(name);
            appendStringInfoChar(out, '[');
        } else {
            appendStringInfoString(out, ", ");
        }
        append_name(out, frame.columns[i].description->name);
    }
    if (out != nullptr) appendStringInfoChar(out, ']');
}

void write_marked(JsonLine& line, const char* name, const ChangeFrame& frame,
                  const GatheredValue* values) {
    StringInfo out = nullptr;
    for (int i = 0; values != nullptr && i < frame.column_count; i++) {
        const GatheredValue& value = values[i];
        if (value.state != State::kMarked) continue;
        if (out == nullptr) {
            out = line.key(name);
            appendStringInfoChar(out, '{');
        } else {
            appendStringInfoString(out, ", ");
        }
        append_name(out, frame.columns[i].description->name);
        appendStringInfo(out, ": {\"reason\": \"%s\"", name_of(value.reason));
        if (value.reason != MarkReason::kOversize) {
            appendStringInfoString(out, ", \"raw\": ");
            append_hex(out, value.data, value.size);
        }
        appendStringInfoChar(out, '}');
    }
    if (out != nullptr) appendStringInfoChar(out, '}');
}

void write_change(Batch& batch, const ChangeFrame& frame) {
    JsonLine line("change");
    line.text("op", name_of(frame.operation));
    line.text("table", table_name(*frame.relation));
    line.number("relation_id", frame.relation_id);
    write_position(line, frame.position);
    if (frame.before != nullptr) {
        line.text("before_image", frame.before_image == BeforeImage::kFull ? "full" : "key");
    }
    write_image(line, "before", frame, frame.before);
    write_image(line, "after", frame, frame.after);
    write_columns_in_state(line, "unchanged", frame, frame.after, State::kUnchanged);
    write_columns_in_state(line, "same_as_after", frame, frame.before, State::kUnchanged);
    write_marked(line, "marked_before", frame, frame.before);
    write_marked(line, "marked_after", frame, frame.after);
    line.write(batch);
}

void write_commit(Batch& batch, const CommitFrame& frame) {
    JsonLine line("commit");
    line.lsn("end_lsn", frame.end_lsn);
    line.number("sent", frame.sent);
    line.number("decoded", frame.decoded);
    line.write(batch);
}

void write_truncate(Batch& batch, const TruncateFrame& frame) {
    JsonLine line("truncate");
    StringInfo out = line.key("tables");
    for (int i = 0; i < frame.relation_count; i++) {
        appendStringInfoString(out, i == 0 ? "[" : ", ");
        append_name(out, table_name(*frame.relations[i]));
    }
    appendStringInfoChar(out, ']');
    write_position(line, frame.position);
    if (frame.cascade) line.flag("cascade");
    if (frame.restart_identity) line.flag("restart_identity");
    line.write(batch);
}

// Content is bytes; it is shown as text where it is text.
void write_message(Batch& batch, const MessageFrame& frame) {
    JsonLine line("message");
    if (frame.transactional) line.flag("transactional");
    line.lsn("lsn", frame.lsn);
    if (frame.transactional) line.number("xid", frame.xid);
    write_position(line, frame.position);
    line.text("prefix", frame.prefix);
    const bool is_text = pg_verify_mbstr(PG_UTF8, frame.content.data(),
                                         static_cast<int>(frame.content.size()), true);
    if (is_text) {
        line.text("content", frame.content);
    } else {
        append_hex(line.key("content_bytes"), frame.content.data(), frame.content.size());
    }
    line.write(batch);
}

void write_notice(Batch& batch, const NoticeFrame& frame) {
    JsonLine line("notice");
    line.text("code", name_of(frame.code));
    line.text("name", frame.name);
    line.text("detail", frame.detail);
    line.write(batch);
}

}  // namespace

const Sink kJsonSink = {write_session, write_relation, write_begin,   write_change,
                        write_commit,  write_truncate, write_message, write_notice};

}  // namespace penstock
