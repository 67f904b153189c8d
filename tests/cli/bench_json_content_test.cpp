#include <gtest/gtest.h>

#include "cli/bench/json_content.h"
#include "support/inflated.h"
#include "ws/message_deflater.h"

namespace switchboard::cli::bench {
namespace {

std::string content(std::uint32_t number, std::uint32_t bytes) {
  std::string out;
  append_json_content(out, "abcd;n=00000042;", number, bytes);
  return out;
}

TEST(JsonContent, HasExactlyTheAskedLengthAndBeginsWithItsId) {
  for (std::uint32_t number = 0; number < 200; ++number) {
    for (const std::uint32_t bytes : {kJsonContentBytesMin, kJsonContentBytesMin + 1, 500U, 16'384U}) {
      const std::string text = content(number, bytes);
      EXPECT_EQ(text.size(), bytes);
      EXPECT_TRUE(text.starts_with(R"({"id":"abcd;n=00000042;",)"));
      EXPECT_TRUE(text.ends_with("\"}"));
    }
  }
}

TEST(JsonContent, IsTheSameForOneNumberAndDiffersBetweenNumbers) {
  EXPECT_EQ(content(7, 500), content(7, 500));
  EXPECT_NE(content(7, 500), content(8, 500));
}

TEST(JsonContent, CompressesAsTextDoes) {
  ws::MessageDeflater deflater({.bytes_min = 1});
  std::string out;
  ASSERT_TRUE(deflater.deflate(content(7, 500), out));
  EXPECT_GT(out.size(), 200u);
  EXPECT_LT(out.size(), 400u);
  EXPECT_EQ(test::inflated(out), content(7, 500));
}

}  // namespace
}  // namespace switchboard::cli::bench
