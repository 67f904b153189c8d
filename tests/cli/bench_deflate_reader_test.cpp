#include <gtest/gtest.h>

#include "cli/bench/deflate_reader.h"
#include "ws/client_deflater.h"

namespace switchboard::cli::bench {
namespace {

bool yes(std::string_view) {
  return true;
}

TEST(DeflateReader, InflatesEachMessageOnceHoweverOftenItComes) {
  DeflateReader reader;
  for (const std::size_t bytes : {0u, 1u, 300u, 16'384u, 16'385u, 100'000u}) {
    const std::string message = bytes == 0 ? "" : ws::prose(bytes);
    const std::string payload = ws::deflated(message);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(reader.read(payload, yes), message) << bytes;
  }
  EXPECT_EQ(reader.inflated(), 6u);
}

TEST(DeflateReader, TellsManyMessagesApart) {
  DeflateReader reader;
  for (int round = 0; round < 2; ++round) {
    for (unsigned i = 0; i < 1'000; ++i)
      ASSERT_EQ(reader.read(ws::deflated(ws::prose(200, i)), yes), ws::prose(200, i));
  }
}

TEST(DeflateReader, RefusesWhatIsNotDeflateAndWhatDependsOnEarlierMessages) {
  DeflateReader reader;
  EXPECT_EQ(reader.read("\xff\xff\xff\xff", yes), std::nullopt);
  const std::string whole = ws::deflated(ws::prose(500));
  EXPECT_EQ(reader.read(std::string_view(whole).substr(0, whole.size() / 2), yes), std::nullopt);
  ws::ClientDeflater with_context({.takeover = true});
  EXPECT_TRUE(reader.read(with_context.message(ws::prose(500)), yes));
  EXPECT_EQ(reader.read(with_context.message(ws::prose(500)), yes), std::nullopt);
}

TEST(DeflateReader, AsksOnceWhetherAMessageIsRight) {
  DeflateReader reader;
  const std::string payload = ws::deflated("hello hello hello");
  int asked = 0;
  const auto no = [&](std::string_view message) {
    ++asked;
    EXPECT_EQ(message, "hello hello hello");
    return false;
  };
  EXPECT_EQ(reader.read(payload, no), std::nullopt);
  EXPECT_EQ(reader.read(payload, no), std::nullopt);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace switchboard::cli::bench
