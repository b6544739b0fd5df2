// How many events of a source transaction there are, in all and by table: what Debezium's
// transaction block and its END record say. An event is a record with a value; a change of the key
// is two. Fed by whoever writes envelopes, in order, also with what was published before a restart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {

class TransactionCounts {
public:
    // The place of an event, counted from 1.
    struct Place {
        std::uint64_t total_order = 0;
        std::uint64_t data_collection_order = 0;
    };

    // The number of "schema.table", or of the logical messages; the same for the same name.
    std::size_t collection(std::string_view name);

    // A transaction begins; collections keep their numbers.
    void begin();
    // The events that follow are of this collection.
    void choose(std::size_t collection) { chosen_ = collection; }
    Place next();
    // The last so many events of the chosen collection are none: their records are made anew.
    void take_back(std::uint64_t events);

    std::uint64_t total() const { return total_; }
    // Collections with events in this transaction, in the order in which Java's HashMap with these
    // names as keys gives them out: it is the order that Debezium writes.
    std::vector<std::pair<std::string_view, std::uint64_t>> by_collection() const;

private:
    struct Collection {
        std::string name;
        std::uint64_t events = 0;
    };

    std::vector<Collection> collections_;
    std::vector<std::size_t> touched_;  // In this transaction, in order.
    std::size_t chosen_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace penstock
