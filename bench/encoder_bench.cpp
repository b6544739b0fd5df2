// What one row costs in each format: ns per call of RecordEncoder::encode, bytes per record. The
// table is that of the end-to-end comparison: bigint key, int, numeric(12,2), text of 20,
// timestamptz, boolean, uuid, a small jsonb, double; REPLICA IDENTITY FULL.
#include <cstdint>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <protozero/pbf_writer.hpp>

#include "encode/encoder_factory.hpp"

namespace penstock {
namespace {

Column column(std::uint32_t attnum, const char* name, std::uint32_t oid, const char* type,
              ValueKind kind) {
    Column column;
    column.attnum = attnum;
    column.name = name;
    column.type_oid = oid;
    column.base_type_oid = oid;
    column.type_name = type;
    column.base_type_name = type;
    column.kind = kind;
    column.type_kind = 'b';
    return column;
}

std::shared_ptr<const Relation> orders() {
    auto relation = std::make_shared<Relation>();
    relation->id = 1;
    relation->oid = 16384;
    relation->schema = "public";
    relation->name = "orders";
    relation->replica_identity = ReplicaIdentity::kFull;
    relation->columns = {column(1, "id", 20, "int8", ValueKind::kInt64),
                         column(2, "customer", 23, "int4", ValueKind::kInt32),
                         column(3, "amount", 1700, "numeric", ValueKind::kNumeric),
                         column(4, "note", 25, "text", ValueKind::kString),
                         column(5, "placed", 1184, "timestamptz", ValueKind::kTimestamptz),
                         column(6, "paid", 16, "bool", ValueKind::kBool),
                         column(7, "token", 2950, "uuid", ValueKind::kUuid),
                         column(8, "tags", 3802, "jsonb", ValueKind::kString),
                         column(9, "weight", 701, "float8", ValueKind::kDouble)};
    relation->columns[0].primary_key_position = 1;
    relation->columns[0].not_null = true;
    relation->columns[2].typmod = (12 << 16 | 2) + 4;
    return relation;
}

std::string row(std::int64_t id, const char* amount) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_sint64(1, id);
    writer.add_sint32(2, 48213);
    writer.add_string(3, amount);
    writer.add_string(4, "order number 0012345");
    writer.add_sfixed64(5, 1795233405296334);
    writer.add_bool(6, true);
    writer.add_bytes(7, "\x4c\x7d\x24\x1f\xd6\xf7\x4b\x67\xa9\x65\x66\x08\x52\xe2\x6c\xd6", 16);
    writer.add_string(8, R"({"k": 12345, "tag": "blue"})");
    writer.add_double(9, 123.4567);
    return bytes;
}

struct Change {
    explicit Change(bool both) : after(row(123456789, "12345.67")) {
        if (both) before = row(123456789, "12344.17");
        protozero::pbf_writer writer(change);
        writer.add_enum(1, both ? 2 : 1);
        if (both) writer.add_bytes(2, before);
        writer.add_bytes(3, after);
        if (both) writer.add_enum(4, 2);
        frame.relation_id = 1;
        frame.operation = both ? Operation::kUpdate : Operation::kInsert;
        frame.before_image = both ? BeforeImage::kFull : BeforeImage::kNone;
        frame.has_before = both;
        frame.has_after = true;
        frame.before = before;
        frame.after = after;
        frame.change = change;
    }
    std::string before;
    std::string after;
    std::string change;
    ChangeFrame frame;
};

// As the engine does: chunks of records, the clock and the LSN moving on.
void encode_rows(benchmark::State& state, const EncodeOptions& options, bool both) {
    const Change change(both);
    const auto made = make_encoder(options);
    if (!made) return state.SkipWithError("options");
    RecordEncoder* const encoder = made->get();
    if (!encoder->prepare(orders(), {0, 12, {1, 2}})) return state.SkipWithError("prepare");
    BeginFrame begin;
    begin.xid = Xid{123456};
    begin.commit_lsn = Lsn{46178500};
    begin.commit_time_us = 1795233405296334;
    RowContext context;
    context.transaction = &begin;
    context.last_commit_lsn = Lsn{46178200};
    context.lsn = Lsn{46178232};
    context.now = WallTime{1795233405324407954};
    RecordBuffer buffer;
    std::size_t record_bytes = 0;
    for (auto _ : state) {
        if (buffer.size_bytes() > 256 * 1024) buffer.clear();
        const std::size_t from = buffer.size_bytes();
        ++context.item;
        context.lsn.value += 160;
        context.now += WallTime{4321};
        if (!encoder->encode(change.frame, context, buffer)) {
            return state.SkipWithError("encode");
        }
        record_bytes = buffer.size_bytes() - from;
    }
    state.counters["record_bytes"] = static_cast<double>(record_bytes);
}

EncodeOptions options_of(ValueFormat format) {
    EncodeOptions options;
    options.format = format;
    options.topic_prefix = "shop";
    options.database = "orders";
    return options;
}

void debezium_json_one_image(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kDebeziumJson), false);
}
BENCHMARK(debezium_json_one_image);

void debezium_json_both_images(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kDebeziumJson), true);
}
BENCHMARK(debezium_json_both_images);

void debezium_avro_one_image(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kDebeziumAvro), false);
}
BENCHMARK(debezium_avro_one_image);

void debezium_avro_both_images(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kDebeziumAvro), true);
}
BENCHMARK(debezium_avro_both_images);

void flat_avro_both_images(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kFlatAvro), true);
}
BENCHMARK(flat_avro_both_images);

void protobuf_one_image(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kProtobuf), false);
}
BENCHMARK(protobuf_one_image);

void protobuf_both_images(benchmark::State& state) {
    encode_rows(state, options_of(ValueFormat::kProtobuf), true);
}
BENCHMARK(protobuf_both_images);

}  // namespace
}  // namespace penstock
