#include "row_encoder.hpp"

#include "compat.hpp"
#include "proto_writer.hpp"
#include "relation_description.hpp"
#include "relation_wire.hpp"

extern "C" {
#include "utils/typcache.h"
}

namespace penstock {

namespace {

// A setting of the session, not a variable of the process: a rollback takes it back with the others
// that pin_row_options has set.
constexpr char kOptionsSetting[] = "penstock.row_options";

DefElem* option_at(const Datum* items, const bool* nulls, int index) {
    if (nulls[index] || nulls[index + 1]) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("invalid options: a name or a value is null")));
    }
    Node* value = reinterpret_cast<Node*>(makeString(TextDatumGetCString(items[index + 1])));
    return makeDefElem(TextDatumGetCString(items[index]), value, -1);
}

void parse_option_array(ArrayType* given, Options& options) {
    Datum* items = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(given, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
    if (count % 2 != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("invalid options: names and values must come in pairs")));
    }
    List* elements = NIL;
    for (int i = 0; i < count; i += 2) {
        elements = lappend(elements, option_at(items, nulls, i));
    }
    parse_options(elements, options);
}

// In the form in which every server reads arrays back, whatever their elements hold.
char* array_text(ArrayType* array) {
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(TEXTARRAYOID, &output, &is_varlena);
    return OidOutputFunctionCall(output, PointerGetDatum(array));
}

ArrayType* array_from_text(const char* text) {
    Oid input = InvalidOid;
    Oid element = InvalidOid;
    getTypeInputInfo(TEXTARRAYOID, &input, &element);
    // Input functions take no const, and change nothing.
    return DatumGetArrayTypeP(OidInputFunctionCall(input, const_cast<char*>(text), element, -1));
}

void refuse_unprepared(const char* setting) {
    if (setting == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("could not encode: the session has not been prepared"),
                        errhint("Call penstock.pin_settings() first.")));
    }
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("could not encode: the setting \"%s\" was changed", setting),
                    errhint("Call penstock.pin_settings() again.")));
}

bool is_table(Relation relation) {
    const char kind = relation->rd_rel->relkind;
    return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE;
}

// Held to the end of the transaction, as a query would.
Relation open_table(Oid relid) {
    Relation relation = relation_open(relid, AccessShareLock);
    if (!is_table(relation)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not a table", RelationGetRelationName(relation))));
    }
    return relation;
}

Relation open_published(Relation leaf, Oid as) {
    const Oid relid = RelationGetRelid(leaf);
    if (!OidIsValid(as) || as == relid) return leaf;
    const bool ancestor =
        leaf->rd_rel->relispartition && list_member_oid(get_partition_ancestors(relid), as);
    Relation published = open_table(as);
    if (!ancestor) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                        errmsg("\"%s\" is not a partition of \"%s\"", RelationGetRelationName(leaf),
                               RelationGetRelationName(published))));
    }
    return published;
}

void close_published(Relation leaf, Relation published) {
    if (published != leaf) relation_close(published, NoLock);
    relation_close(leaf, NoLock);
}

DescribedRelation describe(Relation leaf, Relation published, const Options& options) {
    NoticeQueue notices;
    notices.open(CurrentMemoryContext);
    return describe_relation(leaf, published, options, notices, CurrentMemoryContext);
}

void add_error_context(void* argument) {
    const auto* encoder = static_cast<const RowEncoder*>(argument);
    if (encoder->column() == nullptr) return;
    const std::string_view column = encoder->column()->description->name;
    const RelationDescription& table = encoder->description();
    errcontext("column \"%.*s\" of table \"%.*s.%.*s\"; the option skip_columns passes by it",
               static_cast<int>(column.size()), column.data(),
               static_cast<int>(table.schema.size()), table.schema.data(),
               static_cast<int>(table.name.size()), table.name.data());
}

char* put_marks(char* out, const RowImage& image, const MarkSizes& sizes, Size body) noexcept {
    out = wire::put_length(out, kRowMarksField, body);
    out = wire::put_length(out, kChangeMarked, sizes.marked);
    out = put_marked(out, image, 0);
    return put_marked_raw(out, image);
}

bytea* write_row(const RowImage& image) {
    const RowSize size = row_size(image);
    MarkSizes marks = {0, 0};
    Size marks_body = 0;
    Size whole = size.row;
    if (size.has_lists) {
        marks = mark_sizes(image, 0);
        marks_body = wire::bytes_field_size(kChangeMarked, marks.marked) + marks.marked_raw;
        whole += wire::bytes_field_size(kRowMarksField, marks_body);
    }
    auto* result = static_cast<bytea*>(palloc(VARHDRSZ + whole));
    SET_VARSIZE(result, VARHDRSZ + whole);
    char* out = VARDATA(result);
    if (size.has_lists) out = put_marks(out, image, marks, marks_body);
    put_row(out, image);
    return result;
}

}  // namespace

void pin_row_options(ArrayType* options) {
    Options checked;
    parse_option_array(options, checked);
    pin_session_settings();
    set_config_option(kOptionsSetting, array_text(options), PGC_USERSET, PGC_S_SESSION,
                      GUC_ACTION_SET, true, 0, false);
}

void read_row_options(Options& options) {
    const char* text = GetConfigOption(kOptionsSetting, true, false);
    if (text == nullptr || text[0] == '\0') refuse_unprepared(nullptr);
    if (const char* setting = unpinned_setting()) refuse_unprepared(setting);
    parse_option_array(array_from_text(text), options);
}

std::string_view describe_row_relation(Oid relid, Oid as) {
    Options options;
    read_row_options(options);
    Relation leaf = open_table(relid);
    Relation published = open_published(leaf, as);
    const DescribedRelation described = describe(leaf, published, options);
    const std::string_view wire = serialize_relation(*described.description);
    close_published(leaf, published);
    ProtoWriter out;
    out.open();
    out.fixed64(2, fingerprint(wire));
    out.raw(wire);
    return out.bytes();
}

Oid published_as(Oid relid) {
    Options options;
    read_row_options(options);
    NoticeQueue notices;
    notices.open(CurrentMemoryContext);
    Selection selection;
    selection.open(&options, &notices, CurrentMemoryContext);
    // No lock: asked of every table, it must not wait for one that somebody has locked.
    Relation relation = RelationIdGetRelation(relid);
    if (!RelationIsValid(relation)) return InvalidOid;
    const RelationSelection judged = selection.judge(relation);
    RelationClose(relation);
    while (!notices.empty()) {
        const NoticeFrame notice = notices.take();
        if (notice.code != NoticeCode::kPublicationMissing) continue;
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                        errmsg("publication \"%.*s\" does not exist",
                               static_cast<int>(notice.name.size()), notice.name.data())));
    }
    return judged.actions.insert ? judged.publish_as : InvalidOid;
}

RowEncoder* RowEncoder::create(MemoryContext context) {
    auto* encoder = static_cast<RowEncoder*>(MemoryContextAllocZero(context, sizeof(RowEncoder)));
    encoder->context_ = context;
    encoder->plan_context_ =
        AllocSetContextCreate(context, "penstock row plan", ALLOCSET_DEFAULT_SIZES);
    encoder->row_context_ = AllocSetContextCreate(context, "penstock row", ALLOCSET_DEFAULT_SIZES);
    return encoder;
}

void RowEncoder::prepare(Oid type, Oid as, uint64 shape) {
    if (type == RECORDOID) {
        ereport(ERROR,
                (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot encode an anonymous record"),
                 errhint("Pass a whole row of a table: SELECT penstock.encode_row(t.*) "
                         "FROM some_table AS t.")));
    }
    const Oid relid = get_typ_typrelid(type);
    if (!OidIsValid(relid)) {
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("cannot encode: not a row")));
    }
    shape_ = 0;
    MemoryContextReset(plan_context_);
    if (!options_read_) {
        MemoryContext caller = MemoryContextSwitchTo(context_);
        read_row_options(options_);
        walk_.open(&options_, context_);
        options_read_ = true;
        MemoryContextSwitchTo(caller);
    }
    MemoryContext caller = MemoryContextSwitchTo(plan_context_);
    Relation leaf = open_table(relid);
    Relation published = open_published(leaf, as);
    const DescribedRelation described = describe(leaf, published, options_);
    descriptor_ = CreateTupleDescCopyConstr(RelationGetDescr(leaf));
    close_published(leaf, published);
    MemoryContextSwitchTo(caller);
    entry_ = {};
    entry_.description = described.description;
    entry_.columns = described.columns;
    entry_.column_count = described.column_count;
    entry_.replica_identity = described.description->replica_identity;
    type_ = type;
    as_ = as;
    shape_ = shape;
}

RowImage RowEncoder::gather(HeapTuple tuple) {
    ErrorContextCallback context = {error_context_stack, add_error_context, this};
    error_context_stack = &context;
    const RowImages images = walk_.gather(entry_, descriptor_, nullptr, tuple);
    error_context_stack = context.previous;
    return {entry_.columns, images.after, entry_.column_count};
}

bytea* RowEncoder::encode(HeapTupleHeader row, Oid as) {
    const Oid type = HeapTupleHeaderGetTypeId(row);
    // An anonymous record has no entry of its own in the type cache.
    const uint64 shape =
        type == RECORDOID ? 0 : lookup_type_cache(type, TYPECACHE_TUPDESC)->tupDesc_identifier;
    if (!is_prepared(type, as, shape)) prepare(type, as, shape);
    MemoryContextReset(row_context_);
    MemoryContext caller = MemoryContextSwitchTo(row_context_);
    HeapTupleData tuple = {};
    tuple.t_len = HeapTupleHeaderGetDatumLength(row);
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_tableOid = InvalidOid;
    tuple.t_data = row;
    // The server has fetched every value of a composite that lay out of line, so none is unchanged.
    const RowImage image = gather(&tuple);
    MemoryContextSwitchTo(caller);
    return write_row(image);
}

}  // namespace penstock
