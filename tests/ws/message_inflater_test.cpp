#include "ws/message_inflater.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "ws/client_deflater.h"

namespace switchboard::ws {
namespace {

TEST(MessageInflater, ASmallMessageIsHandedOutOfTheScratchMemory) {
  InflaterPool pool;
  MessageInflater inflater(pool, 0);
  MessageBuffer buffer;
  const auto message = inflater.take(deflated("Hello"), true, {.buffer = buffer, .utf8 = nullptr, .bytes_max = 5});
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, "Hello");
  EXPECT_EQ(message->data(), pool.scratch().data());
  EXPECT_EQ(buffer.size(), 0u);
}

TEST(MessageInflater, TheLimitHoldsAtEveryInflatedByte) {
  InflaterPool pool;
  for (const std::size_t size : {InflaterPool::kScratchBytes - 1, InflaterPool::kScratchBytes,
                                 InflaterPool::kScratchBytes + 1, 3 * InflaterPool::kScratchBytes}) {
    for (const int room : {-1, 0, 1}) {
      MessageInflater inflater(pool, 0);
      MessageBuffer buffer;
      const auto bytes_max = static_cast<std::uint32_t>(static_cast<int>(size) + room);
      const auto message =
          inflater.take(deflated(prose(size)), true, {.buffer = buffer, .utf8 = nullptr, .bytes_max = bytes_max});
      ASSERT_EQ(message.has_value(), room >= 0) << size << " " << room;
      if (message) {
        EXPECT_EQ(*message, prose(size));
      } else {
        EXPECT_EQ(message.error().code, close::kMessageTooBig);
      }
    }
  }
}

TEST(MessageInflater, ABombIsInflatedNoFurtherThanItsLimit) {
  InflaterPool pool;
  MessageInflater inflater(pool, 0);
  MessageBuffer buffer;
  const std::string bomb = deflated(std::string(50'000'000, 'x'));
  const auto message = inflater.take(bomb, true, {.buffer = buffer, .utf8 = nullptr, .bytes_max = 1'000'000});
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, close::kMessageTooBig);
  EXPECT_LE(buffer.size(), 1'000'000u);
}

/// Why the last of these messages is refused, "" if it is not.
std::string_view refusal_of_last(const std::vector<std::string>& messages, std::uint8_t takeover_window_bits) {
  InflaterPool pool;
  MessageInflater inflater(pool, takeover_window_bits);
  std::string_view reason;
  for (const std::string& message : messages) {
    MessageBuffer buffer;
    const auto taken = inflater.take(message, true, {.buffer = buffer, .utf8 = nullptr, .bytes_max = 1u << 20});
    reason = taken ? std::string_view{} : taken.error().reason;
    EXPECT_TRUE(taken || taken.error().code == close::kInvalidPayload);
  }
  return reason;
}

TEST(MessageInflater, AReferenceToAnEarlierMessageIsNamedWhereItIsNotAllowed) {
  for (const std::size_t size : {20u, 2'000u, 60'000u}) {  // also of several batches
    ClientDeflater client({.takeover = true});
    const std::vector<std::string> messages = {client.message(prose(size)), client.message(prose(size))};
    EXPECT_EQ(refusal_of_last({messages[0]}, 0), "");
    EXPECT_NE(refusal_of_last(messages, 0).find("refers back to an earlier one"), std::string_view::npos) << size;
    EXPECT_EQ(refusal_of_last(messages, 15), "") << size;
  }
}

TEST(MessageInflater, AReferenceBeyondTheWindowIsNamed) {
  ClientDeflater client({.window_bits = 15, .takeover = true});
  const std::vector<std::string> messages = {client.message(noise(5'000)), client.message(noise(5'000))};
  EXPECT_EQ(refusal_of_last(messages, 15), "");
  EXPECT_NE(refusal_of_last(messages, 9).find("further than the window"), std::string_view::npos);
}

TEST(MessageInflater, OtherDataIsNotTakenForAReference) {
  for (const std::uint8_t window_bits : std::initializer_list<std::uint8_t>{0, 15})
    EXPECT_EQ(refusal_of_last({"\x07\x07\x07"}, window_bits), "A compressed message is not valid deflate data.");
}

TEST(MessageInflater, TheEarlierOfTwoFaultsCounts) {
  InflaterPool pool;
  const std::string too_large_then_invalid = deflated(prose(2000)) + std::string("\x00\x00\xff\xff", 4) + "\x07";
  MessageBuffer buffer;
  MessageInflater first(pool, 0);
  EXPECT_EQ(
      first.take(too_large_then_invalid, true, {.buffer = buffer, .utf8 = nullptr, .bytes_max = 1000}).error().code,
      close::kMessageTooBig);
  Utf8Validator utf8;
  MessageInflater second(pool, 0);
  EXPECT_EQ(second.take(deflated("\xff" + prose(2000)), true, {.buffer = buffer, .utf8 = &utf8, .bytes_max = 1000})
                .error()
                .code,
            close::kInvalidPayload);
}

}  // namespace
}  // namespace switchboard::ws
