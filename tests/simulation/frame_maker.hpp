// Turns items of the modelled wire into the frames that the frame decoder would give the engine.
// One object per connection: it numbers relations and remembers where in a transaction it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/frame.hpp"
#include "walsender_model.hpp"

namespace penstock::simulation {

// A modelled table as the stream describes it.
std::shared_ptr<Relation> describe_table(std::uint32_t table, std::uint32_t relation_id);

class FrameMaker {
public:
    // Relations are numbered from `first_relation`, so that numbers of another session mislead.
    FrameMaker(const PostgresModel& server, std::uint32_t first_relation);

    // The frame of `item`; its views live until the next call.
    const Frame& make(const WireItem& item);

private:
    Frame session() const;
    Frame begin(const SourceTransaction& transaction);
    Frame item(const SourceTransaction& transaction, std::size_t index);
    Frame change(const SourceItem& item);
    Frame message(const SourceTransaction& transaction, const SourceItem& item);
    Frame commit(const SourceTransaction& transaction) const;
    std::optional<std::uint64_t> ordinal(std::size_t index, std::size_t width);
    std::int64_t lsn_delta(Lsn lsn);
    void fill(std::string& image, const SourceItem& item, std::uint32_t key) const;

    const PostgresModel& server_;
    std::uint32_t first_relation_;
    Frame frame_;
    std::string before_;
    std::string after_;
    std::vector<std::uint32_t> truncated_;
    std::vector<MarkedValue> marked_;
    std::vector<std::uint32_t> unchanged_;
    Lsn end_lsn_;
    Lsn previous_lsn_;
    std::uint64_t next_ordinal_ = 0;
    std::uint64_t received_ = 0;
};

}  // namespace penstock::simulation
