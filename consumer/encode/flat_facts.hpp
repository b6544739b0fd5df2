// The facts of a change that flat records show beside the row, by the names that Debezium's
// ExtractNewRecordState gives them: op, deleted, table, source.lsn, ts_ms and so on. Resolved once
// per relation; a row is then a walk over constant texts and writers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"
#include "engine/error.hpp"
#include "engine/record_encoder.hpp"
#include "engine/relation.hpp"

namespace penstock {

enum class FlatFact : std::uint8_t {
    kOperation,
    kDeletedText,  // "true" or "false", as Debezium has it.
    kDeleted,
    kConstant,  // Of the relation: a text that is made with the plan.
    kNull,
    kSnapshot,
    kLsn,
    kOrdinal,
    kXid,
    kSourceMillis,
    kSourceMicros,
    kSourceNanos,
    kClockMillis,
    kClockMicros,
    kClockNanos,
};

// The fact of a name such as "op" or "source.ts_ms"; kConfigurationInvalid for a name that is none.
// `key`: where the name was given.
Result<FlatFact> flat_fact(std::string_view key, std::string_view name);

// What one change has to say.
struct FlatState {
    char operation = 'c';
    const RowContext& context;
};

class FlatFacts {
public:
    // Every name was accepted by flat_fact(). `behind_others`: whether fields stand before these.
    FlatFacts(const std::vector<FlatField>& fields, const Relation& relation,
              const EncodeOptions& options, bool behind_others);

    // ,"name":value for each.
    void put_fields(ByteWriter& out, const FlatState& state) const;

    // Schemas of the fields, separated by commas.
    std::string schemas() const;

    struct Item {
        FlatFact fact = FlatFact::kNull;
        std::string name;
        std::string prefix;    // ,"name":
        std::string constant;  // The JSON of kConstant.
        std::string bare;      // The same without quotes, for headers.
        std::string_view type;
    };
    const std::vector<Item>& items() const { return items_; }

    // The value of one, as a header shows it: texts without quotes.
    static void put_bare(ByteWriter& out, const Item& item, const FlatState& state);

private:
    std::vector<Item> items_;
};

}  // namespace penstock
