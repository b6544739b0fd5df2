// Buffers that come back from the sink are used again, but not with the memory of a huge row.
#include <gtest/gtest.h>

#include "engine/spare_buffers.hpp"
#include "unit/engine/scripted_world.hpp"

namespace penstock::test {
namespace {

TEST(EngineMemory, I7_a_buffer_that_held_a_huge_row_is_not_kept) {
    ScriptedWorld world;
    world.max_message_bytes = 64 << 20;
    world.stream_from(100_lsn);
    world.relation(1, "t");
    world.holds_chunks = true;
    world.transaction(7, 120_lsn, {std::string(8 << 20, 'x')});
    ASSERT_EQ(world.chunks.size(), 1U);
    std::unique_ptr<RecordBuffer> huge = std::move(world.chunks.front().records);
    const char* const place = huge->bytes().data();
    world.engine.recycle(std::move(huge));
    // The one in hand is filled first, then one that came back.
    world.transaction(8, 140_lsn, {std::string(300 << 10, 'y')});
    world.transaction(9, 160_lsn, {std::string(300 << 10, 'z')});
    ASSERT_EQ(world.chunks.size(), 3U);
    EXPECT_NE(world.chunks[1].records->bytes().data(), place);
    EXPECT_NE(world.chunks[2].records->bytes().data(), place);
}

TEST(SpareBuffers, gives_a_buffer_out_again_empty_unless_it_was_huge) {
    SpareBuffers spare;
    for (const std::size_t size : {std::size_t{300} << 10, std::size_t{8} << 20}) {
        auto buffer = std::make_unique<RecordBuffer>();
        buffer->append(std::string(size, 'x'));
        const char* const place = buffer->bytes().data();
        spare.give_back(std::move(buffer));
        const auto next = spare.take();
        EXPECT_TRUE(next->bytes().empty());
        EXPECT_EQ(next->bytes().data(), size < (1U << 20) ? place : nullptr);
    }
}

}  // namespace
}  // namespace penstock::test
