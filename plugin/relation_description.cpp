#include "relation_description.hpp"

#include "compat.hpp"
#include "relation_keys.hpp"
#include "utf8_name.hpp"

extern "C" {
#include "utils/fmgroids.h"
#include "utils/ruleutils.h"
}

namespace penstock {

namespace {

// What the columns of one relation are described from.
struct Source {
    Relation leaf;
    Relation published;
    KeyPositions replica_key;  // Of the leaf: what its rows log.
    KeyPositions primary_key;
    KeyPositions unique_key;
    const Options& options;
    NoticeQueue& notices;
    MemoryContext scratch;
};
static_assert(std::is_trivially_destructible_v<Source>);

ReplicaIdentity replica_identity_of(Relation relation) {
    switch (relation->rd_rel->relreplident) {
        case REPLICA_IDENTITY_NOTHING:
            return ReplicaIdentity::kNothing;
        case REPLICA_IDENTITY_FULL:
            return ReplicaIdentity::kFull;
        case REPLICA_IDENTITY_INDEX:
            return ReplicaIdentity::kIndex;
        default:
            return ReplicaIdentity::kDefault;
    }
}

// Under FULL the whole row is the identity and no index plays a part.
Oid replica_index_of(Relation relation) {
    const char identity = relation->rd_rel->relreplident;
    if (identity != REPLICA_IDENTITY_DEFAULT && identity != REPLICA_IDENTITY_INDEX) {
        return InvalidOid;
    }
    return RelationGetReplicaIndex(relation);
}

struct TypeFacts {
    std::string_view name;  // Schema-qualified unless in pg_catalog.
    char kind;
};

TypeFacts type_facts(Oid type) {
    TypeFacts facts = {{}, 0};
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) return facts;
    const auto* form = reinterpret_cast<const FormData_pg_type*>(GETSTRUCT(tuple));
    facts.kind = form->typtype;
    const char* name = NameStr(form->typname);
    if (form->typnamespace != PG_CATALOG_NAMESPACE) {
        const char* schema = get_namespace_name(form->typnamespace);
        if (schema != nullptr) name = psprintf("%s.%s", schema, name);
    }
    facts.name = utf8_name(name);
    ReleaseSysCache(tuple);
    return facts;
}

// In sort order, by the index that has it.
void read_enum_labels(Oid type, ColumnDescription& column, MemoryContext result) {
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(type));
    Relation catalog = table_open(EnumRelationId, AccessShareLock);
    Relation index = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
    SysScanDesc scan = systable_beginscan_ordered(catalog, index, nullptr, 1, &key);
    List* labels = NIL;
    while (HeapTuple tuple = systable_getnext_ordered(scan, ForwardScanDirection)) {
        auto* form = reinterpret_cast<FormData_pg_enum*>(GETSTRUCT(tuple));
        labels = lappend(labels, pstrdup(NameStr(form->enumlabel)));
    }
    systable_endscan_ordered(scan);
    index_close(index, AccessShareLock);
    table_close(catalog, AccessShareLock);

    column.enum_label_count = list_length(labels);
    auto* names = static_cast<std::string_view*>(
        MemoryContextAlloc(result, sizeof(std::string_view) * (column.enum_label_count + 1)));
    MemoryContext caller = MemoryContextSwitchTo(result);
    for (int i = 0; i < column.enum_label_count; i++) {
        names[i] = utf8_name(static_cast<const char*>(list_nth(labels, i)));
    }
    MemoryContextSwitchTo(caller);
    column.enum_labels = names;
}

// The expression as SQL, without a relation to deparse against: a default refers to no column, and
// deparsing against one would lock the table.
void read_default(Relation relation, AttrNumber attnum, ColumnDescription& column,
                  MemoryContext result) {
    const TupleConstr* constraints = RelationGetDescr(relation)->constr;
    for (int i = 0; constraints != nullptr && i < constraints->num_defval; i++) {
        if (constraints->defval[i].adnum != attnum) continue;
        auto* expression = static_cast<Node*>(stringToNode(constraints->defval[i].adbin));
        const char* text = deparse_expression(expression, NIL, false, false);
        MemoryContext caller = MemoryContextSwitchTo(result);
        column.default_expression = utf8_name(text);
        column.has_default = true;
        MemoryContextSwitchTo(caller);
    }
}

void describe_type(const ValueEncoder& encoder, ColumnDescription& column) {
    column.encoder = &encoder;
    column.type_name = type_facts(encoder.type_oid).name;
    const TypeFacts base = type_facts(encoder.base_type_oid);
    column.base_type_name = base.name;
    column.type_kind = base.kind;
    if (encoder.array && encoder.element != nullptr) {
        const TypeFacts element = type_facts(encoder.element->base_type_oid);
        column.element_type_oid = encoder.element->base_type_oid;
        column.element_type_name = element.name;
        column.type_kind = element.kind;
    }
}

// Index of the leaf's attribute that holds the column, or -1.
int source_index(const Source& source, const FormData_pg_attribute* attribute) {
    if (source.leaf == source.published) return attribute->attnum - 1;
    const TupleDesc descriptor = RelationGetDescr(source.leaf);
    for (int i = 0; i < descriptor->natts; i++) {
        const FormData_pg_attribute* candidate = TupleDescAttr(descriptor, i);
        if (candidate->attisdropped) continue;
        if (namestrcmp(const_cast<NameData*>(&candidate->attname), NameStr(attribute->attname)) ==
            0) {
            return i;
        }
    }
    return -1;
}

void describe_column(const Source& source, const FormData_pg_attribute* attribute,
                     ColumnDescription& column, ColumnPlan& plan) {
    MemoryContext result = CurrentMemoryContext;
    column = {};
    column.field = static_cast<uint32>(attribute->attnum);
    column.name = utf8_name(NameStr(attribute->attname));
    column.generated = attribute->attgenerated;
    column.identity = attribute->attidentity;
    column.not_null = attribute->attnotnull;
    column.primary_key_position = source.primary_key.at(attribute->attnum);
    column.unique_key_position = source.unique_key.at(attribute->attnum);
    const int index = source_index(source, attribute);
    column.replica_key_position = source.replica_key.at(static_cast<AttrNumber>(index + 1));

    plan.field = column.field;
    plan.source = index;
    plan.in_identity = column.replica_key_position != 0;
    plan.varlena = attribute->attlen == -1;
    plan.description = &column;
    choose_value_encoder(attribute->atttypid, attribute->atttypmod,
                         static_cast<Size>(source.options.max_value_bytes), result, plan.encoder);
    describe_type(plan.encoder, column);

    MemoryContextSwitchTo(source.scratch);
    if (column.type_kind == TYPTYPE_ENUM) {
        const ValueEncoder& encoder = plan.encoder;
        read_enum_labels(encoder.array ? column.element_type_oid : encoder.base_type_oid, column,
                         result);
    }
    if (attribute->atthasdef && attribute->attgenerated == '\0') {
        read_default(source.published, attribute->attnum, column, result);
    }
    MemoryContextSwitchTo(result);
}

// A key column cannot be passed by: without it the row has no name. It stays, and that is told.
bool is_skipped(const Source& source, const FormData_pg_attribute* attribute) {
    if (source.options.skip_columns.empty()) return false;
    const char* schema = get_namespace_name(RelationGetNamespace(source.published));
    const char* table = RelationGetRelationName(source.published);
    const char* column = NameStr(attribute->attname);
    const std::string_view names[] = {schema == nullptr ? "" : schema, table, column};
    if (!any_pattern_matches(source.options.skip_columns, names)) return false;
    const auto leaf_attnum = static_cast<AttrNumber>(source_index(source, attribute) + 1);
    if (source.replica_key.at(leaf_attnum) == 0 && source.primary_key.at(attribute->attnum) == 0) {
        return true;
    }
    const std::string_view name = utf8_name(psprintf("%s.%s.%s", names[0].data(), table, column));
    source.notices.add(NoticeCode::kOptionIgnored, "skip_columns",
                       psprintf("The column \"%.*s\" belongs to a key and is not skipped.",
                                static_cast<int>(name.size()), name.data()));
    return false;
}

Oid* collect_types(const ColumnDescription* columns, int count, int& type_count) {
    auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * 3 * (count + 1)));
    type_count = 0;
    for (int i = 0; i < count; i++) {
        types[type_count++] = columns[i].encoder->type_oid;
        types[type_count++] = columns[i].encoder->base_type_oid;
        if (OidIsValid(columns[i].element_type_oid)) {
            types[type_count++] = columns[i].element_type_oid;
        }
    }
    return types;
}

RelationDescription* describe_table(const Source& source) {
    Relation published = source.published;
    auto* description = static_cast<RelationDescription*>(palloc0(sizeof(RelationDescription)));
    description->oid = RelationGetRelid(published);
    if (source.leaf != published) description->leaf_oid = RelationGetRelid(source.leaf);
    description->schema = utf8_name(get_namespace_name(RelationGetNamespace(published)));
    description->name = utf8_name(RelationGetRelationName(published));
    description->kind = published->rd_rel->relkind;
    description->replica_identity = replica_identity_of(source.leaf);
    return description;
}

}  // namespace

DescribedRelation describe_relation(Relation leaf, Relation published, const Options& options,
                                    NoticeQueue& notices, MemoryContext scratch) {
    const Source source = {leaf,
                           published,
                           KeyPositions::of_index(leaf, replica_index_of(leaf)),
                           KeyPositions::of_index(published, compat::primary_key_index(published)),
                           KeyPositions::of_index(published, unique_key_index(published)),
                           options,
                           notices,
                           scratch};
    const TupleDesc descriptor = RelationGetDescr(published);
    auto* columns = static_cast<ColumnDescription*>(
        palloc0(sizeof(ColumnDescription) * (descriptor->natts + 1)));
    // Encoders of columns that are described but never in a tuple live here too: the description
    // points at them. They stand behind those the walk goes through.
    auto* plans = static_cast<ColumnPlan*>(palloc0(sizeof(ColumnPlan) * (descriptor->natts + 1)));
    int column_count = 0;
    int plan_count = 0;
    int plans_end = descriptor->natts;
    for (int i = 0; i < descriptor->natts; i++) {
        const FormData_pg_attribute* attribute = TupleDescAttr(descriptor, i);
        if (attribute->attisdropped || is_skipped(source, attribute)) continue;
        const bool in_tuple =
            !compat::is_virtual_column(attribute) && source_index(source, attribute) >= 0;
        ColumnPlan& plan = in_tuple ? plans[plan_count++] : plans[plans_end--];
        describe_column(source, attribute, columns[column_count++], plan);
    }
    RelationDescription* description = describe_table(source);
    description->columns = columns;
    description->column_count = column_count;
    DescribedRelation described = {description, plans, plan_count, nullptr, 0};
    described.type_oids = collect_types(columns, column_count, described.type_count);
    return described;
}

}  // namespace penstock
