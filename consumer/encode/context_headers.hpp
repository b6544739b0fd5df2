// The headers by which Debezium says where a record comes from (its extended.headers.enabled): the
// server's logical name, the task, the connector and a UUID of this run. The same bytes for every
// record of a process, put together once. Knows nothing of records.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encode/byte_writer.hpp"
#include "encode/encode_options.hpp"

namespace penstock {

class ContextHeaders {
public:
    // None where the options do not ask for them.
    explicit ContextHeaders(const EncodeOptions& options);

    // Appends them to the headers of the record that is being written; how many there are.
    std::uint32_t put(ByteWriter& writer, RecordBuffer& out) const {
        if (headers_.empty()) return 0;
        return put_all(writer, out);
    }

private:
    void add(std::string_view name, std::string_view value);
    std::uint32_t put_all(ByteWriter& writer, RecordBuffer& out) const;

    std::string bytes_;
    std::vector<RecordHeader> headers_;  // Offsets into bytes_.
};

}  // namespace penstock
