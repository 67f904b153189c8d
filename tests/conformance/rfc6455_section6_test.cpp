// RFC 6455 section 6: sending and receiving data.
#include "conformance/server_test.h"

namespace switchboard::conformance {
namespace {

// --- 6.1: sending ----------------------------------------------------------------------------------------------------

using Rfc6455Section6_1 = ServerTest;

TEST_F(Rfc6455Section6_1, TheFirstFrameCarriesTheTypeAndTheLastOneFin) {
  Peer peer = client();
  send(peer, text("t") + binary("b"));
  EXPECT_EQ(peer.stream->from_server,
            "\x81\x01t\x82\x01"
            "b");
}

TEST_F(Rfc6455Section6_1, NothingIsSentBeforeTheConnectionIsOpen) {
  Peer peer = connect();
  const std::string request = Request().bytes();
  for (std::size_t i = 0; i + 1 < request.size(); ++i) {
    send(peer, std::string_view(request).substr(i, 1));
    ASSERT_EQ(peer.stream->from_server, "");
  }
}

TEST_F(Rfc6455Section6_1, NoDataIsSentOnceTheConnectionIsClosing) {
  Peer peer = client();
  peer.allow(0);
  send(peer, text("before") + close(1000));
  peer.allow(shard::kNoLimit);
  run();
  EXPECT_EQ(read(peer), (Answers{"text before", "close 1000", "closed"}));
}

// --- 6.2: receiving --------------------------------------------------------------------------------------------------

using Rfc6455Section6_2 = ServerTest;

TEST_F(Rfc6455Section6_2, AMessageIsReceivedWhenItsLastFrameIs) {
  Peer peer = client();
  send(peer, client_fragment(Opcode::kText, "Hel"));
  EXPECT_EQ(read(peer), Answers{});
  send(peer, more("l"));
  EXPECT_EQ(read(peer), Answers{});
  const std::string rest = last("o");
  send(peer, rest.substr(0, rest.size() - 1));
  EXPECT_EQ(read(peer), Answers{});
  send(peer, rest.substr(rest.size() - 1));
  EXPECT_EQ(read(peer), Answers{"text Hello"});
}

TEST_F(Rfc6455Section6_2, WhatFollowsBelongsToTheNextMessage) {
  EXPECT_EQ(answers(client_fragment(Opcode::kText, "a") + last("b") + client_fragment(Opcode::kBinary, "c") +
                    last("d") + text("e")),
            (Answers{"text ab", "binary cd", "text e"}));
}

TEST_F(Rfc6455Section6_2, MessagesAreReceivedInTheOrderSent) {
  std::string bytes;
  Answers expected;
  for (int i = 0; i < 2000; ++i) {
    bytes += i % 2 == 0 ? text(std::to_string(i)) : binary(std::to_string(i));
    expected.push_back((i % 2 == 0 ? "text " : "binary ") + std::to_string(i));
  }
  EXPECT_EQ(answers(bytes), expected);
}

}  // namespace
}  // namespace switchboard::conformance
