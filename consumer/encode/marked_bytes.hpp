// Stands in front of an encoder and shows texts that are no valid text as their bytes, of tables
// for which the user has chosen that: \\x and hexadecimal digits, as PostgreSQL writes bytea, in
// the place of the value. A header names the columns (a JSON array), so that a text which looks the
// same is told apart. All other marked values pass.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/forwarding_encoder.hpp"
#include "encode/name_pattern.hpp"

namespace penstock {

class MarkedBytes final : public ForwardingEncoder {
public:
    // `behind` as it is when no table is named. kConfigurationInvalid when a pattern cannot be
    // read.
    static Result<std::unique_ptr<RecordEncoder>> make(const EncodeOptions& options,
                                                       std::unique_ptr<RecordEncoder> behind);

    Status prepare(std::shared_ptr<const Relation> relation, const TopicRoute& route) override;
    void reset() override;
    Status encode(const ChangeFrame& change, const RowContext& context, RecordBuffer& out) override;

private:
    MarkedBytes(NamePatterns tables, bool whole_changes, std::unique_ptr<RecordEncoder> behind)
        : ForwardingEncoder(std::move(behind)),
          tables_(std::move(tables)),
          whole_changes_(whole_changes) {}

    // The change with its texts in hexadecimal; good until the next one. `columns`: a JSON array of
    // their names, still open.
    ChangeFrame shown(const ChangeFrame& change, const Relation& relation, std::string& columns);
    static void add_header(std::size_t from, std::string_view columns, RecordBuffer& out);

    NamePatterns tables_;
    bool whole_changes_;  // The format hands the bytes of a change on.
    std::vector<std::shared_ptr<const Relation>> chosen_;  // By relation id; null: they pass.
    std::string before_;
    std::string after_;
    std::string whole_;
    std::vector<MarkedValue> marked_;
};

}  // namespace penstock
