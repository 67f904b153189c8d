// Rooms whose members read two encodings: plain, and compressed once for all who agreed on permessage-deflate.
#include "broker/memory/memory_broker.h"
#include "shard/shard_driver.h"

namespace switchboard::shard {
namespace {

using session::kUpgradeDeflate;
using session::kUpgradeDeflateV1;

/// A content that compresses well but not to nothing, told apart by its number.
std::string content(int number) {
  std::string text = "\"" + std::to_string(number);
  for (int i = 0; i < 40; ++i)
    text += " word" + std::to_string(i * i * (number + 3));
  return text + "\"";
}

class CompressionTest : public ShardTest {
 protected:
  Peer deflated_member(std::string_view room, std::size_t on_shard = 0) {
    return member(room, on_shard, kUpgradeDeflate);
  }
  template <class F>
  std::uint64_t sum(F&& counter) {
    std::uint64_t total = 0;
    for (const auto& one : shards)
      total += counter(one->stats()).value();
    return total;
  }
  std::uint64_t compressed() {
    return sum([](const ShardStats& stats) -> auto& { return stats.compressed; });
  }
  /// The bytes on the wire of the frame in which a broadcast of that content reaches a deflated member.
  std::size_t frame_bytes(const std::string& text) {
    Peer probe = deflated_member("lobby");
    probe.broadcast("lobby", text);
    run();
    const std::size_t bytes = probe.stream->from_server.size();
    EXPECT_EQ(probe.stream->from_server[0] & 0xF0, 0xC0) << "the text does not compress";
    probe.finish();
    run();
    return bytes;
  }
};

TEST_F(CompressionTest, EachMemberGetsTheEncodingItAgreedOn) {
  Peer plain = member("lobby");
  Peer deflated = deflated_member("lobby");
  plain.broadcast("lobby", content(1));
  deflated.broadcast("lobby", content(2));
  run();
  const auto as_is = plain.frames();
  const std::size_t wire_bytes = deflated.stream->from_server.size();
  const auto smaller = deflated.frames();
  ASSERT_EQ(as_is.size(), 2u);
  ASSERT_EQ(smaller.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_FALSE(as_is[i].is_deflated);
    EXPECT_TRUE(smaller[i].is_deflated);
    EXPECT_EQ(as_is[i].payload, smaller[i].payload);
  }
  EXPECT_LT(wire_bytes, as_is[0].payload.size() + as_is[1].payload.size());
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
  plain.finish();
  deflated.finish();
  expect_nothing_left();
}

TEST_F(CompressionTest, AMessageIsCompressedOnceHoweverManyReadItOnHoweverManyShards) {
  start(3);
  const std::string room = room_at(0);
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < 30; ++i)
    peers.push_back(i % 5 == 0 ? member(room, i % 3) : deflated_member(room, i % 3));
  for (int i = 0; i < 10; ++i) {
    peers[static_cast<std::size_t>(i)].broadcast(room, content(i));
    run();
  }
  EXPECT_EQ(compressed(), 10u);
  EXPECT_EQ(sum([](const ShardStats& stats) -> auto& { return stats.commits; }), 10u);
  std::string all;
  for (int i = 0; i < 10; ++i)
    all += (i > 0 ? " " : "") + content(i);
  std::uint64_t bytes_before = 0;
  for (Peer& peer : peers) {
    const auto frames = peer.frames();
    ASSERT_EQ(frames.size(), 10u);
    for (const auto& frame : frames)
      bytes_before += &peer == &peers[0] ? frame.payload.size() : 0;
    peer.finish();
  }
  EXPECT_EQ(shards[0]->stats().compressed_bytes_before.value(), bytes_before);
  EXPECT_LT(shards[0]->stats().compressed_bytes_after.value(), bytes_before);
  EXPECT_GT(shards[0]->stats().compressed_bytes_after.value(), 0u);
  expect_nothing_left();
}

TEST_F(CompressionTest, NothingIsCompressedThatNobodyReadsSo) {
  start(2);
  const std::string room = room_at(0);
  Peer plain = member(room, 0);
  Peer far = member(room, 1);
  Peer elsewhere = deflated_member("elsewhere", 0);
  plain.broadcast(room, content(1));
  run();
  EXPECT_EQ(compressed(), 0u);
  Peer deflated = deflated_member(room, 1);
  plain.broadcast(room, content(2));
  run();
  EXPECT_EQ(compressed(), 1u);
  deflated.leave(room);
  run();
  plain.broadcast(room, content(3));
  run();
  EXPECT_EQ(compressed(), 1u) << "the last reader has left";
  EXPECT_EQ(far.frames().size(), 3u);
}

TEST_F(CompressionTest, APublisherThatReadsNothingCompressedIsHeardByThoseWhoDoOnAnyShard) {
  start(2);
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string room = room_at(home);
    Peer plain = member(room, 0);
    Peer deflated = deflated_member(room, 1);
    plain.broadcast(room, content(1));
    deflated.broadcast(room, content(2));
    run();
    EXPECT_EQ(plain.frames().size(), 2u);
    const auto got = deflated.frames();
    ASSERT_EQ(got.size(), 2u);
    EXPECT_TRUE(got[0].is_deflated);
    EXPECT_TRUE(got[1].is_deflated);
    plain.finish();
    deflated.finish();
    expect_nothing_left();
  }
}

TEST_F(CompressionTest, SmallMessagesStandAsTheyAreAmongCompressedOnes) {
  settings.session.deflate.bytes_min = 128;
  Peer deflated = deflated_member("lobby");
  // The whole payload counts, and ends with a time stamp of as many digits in all of these.
  deflated.broadcast("lobby", "\"\"");
  run();
  const auto empty = deflated.frames();
  ASSERT_EQ(empty.size(), 1u);
  const std::size_t around = empty[0].payload.size();
  ASSERT_LT(around, 127u);
  for (const std::size_t bytes : {127u, 128u, 129u}) {
    deflated.broadcast("lobby", '"' + std::string(bytes - around, 'a') + '"');
    run();
    const auto sent = deflated.frames();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].payload.size(), bytes);
    EXPECT_EQ(sent[0].is_deflated, bytes >= 128) << bytes;
  }
  EXPECT_EQ(compressed(), 2u);
}

TEST_F(CompressionTest, WhatDoesNotBecomeSmallerStandsAsItIs) {
  settings.session.deflate.level = 0;  // deflate that only stores: nothing becomes smaller
  start(2);
  const std::string room = room_at(0);
  Peer near = deflated_member(room, 0);
  Peer far = deflated_member(room, 1);
  Peer plain = member(room, 1);
  near.broadcast(room, content(1));
  run();
  for (Peer* peer : {&near, &far, &plain}) {
    const auto sent = peer->frames();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_FALSE(sent[0].is_deflated);
    EXPECT_NE(sent[0].payload.find(content(1)), std::string::npos);
  }
  EXPECT_EQ(compressed(), 0u) << "what was tried in vain is not counted";
}

TEST_F(CompressionTest, WhereItIsNotEnabledEverybodyReadsPlain) {
  settings.session.deflate.enabled = false;
  Peer peer = deflated_member("lobby");
  peer.broadcast("lobby", content(1));
  run();
  const auto sent = peer.frames();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].is_deflated);
  EXPECT_EQ(shard().stats().views.value(), 1u);
}

TEST_F(CompressionTest, OnesOwnMessagesAreKeptFromOneselfInEitherEncoding) {
  start(2);
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string room = room_at(home);
    std::vector<Peer> peers = {member(room, 0), deflated_member(room, 0), member(room, 1), deflated_member(room, 1)};
    for (std::size_t i = 0; i < peers.size(); ++i) {
      peers[i].broadcast(room, content(static_cast<int>(i)), R"(,"echo":false)");
      run();
    }
    for (std::size_t i = 0; i < peers.size(); ++i) {
      std::string others;
      for (std::size_t from = 0; from < peers.size(); ++from) {
        if (from != i) others += (others.empty() ? "" : " ") + content(static_cast<int>(from));
      }
      EXPECT_EQ(peers[i].contents(), others) << "home " << home << ", member " << i;
    }
    for (Peer& peer : peers)
      peer.finish();
    expect_nothing_left();
  }
}

TEST_F(CompressionTest, JoiningARoomOfTheOtherEncodingBeginsBehindItsLastMessage) {
  start(2);
  const std::string room = room_at(0);
  Peer plain = member(room, 1);
  for (int i = 1; i <= 3; ++i)
    plain.broadcast(room, content(i));
  run();
  Peer late = open(1, kUpgradeDeflateV1);
  late.join(room);
  run();
  EXPECT_NE(late.texts().find("\"seq\":3"), std::string::npos);
  plain.broadcast(room, content(4));
  run();
  EXPECT_EQ(late.contents(), content(4));
  late.join(room);  // again: answered from the view that it is in
  run();
  EXPECT_NE(late.texts().find("\"seq\":4"), std::string::npos);
  late.leave(room);
  plain.broadcast(room, content(5));
  run();
  late.join(room);
  plain.broadcast(room, content(6));
  run();
  const std::string got = late.texts();
  EXPECT_EQ(got.find(content(5)), std::string::npos);
  plain.leave(room);
  late.broadcast(room, content(7));
  run();
  EXPECT_EQ(late.contents(), content(7)) << "nobody reads plain any more";
  plain.finish();
  late.finish();
  expect_nothing_left();
}

TEST_F(CompressionTest, WhoLeavesOneEncodingTakesNothingFromAnybodyElse) {
  start(2);
  for (std::uint32_t home = 0; home < 2; ++home) {
    const std::string room = room_at(home);
    for (const bool is_deflated : {false, true}) {  // of the one who leaves, and of one who stays
      const auto leaving_kind = is_deflated ? kUpgradeDeflate : session::kUpgrade;
      const auto other_kind = is_deflated ? session::kUpgrade : kUpgradeDeflate;
      Peer other = member(room, 1, other_kind);
      Peer staying = member(room, 1, leaving_kind);
      Peer leaving = member(room, 1, leaving_kind);
      leaving.leave(room);
      run();
      other.broadcast(room, content(1));
      run();
      EXPECT_EQ(other.contents(), content(1)) << home << is_deflated;
      EXPECT_EQ(staying.contents(), content(1)) << home << is_deflated;
      staying.leave(room);
      run();
      other.broadcast(room, content(2));
      run();
      EXPECT_EQ(other.contents(), content(2)) << home << is_deflated;
      for (Peer* peer : {&other, &staying, &leaving})
        peer->finish();
      expect_nothing_left();
    }
  }
}

TEST_F(CompressionTest, CutAtEveryByteTheRestFollows) {
  const std::size_t length = frame_bytes(content(1)) + frame_bytes(content(2));
  for (std::size_t cut = 0; cut <= length; ++cut) {
    Peer slow = deflated_member("lobby");
    Peer other = deflated_member("lobby");
    Peer plain = member("lobby");
    slow.stream->room = plain.stream->room = cut;
    other.broadcast("lobby", content(1));
    other.broadcast("lobby", content(2));
    run();
    EXPECT_EQ(slow.stream->from_server.size(), cut);
    slow.allow(kNoLimit);
    plain.allow(kNoLimit);
    run();
    EXPECT_EQ(slow.contents(), content(1) + " " + content(2)) << cut;
    EXPECT_EQ(plain.contents(), content(1) + " " + content(2)) << cut;
    EXPECT_TRUE(slow.stream->from_server.empty());
    slow.finish();
    other.finish();
    plain.finish();
    expect_nothing_left();
  }
}

TEST_F(CompressionTest, LeavingInTheMiddleOfACompressedFrameSendsItsRestAndNothingMoreOfTheRoom) {
  const std::size_t length = frame_bytes(content(1));
  for (std::size_t cut = 1; cut < length; ++cut) {
    Peer slow = deflated_member("lobby");
    Peer other = member("lobby");
    slow.stream->room = cut;
    other.broadcast("lobby", content(1));
    other.broadcast("lobby", content(2));
    run();
    slow.leave("lobby");
    other.broadcast("lobby", content(3));
    run();
    EXPECT_EQ(shard().stats().log_bytes.value(), 0u) << "no chunk is kept for who has left";
    EXPECT_EQ(shard().stats().views.value(), 1u);
    slow.allow(kNoLimit);
    run();
    const auto sent = slow.frames();
    ASSERT_EQ(sent.size(), 2u) << cut;
    EXPECT_NE(sent[0].payload.find(content(1)), std::string::npos);
    EXPECT_EQ(sent[1].payload, R"({"type":"left","room_id":"lobby"})");
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(CompressionTest, TrimmingInTheMiddleOfACompressedFrameSavesItsRest) {
  settings.rooms = room::RoomSettingsTable({.backlog_messages = 2, .history = false});
  const std::size_t length = frame_bytes(content(1));
  for (std::size_t cut = 1; cut < length; ++cut) {
    clock.advance(broker::MemoryBroker::kClosedFor);  // the room is forgotten: it counts from 1 again
    Peer slow = member("lobby", 0, kUpgradeDeflateV1);
    Peer other = member("lobby");
    slow.stream->room = cut;
    for (int i = 1; i <= 6; ++i) {
      other.broadcast("lobby", content(i));
      run();
    }
    EXPECT_EQ(other.frames().size(), 6u);
    slow.allow(kNoLimit);
    run();
    const auto sent = slow.frames();
    ASSERT_EQ(sent.size(), 4u) << cut;
    EXPECT_NE(sent[0].payload.find(content(1)), std::string::npos);
    EXPECT_EQ(sent[1].payload, R"({"type":"lagged","room_id":"lobby","from":2,"to":4})");
    EXPECT_NE(sent[2].payload.find(content(5)), std::string::npos);
    EXPECT_NE(sent[3].payload.find(content(6)), std::string::npos);
    EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
    slow.finish();
    other.finish();
    expect_nothing_left();
  }
}

TEST_F(CompressionTest, ABlockedReaderOfOneEncodingKeepsNothingInTheOther) {
  settings.rooms = room::RoomSettingsTable({.backlog_bytes = 1 << 20});
  Peer slow = deflated_member("lobby");
  Peer other = member("lobby");
  slow.stream->room = 0;
  for (int i = 0; i < 200; ++i) {
    other.broadcast("lobby", content(i));
    run();
  }
  const auto all = other.frames();
  std::size_t plain_bytes = 0;
  for (const auto& frame : all)
    plain_bytes += frame.payload.size();
  EXPECT_GT(shard().stats().log_bytes.value(), 0u);
  EXPECT_LT(shard().stats().log_bytes.value(), plain_bytes) << "only the compressed entries are kept";
  slow.allow(kNoLimit);
  run();
  EXPECT_EQ(slow.frames().size(), 200u);
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

TEST_F(CompressionTest, BothEncodingsCountAgainstTheBoundOfAllLogs) {
  settings.log_bytes_max = 16'384;
  Peer slow = deflated_member("lobby");
  Peer plain = member("lobby");
  Peer other = member("lobby");
  slow.stream->room = plain.stream->room = 0;
  for (int i = 0; i < 200; ++i) {
    other.broadcast("lobby", content(i));
    run();
    EXPECT_LE(shard().stats().log_bytes.value(), settings.log_bytes_max);
  }
  EXPECT_GT(shard().stats().log_trims.value(), 0u);
  slow.allow(kNoLimit);
  plain.allow(kNoLimit);
  run();
  for (Peer* peer : {&slow, &plain}) {
    const auto got = peer->frames();
    ASSERT_FALSE(got.empty());
    EXPECT_NE(got.back().payload.find(content(199)), std::string::npos);
  }
  EXPECT_EQ(shard().stats().log_bytes.value(), 0u);
}

TEST_F(CompressionTest, TheSmallestMailboxesCarryBothEncodings) {
  start(2, /*ring_slots=*/2);
  const std::string room = room_at(0);
  std::vector<Peer> peers = {member(room, 0), deflated_member(room, 0), member(room, 1), deflated_member(room, 1)};
  for (int i = 0; i < 40; ++i)
    peers[static_cast<std::size_t>(i) % 4].broadcast(room, content(i), R"(,"id":1)");
  run();
  for (Peer& peer : peers) {
    std::size_t broadcasts = 0;
    for (const auto& frame : peer.frames())
      broadcasts += frame.payload.starts_with("{\"type\":\"broadcast\"") ? 1 : 0;
    EXPECT_EQ(broadcasts, 40u);
    peer.finish();
  }
  expect_nothing_left();
}

TEST_F(CompressionTest, MembersOfBothKindsFillARoomTogether) {
  settings.rooms = room::RoomSettingsTable({.members_max = 2});
  Peer plain = member("lobby");
  Peer deflated = deflated_member("lobby");
  Peer third = open(0, kUpgradeDeflate);
  third.join("lobby");
  run();
  EXPECT_NE(third.texts().find("room_full"), std::string::npos);
  plain.leave("lobby");
  third.join("lobby");
  run();
  EXPECT_TRUE(third.texts().starts_with("{\"type\":\"joined\""));
}

TEST_F(CompressionTest, ReloadedSettingsHoldFromTheNextMessage) {
  Peer deflated = deflated_member("lobby");
  settings.session.deflate.bytes_min = 100'000;
  shard().reload(settings);
  deflated.broadcast("lobby", content(1));
  run();
  settings.session.deflate.bytes_min = 1;
  shard().reload(settings);
  deflated.broadcast("lobby", content(2));
  run();
  const auto sent = deflated.frames();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_FALSE(sent[0].is_deflated);
  EXPECT_TRUE(sent[1].is_deflated);
}

}  // namespace
}  // namespace switchboard::shard
