// Stands in front of the encoders and makes records of the events that penstock.emit() writes into
// the log: each to the topic that it names, if the user has listed that topic. Key, payload and
// headers are its own bytes. All else passes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "encode/encode_options.hpp"
#include "encode/forwarding_encoder.hpp"

namespace penstock {

class EmitRouter final : public ForwardingEncoder {
public:
    // `behind` as it is when no topic is listed. kConfigurationInvalid for a topic that other
    // records have.
    static Result<std::unique_ptr<RecordEncoder>> make(const EncodeOptions& options,
                                                       std::unique_ptr<RecordEncoder> behind);

    void reset() override;
    std::vector<WantedTopic> topics() const override;
    Status route(const std::string& topic, const TopicRoute& route) override;
    // kEmitRefused for an event that is none or that names a topic which is not listed.
    Status encode_message(const MessageFrame& message, const RowContext& context,
                          RecordBuffer& out) override;

private:
    EmitRouter(const EmitOptions& options, std::unique_ptr<RecordEncoder> behind)
        : ForwardingEncoder(std::move(behind)), options_(options) {}

    Status refuse(std::string message, std::string detail) const;

    EmitOptions options_;
    std::map<std::string, TopicRoute, std::less<>> routes_;
};

}  // namespace penstock
