// Judges what a schedule left in Kafka against what the modelled database committed. Knows the
// models and the promise; takes nothing from the engine but the configured limits of pieces.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "kafka_model.hpp"
#include "postgres_model.hpp"

namespace penstock::simulation {

// What may be cut into pieces, and from where on everything must be there.
struct Expectation {
    std::vector<SourceTransactionPtr> committed;  // In commit order.
    Lsn base;                                     // The slot's consistent point.
    const EngineOptions* options = nullptr;
    std::set<std::uint64_t> slow;  // end_lsn of transactions that were in hand for too long.
    // Nothing that ends here or later may be published.
    std::optional<Lsn> forbidden_from;
    bool complete = true;  // False: any prefix will do.
};

class Oracle {
public:
    Oracle(const PostgresModel& postgres, const KafkaModel& kafka)
        : postgres_(postgres), kafka_(kafka) {}

    // I1: nothing is confirmed that Kafka does not hold for good.
    std::optional<std::string> check_confirm(Lsn confirmed) const;
    // The slot is made once, and never after something was published.
    std::optional<std::string> check_slot_made() const;

    // Exactly once, in order, with the position (I2), nothing torn. The first breach, or nothing.
    std::optional<std::string> check_published(const Expectation& expected) const;

    // Everything is published and confirmed, and nothing is left open in Kafka.
    bool settled() const;
    // The same, whatever is open in Kafka.
    bool slot_settled() const;
    std::string why_not_settled() const;

private:
    const PostgresModel& postgres_;
    const KafkaModel& kafka_;
};

}  // namespace penstock::simulation
