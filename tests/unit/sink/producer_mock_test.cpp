// The producers against librdkafka's mock cluster, for what it is honest about: requests that fail,
// are repeated or are refused. It fences nobody and knows no isolation, so nothing here is about
// those.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>

#include <chrono>
#include <optional>

#include "sink/kafka_sink.hpp"
#include "sink/open_transactions.hpp"
#include "sink/producer_pair.hpp"

namespace penstock {
namespace {

constexpr std::int16_t kProduce = 0;  // ApiKeys, Kafka protocol guide.
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kEndTxn = 26;
constexpr std::int16_t kListOffsets = 2;

constexpr std::chrono::seconds kPatience{20};

class MockCluster {
public:
    MockCluster() {
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);  // It misses a broker it never uses.
        client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
        cluster_ = rd_kafka_mock_cluster_new(client_.get(), 1);
        rd_kafka_mock_topic_create(cluster_, "shop.__penstock_state.penstock", 1, 1);
        rd_kafka_mock_topic_create(cluster_, "shop.public.t", 1, 1);
    }
    ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

    KafkaSettings settings() const {
        KafkaSettings settings;
        settings.brokers = rd_kafka_mock_cluster_bootstraps(cluster_);
        settings.prefix = "shop";
        settings.slot = "penstock";
        settings.single_broker = true;
        return settings;
    }

    void fail_next(std::int16_t request, rd_kafka_resp_err_t code) {
        rd_kafka_mock_push_request_errors(cluster_, request, 1, code);
    }

private:
    ClientHandle client_;
    rd_kafka_mock_cluster_t* cluster_;
};

class ProducerPairTest : public testing::Test {
protected:
    KafkaStatus renew() { return pair_.renew(never_); }

    KafkaStatus batch(std::size_t value_size = 100) {
        if (KafkaStatus began = pair_.begin(); !began) return began;
        RecordBuffer records;
        Record record;
        record.key_offset = records.append("k");
        record.key_size = 1;
        record.value_offset = records.append(std::string(value_size, 'v'));
        record.value_size = static_cast<std::uint32_t>(value_size);
        records.add(record);
        Producer& producer = *pair_.open();
        KafkaStatus sent =
            producer.produce(producer.topic(0, "shop.public.t"), record, records, nullptr, never_);
        if (!sent) return sent;
        sent = producer.produce_state("position", "p", never_);
        if (!sent) return sent;
        return pair_.commit(never_);
    }

    MockCluster mock_;
    KafkaSettings settings_ = mock_.settings();
    Cancelled never_ = [] { return false; };
    ProducerPair pair_{settings_, [](std::unique_ptr<BorrowedChunk>) {}};
};

TEST_F(ProducerPairTest, clean_commits_alternate_between_the_two) {
    ASSERT_TRUE(renew());
    ASSERT_TRUE(pair_.begin());
    const Producer* const first = pair_.open();
    ASSERT_TRUE(pair_.open()->produce_state("position", "1", never_));
    ASSERT_TRUE(pair_.commit(never_));
    ASSERT_TRUE(pair_.begin());
    EXPECT_NE(pair_.open(), first);
    ASSERT_TRUE(pair_.open()->produce_state("position", "2", never_));
    ASSERT_TRUE(pair_.commit(never_));
    ASSERT_TRUE(pair_.begin());
    EXPECT_EQ(pair_.open(), first);
}

TEST_F(ProducerPairTest, a_repeated_end_txn_makes_a_successful_commit_unclean) {
    ASSERT_TRUE(renew());
    ASSERT_TRUE(batch());
    mock_.fail_next(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    const KafkaStatus committed = batch();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().error.name, ErrorName::kKafkaFailed);
    EXPECT_NE(committed.error().error.message.find("EndTxn was sent 2 times"), std::string::npos)
        << committed.error().error.message;
    EXPECT_FALSE(pair_.begin()) << "both are unusable until they are made anew";
    ASSERT_TRUE(renew());
    EXPECT_TRUE(batch());
}

TEST_F(ProducerPairTest, I9_a_failed_delivery_report_fails_its_batch) {
    ASSERT_TRUE(renew());
    mock_.fail_next(kProduce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    const KafkaStatus committed = batch();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().error.name, ErrorName::kRecordTooLarge);
    EXPECT_FALSE(pair_.begin());
}

TEST_F(ProducerPairTest, a_refused_transactional_id_is_told_by_name) {
    mock_.fail_next(kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    const KafkaStatus fenced = renew();
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().error.name, ErrorName::kKafkaAuthorization);
    EXPECT_FALSE(pair_.begin());
}

TEST_F(ProducerPairTest, a_newer_epoch_is_told_as_fenced) {
    ASSERT_TRUE(renew());
    mock_.fail_next(kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    const KafkaStatus committed = batch();
    ASSERT_FALSE(committed);
    EXPECT_TRUE(committed.error().fenced);
}

TEST_F(ProducerPairTest, a_commit_before_its_begin_is_a_bug_of_ours) {
    ASSERT_TRUE(renew());
    EXPECT_EQ(pair_.commit(never_).error().error.name, ErrorName::kBug);
}

TEST_F(ProducerPairTest, a_broker_that_is_not_there_is_unreachable) {
    KafkaSettings nowhere = settings_;
    nowhere.brokers = "127.0.0.1:1";
    nowhere.request_timeout = std::chrono::milliseconds{100};
    ProducerPair pair(nowhere, [](std::unique_ptr<BorrowedChunk>) {});
    const KafkaStatus fenced = pair.renew(never_);
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().error.name, ErrorName::kKafkaUnreachable);
}

TEST_F(ProducerPairTest, without_transactions_a_batch_needs_no_end_txn) {
    settings_.delivery = Delivery::kAtLeastOnce;
    mock_.fail_next(kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    ASSERT_TRUE(renew());
    EXPECT_TRUE(batch());
    EXPECT_TRUE(batch());
}

// A leader that was chosen a moment ago, as of a topic that was just made, may not know it yet.
TEST(OpenTransactionsTest, a_leader_that_does_not_know_it_yet_is_asked_again) {
    MockCluster mock;
    const Cancelled never = [] { return false; };
    auto admin = TopicAdmin::create(mock.settings(), never);
    ASSERT_TRUE(admin);
    mock.fail_next(kListOffsets, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    OpenTransactions open;
    const KafkaStatus ended = open.await_end(**admin, "shop.public.t", 1, kPatience, never);
    EXPECT_TRUE(ended) << ended.error().error.message;
}

TEST(OpenTransactionsTest, asking_has_an_end) {
    MockCluster mock;
    const Cancelled at_once = [] { return true; };
    auto admin = TopicAdmin::create(mock.settings(), [] { return false; });
    ASSERT_TRUE(admin);
    mock.fail_next(kListOffsets, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    OpenTransactions open;
    EXPECT_FALSE(open.await_end(**admin, "shop.public.t", 1, kPatience, at_once));
}

TEST(BorrowedChunks, come_back_when_the_last_report_is_in) {
    MockCluster mock;
    const KafkaSettings settings = mock.settings();
    const Cancelled never = [] { return false; };
    std::atomic<int> released{0};
    ProducerPair pair(settings, [&](std::unique_ptr<BorrowedChunk>) { ++released; });
    ASSERT_TRUE(pair.renew(never));
    ASSERT_TRUE(pair.begin());
    auto chunk = std::make_unique<BorrowedChunk>();
    chunk->records = std::make_unique<RecordBuffer>();
    Record record;
    record.value_offset = chunk->records->append(std::string(10'000, 'v'));
    record.value_size = 10'000;
    Producer& producer = *pair.open();
    ASSERT_TRUE(producer.produce(producer.topic(0, "shop.public.t"), record, *chunk->records,
                                 chunk.get(), never));
    EXPECT_EQ(released, 0);
    producer.reports().let_go(chunk.release());
    ASSERT_TRUE(producer.produce_state("position", "p", never));
    ASSERT_TRUE(pair.commit(never));
    EXPECT_EQ(released, 1);
}

// The sink as the engine sees it, on the commands that the mock can answer.
class KafkaSinkTest : public testing::Test {
protected:
    template <class T>
    T expect() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            for (Event& event : sink_.take_events())
                if (!std::holds_alternative<PositionVisible>(event))
                    events_.push_back(std::move(event));
            if (!events_.empty()) {
                Event next = std::move(events_.front());
                events_.erase(events_.begin());
                if (T* wanted = std::get_if<T>(&next)) return std::move(*wanted);
                ADD_FAILURE() << "another event came: " << next.index();
                return {};
            }
            pollfd poller{sink_.event_fd(), POLLIN, 0};
            poll(&poller, 1, 1000);
        }
        ADD_FAILURE() << "no event came";
        return {};
    }

    void close_batch(BatchId batch) {
        sink_.submit(OpenBatch{batch});
        sink_.submit(CloseBatch{batch, Position{}, {}});
    }

    MockCluster mock_;
    KafkaSink sink_{mock_.settings()};
    std::vector<Event> events_;
};

TEST_F(KafkaSinkTest, after_an_unclean_batch_the_rest_of_the_generation_is_dropped) {
    sink_.submit(FenceProducers{1});
    EXPECT_EQ(expect<ProducersFenced>().generation, 1U);
    close_batch(1);
    EXPECT_TRUE(expect<BatchClosed>().clean);
    mock_.fail_next(kEndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    close_batch(2);
    close_batch(3);
    const auto unclean = expect<BatchClosed>();
    EXPECT_EQ(unclean.batch, 2U);
    EXPECT_FALSE(unclean.clean);
    ASSERT_TRUE(unclean.error.has_value());
    // Batch 3 has no answer: the next one is that of the fence.
    sink_.submit(FenceProducers{2});
    EXPECT_EQ(expect<ProducersFenced>().generation, 2U);
    close_batch(4);
    const auto clean = expect<BatchClosed>();
    EXPECT_EQ(clean.generation, 2U);
    EXPECT_EQ(clean.batch, 4U);
    EXPECT_TRUE(clean.clean);
    EXPECT_EQ(sink_.statistics().commits, 2U);
    EXPECT_EQ(sink_.statistics().unclean_commits, 1U);
}

TEST_F(KafkaSinkTest, after_an_abort_nothing_more_is_published) {
    sink_.submit(FenceProducers{1});
    expect<ProducersFenced>();
    sink_.submit(OpenBatch{1});
    sink_.submit(AbortBatch{});
    auto records = std::make_unique<RecordBuffer>();
    sink_.submit(ProduceChunk{1, std::move(records)});
    sink_.submit(CloseBatch{1, Position{}, {}});
    sink_.submit(FenceProducers{2});
    EXPECT_EQ(expect<ProducersFenced>().generation, 2U);
    EXPECT_EQ(sink_.take_buffers().size(), 1U);
    EXPECT_EQ(sink_.statistics().commits, 0U);
}

TEST_F(KafkaSinkTest, a_stop_ends_within_its_patience) {
    sink_.submit(FenceProducers{1});
    expect<ProducersFenced>();
    sink_.submit(OpenBatch{1});
    EXPECT_TRUE(sink_.shutdown(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace penstock
