// The functions of the extension's SQL script: arguments in, one call, result out.
#include "pg.hpp"

#include "row_encoder.hpp"
#include "visibility.hpp"

#pragma GCC visibility push(default)
extern "C" {

PG_FUNCTION_INFO_V1(penstock_pin_settings);
PG_FUNCTION_INFO_V1(penstock_relation);
PG_FUNCTION_INFO_V1(penstock_published_as);
PG_FUNCTION_INFO_V1(penstock_encode_row);
PG_FUNCTION_INFO_V1(penstock_visible_in);
}
#pragma GCC visibility pop

// pin_settings(VARIADIC options text[])
Datum penstock_pin_settings(PG_FUNCTION_ARGS) {
    penstock::pin_row_options(PG_GETARG_ARRAYTYPE_P(0));
    PG_RETURN_VOID();
}

// relation(of regclass, as regclass)
Datum penstock_relation(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const Oid as = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
    const std::string_view wire = penstock::describe_row_relation(PG_GETARG_OID(0), as);
    auto* result = static_cast<bytea*>(palloc(VARHDRSZ + wire.size()));
    SET_VARSIZE(result, VARHDRSZ + wire.size());
    memcpy(VARDATA(result), wire.data(), wire.size());
    PG_RETURN_BYTEA_P(result);
}

// published_as(relation regclass)
Datum penstock_published_as(PG_FUNCTION_ARGS) {
    const Oid as = penstock::published_as(PG_GETARG_OID(0));
    if (!OidIsValid(as)) PG_RETURN_NULL();
    PG_RETURN_OID(as);
}

// encode_row(row record, as regclass)
Datum penstock_encode_row(PG_FUNCTION_ARGS) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    auto* encoder = static_cast<penstock::RowEncoder*>(fcinfo->flinfo->fn_extra);
    if (encoder == nullptr) {
        encoder = penstock::RowEncoder::create(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = encoder;
    }
    const Oid as = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
    PG_RETURN_BYTEA_P(encoder->encode(PG_GETARG_HEAPTUPLEHEADER(0), as));
}

// visible_in(xmin xid, snapshot text)
Datum penstock_visible_in(PG_FUNCTION_ARGS) {
    auto* judge = static_cast<penstock::VisibilityJudge*>(fcinfo->flinfo->fn_extra);
    if (judge == nullptr) {
        judge = penstock::VisibilityJudge::create(fcinfo->flinfo->fn_mcxt);
        fcinfo->flinfo->fn_extra = judge;
    }
    switch (judge->visible(PG_GETARG_TRANSACTIONID(0), PG_GETARG_TEXT_PP(1))) {
        case penstock::Visibility::kVisible:
            PG_RETURN_BOOL(true);
        case penstock::Visibility::kInvisible:
            PG_RETURN_BOOL(false);
        default:
            PG_RETURN_NULL();
    }
}
