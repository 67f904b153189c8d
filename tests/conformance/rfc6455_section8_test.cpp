// RFC 6455 section 8.1: what is not UTF-8 (RFC 3629) fails the connection.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

using Rfc6455Section8_1 = ServerTest;

/// From Markus Kuhn's stress test and the corners of RFC 3629's grammar.
const std::string_view kValid[] = {
    "\x7f",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xef\xbf\xbf",
    "\xef\xbf\xbe",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",  // first and last of each length, noncharacters among them
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbd",                                  // around the surrogates, and the replacement character
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",  // Greek
    "\xf0\xaa\x9b\x96\xe2\x82\xac\xf0\x9f\x98\x80",  // beyond the basic plane
    "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc-UTF-8!!",
};
const std::string_view kInvalid[] = {
    "\x80",
    "\xbf",
    "\x80\xbf\x80",  // continuations without a lead
    "\xc3",
    "\xe2\x82",
    "\xf0\x9f\x98",  // ends inside a character
    "\xc3 ",
    "\xe2\x82 ",
    "\xf0\x9f\x98 ",
    "\xe2\xe2\x82\xac",  // interrupted
    "\xfe",
    "\xff",
    "\xf5\x80\x80\x80",
    "\xf8\x88\x80\x80\x80",      // bytes that are never right
    "\xfc\x84\x80\x80\x80\x80",  //
    "\xc0\x80",
    "\xc0\xaf",
    "\xc1\xbf",
    "\xe0\x80\xaf",
    "\xe0\x9f\xbf",  // overlong
    "\xf0\x80\x80\xaf",
    "\xf0\x8f\xbf\xbf",  //
    "\xed\xa0\x80",
    "\xed\xaf\xbf",
    "\xed\xb0\x80",
    "\xed\xbf\xbf",              // surrogates
    "\xed\xa0\x80\xed\xb0\x80",  // and a pair of them
    "\xf4\x90\x80\x80",
    "\xf7\xbf\xbf\xbf",                                                      // above U+10FFFF
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64",      // Autobahn's 6.3.1
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80\x65\x64",  // and 6.4.1
};

TEST_F(Rfc6455Section8_1, TextThatIsUtf8IsTaken) {
  for (const std::string_view valid : kValid) {
    EXPECT_EQ(answers(text(valid)), Answers{"text " + std::string(valid)});
    EXPECT_EQ(answers(text("before " + std::string(valid) + " behind")),
              Answers{"text before " + std::string(valid) + " behind"});
  }
}

TEST_F(Rfc6455Section8_1, TextThatIsUtf8IsTakenHoweverItIsCutIntoFragments) {
  for (const std::string_view valid : kValid) {
    std::string bytes = client_fragment(Opcode::kText, "");
    for (const char byte : valid)
      bytes += more({&byte, 1});
    EXPECT_EQ(answers(bytes + last("")), Answers{"text " + std::string(valid)});
  }
}

TEST_F(Rfc6455Section8_1, TextThatIsNotUtf8FailsWith1007) {
  for (const std::string_view invalid : kInvalid) {
    EXPECT_EQ(answers(text(invalid)), failed(1007)) << invalid;
    EXPECT_EQ(answers(text("before " + std::string(invalid))), failed(1007)) << invalid;
    EXPECT_EQ(answers(text(std::string(200, 'x') + std::string(invalid) + "behind") + ping()), failed(1007)) << invalid;
    EXPECT_EQ(answers(text("one") + text(invalid) + ping()), failed_after({"text one"}, 1007)) << invalid;
  }
}

TEST_F(Rfc6455Section8_1, TextThatIsNotUtf8FailsHoweverItIsCutIntoFragments) {
  for (const std::string_view invalid : kInvalid) {
    std::string bytes = client_fragment(Opcode::kText, "");
    for (const char byte : invalid)
      bytes += more({&byte, 1});
    EXPECT_EQ(answers(bytes + last("")), failed(1007)) << invalid;
  }
}

TEST_F(Rfc6455Section8_1, TheFirstImpossibleByteFailsWithoutTheRestOfItsFrameOrMessage) {
  const std::string good = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  for (const std::string_view impossible : {"\xf4\x90", "\xed\xa0", "\xc0", "\xff", "\xe0\x80"}) {
    const std::string frame = text(good + std::string(impossible) + "\x80 and what would have followed");
    Peer peer = client();
    const std::size_t header = 6;
    send(peer, frame.substr(0, header + good.size() + impossible.size() - 1));
    EXPECT_EQ(read(peer), Answers{}) << "it may still become a character";
    send(peer, frame.substr(header + good.size() + impossible.size() - 1, 1));
    EXPECT_EQ(read(peer), failed(1007));

    EXPECT_EQ(answers(client_fragment(Opcode::kText, good + std::string(impossible))), failed(1007))
        << "without the message's end";
    peer.reset();
  }
}

TEST_F(Rfc6455Section8_1, BinaryDataAndPingsNeedNotBeUtf8) {
  for (const std::string_view invalid : kInvalid) {
    EXPECT_EQ(answers(binary(invalid)), Answers{"binary " + std::string(invalid)});
    EXPECT_EQ(answers(ping(invalid)), Answers{"pong " + std::string(invalid)});
  }
}

TEST_F(Rfc6455Section8_1, TheReasonOfACloseMustBeUtf8) {
  for (const std::string_view invalid : kInvalid) {
    EXPECT_EQ(answers(close(1000, invalid)), failed(1007)) << invalid;
  }
  for (const std::string_view valid : kValid) {
    EXPECT_EQ(answers(close(1000, valid)), (Answers{"close 1000", "closed"}));
  }
}

}  // namespace
}  // namespace switchboard::conformance
