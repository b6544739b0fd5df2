#include "registry/registry_url.hpp"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(RegistryUrl, a_hostile_subject_stays_one_segment_of_the_path) {
    EXPECT_EQ(percent_encoded("pipe.public.orders-value"), "pipe.public.orders-value");
    EXPECT_EQ(percent_encoded("a/../b?c=d&e#f"), "a%2F..%2Fb%3Fc%3Dd%26e%23f");
    EXPECT_EQ(percent_encoded("per%cent \r\n\"~_"), "per%25cent%20%0D%0A%22~_");
    EXPECT_EQ(percent_encoded("\xC3\xA4"), "%C3%A4");
    EXPECT_EQ(percent_encoded(std::string_view("\0", 1)), "%00");
    EXPECT_EQ(percent_encoded(""), "");
}

TEST(RegistryUrl, base_and_path_meet_in_one_slash) {
    EXPECT_EQ(joined_url("http://host:8081", "/subjects"), "http://host:8081/subjects");
    EXPECT_EQ(joined_url("http://host/apis/ccompat/v7/", "/mode"),
              "http://host/apis/ccompat/v7/mode");
}

}  // namespace
}  // namespace penstock
