// Relations, row messages and changes for the tests of the encoders, written out so that a test
// shows its data. Rows are built by protozero's writer, which the encoders do not use.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <protozero/pbf_writer.hpp>

#include "engine/frame.hpp"
#include "engine/record_encoder.hpp"
#include "engine/relation.hpp"

namespace penstock::test {

// A type as the plugin describes it.
struct Type {
    std::uint32_t oid = 0;
    std::string name;
    ValueKind kind = ValueKind::kUnspecified;
    std::int32_t typmod = -1;
    bool array = false;

    Type(std::uint32_t type_oid, std::string type_name, ValueKind value_kind)
        : oid(type_oid), name(std::move(type_name)), kind(value_kind) {}

    Type with(std::int32_t modifier) const {
        Type type = *this;
        type.typmod = modifier;
        return type;
    }
    Type array_of() const {
        Type type = *this;
        type.array = true;
        return type;
    }
};

inline Type bool_type() {
    return {16, "bool", ValueKind::kBool};
}
inline Type bytea() {
    return {17, "bytea", ValueKind::kBytes};
}
inline Type name() {
    return {19, "name", ValueKind::kString};
}
inline Type int8() {
    return {20, "int8", ValueKind::kInt64};
}
inline Type int2() {
    return {21, "int2", ValueKind::kInt32};
}
inline Type int4() {
    return {23, "int4", ValueKind::kInt32};
}
inline Type text() {
    return {25, "text", ValueKind::kString};
}
inline Type oid() {
    return {26, "oid", ValueKind::kUint32};
}
inline Type jsonb() {
    return {3802, "jsonb", ValueKind::kString};
}
inline Type float4() {
    return {700, "float4", ValueKind::kFloat};
}
inline Type float8() {
    return {701, "float8", ValueKind::kDouble};
}
inline Type money() {
    return {790, "money", ValueKind::kMoney};
}
inline Type date() {
    return {1082, "date", ValueKind::kDate};
}
inline Type time() {
    return {1083, "time", ValueKind::kTime};
}
inline Type timestamp() {
    return {1114, "timestamp", ValueKind::kTimestamp};
}
inline Type timestamptz() {
    return {1184, "timestamptz", ValueKind::kTimestamptz};
}
inline Type interval() {
    return {1186, "interval", ValueKind::kInterval};
}
inline Type timetz() {
    return {1266, "timetz", ValueKind::kText};
}
inline Type bit() {
    return {1560, "bit", ValueKind::kBit};
}
inline Type varbit() {
    return {1562, "varbit", ValueKind::kBit};
}
inline Type numeric() {
    return {1700, "numeric", ValueKind::kNumeric};
}
inline Type numeric(int precision, int scale) {
    return numeric().with((precision << 16 | (scale & 0x7FF)) + 4);
}
inline Type uuid() {
    return {2950, "uuid", ValueKind::kUuid};
}
inline Type point() {
    return {600, "point", ValueKind::kText};
}
inline Type pg_lsn() {
    return {3220, "pg_lsn", ValueKind::kUint64};
}
inline Type hstore() {
    return {90001, "public.hstore", ValueKind::kText};
}
inline Type ltree() {
    return {90002, "public.ltree", ValueKind::kText};
}
inline Type tsquery() {
    return {3615, "tsquery", ValueKind::kText};
}

class Table {
public:
    Table(std::string schema, std::string table_name) {
        relation_.id = 1;
        relation_.oid = 16384;
        relation_.schema = std::move(schema);
        relation_.name = std::move(table_name);
        relation_.kind = 'r';
        relation_.replica_identity = ReplicaIdentity::kDefault;
    }

    Table& column(std::string column_name, const Type& type, bool not_null = false) {
        Column column;
        column.attnum = static_cast<std::uint32_t>(relation_.columns.size() + 1);
        column.name = std::move(column_name);
        column.base_type_oid = type.array ? type.oid + 100000 : type.oid;
        column.base_type_name = type.array ? "_" + type.name : type.name;
        column.type_oid = column.base_type_oid;
        column.type_name = column.base_type_name;
        column.typmod = type.typmod;
        column.kind = type.kind;
        column.array = type.array;
        column.not_null = not_null;
        column.type_kind = 'b';
        if (type.array) {
            column.element_type_oid = type.oid;
            column.element_type_name = type.name;
        }
        if (type.kind == ValueKind::kMoney) column.fraction_digits = 2;
        relation_.columns.push_back(std::move(column));
        return *this;
    }
    Table& enum_column(std::string column_name, std::vector<std::string> labels,
                       bool not_null = false) {
        column(std::move(column_name), {90003, "public.mood", ValueKind::kString}, not_null);
        relation_.columns.back().type_kind = 'e';
        relation_.columns.back().enum_labels = std::move(labels);
        return *this;
    }

    // The primary key, in this order; with identity DEFAULT also the replica identity.
    Table& primary_key(const std::vector<std::string>& names) {
        std::uint32_t position = 0;
        for (const std::string& name : names) {
            Column& column = find(name);
            column.primary_key_position = ++position;
            column.not_null = true;
            if (relation_.replica_identity == ReplicaIdentity::kDefault) {
                column.replica_key_position = position;
            }
        }
        return *this;
    }
    Table& identity(ReplicaIdentity identity, const std::vector<std::string>& names = {}) {
        relation_.replica_identity = identity;
        for (Column& column : relation_.columns) column.replica_key_position = 0;
        std::uint32_t position = 0;
        for (const std::string& name : names) find(name).replica_key_position = ++position;
        return *this;
    }
    Table& unique(const std::vector<std::string>& names) {
        std::uint32_t position = 0;
        for (const std::string& name : names) {
            find(name).unique_key_position = ++position;
            find(name).not_null = true;
        }
        return *this;
    }

    Column& find(const std::string& name) {
        for (Column& column : relation_.columns) {
            if (column.name == name) return column;
        }
        throw std::invalid_argument(name);
    }
    std::shared_ptr<const Relation> build() const { return std::make_shared<Relation>(relation_); }

private:
    Relation relation_;
};

// The bytes of a row message; one call per column with a value.
class Bytes {
public:
    Bytes& integer(std::uint32_t attnum, std::int64_t value) {
        writer().add_sint64(attnum, value);
        return *this;
    }
    Bytes& unsigned_integer(std::uint32_t attnum, std::uint64_t value) {
        writer().add_uint64(attnum, value);
        return *this;
    }
    Bytes& text(std::uint32_t attnum, std::string_view value) {
        writer().add_bytes(attnum, value.data(), value.size());
        return *this;
    }
    Bytes& fixed(std::uint32_t attnum, std::int64_t value) {
        writer().add_sfixed64(attnum, value);
        return *this;
    }
    Bytes& real(std::uint32_t attnum, double value) {
        writer().add_double(attnum, value);
        return *this;
    }
    Bytes& real4(std::uint32_t attnum, float value) {
        writer().add_float(attnum, value);
        return *this;
    }
    Bytes& interval(std::uint32_t attnum, std::int32_t months, std::int32_t days,
                    std::int64_t micros) {
        std::string message;
        protozero::pbf_writer inner(message);
        if (months != 0) inner.add_sint32(1, months);
        if (days != 0) inner.add_sint32(2, days);
        if (micros != 0) inner.add_sint64(3, micros);
        return text(attnum, message);
    }
    Bytes& uuid(std::uint32_t attnum, unsigned char last) {
        std::string bytes(16, '\0');
        bytes[15] = static_cast<char>(last);
        return text(attnum, bytes);
    }
    const std::string& get() const { return bytes_; }

private:
    protozero::pbf_writer writer() { return protozero::pbf_writer(bytes_); }

    std::string bytes_;
};

// An array message.
class ArrayBytes {
public:
    explicit ArrayBytes(std::vector<std::uint32_t> nulls = {},
                        std::vector<std::uint32_t> dimensions = {})
        : nulls_(std::move(nulls)), dimensions_(std::move(dimensions)) {}

    std::string integers(const std::vector<std::int64_t>& values) {
        return finish(
            [&](auto& writer) { writer.add_packed_sint64(1, values.begin(), values.end()); },
            values.empty());
    }
    std::string unsigned_integers(const std::vector<std::uint64_t>& values) {
        return finish(
            [&](auto& writer) { writer.add_packed_uint64(1, values.begin(), values.end()); },
            values.empty());
    }
    std::string fixed(const std::vector<std::int64_t>& values) {
        return finish(
            [&](auto& writer) { writer.add_packed_sfixed64(1, values.begin(), values.end()); },
            values.empty());
    }
    std::string reals(const std::vector<double>& values) {
        return finish(
            [&](auto& writer) { writer.add_packed_double(1, values.begin(), values.end()); },
            values.empty());
    }
    std::string texts(const std::vector<std::string>& values) {
        return finish(
            [&](auto& writer) {
                for (const std::string& value : values) writer.add_bytes(1, value);
            },
            values.empty());
    }

private:
    template <class Write>
    std::string finish(Write write, bool empty) {
        std::string bytes;
        protozero::pbf_writer writer(bytes);
        if (!empty) write(writer);
        if (!nulls_.empty()) writer.add_packed_uint32(2, nulls_.begin(), nulls_.end());
        if (!dimensions_.empty()) {
            writer.add_packed_uint32(3, dimensions_.begin(), dimensions_.end());
        }
        return bytes;
    }
    std::vector<std::uint32_t> nulls_;
    std::vector<std::uint32_t> dimensions_;
};

inline ChangeFrame insert(const Bytes& after) {
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = Operation::kInsert;
    change.has_after = true;
    change.after = after.get();
    return change;
}

inline ChangeFrame update(const Bytes& after) {
    ChangeFrame change = insert(after);
    change.operation = Operation::kUpdate;
    return change;
}

inline ChangeFrame update(BeforeImage image, const Bytes& before, const Bytes& after) {
    ChangeFrame change = update(after);
    change.has_before = true;
    change.before_image = image;
    change.before = before.get();
    return change;
}

inline ChangeFrame remove(BeforeImage image, const Bytes& before) {
    ChangeFrame change;
    change.relation_id = 1;
    change.operation = Operation::kDelete;
    change.has_before = true;
    change.before_image = image;
    change.before = before.get();
    return change;
}

}  // namespace penstock::test
