// The whole way from a batch to what a person reads: frames, relations, rows, values. The input is
// the frames of a batch.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "encode/row.hpp"
#include "fuzz/sealed_batch.hpp"
#include "source/frame_decoder.hpp"
#include "source/row_text.hpp"

namespace {

using namespace penstock;

class Reader {
public:
    void read(std::string_view batch) {
        if (!decoder_.open(batch)) return;
        for (;;) {
            const auto more = decoder_.next(frame_);
            if (!more || !*more) return;
            if (const auto* told = std::get_if<RelationFrame>(&frame_)) {
                relations_[told->relation->id] = told->relation;
            } else if (const auto* change = std::get_if<ChangeFrame>(&frame_)) {
                show(*change);
            }
        }
    }

private:
    void show(const ChangeFrame& change) {
        const auto found = relations_.find(change.relation_id);
        if (found == relations_.end()) return;
        const RowLayout layout(*found->second);
        if (!rows_.read(layout, change)) return;
        show(*found->second, rows_.before());
        show(*found->second, rows_.after());
    }

    void show(const Relation& relation, const Row& row) {
        if (!row.present) return;
        for (std::size_t i = 0; i < relation.columns.size(); ++i) {
            if (row.states[i] != ColumnState::kValue) continue;
            text_.clear();
            append_value_text(text_, relation.columns[i], row.values[i]);
        }
    }

    FrameDecoder decoder_;
    Frame frame_;
    ChangeRows rows_;
    std::map<std::uint32_t, std::shared_ptr<const Relation>> relations_;
    std::string text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string batch = batch_of_input(data, size);
    Reader().read(batch);
    return 0;
}
