#include "source/description_decoder.hpp"

#include <memory>
#include <utility>

#include "proto/penstock.pb.h"

namespace penstock {
namespace {

// pg_attribute.attnum cannot be larger (MaxHeapAttributeNumber, access/htup_details.h).
constexpr std::uint32_t kAttnumMax = 1600;

template <class Message>
bool parse(std::string_view bytes, Message& message) {
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool is_code(std::uint32_t code) {
    return code < 0x80;
}

const char* read_column(v1::Column& in, Column& out) {
    if (in.attnum() == 0 || in.attnum() > kAttnumMax) return "a column number is out of range";
    if (in.kind() < v1::BOOL || in.kind() > v1::TEXT) return "a value kind is not known";
    if (!is_code(in.generated()) || !is_code(in.identity()) || !is_code(in.type_kind())) {
        return "a catalog code is not a character";
    }
    out.attnum = in.attnum();
    out.name = std::move(*in.mutable_name());
    out.type_oid = in.type_oid();
    out.type_name = std::move(*in.mutable_type_name());
    out.base_type_oid = in.base_type_oid();
    out.base_type_name = std::move(*in.mutable_base_type_name());
    out.typmod = in.typmod();
    out.kind = static_cast<ValueKind>(in.kind());
    out.array = in.array();
    out.not_null = in.not_null();
    out.generated = static_cast<char>(in.generated());
    out.identity = static_cast<char>(in.identity());
    out.replica_key_position = in.replica_key_position();
    out.primary_key_position = in.primary_key_position();
    out.unique_key_position = in.unique_key_position();
    if (in.has_default_expression()) out.default_expression = in.default_expression();
    out.enum_labels.assign(in.enum_label().begin(), in.enum_label().end());
    if (in.has_fraction_digits()) out.fraction_digits = in.fraction_digits();
    out.element_type_oid = in.element_type_oid();
    out.element_type_name = std::move(*in.mutable_element_type_name());
    out.type_kind = static_cast<char>(in.type_kind());
    return nullptr;
}

}  // namespace

const char* read_session(std::string_view bytes, SessionFrame& out) {
    v1::Session in;
    if (!parse(bytes, in)) return "the session does not parse";
    out.protocol_version = in.protocol_version();
    out.plugin_version = std::move(*in.mutable_plugin_version());
    out.server_version_num = in.server_version_num();
    out.system_identifier = in.system_identifier();
    out.timeline = in.timeline();
    out.database = std::move(*in.mutable_database());
    out.database_oid = in.database_oid();
    out.slot = std::move(*in.mutable_slot());
    out.server_encoding = std::move(*in.mutable_server_encoding());
    return nullptr;
}

const char* read_relation(std::string_view bytes, RelationFrame& out) {
    v1::Relation in;
    if (!parse(bytes, in)) return "the relation does not parse";
    if (!is_code(in.kind())) return "a catalog code is not a character";
    if (in.replica_identity() < v1::REPLICA_IDENTITY_DEFAULT ||
        in.replica_identity() > v1::REPLICA_IDENTITY_INDEX) {
        return "a replica identity is not known";
    }
    auto relation = std::make_shared<Relation>();
    relation->id = in.id();
    relation->fingerprint = in.fingerprint();
    relation->oid = in.oid();
    relation->schema = std::move(*in.mutable_schema());
    relation->name = std::move(*in.mutable_name());
    relation->kind = static_cast<char>(in.kind());
    relation->replica_identity = static_cast<ReplicaIdentity>(in.replica_identity());
    relation->leaf_oid = in.leaf_oid();
    relation->columns.reserve(static_cast<std::size_t>(in.column_size()));
    std::uint32_t previous = 0;
    for (v1::Column& column : *in.mutable_column()) {
        if (const char* wrong = read_column(column, relation->columns.emplace_back())) return wrong;
        if (column.attnum() <= previous) return "columns are not in ascending order";
        previous = column.attnum();
    }
    out.relation = std::move(relation);
    return nullptr;
}

const char* read_notice(std::string_view bytes, NoticeFrame& out) {
    v1::Notice in;
    if (!parse(bytes, in)) return "the notice does not parse";
    if (in.code() < v1::PUBLICATION_MISSING || in.code() > v1::OPTION_IGNORED) {
        return "a notice is not known";
    }
    out.code = static_cast<NoticeCode>(in.code());
    out.name = std::move(*in.mutable_name());
    out.detail = std::move(*in.mutable_detail());
    return nullptr;
}

}  // namespace penstock
