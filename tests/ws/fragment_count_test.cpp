// Frames that do not end their message are told one by one, so that somebody can bound them.
#include <gtest/gtest.h>
#include <vector>

#include "ws/client_frame.h"
#include "ws/connection.h"

namespace switchboard::ws {
namespace {

class Fragments final : public Events {
 public:
  std::vector<std::uint32_t> counts;
  int messages = 0;

  Flow on_message(Opcode, std::string_view) override {
    ++messages;
    return Flow::kContinue;
  }
  Flow on_ping(std::string_view) override { return Flow::kContinue; }
  Flow on_pong(std::string_view) override { return Flow::kContinue; }
  void on_close(std::uint16_t, std::string_view) override {}
  void on_fragment(std::uint32_t fragments) override { counts.push_back(fragments); }
};

/// What is told of these bytes, given in pieces of that size.
Fragments told(const std::string& bytes, std::size_t piece_bytes) {
  Connection connection(1'000);
  Fragments events;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    std::string piece = bytes.substr(at, piece_bytes);
    const std::size_t size = piece.size();
    piece.resize(size + 64);
    EXPECT_FALSE(connection.receive({piece.data(), size}, events).failure);
  }
  return events;
}

TEST(FragmentCount, CountsTheFramesThatDoNotEndTheirMessageWhateverTheSplit) {
  const std::string bytes = client_fragment(Opcode::kText, "a") + client_fragment(Opcode::kContinuation, "") +
                            client_frame(Opcode::kPing, "p") + client_fragment(Opcode::kContinuation, "bc") +
                            client_frame(Opcode::kContinuation, "d");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Fragments events = told(bytes, piece);
    EXPECT_EQ(events.counts, (std::vector<std::uint32_t>{1, 2, 3})) << piece;
    EXPECT_EQ(events.messages, 1);
  }
}

TEST(FragmentCount, BeginsAnewWithEveryMessage) {
  const std::string message = client_fragment(Opcode::kBinary, "") + client_frame(Opcode::kContinuation, "");
  EXPECT_EQ(told(message + message, 1'000).counts, (std::vector<std::uint32_t>{1, 1}));
}

TEST(FragmentCount, AMessageInOneFrameHasNone) {
  EXPECT_TRUE(told(client_frame(Opcode::kText, "abc") + client_frame(Opcode::kPing, ""), 1).counts.empty());
}

}  // namespace
}  // namespace switchboard::ws
