#include "cli/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/preflight.hpp"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

PostgresReport report_of(int tables) {
    PostgresReport report;
    report.server_version = "15.20";
    report.facts.emplace();
    report.facts->database = "shop";
    for (int i = 0; i < tables; ++i) {
        report.tables.push_back({"public", "t" + std::to_string(i), 'd', true, i == 0, 1200});
    }
    return report;
}

TEST(Plan, says_what_is_carried_whither_and_how_surely) {
    Configuration configuration;
    configuration.kafka_brokers = "localhost:9092";
    const std::string plan = plan_text(configuration, report_of(7), plain_palette());
    EXPECT_THAT(plan, HasSubstr("PostgreSQL 15.20, database shop"));
    EXPECT_THAT(plan, HasSubstr("7 found: public.t0, public.t1, public.t2, public.t3, public.t4 "
                                "and 2 more"));
    EXPECT_THAT(plan, HasSubstr("penstock.__penstock_state.penstock"));
    EXPECT_THAT(plan, HasSubstr("exactly once"));
    EXPECT_THAT(plan, HasSubstr("is made now"));
}

TEST(Plan, names_the_tables_whose_rows_do_not_come) {
    const std::string plan = plan_text({}, report_of(2), plain_palette());
    EXPECT_THAT(plan, HasSubstr("not carried, which are those of public.t0 (about 1200 rows)\n"));
    EXPECT_THAT(plan, Not(HasSubstr("public.t1 (")));
}

TEST(Plan, names_what_is_selected_and_never_comes) {
    PostgresReport report = report_of(1);
    report.not_carried.push_back({"public", "recent", "view", false});
    EXPECT_THAT(plan_text({}, report, plain_palette()), HasSubstr("public.recent (view)"));
}

TEST(Plan, says_what_a_snapshot_takes_and_what_a_lost_slot_leads_to) {
    Configuration configuration;
    configuration.snapshot_mode = "only";
    EXPECT_THAT(plan_text(configuration, report_of(2), plain_palette(), "12 GiB to read"),
                testing::AllOf(HasSubstr("then the pipe ends"), HasSubstr("12 GiB to read")));
    configuration.snapshot_mode = "when_needed";
    PostgresReport report = report_of(2);
    report.facts->slot.emplace();
    report.facts->slot->wal_status = "lost";
    EXPECT_THAT(plan_text(configuration, report, plain_palette()), HasSubstr("read again"));
}

TEST(Plan, says_what_at_least_once_gives_up) {
    Configuration configuration;
    configuration.kafka_delivery = "at-least-once";
    EXPECT_THAT(plan_text(configuration, report_of(0), plain_palette()),
                HasSubstr("records may come again after a crash"));
}

CheckItem failed(ErrorName name) {
    return {"rights", CheckItem::Verdict::kFailed, "it is so", "Do this.", name};
}

TEST(Preflight, refuses_for_the_first_failed_item_with_its_error) {
    const auto refused = refusal(
        {{"a", CheckItem::Verdict::kWarning, "D.", "R."}, failed(ErrorName::kTopicPolicy)}, false);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->name, ErrorName::kTopicPolicy);
    EXPECT_EQ(refused->message, "the check of \"rights\" failed: it is so");
    EXPECT_EQ(refused->hint, "Do this.");
    EXPECT_EQ(refusal({{"a", CheckItem::Verdict::kWarning, "D.", "R."}}, false), std::nullopt);
}

TEST(Preflight, waits_for_what_waiting_cures) {
    EXPECT_TRUE(refusal({failed(ErrorName::kKafkaUnreachable)}, false));
    EXPECT_FALSE(refusal({failed(ErrorName::kKafkaUnreachable)}, true));
    EXPECT_TRUE(
        refusal({failed(ErrorName::kKafkaUnreachable), failed(ErrorName::kWalLevel)}, true));
}

TEST(Preflight, never_passes_over_a_failure_of_no_known_error) {
    CheckItem nameless = failed(ErrorName::kBug);
    nameless.error.reset();
    EXPECT_TRUE(refusal({nameless}, true));
}

TEST(Preflight, prints_the_remedy_under_what_does_not_stand_well) {
    const std::string text =
        to_text({{"b", CheckItem::Verdict::kOk, "good", "unused"}, failed(ErrorName::kWalLevel)},
                plain_palette());
    EXPECT_EQ(text,
              "ok      b       good\n"
              "FAILED  rights  it is so\n"
              "                -> Do this.\n");
}

}  // namespace
}  // namespace penstock
