#include "encode/context_headers.hpp"

namespace penstock {

// In Debezium's order. A connector of Debezium's for PostgreSQL has one task, which is number 0.
ContextHeaders::ContextHeaders(const EncodeOptions& options) {
    if (!options.context_headers) return;
    add("__debezium.context.connectorLogicalName", options.topic_prefix);
    add("__debezium.context.taskId", "0");
    add("__debezium.context.connectorName", "postgresql");
    add("__debezium.context.runId", options.run_id);
}

void ContextHeaders::add(std::string_view name, std::string_view value) {
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    const auto name_size = static_cast<std::uint32_t>(name.size());
    headers_.push_back({at, name_size, at + name_size, static_cast<std::uint32_t>(value.size())});
    bytes_.append(name).append(value);
}

std::uint32_t ContextHeaders::put_all(ByteWriter& writer, RecordBuffer& out) const {
    const std::uint32_t at = writer.position();
    writer.put(bytes_);
    for (RecordHeader header : headers_) {
        header.name_offset += at;
        header.value_offset += at;
        out.add_header(header);
    }
    return static_cast<std::uint32_t>(headers_.size());
}

}  // namespace penstock
