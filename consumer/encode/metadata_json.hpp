// The records that belong to no table, as Debezium writes them through Kafka Connect's
// JsonConverter; and the transaction block, which rows have as well.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "encode/metadata_format.hpp"

namespace penstock {

std::unique_ptr<MetadataFormat> make_metadata_json(const EncodeOptions& options);

// {"id":"...","total_order":1,"data_collection_order":1}
void put_transaction_block(ByteWriter& out, const RowContext& context,
                           const TransactionCounts::Place& place);

}  // namespace penstock
