// The value of a column's DEFAULT, as far as Debezium shows one in schemas: constants as they are,
// function calls as the type's zero, everything else not at all. Pure. Source of the rules:
// io.debezium.connector.postgresql.connection.PostgresDefaultValueConverter.
#pragma once

#include <optional>
#include <string>

#include "encode/encode_options.hpp"
#include "encode/row.hpp"
#include "encode/value_type.hpp"

namespace penstock {

// A value as it would lie on the wire, owning its bytes.
struct DefaultValue {
    std::string bytes;
    std::uint64_t number = 0;

    FieldValue view() const { return {bytes, number}; }
};

// The default of `column`, whose records have values of `type`; nothing when schemas show none.
std::optional<DefaultValue> default_value(const Column& column, const ValueType& type,
                                          DebeziumCompat compat);

}  // namespace penstock
