#include "config/record_rules.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

std::string refused(const Configuration& configuration) {
    const Status checked = check_record_keys(configuration);
    if (checked) return {};
    EXPECT_EQ(checked.error().name, ErrorName::kConfigurationInvalid);
    const std::string& message = checked.error().message;
    const std::size_t begin = message.find('"') + 1;
    return message.substr(begin, message.find('"', begin) - begin);
}

TEST(RecordRules, the_defaults_are_in_order) {
    EXPECT_EQ(refused({}), "");
}

TEST(RecordRules, what_is_debeziums_needs_a_format_of_debeziums) {
    Configuration configuration;
    configuration.format_context_headers = true;
    EXPECT_EQ(refused(configuration), "");
    configuration.format_value = "flat-json";
    EXPECT_EQ(refused(configuration), "format.context_headers");
    configuration = {};
    configuration.format_value = "protobuf";
    configuration.emit_topics = {"shop.events"};
    configuration.messages_topics = {"p=shop.raw"};
    EXPECT_EQ(refused(configuration), "") << "bytes as they are fit every format";
}

TEST(RecordRules, texts_have_their_form) {
    Configuration configuration;
    configuration.emit_topics = {"shop.events", "a topic"};
    EXPECT_EQ(refused(configuration), "emit.topics");
    configuration = {};
    configuration.messages_topics = {"no sign"};
    EXPECT_EQ(refused(configuration), "messages.topics");
    for (const char* wrong : {"public\\.t\\.v", "0:public\\.t\\.v", "9999999:public\\.t\\.v"}) {
        configuration = {};
        configuration.filter_cut_too_large = {wrong};
        EXPECT_EQ(refused(configuration), "filter.cut_too_large") << wrong;
    }
    configuration.filter_cut_too_large = {"100:public\\.t\\.v"};
    EXPECT_EQ(refused(configuration), "");
    configuration.outbox_fields = {"type:nowhere"};
    EXPECT_EQ(refused(configuration), "outbox.fields");
}

}  // namespace
}  // namespace penstock
