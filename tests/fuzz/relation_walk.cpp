// Tables as a hostile stream describes them, and rows of them, through every format: plans, schemas
// and records are made of whatever the frame decoder lets in. The input is the frames of a batch.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/encoder_factory.hpp"
#include "engine/field_numbers.hpp"
#include "engine/record_encoder.hpp"
#include "engine/state.hpp"
#include "fuzz/sealed_batch.hpp"
#include "source/frame_decoder.hpp"

namespace {

using namespace penstock;

// Of engine/router: no session gives a relation a larger id.
constexpr std::uint32_t kRelationIdMax = 1U << 22;

EncodeOptions options_of(ValueFormat format, bool plain) {
    EncodeOptions options;
    options.format = format;
    options.topic_prefix = "p";
    options.truncates = true;
    options.message_prefixes = {".*"};
    options.no_identity = NoIdentity::kPublish;
    if (plain) return options;
    options.unrepresentable = UnrepresentableValues::kNull;
    options.transaction_metadata = true;
    options.schemas_enable = format == ValueFormat::kDebeziumJson;
    options.generated_columns = true;
    options.decimal = DecimalHandling::kString;
    options.time = TimePrecision::kIsoString;
    options.binary = BinaryHandling::kHex;
    options.hstore = HstoreHandling::kMap;
    options.interval = IntervalHandling::kString;
    options.unknown_types = UnknownTypes::kOmit;
    options.framing = SchemaFraming::kHeader;
    options.publish_schemas = true;
    return options;
}

// One format behind the port that the engine has, and asked as the engine asks.
class Format {
public:
    explicit Format(const EncodeOptions& options) {
        auto made = make_encoder(options);
        if (!made) std::abort();
        encoder_ = std::move(*made);
        encoder_->reset();
        for (const WantedTopic& topic : encoder_->topics()) {
            if (!encoder_->route(topic.name, {1, 3, {3, 4}})) std::abort();
        }
    }

    void take(Frame& frame) {
        std::visit([this](auto& one) { take(one); }, frame);
    }

private:
    template <class T>
    void take(const T&) {}

    void take(const RelationFrame& told) {
        const std::uint32_t id = told.relation->id;
        known_.erase(id);
        const auto topic = encoder_->topic_of(*told.relation);
        if (id >= kRelationIdMax || !topic) return;
        auto relation = std::make_shared<Relation>(*told.relation);
        if (encoder_->numbers_fields()) assign_field_numbers(state_, *relation);
        TopicRoute route;
        if (!topic->empty()) route = {0, 3, {1, 2}};
        static_cast<void>(encoder_->schemas_of(*relation));
        if (encoder_->prepare(std::move(relation), route)) known_.insert(id);
    }

    void take(const BeginFrame& begin) {
        if (open_) return;
        open_ = true;
        begin_ = begin;
        context_ = {};
        context_.transaction = &begin_;
        if (encoder_->follows_transactions()) keep(encoder_->begin_transaction(context_, out_));
    }

    void take(const ChangeFrame& change) {
        if (!open_ || !known_.contains(change.relation_id)) return;
        if (!change.marked.empty() && !encoder_->judges_marked_values()) return;
        keep(encoder_->encode(change, context_, out_));
        ++context_.item;
    }

    void take(const TruncateFrame& truncate) {
        if (!open_) return;
        for (const std::uint32_t id : truncate.relation_ids) {
            if (!known_.contains(id)) return;
            keep(encoder_->encode_truncate(id, truncate, context_, out_));
        }
        ++context_.item;
    }

    void take(const MessageFrame& message) {
        if (message.transactional != open_) return;
        keep(encoder_->encode_message(message, open_ ? context_ : RowContext{}, out_));
        ++context_.item;
    }

    void take(const CommitFrame&) {
        if (!open_) return;
        open_ = false;
        if (encoder_->follows_transactions()) keep(encoder_->end_transaction(context_, out_));
    }

    // What was refused by name may have left half a record; what was not is whole.
    void keep(const Status& done) {
        std::size_t sum = 0;
        if (done) {
            for (const Record& record : out_.records()) {
                sum += sum_of(record.key_offset, record.key_size);
                sum += sum_of(record.value_offset, record.value_size);
            }
        }
        if (sum == SIZE_MAX) std::abort();
        out_.clear();
    }

    std::size_t sum_of(std::uint32_t offset, std::uint32_t size) const {
        std::size_t sum = 0;
        if (size == Record::kNull) return sum;
        for (const char byte : out_.view(offset, size)) sum += static_cast<unsigned char>(byte);
        return sum;
    }

    std::unique_ptr<RecordEncoder> encoder_;
    TopicState state_;
    std::set<std::uint32_t> known_;
    bool open_ = false;
    BeginFrame begin_;
    RowContext context_;
    RecordBuffer out_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string batch = batch_of_input(data, size);
    for (const ValueFormat kind :
         {ValueFormat::kDebeziumJson, ValueFormat::kDebeziumAvro, ValueFormat::kFlatJson,
          ValueFormat::kFlatAvro, ValueFormat::kProtobuf}) {
        for (const bool plain : {true, false}) {
            Format format(options_of(kind, plain));
            FrameDecoder decoder;
            if (!decoder.open(batch)) return 0;
            Frame frame;
            for (auto more = decoder.next(frame); more && *more; more = decoder.next(frame)) {
                format.take(frame);
            }
        }
    }
    return 0;
}
