#include "ws/connection.h"

#include <gtest/gtest.h>
#include <string>

#include "ws/client_frame.h"
#include "ws/connection_driver.h"

namespace switchboard::ws {
namespace {

using namespace std::string_literals;

constexpr unsigned kFinal = 0x80;

TEST(Connection, ReadsTheExamplesOfTheRfc) {  // section 5.7
  EXPECT_EQ(events_of_any_split("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s), EventList{"text:Hello"});
  EXPECT_EQ(events_of_any_split("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s), EventList{"pong:Hello"});
  EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kText, "Hel") + client_frame(Opcode::kContinuation, "lo")),
            EventList{"text:Hello"});
}

TEST(Connection, ReadsEveryLengthForm) {
  for (std::size_t size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u}) {
    const std::string payload(size, 'x');
    const std::string bytes = client_frame(Opcode::kBinary, payload) + client_frame(Opcode::kText, payload);
    EXPECT_EQ(events_of_any_split(bytes), (EventList{"binary:" + payload, "text:" + payload})) << size;
  }
}

TEST(Connection, ReadsManyFramesInOneRead) {
  std::string bytes;
  EventList expected;
  for (int i = 0; i < 20; ++i) {
    bytes += client_frame(Opcode::kText, "m" + std::to_string(i));
    expected.push_back("text:m" + std::to_string(i));
  }
  EXPECT_EQ(events_of_any_split(bytes), expected);
}

TEST(Connection, TakesControlFramesBetweenFragments) {
  EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kText, "a") + client_frame(Opcode::kPing, "p") +
                                client_fragment(Opcode::kContinuation, "b") + client_frame(Opcode::kPong, "") +
                                client_frame(Opcode::kContinuation, "c") + client_frame(Opcode::kText, "d")),
            (EventList{"ping:p", "pong:", "text:abc", "text:d"}));
}

TEST(Connection, ACloseMayInterruptAMessage) {
  EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kText, "a") + client_frame(Opcode::kClose, "\x03\xe8")),
            EventList{"close 1000:"});
}

TEST(Connection, EmptyFragmentsMakeAnEmptyMessage) {
  const std::string empty = client_fragment(Opcode::kContinuation, "");
  EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kBinary, "") + empty + empty +
                                client_frame(Opcode::kContinuation, "")),
            EventList{"binary:"});
}

TEST(Connection, AControlFrameCarries125Bytes) {
  const std::string payload(125, 'p');
  EXPECT_EQ(events_of_any_split(client_frame(Opcode::kPing, payload)), EventList{"ping:" + payload});
  EXPECT_EQ(events_of_any_split(client_frame(Opcode::kPing, payload + "p")), EventList{"fail 1002"});
}

TEST(Connection, NothingFollowsAClose) {
  EXPECT_EQ(events_of_any_split(client_frame(Opcode::kClose, "") + client_frame(Opcode::kText, "late") + "\xff\xff"),
            EventList{"close 1005:"});
  ConnectionDriver driver(100);
  const std::string close = client_frame(Opcode::kClose, "\x03\xe9gone");
  EXPECT_FALSE(driver.feed(close + "rest"));
  EXPECT_TRUE(driver.connection.peer_closed());
  EXPECT_EQ(driver.last_consumed, close.size());
  EXPECT_EQ(driver.connection.buffered_bytes(), 0u);
  std::string late = client_frame(Opcode::kText, "late") + std::string(64, '\0');
  EXPECT_EQ(driver.connection.receive({late.data(), late.size() - 64}, driver.events).consumed, late.size() - 64);
  EXPECT_EQ(driver.events.list, EventList{"close 1001:gone"});
}

std::string close_with(unsigned code, const std::string& reason = "") {
  return client_frame(Opcode::kClose,
                      std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + reason);
}

TEST(Connection, TakesTheCloseCodesThatMayBeSent) {
  for (unsigned code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    EXPECT_EQ(events_of_any_split(close_with(code, "why")), EventList{"close " + std::to_string(code) + ":why"});
  }
}

TEST(Connection, FailsCloseCodesThatMayNotBeSent) {
  for (unsigned code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_EQ(events_of_any_split(close_with(code)), EventList{"fail 1002"}) << code;
  }
}

TEST(Connection, ChecksTheBodyOfAClose) {
  EXPECT_EQ(events_of_any_split(client_frame(Opcode::kClose, "\x03")), EventList{"fail 1002"});
  EXPECT_EQ(events_of_any_split(close_with(1000, "\xff")), EventList{"fail 1007"});
  EXPECT_EQ(events_of_any_split(close_with(1000, "\xe2\x82")), EventList{"fail 1007"});
  EXPECT_EQ(events_of_any_split(close_with(1000, std::string(123, 'r'))),
            EventList{"close 1000:" + std::string(123, 'r')});
}

struct BadFrame {
  const char* name;
  std::string bytes;
  std::size_t shown_at;  // how many bytes it takes to see it
};

class BrokenProtocol : public testing::TestWithParam<BadFrame> {};

/// A byte less is no failure yet; the byte that shows it fails at once, whatever was promised to follow.
TEST_P(BrokenProtocol, FailsWith1002AtTheByteThatShowsIt) {
  const BadFrame& bad = GetParam();
  EXPECT_EQ(events_of_any_split(bad.bytes).back(), "fail 1002");
  const std::string_view bytes = bad.bytes;
  const EventList before = events_of({bytes.substr(0, bad.shown_at - 1)}, 1'000'000);
  EXPECT_TRUE(before.empty() || before.back() != "fail 1002");
  EXPECT_EQ(events_of({bytes.substr(0, bad.shown_at)}, 1'000'000).back(), "fail 1002");
}

const std::string kBegun = client_fragment(Opcode::kText, "a");

INSTANTIATE_TEST_SUITE_P(
    Connection, BrokenProtocol,
    testing::Values(BadFrame{"Unmasked", "\x81\x05Hello"s, 2}, BadFrame{"UnmaskedPing", "\x89\x00"s, 2},
                    BadFrame{"Rsv1", client_frame_of(kFinal | 0x41, "a"), 1},
                    BadFrame{"Rsv2", client_frame_of(kFinal | 0x21, "a"), 1},
                    BadFrame{"Rsv3", client_frame_of(kFinal | 0x11, "a"), 1},
                    BadFrame{"Rsv1OnPing", client_frame_of(kFinal | 0x49, "a"), 1},
                    BadFrame{"Rsv1OnContinuation", kBegun + client_frame_of(kFinal | 0x40, "a"), kBegun.size() + 1},
                    BadFrame{"Opcode3", client_frame_of(kFinal | 0x3, "a"), 1},
                    BadFrame{"Opcode7", client_frame_of(kFinal | 0x7, "a"), 1},
                    BadFrame{"OpcodeB", client_frame_of(kFinal | 0xB, "a"), 1},
                    BadFrame{"OpcodeF", client_frame_of(kFinal | 0xF, "a"), 1},
                    BadFrame{"FragmentedPing", client_fragment(Opcode::kPing, "a"), 1},
                    BadFrame{"FragmentedPong", client_fragment(Opcode::kPong, "a"), 1},
                    BadFrame{"FragmentedClose", client_fragment(Opcode::kClose, ""), 1},
                    BadFrame{"PingOf126", client_frame(Opcode::kPing, std::string(126, 'p')), 2},
                    BadFrame{"CloseOf65536", client_frame(Opcode::kClose, std::string(65536, 'p')), 2},
                    BadFrame{"ContinuationOfNothing", client_frame(Opcode::kContinuation, "a"), 1},
                    BadFrame{"ContinuationAfterAMessage",
                             client_frame(Opcode::kText, "a") + client_frame(Opcode::kContinuation, "b"), 8},
                    BadFrame{"TextInsideAMessage", kBegun + client_frame(Opcode::kText, "b"), kBegun.size() + 1},
                    BadFrame{"BinaryInsideAMessage", kBegun + client_fragment(Opcode::kBinary, "b"), kBegun.size() + 1},
                    BadFrame{"Length125In2Bytes", client_header(0x82, 125, 2) + std::string(125, 'x'), 4},
                    BadFrame{"Length0In2Bytes", client_header(0x82, 0, 2), 4},
                    BadFrame{"Length65535In8Bytes", client_header(0x82, 65535, 8) + std::string(65535, 'x'), 10},
                    BadFrame{"Length1In8Bytes", client_header(0x82, 1, 8) + "x", 10},
                    BadFrame{"TopBitOfTheLength", client_header(0x82, 0x8000000000000001, 8), 3}),
    [](const auto& bad) { return std::string(bad.param.name); });

TEST(Connection, AMessageIsHeldToItsLimitByItsHeader) {
  for (std::uint32_t limit : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    const std::string most(limit, 'x');
    const std::string less(limit == 0 ? 0 : limit - 1, 'x');
    EXPECT_EQ(events_of_any_split(client_frame(Opcode::kText, less), limit), EventList{"text:" + less});
    EXPECT_EQ(events_of_any_split(client_frame(Opcode::kText, most), limit), EventList{"text:" + most});
    EXPECT_EQ(events_of_any_split(client_frame(Opcode::kText, most + "x"), limit), EventList{"fail 1009"}) << limit;
  }
}

TEST(Connection, ATooLargeMessageFailsBeforeItsPayload) {
  EXPECT_EQ(events_of({std::string_view(client_header(0x82, 0x7FFFFFFFFFFFFFFF, 8)).substr(0, 10)}, 4'000'000'000),
            EventList{"fail 1009"});
  EXPECT_EQ(events_of({std::string_view(client_header(0x82, 126, 2)).substr(0, 4)}, 125), EventList{"fail 1009"});
}

TEST(Connection, FragmentsTogetherAreHeldToTheLimit) {
  const std::string begun = client_fragment(Opcode::kBinary, "12345") + client_fragment(Opcode::kContinuation, "67");
  EXPECT_EQ(events_of_any_split(begun + client_frame(Opcode::kContinuation, "8"), 9), EventList{"binary:12345678"});
  EXPECT_EQ(events_of_any_split(begun + client_frame(Opcode::kContinuation, "89"), 9), EventList{"binary:123456789"});
  EXPECT_EQ(events_of_any_split(begun + client_frame(Opcode::kContinuation, "890"), 9), EventList{"fail 1009"});
}

TEST(Connection, ControlFramesAreNotHeldToTheMessageLimit) {
  EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kText, "ab") + client_frame(Opcode::kPing, "ping") +
                                    client_frame(Opcode::kContinuation, ""),
                                2),
            (EventList{"ping:ping", "text:ab"}));
}

TEST(Connection, TextIsValidUtf8AcrossFragments) {
  const std::string text = "k\xCE\xBA\xE1\xBD\xB9\xF0\x9F\x98\x80!";
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      const std::string bytes = client_fragment(Opcode::kText, text.substr(0, a)) +
                                client_fragment(Opcode::kContinuation, text.substr(a, b - a)) +
                                client_frame(Opcode::kContinuation, text.substr(b));
      ASSERT_EQ(events_of({bytes}, 100), EventList{"text:" + text});
    }
  }
}

TEST(Connection, BadTextFailsWith1007) {
  for (const std::string& text :
       {"\xff"s, "a\xc0\xaf"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xe2\x82"s, "ab\xf0\x9f\x98"s}) {
    EXPECT_EQ(events_of_any_split(client_frame(Opcode::kText, text)), EventList{"fail 1007"});
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(events_of_any_split(client_fragment(Opcode::kText, text.substr(0, cut)) +
                                    client_frame(Opcode::kContinuation, text.substr(cut))),
                EventList{"fail 1007"});
    }
    EXPECT_EQ(events_of_any_split(client_frame(Opcode::kBinary, text)), EventList{"binary:" + text});
  }
}

TEST(Connection, BadTextFailsBeforeItsFragmentIsComplete) {
  const std::string text = "Hello \xCE\xBA\xED\xA0\x80" + std::string(100, 'x');  // the byte after ED cannot be A0
  for (const std::string& bytes : {client_frame(Opcode::kText, text), client_fragment(Opcode::kText, text)}) {
    const std::size_t shown_at = 6 + text.find('\xA0') + 1;
    EXPECT_EQ(events_of({std::string_view(bytes).substr(0, shown_at - 1)}, 1000), EventList{});
    EXPECT_EQ(events_of({std::string_view(bytes).substr(0, shown_at)}, 1000), EventList{"fail 1007"});
  }
}

TEST(Connection, AnUnfinishedCharacterIsNotCarriedIntoTheNextMessage) {
  ConnectionDriver driver(100);
  EXPECT_TRUE(driver.feed(client_fragment(Opcode::kText, "\xe2\x82") + client_frame(Opcode::kContinuation, "\xac")));
  EXPECT_TRUE(driver.feed(client_fragment(Opcode::kBinary, "\xe2") + client_frame(Opcode::kContinuation, "")));
  EXPECT_TRUE(driver.feed(client_fragment(Opcode::kText, "a") + client_frame(Opcode::kContinuation, "b")));
  EXPECT_EQ(driver.events.list, (EventList{"text:\xe2\x82\xac", "binary:\xe2", "text:ab"}));
}

TEST(Connection, APauseReturnsRightBehindItsFrame) {
  const std::string first = client_frame(Opcode::kText, "one");
  const std::string second = client_frame(Opcode::kPing, "two");
  std::string bytes = first + second + first + std::string(64, '\0');
  Connection connection(100);
  RecordedEvents events;
  events.flow = Flow::kPause;
  std::span<char> rest(bytes.data(), bytes.size() - 64);
  EXPECT_EQ(connection.receive(rest, events).consumed, first.size());
  rest = rest.subspan(first.size());
  EXPECT_EQ(connection.receive(rest, events).consumed, second.size());
  rest = rest.subspan(second.size());
  events.flow = Flow::kContinue;
  EXPECT_EQ(connection.receive(rest, events).consumed, first.size());
  EXPECT_EQ(events.list, (EventList{"text:one", "ping:two", "text:one"}));
}

TEST(Connection, BuffersOnlyWhatCameAndReleasesIt) {
  ConnectionDriver driver(1'000'000'000);
  EXPECT_TRUE(driver.feed(client_header(0x82, 900'000'000, 8)));
  EXPECT_EQ(driver.connection.buffered_bytes(), 0u);
  EXPECT_TRUE(driver.feed("abc"));
  EXPECT_EQ(driver.connection.buffered_bytes(), 3u);

  ConnectionDriver other(100);
  EXPECT_TRUE(other.feed(client_fragment(Opcode::kText, "abc") + "\x89"));
  EXPECT_EQ(other.connection.buffered_bytes(), 4u);
  EXPECT_TRUE(other.feed(client_frame(Opcode::kPing, "p").substr(1) + client_frame(Opcode::kContinuation, "d")));
  EXPECT_EQ(other.connection.buffered_bytes(), 0u);
}

TEST(Connection, EmptyFragmentsCostNoMemory) {
  ConnectionDriver driver(100);
  EXPECT_TRUE(driver.feed(client_fragment(Opcode::kText, "a")));
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += client_fragment(Opcode::kContinuation, "");
  EXPECT_TRUE(driver.feed(many));
  EXPECT_EQ(driver.connection.buffered_bytes(), 1u);
  EXPECT_TRUE(driver.feed(client_frame(Opcode::kContinuation, "b")));
  EXPECT_EQ(driver.events.list, EventList{"text:ab"});
}

TEST(Connection, AMoveCarriesAnUnfinishedMessage) {
  ConnectionDriver driver(100);
  EXPECT_TRUE(
      driver.feed(client_fragment(Opcode::kText, "ab") + client_frame(Opcode::kContinuation, "cd").substr(0, 7)));
  Connection moved = std::move(driver.connection);
  driver.connection = std::move(moved);
  EXPECT_TRUE(driver.feed(client_frame(Opcode::kContinuation, "cd").substr(7)));
  EXPECT_EQ(driver.events.list, EventList{"text:abcd"});
}

}  // namespace
}  // namespace switchboard::ws
