// The queue between the engine and the sink, and what comes back over it.
#include "sink/command_queue.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

ProduceChunk chunk(BatchId batch) {
    auto records = std::make_unique<RecordBuffer>();
    records->append("bytes");
    return {batch, std::move(records)};
}

TEST(CommandQueue, a_command_belongs_to_the_newest_fence_before_it) {
    SinkOutbox outbox;
    CommandQueue queue(outbox);
    queue.push(ReadState{ReadDepth::kHint});
    EXPECT_EQ(queue.pop()->generation, 0U);
    queue.push(FenceProducers{7});
    queue.push(OpenBatch{1});
    EXPECT_EQ(queue.pop()->generation, 7U);
    EXPECT_EQ(queue.pop()->generation, 7U);
}

TEST(CommandQueue, a_fence_forgets_what_waits_and_hands_its_buffers_back) {
    SinkOutbox outbox;
    CommandQueue queue(outbox);
    queue.push(OpenBatch{1});
    queue.push(chunk(1));
    queue.push(CloseBatch{1, {}, {}});
    queue.push(FenceProducers{2});
    EXPECT_TRUE(std::holds_alternative<FenceProducers>(queue.pop()->command));
    const auto buffers = outbox.take_buffers();
    ASSERT_EQ(buffers.size(), 1U);
    EXPECT_EQ(buffers[0]->size_bytes(), 0U) << "a buffer comes back empty";
    EXPECT_TRUE(outbox.take_events().empty()) << "what is forgotten has no answer";
}

TEST(CommandQueue, a_fence_cancels_what_is_in_work_for_an_earlier_generation) {
    SinkOutbox outbox;
    CommandQueue queue(outbox);
    queue.push(FenceProducers{1});
    EXPECT_FALSE(queue.is_cancelled(1));
    queue.push(FenceProducers{2});
    EXPECT_TRUE(queue.is_cancelled(1));
    EXPECT_FALSE(queue.is_cancelled(2));
}

TEST(CommandQueue, closing_cancels_everything_and_ends_the_reader) {
    SinkOutbox outbox;
    CommandQueue queue(outbox);
    queue.push(FenceProducers{1});
    queue.push(chunk(1));
    queue.close();
    EXPECT_TRUE(queue.is_cancelled(1));
    EXPECT_FALSE(queue.pop().has_value());
    EXPECT_EQ(outbox.take_buffers().size(), 1U);
    queue.push(chunk(2));
    EXPECT_FALSE(queue.pop().has_value());
}

}  // namespace
}  // namespace penstock
