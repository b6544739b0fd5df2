// The records that belong to no table, as Debezium writes them through Confluent's AvroConverter;
// and the transaction block, which rows have as well.
#pragma once

#include <memory>

#include "encode/encode_options.hpp"
#include "encode/metadata_format.hpp"

namespace penstock {

std::unique_ptr<MetadataFormat> make_metadata_avro(const EncodeOptions& options);

// The record of the block {id, total_order, data_collection_order}, without a branch.
void put_avro_transaction_block(ByteWriter& out, const RowContext& context,
                                const TransactionCounts::Place& place);

}  // namespace penstock
