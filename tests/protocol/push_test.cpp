#include "protocol/push.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

namespace switchboard::protocol {
namespace {

template <class Push>
std::string text(const Push& push) {
  std::string out;
  append(out, push);
  return out;
}

TEST(Push, BroadcastHasItsFieldsInTheDocumentedOrder) {
  EXPECT_EQ(
      text(Publication{.room_id = "game_lobby",
                       .content = R"("Hello everyone!")",
                       .sender = "alice123",
                       .seq = Seq{42},
                       .ts = 1764000000000}),
      R"({"type":"broadcast","room_id":"game_lobby","content":"Hello everyone!","sender":"alice123","seq":42,"ts":1764000000000})");
}

TEST(Push, BroadcastCarriesContentByteForByte) {
  const std::string content = "{ \"a\" : 1e400,\"b\":\"\\u0041\\ud800\" , \"c\":[ ] }";
  const std::string json = text(Publication{.room_id = "r", .content = content, .sender = "s", .seq = Seq{1}, .ts = 2});
  EXPECT_EQ(json, R"({"type":"broadcast","room_id":"r","content":)" + content + R"(,"sender":"s","seq":1,"ts":2})");
}

TEST(Push, NamesAreEscaped) {
  EXPECT_EQ(text(Publication{.room_id = "a\"b", .content = "0", .sender = "c\\d", .seq = Seq{1}, .ts = 2}),
            R"({"type":"broadcast","room_id":"a\"b","content":0,"sender":"c\\d","seq":1,"ts":2})");
  EXPECT_EQ(text(Left{.room_id = "h\xc3\xa9\"", .id = {}}), "{\"type\":\"left\",\"room_id\":\"h\xc3\xa9\\\"\"}");
}

TEST(Push, NumbersMayBeAsLargeAsTheirTypes) {
  EXPECT_EQ(
      text(Publication{.room_id = "r",
                       .content = "0",
                       .sender = "s",
                       .seq = Seq{std::numeric_limits<std::uint64_t>::max()},
                       .ts = std::numeric_limits<std::int64_t>::min()}),
      R"({"type":"broadcast","room_id":"r","content":0,"sender":"s","seq":18446744073709551615,"ts":-9223372036854775808})");
}

TEST(Push, AppendsBehindWhatIsThere) {
  std::string out = "before ";
  append(out, Pong{.id = {}});
  append(out, Left{.room_id = "r", .id = {}});
  EXPECT_EQ(out, R"(before {"type":"pong"}{"type":"left","room_id":"r"})");
}

TEST(Push, JoinedLeavesOutWhatItHasNot) {
  EXPECT_EQ(text(Joined{.room_id = "r", .id = {}, .seq = Seq{5}, .epoch = {}}), R"({"type":"joined","room_id":"r"})");
  EXPECT_EQ(text(Joined{.room_id = "r", .id = "7", .seq = Seq{5}, .epoch = {}}),
            R"({"type":"joined","room_id":"r","id":7})");
  EXPECT_EQ(text(Joined{.room_id = "r", .id = R"("a")", .seq = Seq{0}, .epoch = "k3"}),
            R"({"type":"joined","room_id":"r","id":"a","seq":0,"epoch":"k3"})");
  EXPECT_EQ(text(Joined{.room_id = "r", .id = {}, .seq = Seq{5}, .epoch = "k3"}),
            R"({"type":"joined","room_id":"r","seq":5,"epoch":"k3"})");
}

TEST(Push, JoinedSaysWhatBecameOfSince) {
  const auto joined = [](Recovery recovery) {
    return text(
        Joined{.room_id = "r", .id = {}, .seq = Seq{57}, .epoch = "k3", .recovery = recovery, .first_seq = Seq{50}});
  };
  const std::string where = R"({"type":"joined","room_id":"r","seq":57,"epoch":"k3")";
  EXPECT_EQ(joined(Recovery::kNotAsked), where + "}");
  EXPECT_EQ(joined(Recovery::kRecovered), where + R"(,"recovered":true})");
  EXPECT_EQ(joined(Recovery::kEpochChanged), where + R"(,"recovered":false,"reason":"epoch_changed","first_seq":50})");
  EXPECT_EQ(joined(Recovery::kTrimmed), where + R"(,"recovered":false,"reason":"trimmed","first_seq":50})");
  EXPECT_EQ(joined(Recovery::kAhead), where + R"(,"recovered":false,"reason":"ahead","first_seq":50})");
}

TEST(Push, CaughtUpSaysWhetherAnythingIsMissing) {
  EXPECT_EQ(text(CaughtUp{.room_id = "r", .seq = Seq{57}}), R"({"type":"caught_up","room_id":"r","seq":57})");
  EXPECT_EQ(text(CaughtUp{.room_id = "r", .seq = Seq{57}, .is_complete = false}),
            R"({"type":"caught_up","room_id":"r","seq":57,"recovered":false})");
}

TEST(Push, EpochChangedTellsWhereTheRoomStands) {
  EXPECT_EQ(text(EpochChanged{.room_id = "r", .epoch = "q9", .seq = Seq{0}}),
            R"({"type":"epoch_changed","room_id":"r","epoch":"q9","seq":0})");
}

TEST(Push, DirectHasNoRoom) {
  EXPECT_EQ(text(Publication{
                .room_id = "@bob", .content = R"("psst")", .sender = "alice123", .seq = Seq{7}, .ts = 1764000000000}),
            R"({"type":"direct","content":"psst","sender":"alice123","seq":7,"ts":1764000000000})");
}

TEST(Push, ASendersCopySaysToWhomItWent) {
  EXPECT_EQ(text(Publication{
                .room_id = "@alice", .content = "[ 1 ]", .sender = "alice", .seq = Seq{8}, .ts = 5, .to = "b\"ob"}),
            R"({"type":"direct","content":[ 1 ],"sender":"alice","to":"b\"ob","seq":8,"ts":5})");
}

TEST(Push, HistoryHoldsMessagesAsTheyWereSent) {
  const std::string_view messages[] = {R"({"type":"broadcast","seq":1})", R"({ "seq":2 })"};
  EXPECT_EQ(
      text(HistoryPage{.room_id = "r", .id = {}, .epoch = "k3", .messages = messages, .more = true}),
      R"({"type":"history","room_id":"r","epoch":"k3","messages":[{"type":"broadcast","seq":1},{ "seq":2 }],"more":true})");
  EXPECT_EQ(text(HistoryPage{.room_id = "r", .id = "7", .epoch = "k3", .messages = {}, .more = false}),
            R"({"type":"history","room_id":"r","id":7,"epoch":"k3","messages":[],"more":false})");
}

TEST(Push, PresenceListsUsers) {
  const PresentUser users[] = {{.user_id = "a", .connections = 2, .info = R"({"x": 1})"},
                               {.user_id = "b\"", .connections = 1, .info = {}}};
  EXPECT_EQ(
      text(PresenceList{.room_id = "r", .id = "7", .count = 3, .users = users, .next = "c"}),
      R"({"type":"presence","room_id":"r","id":7,"count":3,"users":[{"user_id":"a","connections":2,"info":{"x": 1}},)"
      R"({"user_id":"b\"","connections":1}],"next":"c"})");
  EXPECT_EQ(text(PresenceList{.room_id = "r", .id = {}, .count = 0, .users = {}, .next = {}}),
            R"({"type":"presence","room_id":"r","count":0,"users":[]})");
}

TEST(Push, PresenceChangeTellsWhoCameAndWent) {
  const PresentUser joined[] = {{.user_id = "a", .connections = 1, .info = "[]"},
                                {.user_id = "b", .connections = 0, .info = {}}};
  const PresentUser left[] = {{.user_id = "c", .connections = 0, .info = "1"}};
  EXPECT_EQ(text(PresenceChange{.room_id = "r", .joined = joined, .left = left, .count = 3}),
            R"({"type":"presence_change","room_id":"r","joined":[{"user_id":"a","info":[]},{"user_id":"b"}],)"
            R"("left":[{"user_id":"c"}],"count":3})");
  EXPECT_EQ(
      text(PresenceChange{.room_id = "r", .joined = {}, .changed = joined, .left = {}, .count = 3}),
      R"({"type":"presence_change","room_id":"r","joined":[],"changed":[{"user_id":"a","info":[]},{"user_id":"b"}],)"
      R"("left":[],"count":3})");
  EXPECT_EQ(text(PresenceChange{.room_id = "r", .joined = {}, .left = {}, .count = 9, .is_partial = true}),
            R"({"type":"presence_change","room_id":"r","joined":[],"left":[],"count":9,"partial":true})");
}

TEST(Push, LeftAndPongEchoTheCommandsId) {
  EXPECT_EQ(text(Left{.room_id = "r", .id = "1.50"}), R"({"type":"left","room_id":"r","id":1.50})");
  EXPECT_EQ(text(Pong{.id = "7"}), R"({"type":"pong","id":7})");
  EXPECT_EQ(text(Pong{.id = {}}), R"({"type":"pong"})");
}

TEST(Push, AckNamesTheMessage) {
  EXPECT_EQ(text(Ack{.id = "7", .room_id = "r", .seq = Seq{42}, .epoch = "k3", .ts = 1764000000000}),
            R"({"type":"ack","id":7,"room_id":"r","seq":42,"epoch":"k3","ts":1764000000000})");
  EXPECT_EQ(text(Ack{.id = "7", .room_id = "r", .seq = Seq{42}, .epoch = "k3", .ts = 1, .is_duplicate = true}),
            R"({"type":"ack","id":7,"room_id":"r","seq":42,"epoch":"k3","ts":1,"duplicate":true})");
}

TEST(Push, AckOfADirectMessageNamesTheUser) {
  EXPECT_EQ(text(Ack{.id = R"("x")", .room_id = "@bob", .seq = Seq{7}, .epoch = "k3", .ts = 1}),
            R"({"type":"ack","id":"x","user_id":"bob","seq":7,"epoch":"k3","ts":1})");
}

TEST(Push, WhatATokenIsGoodFor) {
  EXPECT_EQ(text(Authed{.user_id = "ann", .id = "7", .expires_in_ms = 0}),
            R"({"type":"authed","user_id":"ann","id":7,"expires_in_ms":0})");
  EXPECT_EQ(text(Authed{.user_id = "a\"", .id = {}}), R"({"type":"authed","user_id":"a\""})");
  EXPECT_EQ(text(TokenExpiring{.expires_in_ms = 30'000}), R"({"type":"token_expiring","expires_in_ms":30000})");
  EXPECT_EQ(text(Left{.room_id = "r", .id = {}, .reason = "permission"}),
            R"({"type":"left","room_id":"r","reason":"permission"})");
}

TEST(Push, HelloTellsWhatAClientNeedsToKnow) {
  EXPECT_EQ(
      text(Hello{.conn_id = "0-1-2",
                 .user_id = {},
                 .ping_interval_ms = 25'000,
                 .message_bytes_max = 65'536,
                 .server = "switchboard"}),
      R"({"type":"hello","conn_id":"0-1-2","ping_interval_ms":25000,"max_message_bytes":65536,"server":"switchboard"})");
  EXPECT_EQ(
      text(Hello{.conn_id = "0-1-2", .user_id = "alice", .ping_interval_ms = 0, .message_bytes_max = 1, .server = "s"}),
      R"({"type":"hello","conn_id":"0-1-2","user_id":"alice","ping_interval_ms":0,"max_message_bytes":1,"server":"s"})");
}

TEST(Push, AUserInAListTakesNoMoreThanWasSaid) {
  const std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  for (const std::string_view name : {"u", R"("\"")", "h\xc3\xa9"}) {
    for (const std::string_view info : {"", R"({"a":1})"}) {
      const std::vector<PresentUser> users(3, {.user_id = name, .connections = most, .info = info});
      const PresenceList empty{.room_id = "r", .id = {}, .count = 3, .users = {}, .next = {}};
      PresenceList list = empty;
      list.users = users;
      const std::size_t bytes = text(empty).size() + 3 * bytes_max_in_list(users[0]);
      EXPECT_LE(text(list).size(), bytes);
      list.next = name;
      EXPECT_LE(text(list).size(), bytes + bytes_max_of_next(name));
      EXPECT_GE(text(list).size() + 40, bytes + bytes_max_of_next(name)) << "nor much less";
    }
  }
}

TEST(Push, LaggedAndGoAway) {
  EXPECT_EQ(text(Lagged{.room_id = "r", .from = Seq{43}, .to = Seq{90}}),
            R"({"type":"lagged","room_id":"r","from":43,"to":90})");
  EXPECT_EQ(text(GoAway{.reason = "drain", .reconnect_after_ms = 1800}),
            R"({"type":"goaway","reason":"drain","reconnect_after_ms":1800})");
}

TEST(Push, ErrorLeavesOutWhatCouldNotBeRead) {
  EXPECT_EQ(text(Error{.code = ErrorCode::kBadRequest, .message = "no \"type\"", .room_id = {}, .id = {}}),
            R"({"type":"error","code":"bad_request","message":"no \"type\"","retryable":false})");
  EXPECT_EQ(text(Error{.code = ErrorCode::kUnavailable, .message = "m", .room_id = "r", .id = R"("x")"}),
            R"({"type":"error","code":"unavailable","message":"m","room_id":"r","id":"x","retryable":true})");
  EXPECT_EQ(text(Error{.code = ErrorCode::kRoomFull, .message = "m", .room_id = {}, .id = "7"}),
            R"({"type":"error","code":"room_full","message":"m","id":7,"retryable":true})");
}

TEST(Push, ErrorSaysWhenToTryAgain) {
  EXPECT_EQ(
      text(Error{.code = ErrorCode::kRateLimited, .message = "m", .room_id = {}, .id = {}, .retry_after_ms = 250}),
      R"({"type":"error","code":"rate_limited","message":"m","retryable":true,"retry_after_ms":250})");
}

}  // namespace
}  // namespace switchboard::protocol
