// Random streams, good and spoilt, in random splits: the events are those of the whole.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>

#include "base/random.h"
#include "ws/client_frame.h"
#include "ws/connection.h"
#include "ws/connection_driver.h"

namespace switchboard::ws {
namespace {

constexpr std::uint32_t kMessageBytesMax = 2000;

std::string random_payload(Random& random, std::size_t size_max) {
  static constexpr std::string_view kCharacters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "z"};
  std::string out;
  const std::size_t size = random.below(size_max);
  while (out.size() < size)
    out += kCharacters[random.below(std::size(kCharacters))];
  return out;
}

/// A message, often in fragments that cut characters and have control frames between them.
std::string random_message(Random& random) {
  const std::string payload = random_payload(random, random.below(4) == 0 ? 1500 : 60);
  const Opcode kind = random.below(2) == 0 ? Opcode::kText : Opcode::kBinary;
  std::string out;
  std::size_t at = 0;
  while (random.below(3) == 0) {
    const std::size_t size = random.below(payload.size() - at + 1);
    out += client_fragment(at == 0 && out.empty() ? kind : Opcode::kContinuation, payload.substr(at, size));
    at += size;
    if (random.below(3) == 0) out += client_frame(Opcode::kPing, random_payload(random, 100));
  }
  return out + client_frame(out.empty() ? kind : Opcode::kContinuation, payload.substr(at));
}

std::string random_stream(Random& random) {
  std::string out;
  for (std::uint64_t i = 0, messages = 1 + random.below(6); i < messages; ++i)
    out += random_message(random);
  if (random.below(3) == 0) out += client_frame(Opcode::kClose, "\x03\xe8" + random_payload(random, 100));
  if (random.below(2) == 0) out[random.below(out.size())] = static_cast<char>(random.next());
  return out;
}

std::vector<std::string_view> random_split(Random& random, std::string_view bytes) {
  std::vector<std::string_view> pieces;
  const std::uint64_t size_max = 1 + random.below(random.below(2) == 0 ? 8 : 500);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random.below(size_max));
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

TEST(ConnectionRandom, NoSplitOrPauseChangesTheEvents) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed);
    const std::string bytes = random_stream(random);
    const EventList whole = events_of({bytes}, kMessageBytesMax);
    for (int round = 0; round < 4; ++round) {
      const Flow flow = random.below(2) == 0 ? Flow::kContinue : Flow::kPause;
      ASSERT_EQ(events_of(random_split(random, bytes), kMessageBytesMax, flow), whole) << "seed " << seed;
    }
  }
}

TEST(ConnectionRandom, UnspoiltStreamsNeverFail) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    const std::string bytes = random_message(random) + random_message(random);
    const EventList events = events_of(random_split(random, bytes), kMessageBytesMax);
    ASSERT_EQ(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.starts_with("fail"); }), 0)
        << "seed " << seed;
    ASSERT_EQ(std::count_if(events.begin(), events.end(), [](const auto& e) { return !e.starts_with("ping"); }), 2)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace switchboard::ws
