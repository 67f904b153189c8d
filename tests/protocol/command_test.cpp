#include "protocol/command.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace switchboard::protocol {
namespace {

/// A decoder with one message, in memory of exactly its size.
class Decoding {
 public:
  explicit Decoding(std::string_view message, std::size_t depth_max = 64)
      : decoder_(depth_max), bytes_(new char[message.size()]), rest_(bytes_.get(), message.size()) {
    message.copy(bytes_.get(), message.size());
    result_ = decoder_.next(rest_);
  }

  void next() { result_ = decoder_.next(rest_); }
  bool ok() const { return result_.has_value(); }
  std::string_view rest() const { return rest_; }
  const Error& error() const { return result_.error(); }
  std::string_view id() const { return result_->id; }
  template <class Body>
  const Body& as() const {
    return std::get<Body>(result_->body);
  }
  template <class Body>
  bool is() const {
    return ok() && std::holds_alternative<Body>(result_->body);
  }
  /// "code: message", or "" for a command.
  std::string refusal() const { return ok() ? "" : std::string(name(error().code)) + ": " + error().message; }

 private:
  CommandDecoder decoder_;
  std::unique_ptr<char[]> bytes_;
  std::string_view rest_;
  std::expected<Command, Error> result_;
};

std::string refusal_of(std::string_view message) {
  return Decoding(message).refusal();
}

std::string with_room(std::string_view type, std::string_view room_id_json) {
  return R"({"type":")" + std::string(type) + R"(","room_id":)" + std::string(room_id_json) + R"(,"content":0})";
}

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

// --- what is accepted ----------------------------------------------------------------------------------------------

TEST(CommandDecoder, DecodesThePlainCommands) {
  EXPECT_TRUE(Decoding(R"({"type":"ping"})").is<Ping>());

  const Decoding join(R"({"type":"join","room_id":"game_lobby","user_id":"alice123"})");
  ASSERT_TRUE(join.is<Join>());
  EXPECT_EQ(join.as<Join>().room_id, "game_lobby");
  EXPECT_EQ(join.as<Join>().user_id, "alice123");
  EXPECT_EQ(join.id(), "");

  const Decoding leave(R"({"type":"leave","room_id":"game_lobby"})");
  ASSERT_TRUE(leave.is<Leave>());
  EXPECT_EQ(leave.as<Leave>().room_id, "game_lobby");

  const Decoding broadcast(R"({"type":"broadcast","room_id":"game_lobby","content":"Hello everyone!"})");
  ASSERT_TRUE(broadcast.is<Broadcast>());
  EXPECT_EQ(broadcast.as<Broadcast>().room_id, "game_lobby");
  EXPECT_EQ(broadcast.as<Broadcast>().content, R"("Hello everyone!")");
  EXPECT_EQ(broadcast.as<Broadcast>().echo, std::nullopt);
  EXPECT_EQ(broadcast.as<Broadcast>().dedup, "");
}

TEST(CommandDecoder, TakesFieldsInAnyOrderWithWhiteSpaceAnywhere) {
  const Decoding decoding(
      " \r\n{ \"content\" : [1 , 2] ,\t\"id\":7,\"room_id\" : \"r\" , \"type\":\n\"broadcast\" } \n");
  ASSERT_TRUE(decoding.is<Broadcast>());
  EXPECT_EQ(decoding.as<Broadcast>().content, "[1 , 2]");
  EXPECT_EQ(decoding.id(), "7");
  EXPECT_EQ(decoding.rest(), "");
}

TEST(CommandDecoder, AJoinMayLeaveOutTheUser) {
  const Decoding decoding(R"({"type":"join","room_id":"r"})");
  ASSERT_TRUE(decoding.is<Join>());
  EXPECT_EQ(decoding.as<Join>().user_id, "");
}

TEST(CommandDecoder, CarriesAnyJsonValueAsContentByteForByte) {
  for (const char* content :
       {"null", "true", "false", "0", "-0.0", "1e400", "123456789012345678901234567890", R"("")", R"("\u0041\/\ud800")",
        "[]", "{}", R"({ "type" : "join" , "type":[1e-400, {"id": 1} ] })"}) {
    const Decoding decoding(R"({"type":"broadcast","room_id":"r","content": )" + std::string(content) + " }");
    ASSERT_TRUE(decoding.is<Broadcast>()) << content << decoding.refusal();
    EXPECT_EQ(decoding.as<Broadcast>().content, content);
  }
}

TEST(CommandDecoder, EchoIsABoolean) {
  const auto message = [](std::string_view echo) {
    return R"({"type":"broadcast","room_id":"r","content":0,"echo":)" + std::string(echo) + "}";
  };
  EXPECT_EQ(Decoding(message("true")).as<Broadcast>().echo, true);
  EXPECT_EQ(Decoding(message("false")).as<Broadcast>().echo, false);
  for (const char* wrong : {"0", "1", "null", R"("false")", "[]", "{}"})
    EXPECT_EQ(refusal_of(message(wrong)), "bad_request: `echo` must be true or false") << wrong;
}

TEST(CommandDecoder, IgnoresFieldsItDoesNotKnow) {
  EXPECT_TRUE(Decoding(R"({"x":1,"type":"ping","TYPE":2,"typ":3,"types":4,"":5,"x":{"type":6}})").is<Ping>());
}

TEST(CommandDecoder, IgnoresFieldsThatTheCommandDoesNotTake) {
  EXPECT_TRUE(Decoding(R"({"type":"ping","room_id":5,"content":1,"since":2,"echo":"x"})").is<Ping>());
  EXPECT_TRUE(
      Decoding(R"({"type":"leave","room_id":"r","user_id":7,"presence":true,"last":1,"dedup":"x"})").is<Leave>());
  EXPECT_TRUE(Decoding(R"({"type":"join","room_id":"r","echo":1,"content":2,"dedup":3})").is<Join>());
  EXPECT_TRUE(Decoding(R"({"type":"join","room_id":"r","before":-1,"after":"x","limit":0,"next":4})").is<Join>());
  EXPECT_TRUE(
      Decoding(R"({"type":"broadcast","room_id":"r","content":2,"user_id":3,"since":1,"info":4,"own_devices":5})")
          .is<Broadcast>());
  EXPECT_TRUE(Decoding(R"({"type":"direct","user_id":"u","content":2,"room_id":3,"echo":4})").is<Direct>());
  EXPECT_TRUE(Decoding(R"({"type":"history","room_id":"r","since":1,"last":0,"next":4})").is<History>());
  EXPECT_TRUE(Decoding(R"({"type":"presence","room_id":"r","presence":1,"before":0.5})").is<Presence>());
}

TEST(CommandDecoder, ComparesKeysAndTypesAfterUnescaping) {
  const Decoding decoding(R"({"\u0074ype":"\u006a\u006f\u0069n","room\u005Fid":"r"})");
  ASSERT_TRUE(decoding.is<Join>()) << decoding.refusal();
  EXPECT_EQ(decoding.as<Join>().room_id, "r");
  EXPECT_TRUE(
      Decoding(R"({"\ud800":1,"type":"ping","\u0070\u0072\u0065\u0073\u0065\u006e\u0063\u0065":1})").is<Ping>());
  EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"r","\u0070\u0072\u0065\u0073\u0065\u006e\u0063\u0065":1})"),
            "bad_request: `presence` must be true or false");
}

TEST(CommandDecoder, UnescapesNames) {
  const Decoding decoding(R"({"type":"join","room_id":"caf\u00e9\/\"\\","user_id":"\ud83d\ude00"})");
  ASSERT_TRUE(decoding.is<Join>()) << decoding.refusal();
  EXPECT_EQ(decoding.as<Join>().room_id, "caf\xc3\xa9/\"\\");
  EXPECT_EQ(decoding.as<Join>().user_id, "\xf0\x9f\x98\x80");
}

// --- type ----------------------------------------------------------------------------------------------------------

TEST(CommandDecoder, TypeMustBeThereAndAString) {
  EXPECT_EQ(refusal_of("{}"), "bad_request: `type` is missing");
  EXPECT_EQ(refusal_of(R"({"room_id":"r"})"), "bad_request: `type` is missing");
  for (const char* wrong : {"1", "null", "true", R"(["join"])", R"({"type":"join"})"})
    EXPECT_EQ(refusal_of(R"({"type":)" + std::string(wrong) + "}"), "bad_request: `type` must be a string") << wrong;
}

TEST(CommandDecoder, UnknownTypesAreNamed) {
  for (const char* type : {"", "shout", "subscribe"}) {
    const Decoding decoding(R"({"type":")" + std::string(type) + R"(","room_id":"r","id":7})");
    EXPECT_EQ(decoding.refusal(), "unknown_type: this server has no command of type `" + std::string(type) +
                                      "`; it has auth, broadcast, direct, history, join, leave, ping and presence");
    EXPECT_EQ(decoding.error().room_id, "r");
    EXPECT_EQ(decoding.error().id, "7");
  }
}

TEST(CommandDecoder, AMistypedTypeIsToldTheNearestOne) {
  const std::pair<const char*, const char*> mistyped[] = {
      {"brodcast", "broadcast"}, {"JOIN", "join"},       {"join ", "join"},        {"directs", "direct"},
      {"leav", "leave"},         {"histroy", "history"}, {"presense", "presence"}, {"pnig", "ping"}};
  for (const auto& [typed, meant] : mistyped) {
    EXPECT_EQ(
        refusal_of(R"({"type":")" + std::string(typed) + R"("})"),
        "unknown_type: this server has no command of type `" + std::string(typed) + "`; did you mean `" + meant + "`?");
  }
}

TEST(CommandDecoder, UnknownTypesAreCutBetweenCharacters) {
  const std::string forty(40, 'x');
  const auto answer = [](std::string_view type) {
    return "unknown_type: this server has no command of type `" + std::string(type) +
           "`; it has auth, broadcast, direct, history, join, leave, ping and presence";
  };
  EXPECT_EQ(refusal_of(R"({"type":")" + forty + R"("})"), answer(forty));
  EXPECT_EQ(refusal_of(R"({"type":")" + forty + R"(y"})"), answer(forty + "..."));
  EXPECT_EQ(refusal_of(R"({"type":")" + forty.substr(1) + "\xc3\xa9\"}"), answer(forty.substr(1) + "..."));
}

// --- names ---------------------------------------------------------------------------------------------------------

TEST(CommandDecoder, RoomsAndUsersHaveUpTo255Bytes) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{254}, kNameBytesMax}) {
    const std::string name(size, 'a');
    const Decoding decoding(R"({"type":"join","room_id":")" + name + R"(","user_id":")" + name + R"("})");
    ASSERT_TRUE(decoding.is<Join>()) << size;
    EXPECT_EQ(decoding.as<Join>().room_id, name);
    EXPECT_EQ(decoding.as<Join>().user_id, name);
  }
  const std::string long_name = in_quotes(std::string(kNameBytesMax + 1, 'a'));
  EXPECT_EQ(refusal_of(with_room("join", long_name)), "bad_request: `room_id` is longer than 255 bytes");
  EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"r","user_id":)" + long_name + "}"),
            "bad_request: `user_id` is longer than 255 bytes");
  EXPECT_EQ(refusal_of(with_room("join", in_quotes(std::string(5'000, 'a')))),
            "bad_request: `room_id` is longer than 255 bytes");
}

TEST(CommandDecoder, CountsTheBytesOfANameAfterUnescaping) {
  std::string escaped;
  for (std::size_t i = 0; i < kNameBytesMax; ++i)
    escaped += R"(\u0061)";
  const Decoding decoding(with_room("leave", in_quotes(escaped)));
  ASSERT_TRUE(decoding.is<Leave>()) << decoding.refusal();
  EXPECT_EQ(decoding.as<Leave>().room_id, std::string(kNameBytesMax, 'a'));
  EXPECT_EQ(refusal_of(with_room("leave", in_quotes(escaped + "a"))),
            "bad_request: `room_id` is longer than 255 bytes");
  EXPECT_EQ(refusal_of(with_room("leave", in_quotes(escaped.substr(6) + R"(\u00e9)"))),
            "bad_request: `room_id` is longer than 255 bytes");
}

TEST(CommandDecoder, EveryCommandWithARoomNeedsAGoodOne) {
  for (const char* type : {"join", "leave", "broadcast", "history", "presence"}) {
    EXPECT_EQ(refusal_of(R"({"type":")" + std::string(type) + R"("})"), "bad_request: `room_id` is missing");
    for (const char* wrong : {"1", "null", "true", "[\"r\"]", "{}"})
      EXPECT_EQ(refusal_of(with_room(type, wrong)), "bad_request: `room_id` must be a string") << wrong;
    EXPECT_EQ(refusal_of(with_room(type, R"("")")), "bad_request: `room_id` must not be empty");
  }
}

TEST(CommandDecoder, NamesHaveNoControlCharacters) {
  for (const char* bad : {R"("a\u0000")", R"("\n")", R"("\u001f")", R"("\u007f")", "\"a\x7f\"", R"("\u0080")",
                          R"("\u009f")", "\"\xc2\x80\"", "\"a\xc2\x9f\""}) {
    EXPECT_EQ(refusal_of(with_room("join", bad)), "bad_request: `room_id` has a control character") << bad;
    EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"r","user_id":)" + std::string(bad) + "}"),
              "bad_request: `user_id` has a control character");
  }
  for (const char* good :
       {R"(" ")", R"("~")", R"("\u00a0")", "\"\xc2\xa0\"", "\"\xc3\x80\"", "\"\xe2\x80\x80\"", "\"a:b\"", "\"a@b\""})
    EXPECT_TRUE(Decoding(with_room("join", good)).is<Join>()) << good;
}

TEST(CommandDecoder, NamesAreUtf8AlsoWhenEscaped) {
  EXPECT_EQ(refusal_of(with_room("join", R"("a\ud800")")), "bad_request: `room_id` has half of a surrogate pair");
  EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"r","user_id":"\udc00"})"),
            "bad_request: `user_id` has half of a surrogate pair");
}

TEST(CommandDecoder, AUserIdIsAStringOrNotThere) {
  const auto message = [](std::string_view user) {
    return R"({"type":"join","room_id":"r","user_id":)" + std::string(user) + "}";
  };
  EXPECT_EQ(refusal_of(message("null")), "bad_request: `user_id` must be a string");
  EXPECT_EQ(refusal_of(message("7")), "bad_request: `user_id` must be a string");
  EXPECT_EQ(refusal_of(message(R"("")")), "bad_request: `user_id` must not be empty");
}

TEST(CommandDecoder, UserRoomsMayNotBeNamed) {
  for (const char* type : {"join", "leave", "broadcast", "history", "presence"}) {
    for (const char* room : {R"("@")", R"("@alice")", R"("@ME")", R"("@me ")", R"("\u0040m")"}) {
      const Decoding decoding(with_room(type, room));
      EXPECT_EQ(decoding.refusal(), "forbidden: room ids that begin with `@` are reserved for user rooms") << room;
      EXPECT_EQ(decoding.error().room_id.front(), '@');
    }
  }
}

TEST(CommandDecoder, OnesOwnRoomMayBeJoinedLeftAndRead) {
  for (const char* room : {R"("@me")", R"("\u0040me")"}) {
    const Decoding join(with_room("join", room));
    ASSERT_TRUE(join.is<Join>()) << join.refusal();
    EXPECT_EQ(join.as<Join>().room_id, kOwnRoom);
    EXPECT_TRUE(Decoding(with_room("leave", room)).is<Leave>());
    EXPECT_TRUE(Decoding(with_room("history", room)).is<History>());
    for (const char* type : {"broadcast", "presence"}) {
      EXPECT_EQ(refusal_of(with_room(type, room)),
                "forbidden: `@me` can be joined, left and read with `history`; it is written to with `direct`");
    }
  }
  EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"@me","presence":true})"),
            "bad_request: `presence` is not for `@me`");
  EXPECT_TRUE(Decoding(R"({"type":"join","room_id":"@me","presence":false,"last":3,"info":1})").is<Join>());
}

// --- join ----------------------------------------------------------------------------------------------------------

std::string join_with(std::string_view field, std::string_view json) {
  return R"({"type":"join","room_id":"r",")" + std::string(field) + R"(":)" + std::string(json) + "}";
}

TEST(CommandDecoder, APlainJoinAsksForNothing) {
  const Decoding decoding(R"({"type":"join","room_id":"r","user_id":"u","info":1,"presence":false})");
  ASSERT_TRUE(decoding.is<Join>());
  EXPECT_TRUE(decoding.as<Join>().is_plain());
  EXPECT_FALSE(Decoding(join_with("last", "1")).as<Join>().is_plain());
  EXPECT_FALSE(Decoding(join_with("presence", "true")).as<Join>().is_plain());
  EXPECT_FALSE(Decoding(join_with("since", R"({"seq":0,"epoch":"k"})")).as<Join>().is_plain());
}

TEST(CommandDecoder, SinceIsAPlaceInARoomsHistory) {
  for (const char* json :
       {R"({"seq":41,"epoch":"k3"})", R"({ "epoch" : "k3" , "x":[{"seq":1}], "seq" : 41 })",
        R"({"\u0073eq":41,"ep\u006fch":"\u006b3"})", R"({"\ud800":1,"seq":41,"epoch":"k3","ts":2})"}) {
    const Decoding decoding(join_with("since", json));
    ASSERT_TRUE(decoding.is<Join>()) << json << decoding.refusal();
    ASSERT_TRUE(decoding.as<Join>().since);
    EXPECT_EQ(decoding.as<Join>().since->seq, Seq{41});
    EXPECT_EQ(decoding.as<Join>().since->epoch, "k3");
  }
}

TEST(CommandDecoder, SinceNeedsBothItsParts) {
  for (const char* wrong : {"5", "null", "true", "[]", R"("k3")", R"([{"seq":1,"epoch":"k"}])"})
    EXPECT_EQ(refusal_of(join_with("since", wrong)), "bad_request: `since` must be an object with `seq` and `epoch`");
  EXPECT_EQ(refusal_of(join_with("since", "{}")), "bad_request: `since.seq` is missing");
  EXPECT_EQ(refusal_of(join_with("since", R"({"epoch":"k"})")), "bad_request: `since.seq` is missing");
  EXPECT_EQ(refusal_of(join_with("since", R"({"seq":1})")), "bad_request: `since.epoch` is missing");
  EXPECT_EQ(refusal_of(join_with("since", R"({"seq":1,"seq":1,"epoch":"k"})")),
            "bad_request: `since.seq` is there more than once");
  EXPECT_EQ(refusal_of(join_with("since", R"({"seq":1,"epoch":"k","\u0065poch":"k"})")),
            "bad_request: `since.epoch` is there more than once");
}

TEST(CommandDecoder, SinceHasAnUnsigned64BitNumber) {
  const auto since = [](std::string_view seq) {
    return join_with("since", R"({"epoch":"k","seq":)" + std::string(seq) + "}");
  };
  const auto seq_of = [&](std::string_view seq) { return Decoding(since(seq)).as<Join>().since->seq; };
  EXPECT_EQ(seq_of("0"), Seq{0});
  EXPECT_EQ(seq_of("9007199254740993"), Seq{9'007'199'254'740'993});
  EXPECT_EQ(seq_of("9223372036854775805"), Seq{kSeqMax.value - 1});
  EXPECT_EQ(seq_of("9223372036854775806"), kSeqMax);
  EXPECT_EQ(seq_of("9223372036854775807"), kSeqMax) << "no room gets there";
  EXPECT_EQ(seq_of("18446744073709551615"), kSeqMax);
  for (const char* wrong :
       {"-1", "-0", "1.0", "1e2", "18446744073709551616", R"("41")", "null", "[41]", "{}", "true"}) {
    EXPECT_EQ(refusal_of(since(wrong)),
              "bad_request: `since.seq` must be a whole number from 0 to 18446744073709551615")
        << wrong;
  }
}

TEST(CommandDecoder, AnEpochHasUpTo64Bytes) {
  const auto since = [](std::string_view epoch) {
    return join_with("since", R"({"seq":1,"epoch":)" + std::string(epoch) + "}");
  };
  for (const std::size_t size : {std::size_t{1}, std::size_t{63}, kEpochBytesMax}) {
    const std::string epoch(size, 'k');
    const Decoding decoding(since(in_quotes(epoch)));
    ASSERT_TRUE(decoding.is<Join>()) << size;
    EXPECT_EQ(decoding.as<Join>().since->epoch, epoch);
  }
  EXPECT_EQ(refusal_of(since(in_quotes(std::string(65, 'k')))), "bad_request: `since.epoch` is longer than 64 bytes");
  EXPECT_EQ(refusal_of(since(R"("")")), "bad_request: `since.epoch` must not be empty");
  EXPECT_EQ(refusal_of(since("7")), "bad_request: `since.epoch` must be a string");
  EXPECT_EQ(refusal_of(since(R"("\n")")), "bad_request: `since.epoch` has a control character");
  EXPECT_EQ(refusal_of(since(R"("\ud800")")), "bad_request: `since.epoch` has half of a surrogate pair");
}

TEST(CommandDecoder, LastIsANumberOfMessages) {
  for (const std::uint32_t last : {1u, 20u, 999u, kHistoryMessagesMax})
    EXPECT_EQ(Decoding(join_with("last", std::to_string(last))).as<Join>().last, last);
  for (const char* wrong : {"0", "1001", "-1", "1.5", "1e1", R"("20")", "null", "true", "[]", "4294967297"}) {
    EXPECT_EQ(refusal_of(join_with("last", wrong)), "bad_request: `last` must be a whole number from 1 to 1000")
        << wrong;
  }
  EXPECT_EQ(refusal_of(R"({"type":"join","room_id":"r","last":1,"since":{"seq":1,"epoch":"k"}})"),
            "bad_request: `last` cannot go together with `since`");
}

TEST(CommandDecoder, PresenceOfAJoinIsABoolean) {
  EXPECT_TRUE(Decoding(join_with("presence", "true")).as<Join>().presence);
  EXPECT_FALSE(Decoding(join_with("presence", "false")).as<Join>().presence);
  for (const char* wrong : {"0", "1", "null", R"("true")", "[]", "{}"})
    EXPECT_EQ(refusal_of(join_with("presence", wrong)), "bad_request: `presence` must be true or false") << wrong;
}

TEST(CommandDecoder, InfoIsAnyJsonOfUpTo1024BytesByteForByte) {
  for (const char* info : {"null", "1e400", R"({"name" : "Al\u0069ce"})", "[ ]", R"("\ud800")"})
    EXPECT_EQ(Decoding(join_with("info", info)).as<Join>().info, info);
  for (const std::size_t size : {std::size_t{1'023}, kInfoBytesMax}) {
    const std::string info = in_quotes(std::string(size - 2, 'i'));
    EXPECT_EQ(Decoding(join_with("info", info)).as<Join>().info, info);
  }
  EXPECT_EQ(refusal_of(join_with("info", in_quotes(std::string(kInfoBytesMax - 1, 'i')))),
            "bad_request: `info` is longer than 1024 bytes");
}

// --- publishing ----------------------------------------------------------------------------------------------------

TEST(CommandDecoder, DedupIsAStringOfUpTo64Bytes) {
  for (const std::string& rest : {std::string(R"("type":"broadcast","room_id":"r","content":0)"),
                                  std::string(R"("type":"direct","user_id":"u","content":0)")}) {
    const auto message = [&](std::string_view dedup) { return "{" + rest + R"(,"dedup":)" + std::string(dedup) + "}"; };
    const auto dedup_of = [](const Decoding& decoding) {
      return decoding.is<Direct>() ? decoding.as<Direct>().dedup : decoding.as<Broadcast>().dedup;
    };
    for (const std::size_t size : {std::size_t{1}, std::size_t{63}, kDedupBytesMax}) {
      const std::string dedup(size, 'd');
      const Decoding decoding(message(in_quotes(dedup)));
      ASSERT_TRUE(decoding.ok()) << decoding.refusal();
      EXPECT_EQ(dedup_of(decoding), dedup);
    }
    const Decoding escaped(message(R"("\u0061\"b")"));
    EXPECT_EQ(dedup_of(escaped), "a\"b");
    EXPECT_EQ(refusal_of(message(in_quotes(std::string(65, 'd')))), "bad_request: `dedup` is longer than 64 bytes");
    EXPECT_EQ(refusal_of(message(R"("")")), "bad_request: `dedup` must not be empty");
    EXPECT_EQ(refusal_of(message(R"("a\t")")), "bad_request: `dedup` has a control character");
    for (const char* wrong : {"7", "null", "true", "[]", "{}"})
      EXPECT_EQ(refusal_of(message(wrong)), "bad_request: `dedup` must be a string") << wrong;
  }
}

TEST(CommandDecoder, ADirectMessageHasAUserAndContent) {
  const Decoding decoding(R"({"type":"direct","user_id":"b\u006fb","content": {"a": 1} ,"id":7})");
  ASSERT_TRUE(decoding.is<Direct>()) << decoding.refusal();
  EXPECT_EQ(decoding.as<Direct>().user_id, "bob");
  EXPECT_EQ(decoding.as<Direct>().content, R"({"a": 1})");
  EXPECT_EQ(decoding.as<Direct>().dedup, "");
  EXPECT_FALSE(decoding.as<Direct>().own_devices);
  EXPECT_EQ(decoding.id(), "7");
  EXPECT_EQ(refusal_of(R"({"type":"direct","content":0})"), "bad_request: `user_id` is missing");
  EXPECT_EQ(refusal_of(R"({"type":"direct","user_id":5,"content":0})"), "bad_request: `user_id` must be a string");
  EXPECT_EQ(refusal_of(R"({"type":"direct","user_id":"bob"})"), "bad_request: `content` is missing");
}

TEST(CommandDecoder, OwnDevicesIsABoolean) {
  const auto message = [](std::string_view flag) {
    return R"({"type":"direct","user_id":"u","content":0,"own_devices":)" + std::string(flag) + "}";
  };
  EXPECT_TRUE(Decoding(message("true")).as<Direct>().own_devices);
  EXPECT_FALSE(Decoding(message("false")).as<Direct>().own_devices);
  for (const char* wrong : {"0", "null", R"("true")", "[]", "{}"})
    EXPECT_EQ(refusal_of(message(wrong)), "bad_request: `own_devices` must be true or false") << wrong;
}

// --- queries -------------------------------------------------------------------------------------------------------

std::string query(std::string_view type, std::string_view fields) {
  return R"({"type":")" + std::string(type) + R"(","room_id":"r")" + std::string(fields) + "}";
}

TEST(CommandDecoder, HistoryGoesBackOrForth) {
  const Decoding newest(query("history", ""));
  ASSERT_TRUE(newest.is<History>());
  EXPECT_FALSE(newest.as<History>().before);
  EXPECT_FALSE(newest.as<History>().after);
  EXPECT_EQ(newest.as<History>().limit, 50u);
  EXPECT_EQ(Decoding(query("history", R"(,"before":100)")).as<History>().before, Seq{100});
  EXPECT_EQ(Decoding(query("history", R"(,"before":18446744073709551615)")).as<History>().before, kSeqMax);
  EXPECT_EQ(Decoding(query("history", R"(,"after":0)")).as<History>().after, Seq{0});
  EXPECT_EQ(refusal_of(query("history", R"(,"after":1,"before":5)")),
            "bad_request: `after` cannot go together with `before`");
  for (const char* field : {"before", "after"}) {
    for (const char* wrong : {"-1", "1.5", R"("1")", "null", "18446744073709551616", "{}"}) {
      EXPECT_EQ(refusal_of(query("history", R"(,")" + std::string(field) + R"(":)" + wrong)),
                "bad_request: `" + std::string(field) + "` must be a whole number from 0 to 18446744073709551615")
          << wrong;
    }
  }
}

TEST(CommandDecoder, QueriesHaveALimitOf1To1000) {
  for (const char* limit : {"1", "999", "1000"}) {
    const std::string fields = R"(,"limit":)" + std::string(limit);
    EXPECT_EQ(std::to_string(Decoding(query("history", fields)).as<History>().limit), limit);
    EXPECT_EQ(std::to_string(Decoding(query("presence", fields)).as<Presence>().limit), limit);
  }
  for (const char* type : {"history", "presence"}) {
    for (const char* wrong : {"0", "1001", "-5", "2.0", R"("5")", "null", "[1]"}) {
      EXPECT_EQ(refusal_of(query(type, R"(,"limit":)" + std::string(wrong))),
                "bad_request: `limit` must be a whole number from 1 to 1000")
          << wrong;
    }
  }
}

TEST(CommandDecoder, PresenceGoesOnWhereAnAnswerEnded) {
  const Decoding first(query("presence", ""));
  ASSERT_TRUE(first.is<Presence>());
  EXPECT_EQ(first.as<Presence>().next, "");
  EXPECT_EQ(first.as<Presence>().limit, 100u);
  EXPECT_EQ(Decoding(query("presence", R"(,"next":"b\u006fb")")).as<Presence>().next, "bob");
  EXPECT_TRUE(Decoding(query("presence", R"(,"next":)" + in_quotes(std::string(255, 'n')))).ok());
  EXPECT_EQ(refusal_of(query("presence", R"(,"next":)" + in_quotes(std::string(256, 'n')))),
            "bad_request: `next` is longer than 255 bytes");
  EXPECT_EQ(refusal_of(query("presence", R"(,"next":"")")), "bad_request: `next` must not be empty");
  EXPECT_EQ(refusal_of(query("presence", R"(,"next":1)")), "bad_request: `next` must be a string");
}

// --- other fields --------------------------------------------------------------------------------------------------

TEST(CommandDecoder, ABroadcastNeedsContent) {
  EXPECT_EQ(refusal_of(R"({"type":"broadcast","room_id":"r"})"), "bad_request: `content` is missing");
}

TEST(CommandDecoder, IdsAreNumbersOrStringsOfUpTo64Bytes) {
  const auto message = [](std::string_view id) { return R"({"type":"ping","id":)" + std::string(id) + "}"; };
  for (const char* good : {"0", "7", "-1.5e3", "1e400", "18446744073709551616", R"("")", R"("a")", R"("\u0041\"")"}) {
    const Decoding decoding(message(good));
    ASSERT_TRUE(decoding.is<Ping>()) << good;
    EXPECT_EQ(decoding.id(), good);
  }
  for (const std::size_t size : {std::size_t{63}, kCommandIdBytesMax}) {
    EXPECT_TRUE(Decoding(message(in_quotes(std::string(size, 'a')))).is<Ping>());
    EXPECT_TRUE(Decoding(message(std::string(size, '1'))).is<Ping>());
  }
  for (const std::string& bad :
       {in_quotes(std::string(65, 'a')), std::string(65, '1'), in_quotes(std::string(60, 'a') + R"(\u0041)")}) {
    const Decoding decoding(message(bad));
    EXPECT_EQ(decoding.refusal(), "bad_request: `id` is longer than 64 bytes");
    EXPECT_EQ(decoding.error().id, "");
  }
  for (const char* wrong : {"null", "true", "[]", "{}", "[7]"})
    EXPECT_EQ(refusal_of(message(wrong)), "bad_request: `id` must be a number or a string") << wrong;
}

TEST(CommandDecoder, AFieldMayBeThereOnlyOnce) {
  for (const char* field : {"type", "room_id", "user_id", "content", "echo", "id", "since", "last", "presence", "dedup",
                            "info", "own_devices", "before", "after", "limit", "next"}) {
    const std::string twice = R"({")" + std::string(field) + R"(":"ping","x":1,")" + field + R"(":"ping"})";
    EXPECT_EQ(refusal_of(twice), "bad_request: `" + std::string(field) + "` is there more than once");
  }
  EXPECT_EQ(refusal_of(R"({"type":"ping","\u0074ype":"ping"})"), "bad_request: `type` is there more than once");
}

TEST(CommandDecoder, RefusalsCarryRoomAndIdWhateverTheOrder) {
  for (const char* message :
       {R"({"type":"broadcast","room_id":"r\u0021","id":"x"})", R"({"id":"x","room_id":"r\u0021","type":"broadcast"})",
        R"({"echo":1,"type":7,"room_id":"r\u0021","z":[],"id":"x"})"}) {
    const Decoding decoding(message);
    ASSERT_FALSE(decoding.ok());
    EXPECT_EQ(decoding.error().room_id, "r!");
    EXPECT_EQ(decoding.error().id, R"("x")");
  }
  const Decoding bad_room(R"({"type":"leave","room_id":"\n","id":3})");
  EXPECT_EQ(bad_room.error().room_id, "");
  EXPECT_EQ(bad_room.error().id, "3");
}

// --- malformed and several documents -------------------------------------------------------------------------------

TEST(CommandDecoder, MalformedJsonIsRefusedWithPlaceAndReason) {
  EXPECT_EQ(refusal_of(R"({"type":"ping",})"),
            "bad_request: malformed JSON at byte 15: expected a key in double quotes");
  EXPECT_EQ(refusal_of(R"({"type":"ping")"),
            "bad_request: malformed JSON at byte 14, where the message ends: expected ',' or '}'");
  EXPECT_EQ(refusal_of("hello"), "bad_request: malformed JSON at byte 0: expected a value");
}

TEST(CommandDecoder, NothingIsReadBehindMalformedJson) {
  const Decoding decoding(R"({"type":"ping","id":4,"x":} {"type":"ping"})");
  EXPECT_FALSE(decoding.ok());
  EXPECT_EQ(decoding.rest(), "");
  EXPECT_EQ(decoding.error().id, "4");
}

TEST(CommandDecoder, ACutCommandIsNeverTaken) {
  const std::string message =
      R"({"type":"broadcast","room_id":"caf\u00e9","content":{"a":[1,2.5,"x\n"],"b":null},"echo":false,"id":17})";
  ASSERT_TRUE(Decoding(message).ok());
  for (std::size_t size = 0; size < message.size(); ++size) {
    const Decoding decoding(message.substr(0, size));
    ASSERT_FALSE(decoding.ok()) << size;
    EXPECT_EQ(decoding.error().code, ErrorCode::kBadRequest);
    EXPECT_EQ(decoding.rest(), "");
    EXPECT_EQ(decoding.error().id, "");  // 1 of 17 is not the command's id
  }
}

TEST(CommandDecoder, AnEmptyMessageIsRefused) {
  EXPECT_EQ(refusal_of(""), "bad_request: the message is empty");
  EXPECT_EQ(refusal_of(" \t\r\n "), "bad_request: the message is empty");
}

TEST(CommandDecoder, OnlyObjectsAreCommands) {
  for (const char* text : {"null", "42", R"("ping")", "[]", R"([{"type":"ping"}])"}) {
    const Decoding decoding(text);
    EXPECT_EQ(decoding.refusal(), "bad_request: a command must be a JSON object") << text;
  }
  Decoding decoding(R"(42 {"type":"ping"})");
  EXPECT_EQ(decoding.rest(), R"({"type":"ping"})");
  decoding.next();
  EXPECT_TRUE(decoding.is<Ping>());
}

TEST(CommandDecoder, DocumentsSeparatedByWhiteSpaceComeOneByOne) {
  Decoding decoding("{\"type\":\"ping\",\"id\":1}\n{\"type\":\"shout\"} \t {\"type\":\"leave\",\"room_id\":\"r\"}\r\n");
  ASSERT_TRUE(decoding.is<Ping>());
  EXPECT_EQ(decoding.id(), "1");
  decoding.next();
  EXPECT_EQ(decoding.error().code, ErrorCode::kUnknownType);
  decoding.next();
  ASSERT_TRUE(decoding.is<Leave>());
  EXPECT_EQ(decoding.as<Leave>().room_id, "r");
  EXPECT_EQ(decoding.id(), "");
  EXPECT_EQ(decoding.rest(), "");
}

TEST(CommandDecoder, AdjacentDocumentsAreMalformed) {
  const Decoding decoding(R"({"type":"ping"}{"type":"ping"})");
  EXPECT_EQ(decoding.refusal(),
            "bad_request: malformed JSON at byte 15: expected white space or the end of the message");
  EXPECT_EQ(decoding.rest(), "");
}

TEST(CommandDecoder, DepthCountsTheCommandItself) {
  const auto message = [](int arrays) {
    return R"({"type":"broadcast","room_id":"r","content":)" + std::string(static_cast<std::size_t>(arrays), '[') +
           std::string(static_cast<std::size_t>(arrays), ']') + "}";
  };
  EXPECT_TRUE(Decoding(message(6), 8).ok());
  EXPECT_TRUE(Decoding(message(7), 8).ok());
  const Decoding too_deep(message(8), 8);
  EXPECT_EQ(too_deep.refusal(),
            "bad_request: malformed JSON at byte 51: expected arrays and objects nested less deeply");
  EXPECT_EQ(too_deep.error().room_id, "r");
}

}  // namespace
}  // namespace switchboard::protocol
